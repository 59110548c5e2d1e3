"""A run's log: JSON lines, and TensorBoard where asked for."""

import json
from pathlib import Path
from typing import Any

from seq2seq.errors import ConfigError
from seq2seq.files import atomic_path

__all__ = ["Log"]


class Log:
    """Appends events to a JSONL file.

    Args:
        path: the file; it is created where it does not exist.
        update: entries of later updates are dropped: they belong to a future that a resumed run will live again.
        tensorboard: write scalars for TensorBoard beside it.

    Raises:
        ConfigError: TensorBoard was asked for and is not installed.
    """

    def __init__(self, path: Path, update: int, tensorboard: bool) -> None:
        self.path = path
        if path.exists():
            kept = [line for line in path.read_text(encoding="utf-8").split("\n") if _belongs(line, update)]
            with atomic_path(path) as temporary:
                temporary.write_text("".join(line + "\n" for line in kept), encoding="utf-8", newline="\n")
        self._board = _summary_writer(path.parent / "tensorboard", update) if tensorboard else None

    def write(self, event: str, update: int, **values: Any) -> None:
        """One entry; numbers also go to TensorBoard as ``event/name``."""
        with self.path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(json.dumps({"event": event, "update": update, **values}) + "\n")
        if self._board is not None:
            for name, value in values.items():
                if isinstance(value, int | float):
                    self._board.add_scalar(f"{event}/{name}", value, update)

    def close(self) -> None:
        """Flush what TensorBoard holds back."""
        if self._board is not None:
            self._board.close()


def _belongs(line: str, update: int) -> bool:
    try:
        return bool(json.loads(line)["update"] <= update)
    except (ValueError, KeyError, TypeError):  # a line cut short by a crash
        return False


def _summary_writer(folder: Path, update: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ConfigError("training.tensorboard: needs TensorBoard; pip install 'seq2seq-nmt[tensorboard]'") from None
    return SummaryWriter(str(folder), purge_step=update + 1 if update else None)
