"""A hidden Markov model of where in one sentence the translation of the next word of the other stands.

The model of Vogel, Ney and Tillmann 1996, with an empty word as Och and Ney 2003 have it (section 2.2): in each step it
either jumps to a word of the given sentence and emits a translation of it, or stays where it is and emits a word
that translates none.

Legend: B pairs of sentences of equal lengths, O observed words of a sentence, G given words of the other.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Beliefs", "Jumps", "Moves", "forward_backward"]

Floats = NDArray[np.float64]

_FARTHEST = 12  # words: jumps as far as that and farther are counted together


class Moves(NamedTuple):
    """Probabilities of moves in a sentence of G given words.

    Attributes:
        first_G: of the first word to jump to.
        next_GG: of the next word (column) after each word (row).
        last_G: of the end of the sentence after each word, beside other words as the last one.
    """

    first_G: Floats
    next_GG: Floats
    last_G: Floats


class Beliefs(NamedTuple):
    """The posterior probabilities of a model, given B observed sentences.

    Attributes:
        links_OBG: that an observed word translates a given one.
        nulls_OB: that it translates none.
        moves: how often each first, next and last word are expected, over all B.
        log_likelihood: the logarithm of the probability of the observed words, over all B.
    """

    links_OBG: Floats
    nulls_OB: Floats
    moves: Moves
    log_likelihood: float


def forward_backward(words_OBG: Floats, nulls_OB: Floats, moves: Moves, null: float) -> Beliefs:
    """Return the posterior probabilities of all links and moves: exact sums over all paths (Rabiner 1989, section III).

    Args:
        words_OBG: the probability of each observed word as a translation of each given one.
        nulls_OB: that of each observed word as a translation of none.
        moves: the probabilities of moves, which are the same in all B.
        null: the probability that the next word translates none.
    """
    observed, _, given = words_OBG.shape
    words_OBG = (1 - null) * words_OBG
    nulls_OB1 = null * nulls_OB[:, :, None]
    at_OBG = np.empty_like(words_OBG)  # the model is at a given word, whether or not it has just jumped to it
    linked_OBG = np.empty_like(words_OBG)  # it has just jumped to it
    scales_OB1 = np.empty_like(nulls_OB1)
    stays: Floats = moves.first_G
    jumps: Floats = moves.first_G
    for o in range(observed):
        np.multiply(jumps, words_OBG[o], out=linked_OBG[o])
        np.add(linked_OBG[o], stays * nulls_OB1[o], out=at_OBG[o])
        scales_OB1[o] = at_OBG[o].sum(axis=1, keepdims=True)
        at_OBG[o] /= scales_OB1[o]
        linked_OBG[o] /= scales_OB1[o]
        stays, jumps = at_OBG[o], at_OBG[o] @ moves.next_GG
    ends_B1 = at_OBG[-1] @ moves.last_G[:, None]
    later_BG = moves.last_G / ends_B1
    last_G = (at_OBG[-1] * later_BG).sum(axis=0)
    followed_GG = np.zeros((given, given))
    nulls_OB = np.empty_like(nulls_OB)
    for o in range(observed - 1, -1, -1):
        nulls_OB[o] = ((at_OBG[o] - linked_OBG[o]) * later_BG).sum(axis=1)
        linked_OBG[o] *= later_BG
        if o:
            entered_BG = words_OBG[o] * later_BG / scales_OB1[o]
            followed_GG += at_OBG[o - 1].T @ entered_BG
            later_BG = entered_BG @ moves.next_GG.T + later_BG * nulls_OB1[o] / scales_OB1[o]
    expected = Moves(linked_OBG[0].sum(axis=0), followed_GG * moves.next_GG, last_G)
    return Beliefs(linked_OBG, nulls_OB, expected, float(np.log(scales_OB1).sum() + np.log(ends_B1).sum()))


@dataclass(frozen=True)
class Jumps:
    """How often each kind of move was made, whatever the length of the sentence.

    Attributes:
        first_D: to the word with so many others before it.
        next_D: so many words ahead, or back: the middle one is a jump to where the model is.
        last_D: from the word with so many others behind it to the end.
    """

    first_D: Floats
    next_D: Floats
    last_D: Floats

    @classmethod
    def alike(cls, count: float) -> "Jumps":
        """Return moves all of which were made equally often."""
        return cls(*(np.full(size, count) for size in (_FARTHEST + 1, 2 * _FARTHEST + 1, _FARTHEST + 1)))

    def add(self, moves: Moves) -> None:
        """Count the moves that were made in sentences."""
        before_G, ahead_GG, behind_G = _distances(len(moves.first_G))
        np.add.at(self.first_D, before_G, moves.first_G)
        np.add.at(self.next_D, ahead_GG, moves.next_GG)
        np.add.at(self.last_D, behind_G, moves.last_G)

    def moves(self, given: int, even: float) -> Moves:
        """Return the probabilities of moves in a sentence.

        Args:
            given: how many words it has.
            even: the share of the probability of each jump that goes to all words alike.
        """
        before_G, ahead_GG, behind_G = _distances(given)
        first_G, next_GG, last_G = self.first_D[before_G], self.next_D[ahead_GG], self.last_D[behind_G]
        return Moves(
            (1 - even) * first_G / first_G.sum() + even / given,
            (1 - even) * next_GG / next_GG.sum(axis=1, keepdims=True) + even / given,
            last_G / last_G.sum(),
        )


def _distances(given: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the kind of each first, next and last move in a sentence of so many words."""
    place_G = np.arange(given)
    ahead_GG = np.clip(place_G[None, :] - place_G[:, None], -_FARTHEST, _FARTHEST) + _FARTHEST
    before_G = np.minimum(place_G, _FARTHEST)
    return before_G, ahead_GG, before_G[::-1]
