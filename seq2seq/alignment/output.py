"""Files that pictures and weights are written to: refused before the work if they cannot be, and never half-written."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from seq2seq.errors import ConfigError
from seq2seq.files import atomic_path, reason

__all__ = ["blamed", "blaming", "check_output", "printable", "writing"]

T = TypeVar("T")


def check_output(path: Path, endings: Sequence[str], what: str) -> None:
    """Refuse a file that could not be written, before any work is done.

    Args:
        path: the file.
        endings: what its name may end in.
        what: what it holds, as an error calls it, such as ``a heatmap is``.

    Raises:
        ConfigError: the name's ending is none of those, or no file of that name can be written.
    """
    if path.suffix.lower() not in endings:
        raise ConfigError(f"{path}: {what} written as {', '.join(endings)}; choose one of these endings")
    with suppress(_OnlyCheckedError), writing(path):
        raise _OnlyCheckedError


class _OnlyCheckedError(Exception):
    """Leaves the file as it was, once it is known that it can be written."""


def writing(path: Path) -> AbstractContextManager[Path]:
    """Return a context with a place to write a file to, which takes its name once it is whole; see `blaming`."""
    return blaming(atomic_path(path), path)


@contextmanager
def blaming(context: AbstractContextManager[T], path: Path) -> Iterator[T]:
    """Tell what the system refuses on entering or leaving a context, but not inside it, as an error of a file.

    Raises:
        ConfigError: an OSError was raised.
    """
    with ExitStack() as stack:
        with blamed(path):
            value = stack.enter_context(context)
        yield value
        with blamed(path):
            stack.close()


@contextmanager
def blamed(path: Path) -> Iterator[None]:
    """Tell what the system refuses inside the context as an error of a file.

    Raises:
        ConfigError: an OSError was raised.
    """
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {reason(error)}") from None


def printable(text: str) -> str:
    """Return a text with U+FFFD for what would not be seen, or would move a cursor."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
