"""Random draws that are the same on every machine and version of Python."""

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

__all__ = ["Draws"]

T = TypeVar("T")


class Draws:
    """A stream of draws; everything comes from ``random()``, whose numbers Python promises to keep.

    Args:
        seed: any string.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._keys = itertools.count()

    def key(self) -> int:
        """Return a number that no other node of the sentence has."""
        return next(self._keys)

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._random.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, each as likely as the others."""
        return options[int(self._random.random() * len(options))]

    def weighted(self, weights: Mapping[str, float]) -> str:
        """Return one of the keys, each as likely as its weight says."""
        drawn = self._random.random() * sum(weights.values())
        for option, weight in weights.items():
            drawn -= weight
            if drawn < 0:
                return option
        return option

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))
