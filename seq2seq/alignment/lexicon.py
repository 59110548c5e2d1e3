"""Which words translate each other, and how probably: the sparse translation table of a statistical aligner.

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

__all__ = ["Block", "Buckets", "Cells", "Floats", "Ints", "Lexicon", "Prior", "Translations", "Vocabulary"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Cells = NDArray[np.int32]

_STEM = 4  # letters at the beginning of a word that stand for its stem
_MERGED = 4_000_000  # pairs of words that wait until they are merged into the table: 32 megabytes
_LEAST = 1e-12  # the least probability of a pair of words, so that no sentence becomes impossible


class Vocabulary:
    """The words of one side, without regard to case, numbered from 0 in the order of their first occurrence."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, words: Iterable[str]) -> list[int]:
        """Add the words that are new, and return the numbers of all."""
        return [self._numbers.setdefault(word.casefold(), len(self._numbers)) for word in words]

    def find(self, words: Iterable[str]) -> list[int]:
        """Return the numbers of words; an unknown word has the vocabulary's size as its number."""
        return [self._numbers.get(word.casefold(), len(self._numbers)) for word in words]

    def stems(self) -> list[str]:
        """Return the first letters of each word."""
        return [word[:_STEM] for word in self._numbers]

    def bare_stems(self) -> list[str]:
        """Return the first letters of each word without its accents, to compare words of two languages."""
        return [_without_accents(word)[:_STEM] for word in self._numbers]


def _without_accents(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


class Block(NamedTuple):
    """Pairs of sentences of equal lengths, as word numbers.

    Attributes:
        rows_B: where each pair stands in its corpus.
        source_BS: the source words.
        target_BT: the target words.
    """

    rows_B: Ints
    source_BS: Ints
    target_BT: Ints


class Buckets:
    """Pairs of sentences, collected by the lengths of both sides."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[int, int], tuple[array[int], array[int], array[int]]] = {}
        self.cells = 0  # source words times target words, summed over all pairs

    def add(self, row: int, source: Sequence[int], target: Sequence[int]) -> None:
        """Add a pair; one with an empty side is left out, because it has nothing to align."""
        if source and target:
            bucket = self._buckets.setdefault((len(source), len(target)), (array("q"), array("i"), array("i")))
            bucket[0].append(row)
            bucket[1].extend(source)
            bucket[2].extend(target)
            self.cells += len(source) * len(target)

    def blocks(self, cells: int) -> Iterator[Block]:
        """Yield the pairs in blocks of at most so many cells; a pair that has more is a block by itself."""
        for (source_length, target_length), (rows, sources, targets) in sorted(self._buckets.items()):
            size = max(1, cells // (source_length * target_length))
            rows_N = np.array(rows, dtype=np.int64)
            source_NS = np.array(sources, dtype=np.int64).reshape(-1, source_length)
            target_NT = np.array(targets, dtype=np.int64).reshape(-1, target_length)
            for begin in range(0, len(rows), size):
                part = slice(begin, begin + size)
                yield Block(rows_N[part], source_NS[part], target_NT[part])


@dataclass(frozen=True)
class Prior:
    """A Dirichlet prior of a word's translations, in pseudo-counts, which are added to the counts of links.

    It keeps rare words from attracting every word that nothing else explains ("garbage collection"), and lets them
    learn from words that look like them: as in the hierarchical model of MacKay and Peto 1995, the counts of words
    are added to those of larger classes, here of stems.

    Attributes:
        each: the pseudo-count of each word of the other vocabulary.
        cognate: the further pseudo-count of a word that begins with the same letters, accents aside.
        stem: the further pseudo-count of which each word that occurs together with the given one has a share: its
            probability if the given word's stem is translated by a stem, and that stem's words are chosen by their
            frequency. The shares of all other words are left out.
    """

    each: float
    cognate: float
    stem: float


class Translations(NamedTuple):
    """The probabilities of one side's words, given each word of the other side.

    Attributes:
        seen_P: those of the pairs of words that occur together; one more entry, which is 0, stands for all others.
        unseen_V: that of any one word that never occurs with the given one; one more entry is for an unknown word.
    """

    seen_P: Floats
    unseen_V: Floats

    def look_up(self, cells_OBG: Cells, given_BG: Ints) -> Floats:
        """Return the probabilities of pairs of words, (O, B, G): of observed words, given those of the other side.

        Args:
            cells_OBG: the pairs' numbers, as `Lexicon.find` returns them, transposed.
            given_BG: the given words' numbers.
        """
        words_OBG: Floats = self.seen_P[cells_OBG]
        return words_OBG if words_OBG.all() else np.where(words_OBG > 0, words_OBG, self.unseen_V[given_BG])


class Lexicon:
    """The pairs of words that occur together in some pair of sentences.

    Args:
        sides: the vocabularies of the source and of the target.
        blocks: the pairs of sentences.
    """

    def __init__(self, sides: tuple[Vocabulary, Vocabulary], blocks: Sequence[Block]) -> None:
        self.sizes = len(sides[0]), len(sides[1])
        self._base = self.sizes[1] + 1  # an unknown target word has a number, too
        self._keys_P = _distinct(self._keys(block.source_BS, block.target_BT) for block in blocks)
        self._words_P = [part.astype(np.int32) for part in np.divmod(self._keys_P, self._base)]
        self.frequencies = (
            _frequencies((block.source_BS for block in blocks), self.sizes[0]),
            _frequencies((block.target_BT for block in blocks), self.sizes[1]),
        )
        bare_V = _numbered(sides[0].bare_stems() + sides[1].bare_stems())
        self._cognate_P = bare_V[self._words_P[0]] == bare_V[self.sizes[0] :][self._words_P[1]]
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
        """Return the translation probabilities in the mean of their posterior distribution.

        Args:
            counts_P: the expected counts of links.
            given: the side whose words are given.
            prior: the prior distribution.
        """
        words_P, size, others = self._words_P[given], self.sizes[given], self.sizes[1 - given]
        weights_P = counts_P + prior.each + prior.cognate * self._cognate_P
        if prior.stem:
            weights_P += prior.stem * self._stem_probabilities(counts_P, given)
        never_together_V = others - np.bincount(words_P, minlength=size)
        totals_V = np.bincount(words_P, weights_P, size) + prior.each * never_together_V
        totals_V = np.maximum(totals_V, _LEAST)
        seen_P = np.maximum(weights_P / totals_V[words_P], _LEAST)
        unseen_V = np.maximum(np.append(prior.each / totals_V, 1 / max(1, others)), _LEAST)
        return Translations(np.append(seen_P, 0), unseen_V)

    def _stem_probabilities(self, counts_P: Floats, given: int) -> Floats:
        """Return the probability of each pair if stems are translated, and their words are chosen by frequency."""
        given_stem_P, stems_V = self._stems_V[given][self._words_P[given]], self._stems_V[1 - given]
        pairs_P = np.bincount(self._stem_pair_P, counts_P)[self._stem_pair_P]
        totals_P = np.bincount(given_stem_P, counts_P)[given_stem_P]
        frequencies_V = self.frequencies[1 - given]
        share_V = frequencies_V / np.maximum(np.bincount(stems_V, frequencies_V), 1)[stems_V]
        probabilities_P: Floats = pairs_P / np.maximum(totals_P, _LEAST) * share_V[self._words_P[1 - given]]
        return probabilities_P

    def _keys(self, source_BS: Ints, target_BT: Ints) -> Ints:
        """Return a unique number for each pair of words, (B, T, S)."""
        keys_BTS: Ints = source_BS[:, None, :] * self._base + target_BT[:, :, None]
        return keys_BTS


def _frequencies(parts: Iterable[Ints], size: int) -> Floats:
    """Return how often each word of a vocabulary occurs; a word that occurs only in pairs that were left out, never."""
    counts_V = np.zeros(size)
    for words in parts:
        np.add.at(counts_V, words.ravel(), 1)
    return counts_V


def _numbered(words: Sequence[str]) -> Ints:
    """Return a number for each word, equal where the words are equal."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(word, len(numbers)) for word in words], dtype=np.int64)


def _distinct(parts: Iterable[Ints]) -> Ints:
    """Return the distinct numbers of all parts, sorted, in memory not much larger than the result."""
    merged, waiting, size = np.empty(0, dtype=np.int64), list[Ints](), 0
    for part in parts:
        waiting.append(_unique(part))
        size += len(waiting[-1])
        if size > max(_MERGED, len(merged)):
            merged, waiting, size = _unique(np.concatenate([merged, *waiting])), [], 0
    return _unique(np.concatenate([merged, *waiting]))


def _unique(numbers: Ints) -> Ints:
    """Do what np.unique does with numbers from 0, several times as fast."""
    sorted_N = np.sort(numbers, axis=None)
    return sorted_N[np.diff(sorted_N, prepend=-1) > 0]
