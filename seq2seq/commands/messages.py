"""Messages for people: everything the library logs, as plain lines on standard error."""

import logging
import sys

__all__ = ["print_message", "show_messages"]


def print_message(message: str) -> None:
    """Print a line on standard error; what is no Unicode (of a file's name) is escaped."""
    sys.stderr.write(message.encode(errors="backslashreplace").decode() + "\n")
    sys.stderr.flush()


class _PlainLines(logging.Handler):
    """Prints records as lines: information as it is, and a warning after that word."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "warning: " if record.levelno >= logging.WARNING else ""
        print_message(prefix + record.getMessage())


def show_messages() -> None:
    """Show what the library logs from level INFO up, instead of what Python would do with it."""
    logger = logging.getLogger("seq2seq")
    logger.setLevel(logging.INFO)
    if not any(isinstance(handler, _PlainLines) for handler in logger.handlers):
        logger.addHandler(_PlainLines())
