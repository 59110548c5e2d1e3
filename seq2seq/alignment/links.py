"""Hard word links in Pharaoh format: ``0-0 1-2``, source index first, both from 0."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seq2seq.alignment.alignment import Alignment
from seq2seq.errors import DataError

__all__ = ["Gold", "Link", "LinkScores", "format_links", "links", "parse_links", "score_links"]

Link = tuple[int, int]


def links(alignment: Alignment) -> list[Link]:
    """Each target word with the source word it gives most weight, the end token left out on both sides.

    Sorted by source, then target. A target word without any weight has no link. Of equal weights
    the first source word is taken.
    """
    words = alignment.without_end(renormalise=False)
    if not words.weights_TS.size:
        return []
    best = words.weights_TS.argmax(axis=1)
    return sorted((int(s), t) for t, s in enumerate(best) if words.weights_TS[t, s] > 0)


def format_links(pairs: Iterable[Link]) -> str:
    """One line of Pharaoh format."""
    return " ".join(f"{source}-{target}" for source, target in pairs)


@dataclass(frozen=True)
class Gold:
    """Links that people drew: those they are sure of, and all that are possible."""

    sure: frozenset[Link]
    possible: frozenset[Link]


def parse_links(line: str, where: str) -> Gold:
    """One line of Pharaoh format: ``0-0`` is sure, ``1?2`` or ``1p2`` possible only.

    Raises:
        DataError: something in it is no link; the message begins with `where`.
    """
    sure, possible = set(), set()
    for word in line.split():
        found = re.fullmatch(r"(\d+)([-?p])(\d+)", word, re.ASCII)
        if not found:
            raise DataError(f"{where}: {word!r} is no link such as 0-0 (sure) or 0?0 (possible)")
        link = (int(found[1]), int(found[3]))
        possible.add(link)
        if found[2] == "-":
            sure.add(link)
    return Gold(frozenset(sure), frozenset(possible))


@dataclass(frozen=True)
class LinkScores:
    """Of all sentences together, in per cent: alignment error rate, precision, recall; and how many sentences."""

    aer: float
    precision: float
    recall: float
    sentences: int


def score_links(found: Sequence[Iterable[Link]], gold: Sequence[Gold]) -> LinkScores:
    """AER = 1 - (|A∩S| + |A∩P|) / (|A| + |S|), precision |A∩P| / |A|, recall |A∩S| / |S| (Och and Ney 2003).

    Raises:
        ValueError: different numbers of sentences.
        DataError: there is no link at all to compare.
    """
    links_found = possible = sure = wanted = 0
    for drawn, true in zip(found, gold, strict=True):
        own = set(drawn)
        links_found, wanted = links_found + len(own), wanted + len(true.sure)
        possible, sure = possible + len(own & true.possible), sure + len(own & true.sure)
    if not links_found or not wanted:
        raise DataError("one of the sides holds no link at all: there is nothing to score")
    return LinkScores(
        100 * (1 - (sure + possible) / (links_found + wanted)),
        100 * possible / links_found,
        100 * sure / wanted,
        len(gold),
    )
