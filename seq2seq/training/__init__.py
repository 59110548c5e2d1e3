"""Training: from a config to a run's directory."""

import logging
from pathlib import Path

import torch

from seq2seq.checkpoint import Run
from seq2seq.config import Config, DecodingConfig
from seq2seq.config_file import differences
from seq2seq.corpus.batching import Corpus
from seq2seq.corpus.inspection import shared_sources
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import Pairs, load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.devices import select_device
from seq2seq.errors import CheckpointError, ConfigError, DataError
from seq2seq.models import build_model, check_memory, check_model
from seq2seq.training.loop import Trainer

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


def train(config: Config, folder: Path, *, resume: bool = False, device: torch.device | str = "auto") -> bool:
    """Train a model into a directory; False if a signal stopped it before its end.

    Args:
        config: the resolved config.
        folder: the run; it must not exist yet, or be empty, unless `resume`.
        resume: start, or continue exactly where the run was last saved.
        device: where to compute: a device, or a name that `select_device` takes.

    Raises:
        Seq2SeqError: see its subclasses; nothing is written before the data are read and the tokenizer is trained.
    """
    device = select_device(device) if isinstance(device, str) else device
    check_model(config.model)
    check_memory(config.model, config.tokenizer.vocabulary_size, device)
    run = Run(folder)
    exists = folder.is_dir() and any(folder.iterdir())
    if exists and not resume:
        raise CheckpointError(f"{folder}: exists already; add --resume to continue it, or choose another --out")
    started = (folder / "config.yaml").exists()
    before = run.config() if started else None
    if before:
        _check_same(differences(before, config), folder, may_be_fitted=_asks_for_more_pieces(config, before))
        run.check_resumable()

    problems = Problems()
    pairs, valid_pairs = (_load(config, name, problems) for name in ("train", "valid"))
    if before is None or _asks_for_more_pieces(config, before):
        tokenizer = Tokenizer.train(pairs, config.tokenizer)
        config = _with_vocabulary_size(config, len(tokenizer.source))
    if before:
        _check_same(differences(before, config), folder)
        tokenizer = run.tokenizer(config)
    else:
        _warn_of_overlap(config, pairs, valid_pairs)
    changed = differences(before, config) if before else []
    corpus, valid = (Corpus(part, tokenizer, config.data.max_length, problems) for part in (pairs, valid_pairs))
    problems.log()
    for name, part in (("train", corpus), ("valid", valid)):
        if not len(part):
            raise ConfigError(f"data.max_length: {config.data.max_length} leaves no pair of data.{name}")
    torch.manual_seed(config.seed)
    model = build_model(config.model, len(tokenizer.source), len(tokenizer.target)).to(device)
    trainer = Trainer(config, run, model, corpus, valid)
    state = run.load_training() if started else None
    if state is not None:
        trainer.load_state_dict(state)
        trained = [path for path in changed if path.startswith("training.")]
        if trained and trainer.finished:
            raise ConfigError(
                f"{folder}: finished after update {trainer.progress['update']}: {', '.join(trained)} would change "
                "nothing; raise training.max_updates to go on, or choose another --out"
            )
    run.create(config, tokenizer)  # only now: a resume that is refused must leave the run's config alone
    size = sum(weight.numel() for weight in trainer.weights.values())
    logger.info(
        f"{folder}: {'continuing after update ' + str(trainer.progress['update']) if state else 'starting'}: "
        f"{len(corpus)} pairs, {len(valid)} for validation, {size / 1e6:.1f}M parameters, on {device}"
    )
    return trainer.fit(changed if state else [])


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
            logger.warning(f"{count} source sentences of data.{name} stand in data.train too, first at {where}")


def _check_same(changed: list[str], folder: Path, may_be_fitted: bool = False) -> None:
    allowed = _CHANGEABLE | {"tokenizer.vocabulary_size"} if may_be_fitted else _CHANGEABLE
    others = [path for path in changed if path not in allowed]
    if others:
        raise ConfigError(
            f"{', '.join(others)}: differs from {folder / 'config.yaml'}: another run: choose another --out"
        )
