"""One trainer at a time in a run's directory.

The lock is the kernel's (flock(2)), so it goes when its process does, however that ends: a killed trainer leaves a
file behind, but no lock. It is taken by hand and not by the library `filelock`, which empties the file that it
opens: here the file tells who holds the lock.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seq2seq.errors import CheckpointError
from seq2seq.files import reason, system_message

try:
    import fcntl
except ImportError:  # pragma: no cover (Windows)
    fcntl = None  # type: ignore[assignment]

__all__ = ["locked"]

logger = logging.getLogger(__name__)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, by the file `path`, as long as the block runs; the file is removed at the end.

    The file's directory is made where it does not exist, and removed again if nothing was put into it. On a file
    system that has no locks a warning says so, and the block runs.

    Raises:
        CheckpointError: another process holds the lock, or the directory cannot be written to.
    """
    made = _make_directory(path.parent)
    try:
        with _acquired(path):
            yield
    finally:
        with suppress(OSError):  # not empty
            for folder in made:
                folder.rmdir()


@contextmanager
def _acquired(path: Path) -> Iterator[None]:
    handle = _acquire(path)
    try:
        yield
    finally:
        try:
            with suppress(OSError):  # the directory may be gone, or read-only by now
                if _is_still(path, handle):  # the directory may also be another's that has its name since
                    path.unlink()  # while it is held: whoever opened it before then finds that the name is gone
        finally:
            os.close(handle)


def _make_directory(folder: Path) -> list[Path]:
    """Make a directory, and return those that did not exist before, the innermost first."""
    try:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # a ValueError: a name with a NUL character
        raise CheckpointError(f"{folder}: cannot be made: {reason(error)}") from None
    return missing


def _acquire(path: Path) -> int:
    """Return the open file that holds the lock."""
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise CheckpointError(f"{path}: cannot be written: {reason(error)}") from None
        try:
            _lock(handle, path)
            if _is_still(path, handle):
                with suppress(OSError):  # a full disk keeps nobody from training, the name is a help only
                    os.ftruncate(handle, 0)
                    os.pwrite(handle, str(os.getpid()).encode(), 0)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # another trainer held it, and removed it when it ended: the name is another file's now


def _lock(handle: int, path: Path) -> None:
    try:
        if fcntl is None:
            raise OSError(0, "no flock on this system")
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
        process = f"process {holder}" if holder.isdecimal() else "another process"
        raise CheckpointError(
            f"{path.parent}: {process} is training there; wait for it, or choose another --out"
        ) from None
    except OSError as error:
        logger.warning(
            f"{path.parent}: its file system has no locks ({system_message(error)}); let nothing else train there"
        )


def _is_still(path: Path, handle: int) -> bool:
    """Return whether a name is that of an open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
