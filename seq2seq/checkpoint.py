"""A run's directory: the one place that knows its file names.

    config.yaml           resolved; the run is reproducible from it
    tokenizer.model       or source.model and target.model
    best.safetensors      weights of the best validation: what translates
    last.safetensors      weights of the last validation
    training.pt           all that an exact resume needs
    log.jsonl             what happened, one JSON object a line
    run.json              where it comes from: versions, machine, commands, times
    .lock                 only while it is trained

Every file appears under its name whole or not at all. Weights hold no time, host or path, so equal
runs write equal bytes. They may be stored in half precision; they are computed with in float32.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from seq2seq.config import Config
from seq2seq.config_file import load_config, render_config
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.errors import CheckpointError
from seq2seq.files import atomic_path, bundled
from seq2seq.models import Seq2Seq, load_model, named_weights

__all__ = ["Run", "find_run"]

_TRAINING_FORMAT = 3  # of training.pt: change it when what it holds changes
SHIPPED = bundled("checkpoints")


def find_run(name: str) -> Path:
    """The directory of a run: a path, or the name of a shipped model; an existing path wins.

    Raises:
        CheckpointError: there is no such run.
    """
    path = Path(name)
    if path.exists():
        return path
    shipped = SHIPPED / name
    if path.name == name and (shipped / "config.yaml").is_file():
        return shipped
    known = sorted(folder.parent.name for folder in SHIPPED.glob("*/config.yaml"))
    raise CheckpointError(
        f"{name}: no such run; give a run's directory" + (f" or one of: {', '.join(known)}" if known else "")
    )


class Run:
    """Access to the files of a run's directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log.jsonl"
        self.provenance = folder / "run.json"
        self.lock = folder / ".lock"

    # -- reading

    def config(self) -> Config:
        """The resolved config.

        Raises:
            CheckpointError: there is none: this is no run.
            ConfigError: it is not a valid config.
        """
        path = self.folder / "config.yaml"
        if not path.is_file():
            raise CheckpointError(f"{self.folder}: not a run: it has no config.yaml; `seq2seq train` makes one")
        return load_config(path)

    def tokenizer(self, config: Config) -> Tokenizer:
        """The tokenizer of both sides."""
        return Tokenizer.load(self.folder, config.tokenizer)

    def model(
        self, config: Config, tokenizer: Tokenizer, device: torch.device, weights: str = "best"
    ) -> Seq2Seq[Any, Any]:
        """The trained network, in float32, in evaluation mode.

        Raises:
            CheckpointError: weights are missing, damaged, or of another shape than config and tokenizer say.
        """
        path = self.folder / f"{weights}.safetensors"
        try:
            stored = load_file(path)
        except FileNotFoundError:
            raise CheckpointError(f"{path}: no such file; training writes it at the first validation") from None
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{path}: damaged: {error}; restore it from a copy") from None
        try:
            model = load_model(config.model, len(tokenizer.source), len(tokenizer.target), stored)
        except ValueError as error:
            raise CheckpointError(f"{path}: {error}") from None
        return model.to(device).eval()

    def remove_leftovers(self) -> None:
        """Remove what killed writers left behind; only who holds the directory's lock may."""
        for path in self.folder.glob(".*.*"):
            if path.name != self.lock.name and path.is_file():
                path.unlink(missing_ok=True)

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
        """What `save_training` kept, or None if nothing was.

        Raises:
            CheckpointError: it cannot be read.
        """
        path = self.folder / "training.pt"
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise CheckpointError(
                f"{path}: damaged: {type(error).__name__}; the run cannot be resumed, start another"
            ) from None
        if state.get("format") != _TRAINING_FORMAT:
            raise CheckpointError(f"{path}: written by another version of seq2seq; resume it with that one")
        return state

    # -- writing

    def create(self, config: Config, tokenizer: Tokenizer) -> None:
        """Write the config and the tokenizer. The config comes last: a directory that has one is a run.

        Raises:
            CheckpointError: the directory cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, content in {**tokenizer.files(), "config.yaml": render_config(config).encode()}.items():
                with atomic_path(self.folder / name) as temporary:
                    temporary.write_bytes(content)
        except OSError as error:
            raise CheckpointError(f"{self.folder}: cannot be written: {error.strerror}") from None

    def save_weights(self, name: str, weights: dict[str, torch.Tensor], dtype: torch.dtype = torch.float32) -> None:
        """Write ``NAME.safetensors``."""
        stored = {key: tensor.detach().to("cpu", dtype).contiguous() for key, tensor in weights.items()}
        with _replacing(self.folder / f"{name}.safetensors") as temporary:
            save_file(stored, temporary)

    def save_training(self, state: dict[str, Any]) -> None:
        """Keep a training state: plain numbers, strings, tensors, and lists and dicts of them."""
        with _replacing(self.folder / "training.pt") as temporary:
            torch.save({"format": _TRAINING_FORMAT, **state}, temporary)

    def publish(self, folder: Path) -> None:
        """Copy what translation needs into a new directory: config, tokenizer, best weights in half precision.

        Raises:
            CheckpointError: `folder` exists and is not empty, or this run is incomplete.
        """
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise CheckpointError(f"{folder}: exists already; choose a new directory")
        config = self.config()
        tokenizer = self.tokenizer(config)
        model = self.model(config, tokenizer, torch.device("cpu"))
        copy = Run(folder)
        copy.create(config, tokenizer)
        copy.save_weights("best", named_weights(model), torch.float16)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """`atomic_path`, for writers that have errors of their own for a full disk.

    Raises:
        CheckpointError: the file cannot be written; what stood there before still does.
    """
    try:
        with atomic_path(path) as temporary:
            yield temporary
    except (OSError, RuntimeError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise CheckpointError(
            f"{path}: cannot be written ({reason or str(error).splitlines()[0]}), what stood there is kept; "
            "make room, then train with --resume"
        ) from None
