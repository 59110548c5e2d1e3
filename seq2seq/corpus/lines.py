"""Lines of text files, and the problems found in them.

A line ends at ``\\n`` and nowhere else: `str.splitlines`, text mode and most libraries also split at
form feeds, U+2028 and lone carriage returns, which shifts a corpus' pairs without a word.
"""

import gzip
import io
import logging
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from seq2seq.errors import DataError
from seq2seq.files import atomic_path

__all__ = [
    "Problems",
    "check_unicode",
    "open_binary",
    "open_output",
    "read_blocks",
    "read_chunks",
    "read_lines",
    "read_text_lines",
    "write_lines",
]

logger = logging.getLogger(__name__)

_BOM = b"\xef\xbb\xbf"


@dataclass
class Problems:
    """Counts of what was wrong with input lines, each with the place of its first occurrence."""

    found: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, kind: str, where: str, count: int = 1) -> None:
        """Count problems of a kind, the first of which was seen at ``path:line``."""
        before, first = self.found.get(kind, (0, where))
        self.found[kind] = (before + count, first)

    def messages(self) -> list[str]:
        """One line a kind: how many, what, and where the first is."""
        return [f"{count} {kind}, first at {first}" for kind, (count, first) in self.found.items()]

    def log(self) -> None:
        """Log a warning for each kind."""
        for message in self.messages():
            logger.warning(message)


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading bytes, through gzip if its name ends in ``.gz``.

    Raises:
        DataError: it does not exist or cannot be opened.
    """
    try:
        return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def read_blocks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """What a stream holds, in blocks of what can be had without waiting.

    Raises:
        DataError: it cannot be read, or is no gzip file, or a damaged one.
    """
    while True:
        try:
            block = stream.read1(1 << 16)  # type: ignore[attr-defined]
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{name}: damaged gzip file: {error}") from None
        except OSError as error:
            raise DataError(f"{name}: cannot be read: {error.strerror or error}") from None
        if not block:
            return
        yield block


def check_unicode(text: str) -> None:
    """Refuse text from a command line that was not UTF-8.

    Raises:
        DataError: it has bytes in it that are no characters.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(f"{text!a}: not valid UTF-8; check the terminal's encoding") from None


def clean_line(raw: bytes, where: str, first: bool, problems: Problems) -> tuple[str, bool]:
    """The text of one raw line and whether it was valid UTF-8; what had to be mended is counted."""
    if first and raw.startswith(_BOM):
        raw = raw.removeprefix(_BOM)
        problems.add("byte-order mark (removed)", where)
    if raw.endswith(b"\r"):
        raw = raw.removesuffix(b"\r")
        problems.add("lines ending in CRLF (CR removed)", where)
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        problems.add("lines with invalid UTF-8", where)
        return raw.decode("utf-8", errors="replace"), False


def read_lines(path: Path, problems: Problems) -> Iterator[tuple[str, bool]]:
    """Lines of a file without their ends, each with whether it was valid UTF-8 (else U+FFFD stands in).

    Raises:
        DataError: see `open_binary` and `read_blocks`.
    """
    with open_binary(path) as stream:
        number = 0
        for raws in _raw_lines(read_blocks(stream, str(path))):
            for number, raw in enumerate(raws, number + 1):  # noqa: B020
                yield clean_line(raw, f"{path}:{number}", number == 1, problems)


def read_text_lines(path: Path, problems: Problems | None = None) -> list[str]:
    """All lines of a file, mended where need be.

    Raises:
        DataError: see `open_binary`.
    """
    return [text for text, _ in read_lines(path, problems if problems is not None else Problems())]


def _raw_lines(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Whole lines, without their ends, as soon as they are there: a list for each block that completes some."""
    begun: list[bytes] = []
    for block in blocks:
        first, *rest = block.split(b"\n")
        begun.append(first)
        if rest:
            yield [b"".join(begun), *rest[:-1]]
            begun = [rest[-1]]
    if any(begun):
        yield [b"".join(begun)]  # a last line without its end


def read_chunks(stream: BinaryIO, name: str, problems: Problems, most: int) -> Iterator[list[str]]:
    """Lines of a stream in lists of at most `most`: as many as can be had without waiting, but at least one.

    So a pipe is answered line by line if it is slow, and in large batches if it is not.

    Raises:
        DataError: see `read_blocks`.
    """
    number = 0
    for raws in _raw_lines(read_blocks(stream, name)):
        for start in range(0, len(raws), most):
            part = raws[start : start + most]
            yield [
                clean_line(raw, f"{name}:{number + i}", number + i == 1, problems)[0] for i, raw in enumerate(part, 1)
            ]
            number += len(part)


@contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Standard output for None; else a file that appears under its name only once all of it is written.

    ``\\n`` is never translated, ``.gz`` is compressed (without a time stamp, so equal text gives equal bytes).

    Raises:
        DataError: the file cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    try:
        with atomic_path(path) as temporary, temporary.open("wb") as raw:
            binary = gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) if path.suffix == ".gz" else raw
            with io.TextIOWrapper(cast(BinaryIO, binary), encoding="utf-8", newline="\n") as text:
                yield text
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}") from None


def write_lines(path: Path | None, lines: Iterable[str]) -> None:
    """Write lines, each ended by ``\\n``, to a file or (None) to standard output."""
    with open_output(path) as stream:
        for line in lines:
            stream.write(line + "\n")
