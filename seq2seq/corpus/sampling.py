"""Subword regularisation as a pure function of text and seed.

SentencePiece can sample, but its generator is salted anew in every process, whatever the seed: equal
seeds would give different runs, and no run could be resumed exactly. Pieces never cross a space, so
a word can be sampled by itself, and what is costly is remembered by word.
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

    def sample(self, texts: Sequence[str], alpha: float, seed: int) -> list[list[int]]:
        """Ids of a random segmentation of each text; equal arguments give equal ids, anywhere."""
        generator = random.Random(seed)
        return [[piece for word in split_words(text) for piece in self.word(word, alpha, generator)] for text in texts]

    @abstractmethod
    def word(self, word: str, alpha: float, generator: random.Random) -> Sequence[int]:
        """Ids of a random segmentation of one word."""


class BPESampler(Sampler):
    """BPE-dropout: at each step a merge is left out with probability α (Provilkov et al. 2020, algorithm 1)."""

    def __init__(self, processor: Any) -> None:
        super().__init__(processor)
        size = processor.get_piece_size()
        self._ids = {processor.id_to_piece(i): i for i in range(size)}
        self._scores = {processor.id_to_piece(i): processor.get_score(i) for i in range(UNK + 1, size)}
        self._letters = lru_cache(_REMEMBERED_WORDS)(lambda word: tuple(processor.normalize(word)))

    def word(self, word: str, alpha: float, generator: random.Random) -> Sequence[int]:
        """Merge letters; of the merges not left out the best learned one comes first."""
        pieces, scores, draw = list(self._letters(word)), self._scores, generator.random
        while True:
            best, best_score = -1, -math.inf
            for place, pair in enumerate(itertools.pairwise(pieces)):
                score = scores.get(pair[0] + pair[1])
                if score is not None and score > best_score and draw() >= alpha:
                    best, best_score = place, score
            if best < 0:
                return _join_unknown([self._ids.get(piece, UNK) for piece in pieces])
            pieces[best : best + 2] = [pieces[best] + pieces[best + 1]]


class UnigramSampler(Sampler):
    """P(segmentation) ∝ P(its pieces)^α over the l = 64 best of each word (Kudo 2018, l-best sampling)."""

    best = 64

    def __init__(self, processor: Any) -> None:
        super().__init__(processor)
        scores = [processor.get_score(i) for i in range(processor.get_piece_size())]
        scores[UNK] = min(scores) - 10  # SentencePiece's own penalty
        self._scores = scores
        self._choices = lru_cache(_REMEMBERED_WORDS)(self._weighted)

    def _weighted(self, word: str, alpha: float) -> tuple[list[list[int]], list[float]]:
        segmentations = self.processor.nbest_encode(word, nbest_size=self.best)
        scores = [alpha * sum(self._scores[i] for i in ids) for ids in segmentations]
        return segmentations, list(itertools.accumulate(math.exp(score - max(scores)) for score in scores))

    def word(self, word: str, alpha: float, generator: random.Random) -> Sequence[int]:
        """One of the word's best segmentations."""
        segmentations, cumulated = self._choices(word, alpha)
        return segmentations[bisect.bisect(cumulated, generator.random() * cumulated[-1])]


def _join_unknown(ids: list[int]) -> list[int]:
    """A run of unknown letters is one unknown piece, as in SentencePiece."""
    return [i for place, i in enumerate(ids) if i != UNK or place == 0 or ids[place - 1] != UNK]
