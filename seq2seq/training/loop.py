"""The training loop.

Design decisions:
- Everything that happens is a function of the config and of `Trainer.state_dict`: a run that is
  stopped anywhere and resumed ends with the same files as one that never stopped: bit for bit on a
  CPU; a GPU adds in an order of its own.
- The training state is the one file that decides. A validation first saves it, with the line that the
  log is about to get, and then makes the other files from it: weights and log. A run that was killed in
  between makes them when it is resumed.
- A run is saved before its first update (a disk too small says so now), and at every validation, which
  scores the averaged weights. What is not finite is never saved.
- A stop signal finishes the update at hand, or gives up the validation at hand, saves, and leaves.
"""

import itertools
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import torch
from tqdm import tqdm

from seq2seq.checkpoint import Run
from seq2seq.config import Config
from seq2seq.config_file import option
from seq2seq.corpus.batching import Batch, Corpus
from seq2seq.decoding.translator import Translator
from seq2seq.errors import CheckpointError, TrainingError
from seq2seq.evaluation.metrics import bleu
from seq2seq.models import Seq2Seq, named_weights
from seq2seq.training.averaging import WeightAverage
from seq2seq.training.log import Log
from seq2seq.training.objective import AttentionGuide, batch_loss, clip_gradients, mean_loss
from seq2seq.training.progress import Progress, check_data, check_tensors
from seq2seq.training.schedule import learning_rate
from seq2seq.training.stopping import Stopped, until, watching_for_stop

__all__ = ["Trainer"]

logger = logging.getLogger(__name__)

_SENTENCES_AT_ONCE = 256  # translated between two looks at whether to stop


class Trainer:
    """Trains a model into a run's directory.

    Args:
        config: the resolved config.
        run: an existing run's directory (with its config and tokenizer).
        model: the network, on its device, with its first weights.
        train: training pairs.
        valid: validation pairs.
        asked: the config as it was asked for: the resolved one has the size of the vocabulary that the text could fill,
            and how to translate as it was changed in the run's directory.
    """

    def __init__(
        self,
        config: Config,
        run: Run,
        model: Seq2Seq[Any, Any],
        train: Corpus,
        valid: Corpus,
        asked: Config,
    ) -> None:
        self.asked = asked
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
        self.guide = AttentionGuide.of(config, model.cross_heads)
        self.progress = Progress()

    # -- state

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed run must know."""
        return {
            "progress": self.progress.state_dict(),
            "config": self.config.model_dump(),
            "asked": self.asked.model_dump(),
            "weights": {name: weight.detach() for name, weight in self.weights.items()},
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict(),
            "data": self._data(),
            "tokenizer": self.train.tokenizer.fingerprint,
            "threads": torch.get_num_threads(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }

    def _data(self) -> dict[str, str]:
        links = self.train.links
        return {
            "data.train": self.train.pairs.fingerprint,
            "data.valid": self.valid.pairs.fingerprint,
            "data.alignment": links.fingerprint if links else "",
            "data.alignment digest": links.digest if links else "",
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to where `state_dict` was called.

        Raises:
            TrainingError: the data are others.
            CheckpointError: the state is damaged, or of another model or tokenizer; or the best weights are missing.
        """
        try:
            self.run.check_tokenizer("training.pt", state["tokenizer"], self.train.tokenizer)
            check_data(state["data"], self._data())
            self._load(state)
            self._check_best()
        except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise CheckpointError(
                f"{self.run.folder / 'training.pt'}: no training state of this model ({reason}); "
                "restore it from a copy, or train into another directory"
            ) from None

    def _check_best(self) -> None:
        """Refuse to go on without the best weights, whole, which no later validation need replace.

        Missing weights of the last validation are no reason: the next validation writes them.
        """
        best, progress = self.run.folder / "best.safetensors", self.progress
        if progress.best is None or (progress.pending is not None and progress.best_update == progress.update):
            return  # there are none, or they are about to be written
        if not best.exists():
            raise CheckpointError(
                f"{best}: no such file, but the best weights so far, of update {progress.best_update}, belong there; "
                "restore it from a copy of the run, or train into another directory"
            )
        self.run.weights("best", self.train.tokenizer)

    def _load(self, state: dict[str, Any]) -> None:
        self.progress = Progress.from_state_dict(state["progress"])
        check_tensors(state["weights"], self.weights)
        self._set(state["weights"])
        configured = [{k: v for k, v in group.items() if k != "params"} for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state["optimizer"])
        for group, options in zip(self.optimizer.param_groups, configured, strict=True):
            group.update(options)  # a resumed run may change them
        for weight, moments in self.optimizer.state.items():
            expected = {"step": torch.zeros(()), "exp_avg": weight, "exp_avg_sq": weight}
            check_tensors(moments, expected)
        self.average.load_state_dict(state["average"])
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_cuda"], self.device)
        before, now = int(state["threads"]), torch.get_num_threads()
        if before != now and self.device.type == "cpu":
            logger.warning(
                f"{self.run.folder}: trained with {_threads(before)} so far, and with {_threads(now)} from here: its "
                f"last digits are those of no run with either number; set OMP_NUM_THREADS={before} to repeat it exactly"
            )

    def _save(self, log: Log) -> None:
        """Save the state; see the module's docstring for what this decides.

        Raises:
            TrainingError: a weight is not finite; what was saved before stays.
            CheckpointError: the state cannot be written.
        """
        self._check_finite(self.weights)
        log.sync()
        self.progress.log_size, self.progress.log_checksum = log.size, log.checksum
        self.run.save_training(self.state_dict())

    def _check_finite(self, weights: dict[str, torch.Tensor]) -> None:
        for name, weight in weights.items():
            if not bool(torch.isfinite(weight).all()):
                raise self._diverged(self.progress.update, f"weight {name!r} is not finite")

    def _diverged(self, update: int, what: str) -> TrainingError:
        return TrainingError(
            f"update {update}: {what}; the last state that was saved is intact: "
            "resume from it with a lower training.lr (--resume --set training.lr=…)"
        )

    # -- the loop

    def fit(self, log: Log, changed: Sequence[str] = (), *, progress: bool = False) -> bool:
        """Train to the end, and return whether it was reached: False if a signal asked to stop before.

        Args:
            log: tells what happens.
            changed: the options that changed on resuming; the log tells them.
            progress: show a bar where standard error is a terminal.

        Raises:
            TrainingError: a loss, a gradient or a weight is not finite.
            CheckpointError: a file cannot be written.
        """
        if self.progress.pending is not None:
            self._complete(log)
        if changed:
            log.write("changed", self.progress.update, options={path: option(self.config, path) for path in changed})
        if changed or self.progress.update == 0:
            self._save(log)
        with watching_for_stop() as stopped, self._bar(progress) as bar, closing(log):
            batches = self._batches()
            while not (self.finished or stopped()):
                if self._validation_due:
                    self._validate(log, stopped)
                else:
                    self._update(batches)
                    bar.update()
                    if self.progress.update % self.config.training.log_every == 0:
                        self._report(log, bar)
            if not self.finished:
                self._save(log)
        return self.finished

    def _bar(self, shown: bool) -> "tqdm[Any]":
        """Return a bar that counts updates, to be shown where standard error is a terminal, or not at all."""
        done, total = self.progress.update, self.config.training.max_updates
        disable = None if shown else True
        return tqdm(total=total, initial=done, unit="update", disable=disable, leave=False, dynamic_ncols=True)

    @property
    def at_end(self) -> bool:
        """Whether all updates are done."""
        return self.progress.update >= self.config.training.max_updates

    @property
    def out_of_patience(self) -> bool:
        """Whether so many validations as `training.patience` were none the better."""
        return 0 < self.config.training.patience <= self.progress.stale

    @property
    def _validation_due(self) -> bool:
        progress = self.progress
        due = progress.update % self.config.training.valid_every == 0 or self.at_end
        return due and progress.update > progress.validated

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: all updates are done, or patience is at its end; and validated."""
        return not self._validation_due and (self.at_end or self.out_of_patience)

    def _batches(self) -> Iterator[Batch]:
        """Yield the training batches from where `progress` stands, epoch after epoch, without end."""
        seed, sampling, budget = self.config.seed, self.config.tokenizer.sampling, self.config.training.batch_tokens
        progress = self.progress
        while True:
            pools = self.train.pools(seed, progress.epoch)
            while progress.pool < len(pools):
                drawn_from = (seed, progress.epoch, progress.pool)
                batches = self.train.batches(pools[progress.pool], budget, sampling, drawn_from)
                for batch in itertools.islice(batches, progress.batch, None):
                    progress.batch += 1
                    yield batch.to(self.device)
                progress.pool, progress.batch = progress.pool + 1, 0
            progress.epoch, progress.pool = progress.epoch + 1, 0

    def _update(self, batches: Iterator[Batch]) -> None:
        options, progress, started = self.config.training, self.progress, time.perf_counter()
        batch, update = next(batches), progress.update + 1
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(options, update)
        self.model.train()
        self.optimizer.zero_grad()
        loss = batch_loss(self.model, batch, options.label_smoothing, self.guide)
        loss.objective.backward()  # type: ignore[no-untyped-call]
        total = float(loss.total.detach())
        norm = clip_gradients(self.model, options.clip or math.inf)
        if not math.isfinite(norm):
            raise self._diverged(update, f"loss is {loss.told} and its gradient's norm {norm}")
        self.optimizer.step()
        self.average.update()
        seconds = time.perf_counter() - started
        progress.update, progress.gradient_norm = update, norm
        progress.add(total, loss.tokens, seconds)
        if loss.alignment is not None:
            progress.add_alignment(float(loss.alignment.detach()), loss.guided)

    def _report(self, log: Log, bar: "tqdm[Any]") -> None:
        progress = self.progress
        losses, speed = progress.close_window()
        log.write(
            "train",
            progress.update,
            epoch=progress.epoch,
            **losses,
            lr=self.optimizer.param_groups[0]["lr"],
            gradient_norm=progress.gradient_norm,
            tokens=progress.tokens,
            tokens_per_second=speed,
            seconds=progress.seconds,
        )
        told = {name.replace("_", " "): f"{value:.3f}" for name, value in losses.items()}
        if bar.disable:  # a line in its place
            line = ", ".join(f"{name} {value}" for name, value in told.items())
            logger.info(f"update {progress.update}: {line}, {speed:,.0f} tokens/s")
        bar.set_postfix(told, tokens_s=f"{speed:.0f}")

    # -- validation

    def _validate(self, log: Log, stopped: Callable[[], bool]) -> None:
        """Score the averaged weights on the validation pairs, and save; or do neither if asked to stop."""
        progress = self.progress
        self.average.at_validation(progress.update)
        try:
            loss, quality = self._scores(stopped)
        except Stopped:
            return
        value = quality if self.config.training.metric == "bleu" else -loss
        better = progress.best is None or value > progress.best
        progress.validated = progress.update
        if better:
            progress.best, progress.best_update, progress.stale = value, progress.update, 0
        else:
            progress.stale += 1
        progress.pending = {
            "epoch": progress.epoch,
            "loss": loss,
            "bleu": quality,
            "best": better,
            "seconds": progress.seconds,
        }
        self._save(log)
        self._complete(log)
        logger.info(
            f"update {progress.update} (epoch {progress.epoch + 1}, {progress.seconds / 60:.1f} min): "
            f"validation loss {loss:.4f}, BLEU {quality:.2f}" + (" (best so far)" if better else "")
        )

    def _scores(self, stopped: Callable[[], bool]) -> tuple[float, float]:
        """Return the averaged weights' loss per token, in nats, and BLEU.

        Raises:
            TrainingError: a weight or the loss is not finite.
            Stopped: a signal asked to stop.
        """
        averaged = self.average.value()
        self._check_finite(averaged)
        with self._holding(averaged):
            batches = self.valid.in_order(self.config.training.batch_tokens)
            loss = mean_loss(self.model, until(stopped, batches), self.device)
            if not math.isfinite(loss):
                raise self._diverged(self.progress.update, f"validation loss is {loss}")
            search = self.config.decoding.model_copy(update={"beam": self.config.training.valid_beam})
            translator = Translator(self.model, self.valid.tokenizer, search, self.config.data.languages)
            sources, references = self.valid.texts()
            found: list[str] = []
            for start in until(stopped, range(0, len(sources), _SENTENCES_AT_ONCE)):
                part = sources[start : start + _SENTENCES_AT_ONCE]
                try:
                    found += (best.text for best in translator.translate(part, place=partial(_pair_of, start)))
                except CheckpointError as error:
                    raise self._diverged(self.progress.update, str(error).partition(":")[0]) from None
        return loss, bleu(found, references)

    def _complete(self, log: Log) -> None:
        """Make the files that follow from the state which a validation saved."""
        progress = self.progress
        averaged = self.average.value()
        if progress.best_update == progress.update:
            self.run.save_weights("best", averaged, self.train.tokenizer)
        self.run.save_weights("last", averaged, self.train.tokenizer)
        log.write("validation", progress.update, **(progress.pending or {}))
        progress.pending = None

    @contextmanager
    def _holding(self, weights: dict[str, torch.Tensor]) -> Iterator[None]:
        """Put other weights into the model, and the model into evaluation mode, until this is closed."""
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


def _pair_of(start: int, number: int) -> str:
    return f"data.valid: pair {start + number} of those short enough"


def _threads(number: int) -> str:
    return f"{number} thread{'s' * (number != 1)}"
