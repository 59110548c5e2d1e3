"""A run's log: JSON lines, and TensorBoard where asked for."""

import json
import logging
import os
import zlib
from pathlib import Path
from typing import Any

from seq2seq.errors import CheckpointError, ConfigError
from seq2seq.files import reason

__all__ = ["Log"]

logger = logging.getLogger(__name__)

_REPAIR = "restore it from a copy, or move it away to begin a new one"


class Log:
    """Appends events to a JSONL file, of which a training state knows how many bytes belong to it.

    Whatever stands behind these bytes is dropped: it belongs to a future that a resumed run will live again. Where
    the file does not exist, a new one begins.

    Args:
        path: the file; it is created with the first event.
        update: the update that training goes on from.
        size: bytes that belong to the state.
        checksum: CRC-32 of these bytes.
        tensorboard: write scalars for TensorBoard beside it.

    Attributes:
        size: bytes written so far.
        checksum: CRC-32 of these bytes.

    Raises:
        CheckpointError: the file is not what the state knows, or it cannot be read or written.
        ConfigError: TensorBoard was asked for and is not installed.
    """

    def __init__(
        self, path: Path, update: int = 0, *, size: int = 0, checksum: int = 0, tensorboard: bool = False
    ) -> None:
        self.path = path
        self.size, self.checksum = (size, checksum) if path.exists() else (0, 0)
        if path.exists():
            self._drop_tail()
        elif size:
            logger.warning(f"{path}: missing; a new one begins after update {update}")
        self._board = _summary_writer(path.parent / "tensorboard", update) if tensorboard else None

    def _drop_tail(self) -> None:
        if not self.path.is_file():  # to open a pipe would wait for somebody who writes to it
            raise CheckpointError(f"{self.path}: no regular file; {_REPAIR}")
        try:
            with self.path.open("r+b") as stream:
                known = stream.read(self.size)
                if len(known) < self.size or zlib.crc32(known) != self.checksum:
                    raise CheckpointError(
                        f"{self.path}: its first {self.size} bytes are not what this run wrote there; {_REPAIR}"
                    )
                stream.truncate(self.size)
        except OSError as error:
            raise CheckpointError(f"{self.path}: cannot be opened: {reason(error)}") from None

    def write(self, event: str, update: int, **values: Any) -> None:
        """Append an event; numbers also go to TensorBoard as ``event/name``.

        Raises:
            CheckpointError: the file cannot be written.
        """
        line = json.dumps({"event": event, "update": update, **values}).encode() + b"\n"
        try:
            with self.path.open("ab") as stream:
                stream.write(line)
        except OSError as error:
            raise self._not_written(error) from None
        self.size, self.checksum = self.size + len(line), zlib.crc32(line, self.checksum)
        if self._board is not None:
            for name, value in values.items():
                if isinstance(value, int | float):
                    self._board.add_scalar(f"{event}/{name}", value, update)

    def sync(self) -> None:
        """Have what was written reach the disk, before a state is saved that counts on it.

        Raises:
            CheckpointError: it cannot.
        """
        if self.size:
            try:
                with self.path.open("rb") as stream:
                    os.fsync(stream.fileno())
            except OSError as error:
                raise self._not_written(error) from None

    def _not_written(self, error: OSError) -> CheckpointError:
        return CheckpointError(f"{self.path}: cannot be written: {reason(error)}, then train with --resume")

    def close(self) -> None:
        """Flush what TensorBoard holds back."""
        if self._board is not None:
            self._board.close()


def _summary_writer(folder: Path, update: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ConfigError("training.tensorboard: needs TensorBoard; pip install 'seq2seq-nmt[tensorboard]'") from None
    return SummaryWriter(str(folder), purge_step=update + 1 if update else None)
