"""The training loop.

Design decisions:
- Everything that happens is a function of the config and of `Trainer.state_dict`: a run that is
  stopped anywhere and resumed ends with the same weights as one that never stopped: bit for bit on a
  CPU; a GPU adds in an order of its own.
- A run is saved before its first update (a disk too small says so now), and at every validation, which
  scores the averaged weights.
- A stop signal finishes the update at hand, saves, and leaves.
"""

import itertools
import logging
import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from seq2seq.checkpoint import Run
from seq2seq.config import Config
from seq2seq.config_file import option
from seq2seq.corpus.batching import Batch, Corpus
from seq2seq.decoding.translator import Translator
from seq2seq.errors import TrainingError
from seq2seq.evaluation.metrics import bleu
from seq2seq.models import Seq2Seq, named_weights
from seq2seq.training.averaging import WeightAverage
from seq2seq.training.log import Log
from seq2seq.training.objective import batch_loss, mean_loss
from seq2seq.training.schedule import learning_rate

__all__ = ["Trainer"]

logger = logging.getLogger(__name__)


class Trainer:
    """Trains a model into a run's directory.

    Args:
        config: the resolved config.
        run: an existing run's directory (with its config and tokenizer).
        model: the network, on its device, with its first weights.
        train: training pairs.
        valid: validation pairs.
    """

    def __init__(self, config: Config, run: Run, model: Seq2Seq[Any, Any], train: Corpus, valid: Corpus) -> None:
        self.config, self.run, self.model, self.train, self.valid = config, run, model, train, valid
        options = config.training
        self.device = next(model.parameters()).device
        self.weights = named_weights(model)
        self.optimizer = torch.optim.AdamW(
            self.weights.values(),
            lr=options.lr,
            betas=(options.betas[0], options.betas[1]),
            weight_decay=options.weight_decay,
        )
        self.average = WeightAverage(options, self.weights)
        self.progress: dict[str, Any] = {
            "update": 0,
            "epoch": 0,
            "pool": 0,  # within the epoch
            "batch": 0,  # the next one within the pool
            "tokens": 0,  # target tokens so far
            "seconds": 0.0,  # of training, validation left out
            "best": None,  # the metric's best value, larger is better
            "best_update": 0,
            "stale": 0,  # validations since
            "window": [0.0, 0, 0.0],  # loss, tokens and seconds since the last line of the log
        }

    # -- state

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run must know."""
        return {
            "progress": self.progress,
            "weights": {name: weight.detach() for name, weight in self.weights.items()},
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict(),
            "data": self._data(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }

    def _data(self) -> dict[str, str]:
        return {"data.train": self.train.pairs.fingerprint, "data.valid": self.valid.pairs.fingerprint}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to where `state_dict` was called.

        Raises:
            TrainingError: the data or the model are others.
        """
        for option_path, fingerprint in self._data().items():
            if state["data"][option_path] != fingerprint:
                raise TrainingError(
                    f"{option_path}: not the sentences this run began with; give it those, or train into another "
                    "directory"
                )
        if state["weights"].keys() != self.weights.keys():
            raise TrainingError(
                f"{self.run.folder}: its training state is of another model; train into another directory"
            )
        self.progress = state["progress"]
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(state["weights"][name])
        options = [{k: v for k, v in group.items() if k != "params"} for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state["optimizer"])
        for group, configured in zip(self.optimizer.param_groups, options, strict=True):
            group.update(configured)  # a resumed run may change them
        self.average.load_state_dict(state["average"])
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_cuda"], self.device)

    # -- the loop

    def fit(self, changed: Sequence[str] = ()) -> bool:
        """Train to the end; False if a signal asked to stop before. The log tells which options changed on resuming.

        Raises:
            TrainingError: a loss or a gradient is not finite.
        """
        log = Log(self.run.log, self.progress["update"], self.config.training.tensorboard)
        if self.progress["update"] == 0:
            self.run.save_training(self.state_dict())
        if changed:
            log.write("changed", self.progress["update"], options={path: option(self.config, path) for path in changed})
        with _stop_requested() as stopped, self._bar() as bar:
            batches, stop = self._batches(), False
            while not (stop or self.finished):
                self._update(batches)
                stop = stopped()
                bar.update()
                if self.progress["update"] % self.config.training.log_every == 0:
                    self._report(log, bar)
                if self.progress["update"] % self.config.training.valid_every == 0 or self._at_end():
                    self._validate(log)
                elif stop:
                    self.run.save_training(self.state_dict())
        log.close()
        return self.finished

    def _bar(self) -> "tqdm[Any]":
        done, total = self.progress["update"], self.config.training.max_updates
        return tqdm(total=total, initial=done, unit="update", disable=None, leave=False, dynamic_ncols=True)

    def _at_end(self) -> bool:
        return bool(self.progress["update"] >= self.config.training.max_updates)

    @property
    def finished(self) -> bool:
        """Whether all updates are done, or patience is at its end."""
        patience = self.config.training.patience
        return self._at_end() or bool(patience and self.progress["stale"] >= patience)

    def _batches(self) -> Iterator[Batch]:
        """Batches from where `progress` stands, epoch after epoch."""
        seed, sampling, budget = self.config.seed, self.config.tokenizer.sampling, self.config.training.batch_tokens
        progress = self.progress
        while True:
            pools = self.train.pools(seed, progress["epoch"])
            while progress["pool"] < len(pools):
                drawn_from = (seed, progress["epoch"], progress["pool"])
                batches = self.train.batches(pools[progress["pool"]], budget, sampling, drawn_from)
                for batch in itertools.islice(batches, progress["batch"], None):
                    progress["batch"] += 1
                    yield batch.to(self.device)
                progress |= {"pool": progress["pool"] + 1, "batch": 0}
            progress |= {"epoch": progress["epoch"] + 1, "pool": 0}

    def _update(self, batches: Iterator[Batch]) -> None:
        options, started = self.config.training, time.perf_counter()
        batch, update = next(batches), self.progress["update"] + 1
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(options, update)
        self.model.train()
        self.optimizer.zero_grad()
        loss = batch_loss(self.model, batch, options.label_smoothing)
        (loss.total / loss.tokens).backward()  # type: ignore[no-untyped-call]
        total = float(loss.total.detach())
        norm = float(nn.utils.clip_grad_norm_(self.weights.values(), options.clip or math.inf))
        if not math.isfinite(norm):
            raise TrainingError(
                f"update {update}: loss is {total / loss.tokens:.4g} and its gradient's norm {norm}; "
                "resume from the last validation with a lower training.lr (--resume --set training.lr=…)"
            )
        self.optimizer.step()
        self.average.update()
        seconds = time.perf_counter() - started
        window = self.progress["window"]
        self.progress |= {
            "update": update,
            "tokens": self.progress["tokens"] + loss.tokens,
            "seconds": self.progress["seconds"] + seconds,
            "window": [window[0] + total, window[1] + loss.tokens, window[2] + seconds],
            "norm": norm,
        }

    def _report(self, log: Log, bar: "tqdm[Any]") -> None:
        progress = self.progress
        total, tokens, seconds = progress["window"]
        progress["window"] = [0.0, 0, 0.0]
        log.write(
            "train",
            progress["update"],
            epoch=progress["epoch"],
            loss=total / tokens,
            lr=self.optimizer.param_groups[0]["lr"],
            gradient_norm=progress["norm"],
            tokens=progress["tokens"],
            tokens_per_second=tokens / seconds,
            seconds=progress["seconds"],
        )
        if bar.disable:  # no terminal: a line in its place
            logger.info(f"update {progress['update']}: loss {total / tokens:.3f}, {tokens / seconds:,.0f} tokens/s")
        bar.set_postfix(loss=f"{total / tokens:.3f}", tokens_s=f"{tokens / seconds:.0f}")

    def _validate(self, log: Log) -> None:
        """Score the averaged weights on the validation pairs, and save."""
        self.average.at_validation()
        averaged = self.average.value()
        with self._holding(averaged):
            loss = mean_loss(self.model, self.valid.in_order(self.config.training.batch_tokens), self.device)
            sources, references = self.valid.texts()
            search = self.config.decoding.model_copy(update={"beam": self.config.training.valid_beam})
            translator = Translator(self.model, self.valid.tokenizer, search, self.config.data.languages)
            quality = bleu([found.text for found in translator.translate(sources)], references)
        value = quality if self.config.training.metric == "bleu" else -loss
        progress = self.progress
        better = progress["best"] is None or value > progress["best"]
        if better:
            progress |= {"best": value, "best_update": progress["update"], "stale": 0}
            self.run.save_weights("best", averaged, self.train.tokenizer)
        else:
            progress["stale"] += 1
        self.run.save_weights("last", averaged, self.train.tokenizer)
        self.run.save_training(self.state_dict())
        log.write(
            "validation",
            progress["update"],
            epoch=progress["epoch"],
            loss=loss,
            bleu=quality,
            best=better,
            seconds=progress["seconds"],
        )
        logger.info(
            f"update {progress['update']} (epoch {progress['epoch'] + 1}, {progress['seconds'] / 60:.1f} min): "
            f"validation loss {loss:.4f}, BLEU {quality:.2f}" + (" (best so far)" if better else "")
        )

    @contextmanager
    def _holding(self, weights: dict[str, torch.Tensor]) -> Iterator[None]:
        """The model in evaluation mode with other weights, for a while."""
        own = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self.model.eval()
        try:
            self._set(weights)
            yield
        finally:
            self._set(own)

    @torch.no_grad()
    def _set(self, weights: dict[str, torch.Tensor]) -> None:
        for name, weight in self.weights.items():
            weight.copy_(weights[name])


@contextmanager
def _stop_requested() -> Iterator[Callable[[], bool]]:
    """While open, SIGINT and SIGTERM set a flag; a second one does what it always did."""
    received: list[int] = []
    previous: dict[signal.Signals, Any] = {}

    def remember(number: int, _: FrameType | None) -> None:
        received.append(number)
        for kind, handler in previous.items():
            signal.signal(kind, handler)

    try:
        for kind in (signal.SIGINT, signal.SIGTERM):
            previous[kind] = signal.signal(kind, remember)
    except ValueError:  # not in the main thread: signals are somebody else's business
        pass
    try:
        yield lambda: bool(received)
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)
