"""Messages for people: everything the library logs, as plain lines on standard error."""

import logging
import sys

__all__ = ["print_message", "show_messages"]


def print_message(message: str) -> None:
    """Print a line on standard error; work goes on where nobody can be told, because it is closed or full."""
    try:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass


class _PlainLines(logging.Handler):
    """Prints records as lines: what informs as it is, and a warning after the word."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "warning: " if record.levelno >= logging.WARNING else ""
        print_message(prefix + record.getMessage())


def show_messages() -> None:
    """Show what the library logs from level INFO up, instead of what Python would do with it."""
    logger = logging.getLogger("seq2seq")
    logger.setLevel(logging.INFO)
    if not any(isinstance(handler, _PlainLines) for handler in logger.handlers):
        logger.addHandler(_PlainLines())
