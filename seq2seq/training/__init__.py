"""Training: from a config to a run's directory."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from seq2seq.checkpoint import Run
from seq2seq.config import Config, DecodingConfig
from seq2seq.config_file import differences, option, with_options
from seq2seq.corpus.batching import Corpus
from seq2seq.corpus.inspection import shared_sources
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.links import Links, fingerprint_of_learned, load_links
from seq2seq.corpus.sources import Pairs, load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.devices import select_device
from seq2seq.errors import CheckpointError, ConfigError, DataError
from seq2seq.models import aligning, build_model, check_memory, check_model
from seq2seq.training.averaging import most_copies
from seq2seq.training.lock import locked
from seq2seq.training.log import Log
from seq2seq.training.loop import Trainer
from seq2seq.training.progress import check_data
from seq2seq.training.provenance import session
from seq2seq.words import counted

__all__ = ["train"]

logger = logging.getLogger(__name__)

_FEWEST_PIECES = 8  # that a config can ask for

# What may change in a resumed run: what it still has to decide, and where its data lie. (That they are
# the same data is checked by content.) Anything else would make it another run.
_CHANGEABLE = {
    "data.train",
    "data.valid",
    "data.test",
    "data.alignment",
    *(f"decoding.{name}" for name in DecodingConfig.model_fields),
    *(f"training.{name}" for name in ("max_updates", "lr", "betas", "weight_decay", "schedule", "warmup", "clip")),
    *(f"training.{name}" for name in ("patience", "valid_every", "valid_beam", "log_every", "tensorboard")),
}
_TAUGHT = {"decoding.alignment_layer", "decoding.alignment_head"}  # may not change where links teach attention


def train(
    config: Config,
    folder: Path | str,
    *,
    resume: bool = False,
    device: torch.device | str = "auto",
    progress: bool = False,
    command: Sequence[str] | None = None,
) -> bool:
    """Train a model into a directory, and keep there the weights that translate best.

    The directory is locked meanwhile, and saved at each validation. SIGINT, SIGTERM and SIGHUP, where the caller is the
    main thread, save it and end the training; on a CPU, a run that is resumed ends with the bytes of one that was
    never stopped, also after it was killed.

    Args:
        config: what to train, as `load_config` reads it.
        folder: the run's directory; it must not exist yet, or be empty, unless `resume`.
        resume: continue exactly where the run was last saved, or start it where nothing was.
        device: where to compute: a device, or a name that `select_device` takes.
        progress: show a bar where standard error is a terminal.
        command: the command line that asked for it, if one did; the run's ``run.json`` tells it.

    Returns:
        Whether training came to its end; False if a signal stopped it before.

    Raises:
        ConfigError: an option is wrong, or differs from the run's and may not.
        DataError: a corpus is missing or malformed.
        CheckpointError: the directory is in use, cannot be written to, or holds something other than this run, or only
            a part of it.
        TrainingError: the data are not those the run began with, or a loss or a weight is not finite.
    """
    device = select_device(device)
    config = _with_alignment(config, check_model(config.model).cross_heads)
    # The text may fill fewer pieces than were asked for: what no vocabulary can make smaller is all there is to check.
    check_memory(config.model, _FEWEST_PIECES, _FEWEST_PIECES, most_copies(config.training), device)
    run = Run(Path(folder))
    with locked(run.lock):
        if not resume and not run.is_empty():
            raise CheckpointError(f"{folder}: exists already; add --resume to continue it, or choose another --out")
        trainer, changed = _prepare(config, run, device)
        return _fit(trainer, changed, progress, command)


def _prepare(config: Config, run: Run, device: torch.device) -> tuple[Trainer, list[str]]:
    """Return the trainer of a run as far as it is, and the options that change in it; nothing is written.

    The run's directory is locked. The training state that is read here is not held any longer than this takes.
    """
    started = run.check_resumable()
    run.remove_leftovers()
    state = run.load_training() if started else None
    before, asked = run.config() if started else None, config
    if state:
        before, known = _saved_configs(run, state)
        sizes = known.tokenizer.vocabulary_size, before.tokenizer.vocabulary_size
        if config.tokenizer.vocabulary_size in sizes:
            asked, config = (_with_vocabulary_size(config, size) for size in sizes)
        config = _with_edits(config, before, known, run)
    if before:
        _check_same(differences(before, config), run.folder, may_be_fitted=_asks_for_more_pieces(config, before))
        _check_taught(before, config)
    problems = Problems()
    pairs, valid_pairs = (_load(config, name, problems) for name in ("train", "valid"))
    if state:
        _check_data(config, state, pairs, valid_pairs)
    if before is None:
        _warn_of_overlap(config, pairs, valid_pairs)
    config, tokenizer = _fitted(config, before, run, pairs)
    sizes = len(tokenizer.source), len(tokenizer.target)
    check_memory(config.model, *sizes, most_copies(config.training), device)
    changed = differences(before, config) if before and state else []
    corpora = _corpora(config, tokenizer, {"train": pairs, "valid": valid_pairs}, problems)
    if links := _load_links(config, pairs):  # as late as this, because learning them takes long
        corpora["train"] = corpora["train"].guided_by(links)
    torch.manual_seed(config.seed)
    model = build_model(config.model, *sizes).to(device)
    trainer = Trainer(config, run, model, **corpora, asked=asked)
    if state is not None:
        trainer.load_state_dict(state)
        _check_unfinished(trainer, changed)
    return trainer, changed


def _fit(trainer: Trainer, changed: list[str], shown: bool, command: Sequence[str] | None) -> bool:
    """Train to the end, and tell of it in the run's log and in its ``run.json``; see `train`."""
    config, run, progress = trainer.config, trainer.run, trainer.progress
    log = Log(
        run.log,
        progress.update,
        size=progress.log_size,
        checksum=progress.log_checksum,
        tensorboard=config.training.tensorboard,
    )
    run.create(config, trainer.train.tokenizer)  # only now: a resume that is refused must leave the run alone
    size = sum(weight.numel() for weight in trainer.weights.values())
    logger.info(
        f"{run.folder}: {f'continuing after update {progress.update}' if progress.update else 'starting'}: "
        f"{counted(len(trainer.train), 'pair')}, {len(trainer.valid):,} for validation, {size / 1e6:.1f}M parameters, "
        f"on {trainer.device}"
    )
    data: dict[str, dict[str, Any]] = {
        name: {"fingerprint": part.pairs.fingerprint, "pairs": len(part.pairs), "used": len(part)}
        for name, part in (("train", trainer.train), ("valid", trainer.valid))
    }
    if trainer.train.links:
        data["train"]["links"] = trainer.train.links.fingerprint
    facts = {"first_update": progress.update, "parameters": size, "data": data}
    with session(run.provenance, trainer.device, facts, command) as told:
        finished = trainer.fit(log, changed, progress=shown)
        told["outcome"] = "finished" if finished else "stopped"
        told["last_update"] = progress.update
        told["best"] = {"update": progress.best_update, config.training.metric: progress.best}
    return finished


def _saved_configs(run: Run, state: dict[str, Any]) -> tuple[Config, Config]:
    """Return the config that a run was last saved with, and the one that was asked for then.

    Raises:
        CheckpointError: the state holds none.
    """
    try:
        return Config.model_validate(state["config"]), Config.model_validate(state["asked"])
    except (KeyError, ValidationError):
        raise CheckpointError(
            f"{run.folder / 'training.pt'}: no training state that this version reads; restore it from a copy, or "
            "train into another directory"
        ) from None


def _with_edits(config: Config, before: Config, asked: Config, run: Run) -> Config:
    """Return the config with how to translate as somebody changed it in the run's config.yaml.

    An option that the given config has changed since it was last asked for is as given. Other changes in config.yaml
    have no effect; a warning names them, because the file is written again.

    Raises:
        ConfigError: config.yaml is not a valid config.
    """
    path = run.folder / "config.yaml"
    try:
        file = run.config()
    except ConfigError as error:
        raise ConfigError(f"{error} (mend it, or restore {path} from a copy)") from None
    edited, given = differences(before, file), differences(asked, config)
    different = differences(config, file)
    kept = {name: option(file, name) for name in different if name.startswith("decoding.") and name not in given}
    for name, value in kept.items():
        if name in edited:
            logger.info(f"{path}: {name} was changed there to {value}, and stays so; to undo it, change it there")
    if others := [name for name in edited if name in different and name not in kept]:
        logger.warning(
            f"{path}: {', '.join(others)}: changed there, which has no effect on training: the values of the given "
            "config are used and written back; change them in that, or with --set"
        )
    return with_options(config, "decoding", {path.removeprefix("decoding."): value for path, value in kept.items()})


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


def _check_data(config: Config, state: dict[str, Any], pairs: Pairs, valid: Pairs) -> None:
    """Refuse other sentences or learned links than those of a training state, before anything is learned from them.

    `Trainer.load_state_dict` refuses other links from a file, and a state that does not know its sentences, as it does
    all that is damaged.

    Raises:
        TrainingError: See `check_data`.
    """
    fingerprints = {"data.train": pairs.fingerprint, "data.valid": valid.fingerprint}
    if config.data.alignment == "hmm":
        fingerprints["data.alignment"] = fingerprint_of_learned(pairs)
    if isinstance(state.get("data"), dict):
        check_data({**fingerprints, **state["data"]}, fingerprints)


def _load_links(config: Config, pairs: Pairs) -> Links | None:
    """Load the word links of the training pairs, if ``data.alignment`` names any.

    Raises:
        DataError: See `load_links`.
    """
    try:
        return load_links(config.data, pairs)
    except DataError as error:
        raise DataError(f"data.alignment: {error}") from None


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


def _with_alignment(config: Config, heads: int) -> Config:
    """Return the config with the layer whose attention links teach in numbers, which no later default can change.

    Args:
        config: the config.
        heads: of the network's cross-attention.

    Raises:
        ConfigError: the network does not have the attention that is to be taught, or read as the alignment.
    """
    guided = config.training.guided_attention
    if guided and not heads:
        raise ConfigError(
            f"training.guided_attention: {guided}, but this model has no attention to the source that links could "
            "teach; choose another model.attention, or set it to 0"
        )
    layer, _ = aligning(config.decoding, config.model.decoder_layers, heads)
    return with_options(config, "decoding", {"alignment_layer": layer}) if guided else config


def _check_taught(before: Config, config: Config) -> None:
    """Refuse another layer or head of attention where links have taught one.

    Raises:
        ConfigError: it is another one.
    """
    others = [path for path in differences(before, config) if path in _TAUGHT]
    if others and before.training.guided_attention:
        raise ConfigError(
            f"{', '.join(others)}: cannot change in this run, whose links teach the attention that is named there "
            "(training.guided_attention); undo it, or choose another --out"
        )
