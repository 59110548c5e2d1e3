"""Links of both directions made one: each translation direction misses what the other sees."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Literal, get_args

from seq2seq.alignment.alignment import Link

__all__ = ["Method", "symmetrize"]

Method = Literal["intersect", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and"]

# Of a link (target, source), in the order in which Moses' symal tries them.
_NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def symmetrize(forward: Iterable[Link], reverse: Iterable[Link], method: Method) -> list[Link]:
    """Return one set of links from those of two directions (Och and Ney 2003, section 3.4; Koehn et al. 2005).

    ``intersect`` has the links that both have and ``union`` those of either. ``grow-diag`` begins with the intersection
    and adds links of the union next to those that are there, also diagonally, if they link a word that has no link
    yet. ``grow-diag-final`` then adds the links of the forward and of the reverse direction, one after the other, that
    link a word without any, and ``grow-diag-final-and`` those that link two words without any. Links are tried
    in the order of Moses' symal, which decides between neighbours: target word by target word.

    Args:
        forward: links (source, target) of the model from source to target, in which each target word chooses.
        reverse: links (source, target), in this same order, of the model from target to source.
        method: which of the five.

    Returns:
        (source, target) links, sorted.

    Raises:
        ValueError: there is no such method.
    """
    if method not in get_args(Method):
        raise ValueError(f"{method!r} is no way to symmetrise; choose one of {', '.join(get_args(Method))}")
    one, other = set(forward), set(reverse)
    if method == "union":
        return sorted(one | other)
    if method == "intersect":
        return sorted(one & other)
    growing = _Growing(one & other)
    growing.grow({(t, s) for s, t in one | other})
    if method != "grow-diag":
        for direction in (one, other):
            growing.finish(direction, both=method == "grow-diag-final-and")
    return sorted((s, t) for t, s in growing.points)


class _Growing:
    """Links that become more: points (target, source), sorted, and the words that have one."""

    def __init__(self, drawn: Iterable[Link]) -> None:
        self.points = sorted((t, s) for s, t in drawn)
        self.targets = {t for t, _ in self.points}
        self.sources = {s for _, s in self.points}

    def grow(self, union: set[tuple[int, int]]) -> None:
        """Add neighbours from the union until there is none to add.

        A point that is added behind the one whose neighbours are tried has its turn in the same round, and one before
        it in the next round, as in symal, which walks through an ordered set.
        """
        count = -1
        while count != len(self.points):
            count = len(self.points)
            here = 0
            while here < len(self.points):
                t, s = self.points[here]
                for down, right in _NEIGHBOURS:
                    new = (t + down, s + right)
                    if new in union and not (new[0] in self.targets and new[1] in self.sources):
                        here += self._add(new) <= here
                here += 1

    def finish(self, direction: Iterable[Link], both: bool) -> None:
        """Add the links of a direction of which one word, or both, have none."""
        for t, s in sorted((t, s) for s, t in direction):
            free = (t not in self.targets, s not in self.sources)
            if all(free) if both else any(free):
                self._add((t, s))

    def _add(self, point: tuple[int, int]) -> int:
        """Insert a point and return its place."""
        place = bisect_left(self.points, point)
        self.points.insert(place, point)
        self.targets.add(point[0])
        self.sources.add(point[1])
        return place
