"""Bugs to inject, and what injects them: ``make mutants``."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """A bug: a file (its path from seq2seq/), a piece of its text, what to put there instead, and tests that must fail."""

    bug: str
    path: str
    text: str
    instead: str
    tests: str
