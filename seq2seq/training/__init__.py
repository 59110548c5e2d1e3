"""Training: from a config to a run's directory."""

import logging
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from seq2seq.checkpoint import Run
from seq2seq.config import Config, DecodingConfig
from seq2seq.config_file import differences
from seq2seq.corpus.batching import Corpus
from seq2seq.corpus.inspection import shared_sources
from seq2seq.corpus.lines import Problems, counted
from seq2seq.corpus.sources import Pairs, load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.devices import select_device
from seq2seq.errors import CheckpointError, ConfigError, DataError
from seq2seq.models import build_model, check_memory, check_model
from seq2seq.training.lock import locked
from seq2seq.training.log import Log
from seq2seq.training.loop import Trainer
from seq2seq.training.provenance import session

__all__ = ["train"]

logger = logging.getLogger(__name__)

# What may change in a resumed run: what it still has to decide, and where its data lie. (That they are
# the same data is checked by content.) Anything else would make it another run.
_CHANGEABLE = {
    "data.train",
    "data.valid",
    "data.test",
    *(f"decoding.{name}" for name in DecodingConfig.model_fields),
    *(f"training.{name}" for name in ("max_updates", "lr", "betas", "weight_decay", "schedule", "warmup", "clip")),
    *(f"training.{name}" for name in ("patience", "valid_every", "valid_beam", "log_every", "tensorboard")),
}


def train(config: Config, folder: Path | str, *, resume: bool = False, device: torch.device | str = "auto") -> bool:
    """Train a model into a directory, and keep there the weights that translate best.

    The directory is locked meanwhile, and saved at each validation. SIGINT, SIGTERM and SIGHUP, where the caller is the
    main thread, save it and end the training; on a CPU, a run that is resumed ends with the bytes of one that was
    never stopped, also after it was killed.

    Args:
        config: what to train, as `load_config` reads it.
        folder: the run's directory; it must not exist yet, or be empty, unless `resume`.
        resume: continue exactly where the run was last saved, or start it where nothing was.
        device: where to compute: a device, or a name that `select_device` takes.

    Returns:
        Whether training came to its end; False if a signal stopped it before.

    Raises:
        ConfigError: an option is wrong, or differs from the run's and may not.
        DataError: a corpus is missing or malformed.
        CheckpointError: the directory is in use, cannot be written to, or holds something other than this run.
        TrainingError: the data are not those the run began with, or a loss or a weight is not finite.
    """
    device = select_device(device) if isinstance(device, str) else device
    check_model(config.model)
    check_memory(config.model, config.tokenizer.vocabulary_size, device)
    run = Run(Path(folder))
    with locked(run.lock):
        if not resume and not run.is_empty():
            raise CheckpointError(f"{folder}: exists already; add --resume to continue it, or choose another --out")
        return _train(config, run, device)


def _train(config: Config, run: Run, device: torch.device) -> bool:
    """Start or continue the run of a directory that is locked; see `train`."""
    started = run.check_resumable()
    run.remove_leftovers()
    state = run.load_training() if started else None
    before = _saved_config(run, state) if started else None
    if before:
        _check_same(differences(before, config), run.folder, may_be_fitted=_asks_for_more_pieces(config, before))
    problems = Problems()
    pairs, valid_pairs = (_load(config, name, problems) for name in ("train", "valid"))
    if before is None:
        _warn_of_overlap(config, pairs, valid_pairs)
    config, tokenizer = _fitted(config, before, run, pairs)
    changed = differences(before, config) if before else []
    corpora = _corpora(config, tokenizer, {"train": pairs, "valid": valid_pairs}, problems)
    torch.manual_seed(config.seed)
    model = build_model(config.model, len(tokenizer.source), len(tokenizer.target)).to(device)
    trainer = Trainer(config, run, model, **corpora)
    if state is not None:
        trainer.load_state_dict(state)
        _check_unfinished(trainer, changed)
    progress = trainer.progress
    log = Log(
        run.log,
        progress.update,
        size=progress.log_size,
        checksum=progress.log_checksum,
        tensorboard=config.training.tensorboard,
    )
    run.create(config, tokenizer)  # only now: a resume that is refused must leave the run's config alone
    size = sum(weight.numel() for weight in trainer.weights.values())
    logger.info(
        f"{run.folder}: {f'continuing after update {progress.update}' if state else 'starting'}: "
        f"{counted(len(trainer.train), 'pair')}, {len(trainer.valid):,} for validation, {size / 1e6:.1f}M parameters, "
        f"on {device}"
    )
    data = {
        name: {"fingerprint": part.pairs.fingerprint, "pairs": len(part.pairs), "used": len(part)}
        for name, part in corpora.items()
    }
    facts = {"first_update": progress.update, "parameters": size, "data": data}
    with session(run.provenance, device, facts) as told:
        finished = trainer.fit(log, changed if state else [])
        told["outcome"] = "finished" if finished else "stopped"
        told["last_update"] = progress.update
        told["best"] = {"update": progress.best_update, config.training.metric: progress.best}
    return finished


def _saved_config(run: Run, state: dict[str, Any] | None) -> Config:
    """Return the config that a run was last saved with.

    Raises:
        CheckpointError: the state holds none.
    """
    if state is None:
        return run.config()
    try:
        return Config.model_validate(state["config"])
    except (KeyError, ValidationError):
        raise CheckpointError(
            f"{run.folder / 'training.pt'}: no training state that this version reads; restore it from a copy, or "
            "train into another directory"
        ) from None


def _fitted(config: Config, before: Config | None, run: Run, pairs: Pairs) -> tuple[Config, Tokenizer]:
    """Return the run's tokenizer, trained where it has none, and the config with the size of its vocabulary.

    Raises:
        ConfigError: the config asks for more pieces than the run has, and the text could fill them.
    """
    if before is None or _asks_for_more_pieces(config, before):
        tokenizer = Tokenizer.train(pairs, config.tokenizer)
        config = _with_vocabulary_size(config, len(tokenizer.source))
    if before is None:
        return config, tokenizer
    _check_same(differences(before, config), run.folder)
    return config, run.tokenizer(config)


def _corpora(config: Config, tokenizer: Tokenizer, pairs: dict[str, Pairs], problems: Problems) -> dict[str, Corpus]:
    """Tokenise pairs, and log the problems that were met up to here.

    Raises:
        ConfigError: no pair is short enough.
    """
    corpora = {name: Corpus(part, tokenizer, config.data.max_length, problems) for name, part in pairs.items()}
    for name, corpus in corpora.items():
        if not len(corpus):
            raise ConfigError(f"data.max_length: {config.data.max_length} leaves no pair of data.{name}")
    problems.log()
    return corpora


def _check_unfinished(trainer: Trainer, changed: list[str]) -> None:
    """Refuse options of a training that has come to its end.

    Raises:
        ConfigError: they would change nothing; the message tells how to go on.
    """
    trained = [path for path in changed if path.startswith("training.")]
    if trained and trainer.finished:
        ways = {
            "raise training.max_updates": trainer.at_end,
            "raise training.patience, or set it to 0,": trainer.out_of_patience,
        }
        raise ConfigError(
            f"{trainer.run.folder}: finished after update {trainer.progress.update}: {', '.join(trained)} would change "
            f"nothing; {' and '.join(way for way, needed in ways.items() if needed)} to go on, or choose another --out"
        )


def _load(config: Config, name: str, problems: Problems) -> Pairs:
    """Load the pairs of ``data.NAME``; its errors name that option.

    Raises:
        DataError: See `load_pairs`.
    """
    try:
        return load_pairs(getattr(config.data, name), config.data.languages, problems)
    except DataError as error:
        raise DataError(f"data.{name}: {error}") from None


def _asks_for_more_pieces(config: Config, before: Config) -> bool:
    return config.tokenizer.vocabulary_size > before.tokenizer.vocabulary_size


def _with_vocabulary_size(config: Config, size: int) -> Config:
    """Return the config with the size of the vocabulary that its text could fill."""
    return config.model_copy(update={"tokenizer": config.tokenizer.model_copy(update={"vocabulary_size": size})})


def _warn_of_overlap(config: Config, pairs: Pairs, valid: Pairs) -> None:
    """Say so where sentences to be judged by are also trained on."""
    parts = {"valid": valid}
    if config.data.test:
        parts["test"] = _load(config, "test", Problems())
    for name, (count, where) in zip(parts, shared_sources(pairs, list(parts.values())), strict=True):
        if count:
            logger.warning(f"source sentences of data.{name} that stand in data.train too: {count:,}, first at {where}")


def _check_same(changed: list[str], folder: Path, may_be_fitted: bool = False) -> None:
    """Refuse options that may not change; the vocabulary's size may, where it is yet to be fitted to the text.

    Raises:
        ConfigError: one of them did.
    """
    allowed = _CHANGEABLE | {"tokenizer.vocabulary_size"} if may_be_fitted else _CHANGEABLE
    others = [path for path in changed if path not in allowed]
    if others:
        raise ConfigError(
            f"{', '.join(others)}: differs from {folder / 'config.yaml'}: that is another run; choose another --out"
        )
