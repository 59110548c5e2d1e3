"""Opening files that are to be read, and writing so that a reader, or a crash, never meets half of one."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from seq2seq.errors import DataError

__all__ = [
    "atomic_directory",
    "atomic_path",
    "bundled",
    "cache_directory",
    "cache_errors",
    "cache_path",
    "file_status",
    "open_readable",
    "reason",
]


_SPECIAL = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def reason(error: Exception) -> str:
    """Return in a few words why the system or a library refused a file."""
    if isinstance(error, UnicodeError):
        return "its name holds what is no character"
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(told.split()) or type(error).__name__


def file_status(path: Path) -> os.stat_result | None:
    """Return what the system knows about the file or directory at a path, or None if nothing is there.

    Raises:
        DataError: The system refuses to look: a directory on the way may not be entered, links lead
            in a circle, or no file can have such a name.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from None


def open_readable(path: Path, *, stream: bool = False) -> BinaryIO:
    """Open a file for reading bytes.

    Args:
        path: The file.
        stream: Whether a pipe or a device will do as well, which can be read only once and may never end.

    Raises:
        DataError: There is no such file, it may not be read, or it is a directory or another thing that is no file.
    """
    status = file_status(path)
    if status is None:
        raise DataError(f"{path}: no such file")
    for is_special, name in _SPECIAL:
        if is_special(status.st_mode) and not stream:
            raise DataError(f"{path}: is {name}, not a file; save what it gives as a file, and name that")
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from None


def bundled(name: str) -> Path:
    """A directory that comes with the program: of the checkout, or of the installed wheel.

    ``name`` is one of ``checkpoints``, ``configs`` and ``data``.
    """
    package = Path(__file__).resolve().parent
    checkout = package.parent / name
    return checkout if (package.parent / "pyproject.toml").is_file() else package / "bundled" / name


def cache_path(name: str) -> Path:
    """Where something stands, or would, under ``$SEQ2SEQ_CACHE``, by default ``~/.cache/seq2seq``."""
    return Path(os.environ.get("SEQ2SEQ_CACHE") or Path.home() / ".cache" / "seq2seq") / name


def cache_directory(name: str) -> Path:
    """`cache_path` as a directory that exists.

    Raises:
        DataError: it cannot be made or written to.
    """
    folder = cache_path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: cannot be made: {error.strerror}; set SEQ2SEQ_CACHE to another directory") from None
    if not os.access(folder, os.W_OK):
        raise DataError(f"{folder}: cannot be written to; set SEQ2SEQ_CACHE to another directory")
    return folder


@contextmanager
def cache_errors() -> Iterator[None]:
    """Tell what the system refuses while the cache is written to or read as an error that names the cache.

    Raises:
        DataError: An OSError was raised inside: the disk is full, say.
    """
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{cache_path('')}: the cache cannot be used: {reason(error)}; make room there, or set SEQ2SEQ_CACHE to "
            "another directory"
        ) from None


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the name when all went well, and vanishes when not.

    A link is followed. What is no regular file (a pipe, a device) is written to directly.

    Raises:
        OSError: the directory cannot be written to.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp's files are private
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(folder: Path) -> Iterator[Path]:
    """A temporary directory to fill; it takes the name of `folder` when all went well, and vanishes when not.

    Where another process was first, that one's directory stays.

    Raises:
        OSError: the directory above cannot be written to.
    """
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    try:
        yield temporary
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
