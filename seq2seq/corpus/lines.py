"""Lines of text files, and the problems found in them.

A line ends at ``\\n`` and nowhere else: `str.splitlines`, text mode and most libraries also split at
form feeds, U+2028 and lone carriage returns, which silently shifts a corpus' pairs.
"""

import codecs
import gzip
import io
import logging
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeVar, cast

from seq2seq.errors import DataError
from seq2seq.files import atomic_path, flush, open_readable, reason
from seq2seq.words import counted

__all__ = [
    "Problems",
    "check_unicode",
    "is_same_file",
    "open_binary",
    "open_output",
    "open_outputs",
    "read_blocks",
    "read_chunks",
    "read_lines",
    "read_text_lines",
    "write_lines",
]

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LONGEST_LINE = 1 << 22  # bytes; what is longer is no text, or never ends


@dataclass
class Problems:
    """Counts of what was wrong with input lines, each with the place of its first occurrence.

    Attributes:
        found: The count and the first place of each kind of problem, which is named as `counted` takes it.
        invalid: What becomes of lines that are not valid UTF-8, as a message tells it.
    """

    invalid: str = "U+FFFD stands for what is invalid"
    found: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, kind: str, where: str, count: int = 1) -> None:
        """Count problems of a kind, the first of which was seen at ``path:line``."""
        before, first = self.found.get(kind, (0, where))
        self.found[kind] = (before + count, first)

    def messages(self) -> list[str]:
        """Return a line for each kind: how many there are, of what, and where the first is."""
        return [f"{counted(count, kind)}, first at {first}" for kind, (count, first) in self.found.items()]

    def log(self) -> None:
        """Log a warning for each kind."""
        for message in self.messages():
            logger.warning(message)


@contextmanager
def open_binary(path: Path, *, stream: bool = False) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, through gzip if its name ends in ``.gz``.

    Args:
        path: The file.
        stream: Whether a pipe or a device will do as well.

    Raises:
        DataError: See `open_readable`.
    """
    with open_readable(path, stream=stream) as raw:
        yield cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="rb")) if path.suffix == ".gz" else raw


def read_blocks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield what a stream holds, in blocks of what can be had without waiting.

    Raises:
        DataError: It cannot be read, or is no gzip file, or a damaged one.
    """
    while True:
        try:
            block = stream.read1(1 << 16)  # type: ignore[attr-defined]
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{name}: damaged gzip file: {error}") from None
        except OSError as error:
            raise DataError(f"{name}: cannot be read: {reason(error)}") from None
        if not block:
            return
        yield block


def check_unicode(text: str) -> None:
    """Refuse text from a command line that was not UTF-8.

    Raises:
        DataError: It holds bytes that are not UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(f"{text!a}: not valid UTF-8; check the terminal's encoding") from None


def clean_line(raw: bytes, where: str, first: bool, problems: Problems) -> tuple[str, bool]:
    """Return the text of one raw line and whether it was valid UTF-8; what had to be mended is counted.

    Raises:
        DataError: It is the first line of a file in UTF-16.
    """
    if first and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(f"{where}: text in UTF-16; save it as UTF-8")
    if first and raw.startswith(codecs.BOM_UTF8):
        raw = raw.removeprefix(codecs.BOM_UTF8)
        problems.add("file with a byte-order mark (removed)", where)
    if raw.endswith(b"\r"):
        raw = raw.removesuffix(b"\r")
        problems.add("line ending in CRLF (CR removed)", where)
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        problems.add(f"line with invalid UTF-8 ({problems.invalid})", where)
        return raw.decode("utf-8", errors="replace"), False


def read_lines(path: Path, problems: Problems) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a file without their ends, each with whether it was valid UTF-8 (else U+FFFD stands in).

    Raises:
        DataError: See `open_binary` and `read_blocks`; or a line is too long to be text.
    """
    with open_binary(path) as stream:
        number = 0
        for raws in _raw_lines(read_blocks(stream, str(path)), str(path)):
            for number, raw in enumerate(raws, number + 1):  # noqa: B020
                yield clean_line(raw, f"{path}:{number}", number == 1, problems)


def read_text_lines(path: Path, problems: Problems | None = None) -> list[str]:
    """Return all lines of a file, mended where need be.

    Raises:
        DataError: See `read_lines`.
    """
    return [text for text, _ in read_lines(path, problems if problems is not None else Problems())]


def _raw_lines(blocks: Iterable[bytes], name: str) -> Iterator[list[bytes]]:
    """Yield whole lines, without their ends, as soon as they are there: a list for each block that completes some."""
    begun: list[bytes] = []
    number, length = 1, 0  # of the line that has begun
    for block in blocks:
        first, *rest = block.split(b"\n")
        begun.append(first)
        length += len(first)
        if length > _LONGEST_LINE:
            raise DataError(f"{name}:{number}: a line of more than {_LONGEST_LINE >> 20} MiB; is this a text file?")
        if rest:
            yield [b"".join(begun), *rest[:-1]]
            begun, length = [rest[-1]], len(rest[-1])
            number += len(rest)
    if any(begun):
        yield [b"".join(begun)]  # a last line without its end


def read_chunks(stream: BinaryIO, name: str, problems: Problems, most: int) -> Iterator[list[str]]:
    """Yield the lines of a stream in lists of at most `most`: as many as can be had without waiting, at least one.

    A slow pipe is thus answered line by line, and a fast one in large batches.

    Raises:
        DataError: See `read_blocks`; or a line is too long to be text.
    """
    number = 0
    for raws in _raw_lines(read_blocks(stream, name), name):
        for start in range(0, len(raws), most):
            part = raws[start : start + most]
            yield [
                clean_line(raw, f"{name}:{number + i}", number + i == 1, problems)[0] for i, raw in enumerate(part, 1)
            ]
            number += len(part)


@contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Open standard output for None, and otherwise a file as `open_outputs` does.

    Raises:
        DataError: The file cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    with open_outputs([path]) as (stream,):
        yield stream


def is_same_file(first: Path, second: Path) -> bool:
    """Return whether two names lead to one ordinary file; names that no file can have do not."""
    try:
        return first.is_file() and first.samefile(second)
    except (OSError, ValueError):  # too long, or with a NUL in it
        return False


@contextmanager
def open_outputs(paths: Sequence[Path]) -> Iterator[list[TextIO]]:
    """Open files that appear under their names only once all of them are written and on the disk.

    ``\\n`` is never translated, ``.gz`` is compressed (without a time stamp, so equal text gives equal bytes).
    A file that cannot be written is refused before the caller begins to work. An error of another file inside
    the context is not blamed on these.

    Raises:
        DataError: A file cannot be written; or one of several is a pipe or a device, which one alone may be.
    """
    with ExitStack() as names:
        places = [(path, names.enter_context(_blamed(atomic_path(path), path))) for path in paths]
        for path, temporary in places:
            if temporary == path and len(paths) > 1:  # neither a file nor missing
                raise DataError(f"{path}: a pipe or a device cannot be taken back if another file fails; name a file")
        with ExitStack() as files:
            yield [files.enter_context(_blamed(_text_file(path, temporary), path)) for path, temporary in places]


@contextmanager
def _text_file(path: Path, temporary: Path) -> Iterator[TextIO]:
    with io.BufferedWriter(_NamedFile(temporary, path)) as raw:
        binary = gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(cast(BinaryIO, binary), encoding="utf-8", newline="\n") as text:
            yield text
    if temporary != path:  # a pipe or a device has no disk
        flush(temporary)


class _NamedFile(io.FileIO):
    """A file written under a temporary name, whose errors tell the name that the user gave."""

    def __init__(self, temporary: Path, path: Path) -> None:
        super().__init__(temporary, "wb")
        self.path = path

    def write(self, data: Any) -> int:
        with _blamed_on(self.path):
            return super().write(data)


@contextmanager
def _blamed_on(path: Path) -> Iterator[None]:
    """Tell what goes wrong inside as an error of this file; only a reader that went away is no error of it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be written: {reason(error)}") from None


@contextmanager
def _blamed(context: AbstractContextManager[T], path: Path) -> Iterator[T]:
    """Tell what goes wrong on entering or leaving a context, but not inside it, as an error of a file."""
    with ExitStack() as stack:
        with _blamed_on(path):
            value = stack.enter_context(context)
        yield value
        with _blamed_on(path):
            stack.close()


def write_lines(path: Path | None, lines: Iterable[str]) -> None:
    """Write lines, each ended by ``\\n``, to a file or (None) to standard output.

    Raises:
        DataError: See `open_output`.
    """
    with open_output(path) as stream:
        for line in lines:
            stream.write(line + "\n")
