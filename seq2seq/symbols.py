"""Ids of the special symbols, the same in every vocabulary: the one thing text, models and search share."""

from typing import Final

__all__ = ["BOS", "EOS", "PAD", "UNK"]

PAD: Final = 0
UNK: Final = 1
BOS: Final = 2
EOS: Final = 3
