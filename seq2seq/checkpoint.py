"""A run's directory: the one place that knows its file names.

    config.yaml           resolved; the run is reproducible from it
    tokenizer.model       or source.model and target.model
    best.safetensors      weights of the best validation: what translates
    last.safetensors      weights of the last validation
    training.pt           all that an exact resume needs
    log.jsonl             what happened, one JSON object a line
    run.json              where it comes from: versions, machine, commands, times
    .lock                 only while it is trained

Design decisions:
- Every file appears under its name whole or not at all.
- Weights hold no time, host or path, so equal runs write equal bytes. They may be stored in half precision; they are
  computed with in float32.
- Weights and training state carry a SHA-256 of all their bytes, and the fingerprint of their tokenizer: damage, and
  files of different runs together, are refused when they are read. config.yaml is text for people to read and change:
  what it says is checked.
"""

import errno
import hashlib
import json
import logging
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import torch

from seq2seq.config import Config
from seq2seq.config_file import load_config, render_config
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.errors import CheckpointError
from seq2seq.files import (
    Beginning,
    atomic_directory,
    atomic_path,
    bundled,
    file_mode,
    open_whole,
    reason,
    remove_leftovers,
)
from seq2seq.models import Seq2Seq, load_model, named_weights
from seq2seq.weights import sealed, unsealed

__all__ = ["Run", "find_run", "publish"]

logger = logging.getLogger(__name__)

SHIPPED = bundled("checkpoints")

_NAMES = (
    "config.yaml", "tokenizer.model", "source.model", "target.model", "best.safetensors", "last.safetensors",
    "training.pt", "log.jsonl", "run.json",
)  # fmt: skip
# Of training.pt: change it when what it holds changes.
_TRAINING_FORMAT = 3


def find_run(name: str) -> Path:
    """Return the directory of a run: a path, or the name of a shipped model; an existing path wins.

    Raises:
        CheckpointError: there is no such run.
    """
    path = Path(name)
    try:
        mode = file_mode(path)
    except OSError as error:
        raise CheckpointError(f"{name!r}: no such run: {reason(error)}") from None
    if mode is not None and not stat.S_ISDIR(mode):
        raise CheckpointError(f"{name}: not a directory; give the directory of a run, which `seq2seq train` makes")
    if mode is not None:
        return path
    shipped = SHIPPED / name
    if path.name == name and (shipped / "config.yaml").is_file():
        return shipped
    known = sorted(folder.parent.name for folder in SHIPPED.glob("*/config.yaml"))
    raise CheckpointError(
        f"{name}: no such run; give a run's directory" + (f" or one of: {', '.join(known)}" if known else "")
    )


def publish(run: str | Path, folder: str | Path) -> None:
    """Copy what translation needs of a run into a new directory, weights in half precision. See `Run.publish`.

    Args:
        run: the run's directory, or the name of a shipped model.
        folder: the new directory.

    Raises:
        CheckpointError: there is no such run, it is damaged or incomplete, or `folder` exists or cannot be written.
    """
    Run(find_run(str(run))).publish(Path(folder))


class Run:
    """Access to the files of a run's directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log.jsonl"
        self.provenance = folder / "run.json"
        self.lock = folder / ".lock"

    # -- reading

    def config(self) -> Config:
        """Return the resolved config.

        Raises:
            CheckpointError: there is none, so this is no run, or it cannot be read.
            ConfigError: it is not a valid config.
        """
        path = self.folder / "config.yaml"
        if _read(path) is None:
            raise CheckpointError(f"{self.folder}: not a run: it has no config.yaml; `seq2seq train` makes one")
        return load_config(path)

    def tokenizer(self, config: Config) -> Tokenizer:
        """Return the tokenizer of both sides; reading weights or a training state will tell whether it is theirs.

        Raises:
            CheckpointError: see `Tokenizer.load`.
        """
        return Tokenizer.load(self.folder, config.tokenizer)

    def model(
        self, config: Config, tokenizer: Tokenizer, device: torch.device, weights: str = "best"
    ) -> Seq2Seq[Any, Any]:
        """Return the trained network, in float32, in evaluation mode.

        Raises:
            CheckpointError: weights are missing, damaged, of another tokenizer, or of another shape than config and
                tokenizer say.
        """
        stored = self.weights(weights, tokenizer)
        try:
            model = load_model(config.model, len(tokenizer.source), len(tokenizer.target), stored)
        except ValueError as error:
            raise CheckpointError(f"{self.folder / weights}.safetensors: {error}") from None
        return model.to(device).eval()

    def weights(self, name: str, tokenizer: Tokenizer) -> dict[str, torch.Tensor]:
        """Return the stored weights by name; those without a checksum are taken with a warning.

        Raises:
            CheckpointError: they are missing, damaged, or of another tokenizer.
        """
        path = self.folder / f"{name}.safetensors"
        content = _read(path)
        if content is None:
            raise CheckpointError(f"{path}: no such file; training writes it at the first validation")
        stored, fingerprint = unsealed(content, path)
        if fingerprint is None:
            logger.warning(f"{path}: has no checksum, as an earlier version wrote it: damage would go unnoticed")
        else:
            self.check_tokenizer(path.name, fingerprint, tokenizer)
        return stored

    def check_tokenizer(self, name: str, fingerprint: str, tokenizer: Tokenizer) -> None:
        """Refuse a tokenizer whose fingerprint is not the one that the file `name` of this run holds.

        Raises:
            CheckpointError: the tokenizer is damaged, or that of another run.
        """
        if tokenizer.fingerprint != fingerprint:
            models = " and ".join(str(self.folder / model) for model in tokenizer.files())
            raise CheckpointError(
                f"{models}: damaged, or not what {name} was trained with; restore both from one copy of the run"
            )

    def is_empty(self) -> bool:
        """Return whether nothing is in the directory, or nothing but a lock."""
        return not self.folder.is_dir() or all(path == self.lock for path in self.folder.iterdir())

    def check_resumable(self) -> bool:
        """Return whether training has begun; where it has not, nothing stands in the way of its beginning.

        Raises:
            CheckpointError: there is something of a trained run, but not all that it takes to resume it.
        """
        state, config = self.folder / "training.pt", self.folder / "config.yaml"
        others = [self.folder / "best.safetensors", self.folder / "last.safetensors", self.log]
        trained = [path.name for path in others if path.exists() and path.stat().st_size]
        if trained and not state.exists():
            raise CheckpointError(
                f"{self.folder}: has {trained[0]} but no training.pt to resume from; choose another --out"
            )
        if state.exists() and not config.exists():
            raise CheckpointError(
                f"{self.folder}: has training.pt but no config.yaml; restore it from a copy, or choose another --out"
            )
        return config.exists()

    def load_training(self) -> dict[str, Any] | None:
        """Return what `save_training` kept, or None if nothing was.

        Raises:
            CheckpointError: it cannot be read, is damaged, or was saved by another version.
        """
        path = self.folder / "training.pt"
        if (stream := _open(path)) is None:
            return None
        with stream, _reading(path):
            archive = Beginning(stream, path.stat().st_size - hashlib.sha256().digest_size)
            if hashlib.file_digest(archive, "sha256").digest() != stream.read():
                raise CheckpointError(
                    f"{path}: damaged, or saved by another version of seq2seq; restore it from a copy, "
                    "or train into another --out"
                )
            archive.seek(0)
            try:
                state = torch.load(archive, map_location="cpu", weights_only=True)  # type: ignore[arg-type]
            except Exception as error:  # whole, so another version of torch wrote it
                raise CheckpointError(
                    f"{path}: cannot be read by torch {torch.__version__} ({type(error).__name__}); resume it with "
                    "the version that saved it"
                ) from None
        if not isinstance(state, dict) or state.get("format") != _TRAINING_FORMAT:
            raise CheckpointError(f"{path}: saved by another version of seq2seq; resume it with that one")
        return state

    # -- writing

    def remove_leftovers(self) -> None:
        """Remove what killed writers left behind. The caller holds the lock, so nobody is writing now."""
        for name in _NAMES:
            remove_leftovers(self.folder / name)

    def create(self, config: Config, tokenizer: Tokenizer) -> None:
        """Write the config and the tokenizer. The config comes last: a directory that has one is a run.

        Raises:
            CheckpointError: the directory or a file cannot be written.
        """
        with _named(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        for name, content in {**tokenizer.files(), "config.yaml": render_config(config).encode()}.items():
            with _replacing(self.folder / name, "then try again") as temporary:
                temporary.write_bytes(content)

    def save_weights(self, name: str, weights: dict[str, torch.Tensor], tokenizer: Tokenizer) -> None:
        """Write ``NAME.safetensors``: weights trained with a tokenizer, in float32.

        Raises:
            CheckpointError: it cannot be written; what was there is kept.
        """
        path = self.folder / f"{name}.safetensors"
        with _replacing(path, "then train with --resume") as temporary:
            temporary.write_bytes(sealed(weights, tokenizer.fingerprint, torch.float32))

    def save_training(self, state: dict[str, Any]) -> None:
        """Keep a training state: plain numbers, strings, tensors, and lists and dicts of them.

        Raises:
            CheckpointError: it cannot be written; what was there is kept.
        """
        path = self.folder / "training.pt"
        with _replacing(path, "then train with --resume") as temporary, temporary.open("rb+") as stream:
            try:
                torch.save({"format": _TRAINING_FORMAT, **state}, stream)
            except RuntimeError as error:  # the archive could not be closed after a write had failed: that is the cause
                raise error.__context__ or error from None
            stream.seek(0)
            stream.write(hashlib.file_digest(stream, "sha256").digest())

    def publish(self, folder: Path) -> None:
        """Copy what translation needs into a new directory: config, tokenizer, best weights in half precision.

        What tells where the run came from (run.json) goes with it where there is any, but for the command lines, which
        name what is on this machine. The directory appears whole.

        Raises:
            CheckpointError: `folder` exists and is not empty, it cannot be written, or this run is incomplete.
        """
        with _named(folder):
            mode = file_mode(folder)
            if mode is not None and not (stat.S_ISDIR(mode) and not any(folder.iterdir())):
                raise CheckpointError(f"{folder}: exists already; choose a new directory")
        config = self.config()
        tokenizer = self.tokenizer(config)
        model = self.model(config, tokenizer, torch.device("cpu"))
        provenance = self._published_provenance()
        contents = {
            "config.yaml": render_config(config).encode(),
            **tokenizer.files(),
            "best.safetensors": sealed(named_weights(model), tokenizer.fingerprint, torch.float16),
            **({} if provenance is None else {"run.json": provenance}),
        }
        with _named(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with atomic_directory(folder) as temporary:
                for name, content in contents.items():
                    (temporary / name).write_bytes(content)

    def _published_provenance(self) -> bytes | None:
        """Return run.json without its command lines, or None where there is none that can be read."""
        path = self.folder / "run.json"
        if (content := _read(path)) is None:
            return None
        try:
            told = json.loads(content)
            sessions = [{name: fact for name, fact in one.items() if name != "command"} for one in told["sessions"]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            logger.warning(f"{path}: damaged; published without it")
            return None
        return (json.dumps({"sessions": sessions}, indent=2, ensure_ascii=False) + "\n").encode()


def _open(path: Path) -> BinaryIO | None:
    """Return a file, open for reading, or None if there is none.

    Raises:
        CheckpointError: there is something, but it cannot be read.
    """
    with _reading(path):
        try:
            return open_whole(path)
        except FileNotFoundError:
            return None


def _read(path: Path) -> bytes | None:
    """Return a file's content, or None if there is none.

    Raises:
        CheckpointError: there is something, but it cannot be read.
    """
    if (stream := _open(path)) is None:
        return None
    with stream, _reading(path):
        return stream.read()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name the file to which a failed read inside belongs.

    Raises:
        CheckpointError: instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {reason(error)}") from None


@contextmanager
def _named(path: Path, then: str = "then try again") -> Iterator[None]:
    """Name the file or directory to which a failed write inside belongs, and say what to do.

    Raises:
        CheckpointError: instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be written: {reason(error)}, {then}; what was there is kept") from None


@contextmanager
def _replacing(path: Path, then: str) -> Iterator[Path]:
    """`atomic_path` for a file of a run, whose place nothing but a regular file may take.

    Raises:
        CheckpointError: see `_named`.
    """
    with _named(path, then), atomic_path(path) as temporary:
        if temporary == path:  # a pipe, which might block, or a device
            raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")
        yield temporary
