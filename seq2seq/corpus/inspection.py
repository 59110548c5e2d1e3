"""What a corpus holds: counts, lengths, duplicates, and sentences that two corpora share."""

import bisect
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seq2seq.corpus.sources import Pairs, SentencePair
from seq2seq.words import split_words

__all__ = ["Summary", "length_names", "shared_sources", "summarise"]

_ROWS = 10_000
BOUNDS = (5, 10, 15, 20, 30, 40, 60, 100)  # of the histogram, in words


@dataclass(frozen=True)
class Summary:
    """What one corpus holds.

    Attributes:
        pairs: how many pairs there are.
        words: how many words each side has.
        longest: the words of each side's longest sentence.
        histogram: for each range of lengths (`length_names`), its name and how many sentences of each side are in it.
        duplicates: how many pairs repeat an earlier one.
        repeated_sources: how many source sentences repeat an earlier one, whatever their translation.
        first: the first pairs.
    """

    pairs: int
    words: tuple[int, int]
    longest: tuple[int, int]
    histogram: tuple[tuple[str, int, int], ...]
    duplicates: int
    repeated_sources: int
    first: tuple[SentencePair, ...]


def _rows(pairs: Pairs) -> Iterator[SentencePair]:
    for start in range(0, len(pairs), _ROWS):
        rows = pairs.dataset[start : start + _ROWS]
        yield from map(SentencePair, rows["source"], rows["target"])


def length_names(bounds: Sequence[int]) -> list[str]:
    """Return names of the ranges of words up to each bound, and beyond: 10 and 20 make up to 10, 11-20, over 20."""
    between = [f"{low + 1}-{high}" for low, high in itertools.pairwise(bounds)]
    return [f"up to {bounds[0]}", *between, f"over {bounds[-1]}"]


def summarise(pairs: Pairs, first: int = 3) -> Summary:
    """Read all of a corpus once, and return what it holds, with its `first` pairs."""
    bins: tuple[Counter[int], Counter[int]] = Counter(), Counter()
    words, longest = [0, 0], [0, 0]
    seen_pairs: set[int] = set()
    seen_sources: set[int] = set()
    shown: list[SentencePair] = []
    for pair in _rows(pairs):
        if len(shown) < first:
            shown.append(pair)
        seen_pairs.add(hash(pair))
        seen_sources.add(hash(pair.source))
        for side, text in enumerate(pair):
            length = len(split_words(text))
            words[side] += length
            longest[side] = max(longest[side], length)
            bins[side][bisect.bisect_left(BOUNDS, length)] += 1
    return Summary(
        len(pairs),
        (words[0], words[1]),
        (longest[0], longest[1]),
        tuple((name, bins[0][i], bins[1][i]) for i, name in enumerate(length_names(BOUNDS))),
        len(pairs) - len(seen_pairs),
        len(pairs) - len(seen_sources),
        tuple(shown),
    )


def shared_sources(pairs: Pairs, others: Sequence[Pairs]) -> list[tuple[int, str]]:
    """Return how many source sentences of each other corpus stand among those of `pairs`, and where the first is.

    Sentences are compared without regard to case and to spaces of any kind.
    """
    keys = [[_key(pair.source) for pair in _rows(other)] for other in others]
    wanted = {key for known in keys for key in known}  # of the smaller ones: `pairs` may be millions
    present = {key for pair in _rows(pairs) if (key := _key(pair.source)) in wanted}
    found = []
    for other, known in zip(others, keys, strict=True):
        rows = [row for row, key in enumerate(known) if key in present]
        found.append((len(rows), other.where(rows[0]) if rows else ""))
    return found


def _key(text: str) -> int:
    return hash(" ".join(text.lower().split()))
