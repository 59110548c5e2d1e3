"""Subword regularisation as a pure function of text and seed.

SentencePiece can sample, but its generator has a different state in every process, whatever the seed:
equal seeds would give different runs, and no run could be resumed exactly. Pieces never cross a space,
so a word can be sampled by itself, and the parts that take long are cached for each word.
"""

import bisect
import itertools
import math
import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from seq2seq.symbols import UNK
from seq2seq.words import split_words

__all__ = ["BPESampler", "Sampler", "UnigramSampler"]

_REMEMBERED_WORDS = 50_000  # at some 2.5 kB each


class Sampler(ABC):
    """Draws segmentations.

    Args:
        processor: a loaded ``sentencepiece.SentencePieceProcessor``.
    """

    def __init__(self, processor: Any) -> None:
        self.processor = processor

    def sample(self, texts: Sequence[str], strength: float, seed: int) -> list[list[int]]:
        """Return ids of a random segmentation of each text; equal arguments give equal ids on every machine.

        Args:
            texts: What to segment.
            strength: How far segmentations stray from the best one; what it measures is each subclass' own.
            seed: What the segmentations are drawn from.
        """
        generator = random.Random(seed)
        return [
            [piece for word in split_words(text) for piece in self.word(word, strength, generator)] for text in texts
        ]

    @abstractmethod
    def word(self, word: str, strength: float, generator: random.Random) -> Sequence[int]:
        """Return ids of a random segmentation of one word."""


class BPESampler(Sampler):
    """BPE-dropout: at each step a merge is left out with the probability `strength` (Provilkov et al. 2020, alg. 1)."""

    def __init__(self, processor: Any) -> None:
        super().__init__(processor)
        size = processor.get_piece_size()
        self._ids = {processor.id_to_piece(i): i for i in range(size)}
        self._scores = {processor.id_to_piece(i): processor.get_score(i) for i in range(UNK + 1, size)}
        self._letters = lru_cache(_REMEMBERED_WORDS)(lambda word: tuple(processor.normalize(word)))

    def word(self, word: str, strength: float, generator: random.Random) -> Sequence[int]:
        """Merge letters; of the merges not left out the best learned one comes first."""
        pieces, scores, draw = list(self._letters(word)), self._scores, generator.random
        while True:
            best, best_score = -1, -math.inf
            for place, pair in enumerate(itertools.pairwise(pieces)):
                score = scores.get(pair[0] + pair[1])
                if score is not None and score > best_score and draw() >= strength:
                    best, best_score = place, score
            if best < 0:
                return _join_unknown([self._ids.get(piece, UNK) for piece in pieces])
            pieces[best : best + 2] = [pieces[best] + pieces[best + 1]]


class UnigramSampler(Sampler):
    """Draws from the l = 64 best segmentations of each word, P ∝ P(pieces)^α (Kudo 2018).

    The strength is a temperature above 0, 1/α: it grows with the noise, as BPE-dropout does.
    """

    best = 64

    def __init__(self, processor: Any) -> None:
        super().__init__(processor)
        scores = [processor.get_score(i) for i in range(processor.get_piece_size())]
        scores[UNK] = min(scores) - 10  # SentencePiece's own penalty
        self._scores = scores
        self._choices = lru_cache(_REMEMBERED_WORDS)(self._weighted)

    def _weighted(self, word: str, temperature: float) -> tuple[list[list[int]], list[float]]:
        segmentations = self.processor.nbest_encode(word, nbest_size=self.best)
        scores = [sum(self._scores[i] for i in ids) for ids in segmentations]
        best = max(scores)
        return segmentations, list(itertools.accumulate(math.exp((score - best) / temperature) for score in scores))

    def word(self, word: str, strength: float, generator: random.Random) -> Sequence[int]:
        """Return one of the word's best segmentations."""
        segmentations, cumulated = self._choices(word, strength)
        return segmentations[bisect.bisect(cumulated, generator.random() * cumulated[-1])]


def _join_unknown(ids: list[int]) -> list[int]:
    """Make a run of unknown letters one unknown piece, as SentencePiece does."""
    return [i for place, i in enumerate(ids) if i != UNK or place == 0 or ids[place - 1] != UNK]
