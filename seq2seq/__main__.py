"""``python -m seq2seq``, and the installed command."""

import sys

from seq2seq.commands import main

__all__ = ["run"]


def run() -> None:
    """Run the command line and exit."""
    sys.exit(main())


if __name__ == "__main__":
    run()
