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
        """A number no other node of the sentence has."""
        return next(self._keys)

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self._random.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """One of them, each as likely."""
        return options[int(self._random.random() * len(options))]

    def weighted(self, weights: Mapping[str, float]) -> str:
        """One of the keys, as likely as its weight says."""
        drawn = self._random.random() * sum(weights.values())
        for option, weight in weights.items():
            drawn -= weight
            if drawn < 0:
                return option
        return option

    def between(self, low: int, high: int) -> int:
        """A number from low to high."""
        return low + int(self._random.random() * (high - low + 1))
