"""Files on disk: what comes with the program, the cache, opening, and writing so that nobody ever meets half a file.

Design decisions:
- A file is written beside its place, flushed to the disk, and then takes its name; the directory is flushed too, so
  that a power cut cannot undo what was reported as written.
- What cannot work (a directory in the way, a missing directory, a name too long) is an error before the work starts.
- New files and directories get the permissions that the umask gives; a file that is replaced keeps its own.
- What killed writers left behind is removed: at once where a lock tells that nobody writes, and a directory also by
  the next writer of the same name, once nothing in it has changed for a day.
"""

import contextlib
import errno
import io
import math
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from seq2seq.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = [
    "Beginning",
    "atomic_directory",
    "atomic_path",
    "bundled",
    "cache_directory",
    "cache_path",
    "file_mode",
    "flush",
    "input_mode",
    "open_readable",
    "open_whole",
    "read_whole",
    "reading_from_cache",
    "reason",
    "remove_leftovers",
    "system_message",
    "writing_to_cache",
]


def bundled(name: str) -> Path:
    """Return a directory that comes with the program, of the checkout or of the installed wheel.

    ``name`` is one of ``checkpoints``, ``configs`` and ``data``.
    """
    package = Path(__file__).resolve().parent
    checkout = package.parent / name
    return checkout if (package.parent / "pyproject.toml").is_file() else package / "bundled" / name


# -- the cache --------------------------------------------------------------------------------------------------------


def cache_path(name: str) -> Path:
    """Return the place of something in the cache, whether it is there or not.

    The cache is ``$SEQ2SEQ_CACHE``, or else where the platform keeps caches: ``~/.cache/seq2seq`` on Linux.
    """
    from platformdirs import user_cache_path

    return Path(os.environ.get("SEQ2SEQ_CACHE") or user_cache_path("seq2seq", appauthor=False)) / name


def cache_directory(name: str) -> Path:
    """Return `cache_path` as a directory that exists.

    Raises:
        DataError: it cannot be made or written to.
    """
    folder = cache_path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be made: {reason(error)}, or set SEQ2SEQ_CACHE to another directory"
        ) from None
    if not os.access(folder, os.W_OK):
        raise DataError(f"{folder}: cannot be written to; set SEQ2SEQ_CACHE to another directory")
    return folder


@contextmanager
def writing_to_cache() -> Iterator[None]:
    """Tell what the system refuses while the cache is written to as an error that names the cache.

    Raises:
        DataError: An OSError was raised inside, because the disk is full, say.
    """
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{cache_path('')}: the cache cannot be written to: {reason(error)}, or set SEQ2SEQ_CACHE to another "
            "directory"
        ) from None


@contextmanager
def reading_from_cache(part: Path) -> Iterator[None]:
    """Tell damage that is found while a part of the cache is read.

    Raises:
        DataError: An error that damage can cause was raised inside.
    """
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(
            f"{part}: a damaged part of the cache ({system_message(error)}); delete it, and it is made again"
        ) from None


# -- reading, and what is wrong ---------------------------------------------------------------------------------------

_WAYS_OUT = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EFBIG: "choose a file system, or a limit, that allows larger files",
    errno.EACCES: "change the permissions",
    errno.EPERM: "change the permissions",
    errno.EROFS: "choose a place that can be written to",
    errno.ENAMETOOLONG: "choose a shorter one",
    errno.ELOOP: "mend the links, which lead in a circle",
    errno.ENOTDIR: "check the path, a part of which is a file",
    errno.EISDIR: "name a file",
    errno.EEXIST: "choose another name",
    errno.ENOENT: "check the name",
    errno.EINVAL: "check the name",
    errno.EBADF: "open it, or name a file",
}


def system_message(error: Exception) -> str:
    """Return in a few words why the system or a library refused something."""
    if isinstance(error, UnicodeError):
        return "its name is not valid Unicode"
    if isinstance(error, OSError) and error.errno == errno.EBADF:
        return "it is closed"  # a standard stream
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(words.split()) or type(error).__name__


def reason(error: OSError | ValueError) -> str:
    """Return why the system refused a file and a way out, to end a message that names the file."""
    if isinstance(error, OSError):
        return f"{system_message(error)}; {_WAYS_OUT.get(error.errno or 0, 'check the disk')}"
    # Python itself refuses a name with a ValueError.
    words = system_message(error) if isinstance(error, UnicodeError) else "a name cannot have a NUL character in it"
    return f"{words}; check the name"


def file_mode(path: Path) -> int | None:
    """Return the type and permissions of what a path leads to, or None if nothing is there.

    Raises:
        OSError: Nothing can be there: the name is too long, links lead in a circle, and so on.
    """
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OSError(errno.EINVAL, reason(error).partition(";")[0]) from None


def input_mode(path: Path) -> int | None:
    """Return `file_mode` of what is to be read, or None also if a directory on the way is a file.

    Raises:
        DataError: The system refuses to look there.
    """
    try:
        return file_mode(path)
    except NotADirectoryError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from None


def open_readable(path: Path, *, stream: bool = False) -> BinaryIO:
    """Open a file for reading bytes.

    Args:
        path: The file.
        stream: Whether a pipe or a device will do as well, which can be read only once and may never end.

    Raises:
        DataError: There is no such file, it may not be read, or it is a directory or another thing that is no file.
    """
    mode = input_mode(path)
    if mode is None:
        raise DataError(f"{path}: no such file")
    kind = _special(mode)
    if kind and not stream:
        raise DataError(f"{path}: is {kind}, not a file; save what it gives as a file, and name that")
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from None


def open_whole(path: Path) -> BinaryIO:
    """Open a file of a run for reading bytes; a pipe or a device, which might never end, is refused.

    Raises:
        OSError: It cannot be read.
    """
    kind = _special(file_mode(path) or 0)
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}, not a file")
    return path.open("rb")


def read_whole(path: Path) -> bytes:
    """Read a file of a run; see `open_whole`.

    Raises:
        OSError: It cannot be read.
    """
    with open_whole(path) as stream:
        return stream.read()


class Beginning(io.RawIOBase):
    """The first `size` bytes of an open file, as a file of their own."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream, self.size = stream, max(size, 0)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, as `io.IOBase.seek` does, and return it."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.stream.tell(), os.SEEK_END: self.size}[whence]
        return self.stream.seek(start + offset)

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer as far as the bytes go, and return how many they were."""
        left = max(self.size - self.stream.tell(), 0)
        return self.stream.readinto(memoryview(buffer)[:left])  # type: ignore[attr-defined, no-any-return]


_SPECIAL = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _special(mode: int) -> str:
    """Return what something is that is neither a file nor a directory."""
    return next((name for is_special, name in _SPECIAL if is_special(mode)), "")


# -- writing ----------------------------------------------------------------------------------------------------------

_MARK = ".tmp-"
_DAY = 86_400.0  # seconds


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to; it takes the name when all went well, and vanishes when not.

    A link is followed, and a file that is replaced keeps its permissions. What is no regular file (a pipe, a device)
    is written to directly.

    Raises:
        OSError: on entry, if `path` is a directory, its directory is missing or cannot be written to, or the name is
            impossible; on leaving, if the disk is full or fails. What stood at `path` is then kept.
    """
    mode = file_mode(path)
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if mode is not None and not stat.S_ISREG(mode):
        yield path
        return
    path = path.resolve()
    temporary = _temporary(path, path.suffix)
    # Nobody can read meanwhile what only some could read before; and the writer can write, whatever the old file says.
    permissions = 0o666 if mode is None else mode & 0o777 | stat.S_IWUSR
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, permissions))
    try:
        yield temporary
        flush(temporary)
        if mode is not None:
            with contextlib.suppress(OSError):  # not every file system has permissions
                temporary.chmod(mode & 0o777)
        temporary.replace(path)
        _flush_directory(path.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(folder: Path) -> Iterator[Path]:
    """Give a temporary directory to fill; it takes the name of `folder` when all went well, and vanishes when not.

    Raises:
        FileExistsError: on leaving, if something, such as another process's directory, has the name by then and is not
            an empty directory; it stays.
        OSError: the directory above cannot be written to.
    """
    remove_leftovers(folder, older_than=_DAY)
    temporary = _temporary(folder)
    temporary.mkdir()
    try:
        yield temporary
        for parent, _, names in os.walk(temporary):
            for name in names:
                flush(Path(parent, name))
            _flush_directory(Path(parent))
        try:
            temporary.rename(folder)
        except OSError:
            if file_mode(folder) is None:
                raise
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder)) from None
        _flush_directory(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(path: Path, older_than: float = 0.0) -> None:
    """Remove the temporaries of `path` that killed writers left.

    One that cannot be removed stays: it takes up room, and does no harm.

    Args:
        path: The file or directory that they were to become.
        older_than: The seconds for which nothing in them has changed; 0 is right only where nobody can be writing.
    """
    ours = re.compile(re.escape(f".{_shortened(path.name)}{_MARK}") + r"[0-9a-f]{16}(\..*)?", re.DOTALL)
    latest = time.time() - older_than if older_than else math.inf  # another machine's clock may be ahead
    with contextlib.suppress(OSError):
        for leftover in path.parent.iterdir():
            if ours.fullmatch(leftover.name) and _last_change(leftover) <= latest:
                if leftover.is_dir():
                    shutil.rmtree(leftover, ignore_errors=True)
                else:
                    with contextlib.suppress(OSError):
                        leftover.unlink()


def _last_change(path: Path) -> float:
    """Return when a file, or a directory or anything in it, was last written to, in seconds since the epoch."""
    changes = [0.0]
    for part in (path, *path.rglob("*")):
        with contextlib.suppress(OSError):
            changes.append(part.stat(follow_symlinks=False).st_mtime)
    return max(changes)


def _temporary(path: Path, suffix: str = "") -> Path:
    return path.with_name(f".{_shortened(path.name)}{_MARK}{secrets.token_hex(8)}{suffix[:40]}")


def _shortened(name: str) -> str:
    """Return so much of a name that a temporary's, made from it, is never too long where the name itself is not."""
    return os.fsdecode(os.fsencode(name)[:150])


def flush(path: Path) -> None:
    """Return once the content of a file is on the disk.

    Raises:
        OSError: The disk is full or fails.
    """
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _flush_directory(folder: Path) -> None:
    """Flush a directory's entries where the system can: not every one lets a directory be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
