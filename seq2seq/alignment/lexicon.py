"""Which words translate each other, and how probably: the sparse table of a statistical aligner.

Legend: B pairs of sentences, S source words, T target words, V words of a vocabulary, P pairs of words that occur
together in some pair of sentences. Side 0 is the source, side 1 the target.
"""

import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Block", "Cells", "Floats", "Lexicon", "Prior", "Shapes", "Translations", "Vocabulary"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Cells = NDArray[np.int32]

_STEM = 4  # letters at the beginning of a word that stand for its stem
_MERGED = 4_000_000  # pairs of words that wait until they are merged into the table: 32 megabytes
_LEAST = 1e-12  # the least probability of a pair of words, so that no sentence becomes impossible


class Vocabulary:
    """The words of one side, without regard to case, numbered from 0 as they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, words: Iterable[str]) -> list[int]:
        """Return the numbers of words, which are in the vocabulary from now on."""
        return [self._numbers.setdefault(word.casefold(), len(self._numbers)) for word in words]

    def find(self, words: Iterable[str]) -> list[int]:
        """Return the numbers of words; the size of the vocabulary is that of a word that is not in it."""
        return [self._numbers.get(word.casefold(), len(self._numbers)) for word in words]

    def stems(self, spelling: bool = False) -> list[str]:
        """Return the first letters of all words; without accents, if they stand for the spelling."""
        return [(_bare(word) if spelling else word)[:_STEM] for word in self._numbers]


def _bare(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


class Block(NamedTuple):
    """Pairs of sentences of one shape, as numbers of words.

    Attributes:
        rows_B: which pairs they are.
        source_BS: their source words.
        target_BT: their target words.
    """

    rows_B: Ints
    source_BS: Ints
    target_BT: Ints


class Shapes:
    """Pairs of sentences, collected by how many words each side has."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[int, int], tuple[array[int], array[int], array[int]]] = {}
        self.cells = 0  # source words times target words, over all pairs

    def add(self, row: int, source: Sequence[int], target: Sequence[int]) -> None:
        """Add a pair; one with an empty side is left out, because it has nothing to align."""
        if source and target:
            shape = self._shapes.setdefault((len(source), len(target)), (array("q"), array("i"), array("i")))
            shape[0].append(row)
            shape[1].extend(source)
            shape[2].extend(target)
            self.cells += len(source) * len(target)

    def blocks(self, cells: int) -> Iterator[Block]:
        """Yield the pairs in blocks of at most so many cells, unless a single pair has more."""
        for (wide, high), (rows, sources, targets) in sorted(self._shapes.items()):
            size = max(1, cells // (wide * high))
            rows_N = np.array(rows, dtype=np.int64)
            source_NS = np.array(sources, dtype=np.int64).reshape(-1, wide)
            target_NT = np.array(targets, dtype=np.int64).reshape(-1, high)
            for begin in range(0, len(rows), size):
                part = slice(begin, begin + size)
                yield Block(rows_N[part], source_NS[part], target_NT[part])


@dataclass(frozen=True)
class Prior:
    """What is believed of a word's translations before any text is seen, in counts of occurrences.

    It is a Dirichlet prior whose mean is a table of stems, as MacKay and Peto 1995 let words back off to fewer words.
    It keeps rare words from attracting whatever has no other explanation, and lets them learn from words that look
    like them.

    Attributes:
        each: the count of each word of the other vocabulary.
        alike: the further count of a word that begins with the same letters in both languages, accents aside.
        stems: the further count that is shared out as the stem's words are translated: by their stems, and by how
            often each word of such a stem occurs.
    """

    each: float
    alike: float
    stems: float


class Translations(NamedTuple):
    """Probabilities of one side's words, each given a word of the other side.

    Attributes:
        seen_P: those of the pairs of words that occur together somewhere; and at the end a 0, for all other pairs.
        unseen_V: that of any one other word, given each word; and at the end, given a word that was never seen.
    """

    seen_P: Floats
    unseen_V: Floats

    def look_up(self, cells_BTS: Cells, given: Ints) -> Floats:
        """Return the probabilities of pairs of words, (B, T, S).

        Args:
            cells_BTS: which pairs of words they are, as `Lexicon.find` numbers them.
            given: the words on which they depend, (B, 1, S) or (B, T, 1).
        """
        words_BTS: Floats = self.seen_P[cells_BTS]
        return words_BTS if words_BTS.all() else np.where(words_BTS > 0, words_BTS, self.unseen_V[given])


class Lexicon:
    """The pairs of words that occur together in some pair of sentences.

    Args:
        sides: the vocabulary of the source and of the target.
        blocks: the pairs of sentences.
    """

    def __init__(self, sides: tuple[Vocabulary, Vocabulary], blocks: Sequence[Block]) -> None:
        self.sizes = len(sides[0]), len(sides[1])
        self._base = self.sizes[1] + 1  # a target word that was never seen has a number, too
        self._keys_P = _distinct(self._keys(block.source_BS, block.target_BT) for block in blocks)
        self._words_P = [part.astype(np.int32) for part in np.divmod(self._keys_P, self._base)]
        sources_N, targets_N = (
            np.concatenate([words.ravel() for words in side] or [np.empty(0, np.int64)])
            for side in ([block.source_BS for block in blocks], [block.target_BT for block in blocks])
        )
        self.frequencies = tuple(
            np.bincount(words_N, minlength=size).astype(np.float64)
            for words_N, size in zip((sources_N, targets_N), self.sizes, strict=True)
        )
        starts = _numbered(sides[0].stems(spelling=True) + sides[1].stems(spelling=True))
        self._alike_P = starts[self._words_P[0]] == starts[self.sizes[0] :][self._words_P[1]]
        self._stems_V = [_numbered(side.stems()) for side in sides]
        stems_P = [stems_V[words_P] for stems_V, words_P in zip(self._stems_V, self._words_P, strict=True)]
        self._stem_pair_P = np.unique(stems_P[0] * self._base + stems_P[1], return_inverse=True)[1]

    def __len__(self) -> int:
        return len(self._keys_P)

    def find(self, block: Block) -> Cells:
        """Return the number of each pair of words, (B, T, S); the lexicon's size where they never occur together."""
        keys_BTS = self._keys(block.source_BS, block.target_BT)
        places_BTS = np.searchsorted(self._keys_P, keys_BTS)
        if len(self):
            found_BTS = self._keys_P[np.minimum(places_BTS, len(self) - 1)] == keys_BTS
            places_BTS = np.where(found_BTS, places_BTS, len(self))
        return places_BTS.astype(np.int32)

    def estimate(self, counts_P: Floats, given: int, prior: Prior) -> Translations:
        """Return the mean of the probabilities' distribution, given how often words were linked.

        Args:
            counts_P: how often words were linked, as far as expected.
            given: the side on whose words the probabilities depend.
            prior: what is believed before.
        """
        words_P, size = self._words_P[given], self.sizes[given]
        weights_P = counts_P + prior.each + prior.alike * self._alike_P
        if prior.stems:
            weights_P += prior.stems * self._by_stem(counts_P, given)
        unseen_V = self.sizes[1 - given] - np.bincount(words_P, minlength=size)
        total_V = np.bincount(words_P, weights_P, size) + prior.each * unseen_V
        total_V = np.maximum(total_V, _LEAST)
        seen_P = weights_P / total_V[words_P]
        unseen_V = np.append(prior.each / total_V, 1 / max(1, self.sizes[1 - given]))
        return Translations(np.append(np.maximum(seen_P, _LEAST), 0), np.maximum(unseen_V, _LEAST))

    def _by_stem(self, counts_P: Floats, given: int) -> Floats:
        """Return the probability of each pair of words if stems are translated, and words chosen by frequency."""
        seen, chosen = self._stems_V[given][self._words_P[given]], self._stems_V[1 - given]
        pairs_P = np.bincount(self._stem_pair_P, counts_P)[self._stem_pair_P]
        totals_P = np.bincount(seen, counts_P)[seen]
        often_V = self.frequencies[1 - given]
        share_V = often_V / np.bincount(chosen, often_V)[chosen]
        shares_P: Floats = pairs_P / np.maximum(totals_P, _LEAST) * share_V[self._words_P[1 - given]]
        return shares_P

    def _keys(self, source_BS: Ints, target_BT: Ints) -> Ints:
        """Return a number for each pair of words, (B, T, S)."""
        keys_BTS: Ints = source_BS[:, None, :] * self._base + target_BT[:, :, None]
        return keys_BTS


def _numbered(words: Sequence[str]) -> Ints:
    """Return numbers that are equal where words are."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(word, len(numbers)) for word in words], dtype=np.int64)


def _distinct(parts: Iterable[Ints]) -> Ints:
    """Return the numbers that occur in any part, sorted, holding little more than them at a time."""
    merged, waiting, size = np.empty(0, dtype=np.int64), list[Ints](), 0
    for part in parts:
        waiting.append(np.unique(part))
        size += len(waiting[-1])
        if size > max(_MERGED, len(merged)):
            merged, waiting, size = np.unique(np.concatenate([merged, *waiting])), [], 0
    return np.unique(np.concatenate([merged, *waiting]))
