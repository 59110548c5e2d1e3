"""A hidden Markov model of which word of one sentence each word of the other translates.

It is the model of Vogel, Ney and Tillmann 1996, with an empty word in the manner of Och and Ney 2003, section 2.2: in
each step the model either jumps to a position of the given sentence and emits a translation of the word there, or
stays where it is and emits a word that translates none.

Legend: B pairs of sentences of equal lengths, O observed words of a sentence, G given words of the other sentence,
D jump widths.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["JumpCounts", "Posteriors", "Transitions", "forward_backward"]

Floats = NDArray[np.float64]
Widths = NDArray[np.int64]

_WIDEST = 12  # words: wider jumps are counted together with those of this width


class Transitions(NamedTuple):
    """Probabilities, or expected counts, of the transitions within a sentence of G given words.

    Attributes:
        initial_G: of the position where the model starts.
        jumps_GG: of a jump from each position (row) to each position (column).
        final_G: of the position where the model stops. As probabilities, they sum to 1 over the positions.
    """

    initial_G: Floats
    jumps_GG: Floats
    final_G: Floats


class Posteriors(NamedTuple):
    """What the observed words say about the hidden path: the result of an E-step.

    Attributes:
        links_OBG: the probability that an observed word translates a given one.
        nulls_OB: the probability that an observed word translates none.
        transitions: the expected counts of transitions, summed over the B pairs. A start is counted only if the first
            word translates one, because its position is arbitrary otherwise.
        log_likelihood: the logarithm of the probability of the observed words, summed over the B pairs.
    """

    links_OBG: Floats
    nulls_OB: Floats
    transitions: Transitions
    log_likelihood: float


def forward_backward(words_OBG: Floats, nulls_OB: Floats, transitions: Transitions, null: float) -> Posteriors:
    """Return the posterior probabilities by the scaled forward–backward algorithm (Rabiner 1989, sections III and V.A).

    Args:
        words_OBG: the probability of each observed word as a translation of each given one.
        nulls_OB: the probability of each observed word among those that translate none.
        transitions: probabilities, which all B pairs share.
        null: the probability that the next word translates none.
    """
    observed, _, given = words_OBG.shape
    words_OBG = (1 - null) * words_OBG
    nulls_OB1 = null * nulls_OB[:, :, None]
    forward_OBG = np.empty_like(words_OBG)  # the model is at a position, whether or not it has just jumped to it
    linked_OBG = np.empty_like(words_OBG)  # the model has just jumped to a position
    scales_OB1 = np.empty_like(nulls_OB1)
    stays: Floats = transitions.initial_G
    jumps: Floats = transitions.initial_G
    for o in range(observed):
        np.multiply(jumps, words_OBG[o], out=linked_OBG[o])
        np.add(linked_OBG[o], stays * nulls_OB1[o], out=forward_OBG[o])
        scales_OB1[o] = forward_OBG[o].sum(axis=1, keepdims=True)
        forward_OBG[o] /= scales_OB1[o]
        linked_OBG[o] /= scales_OB1[o]
        stays, jumps = forward_OBG[o], forward_OBG[o] @ transitions.jumps_GG
    ends_B1 = forward_OBG[-1] @ transitions.final_G[:, None]
    backward_BG = transitions.final_G / ends_B1
    final_G = (forward_OBG[-1] * backward_BG).sum(axis=0)
    jumps_GG = np.zeros((given, given))
    nulls_OB = np.empty_like(nulls_OB)
    for o in range(observed - 1, -1, -1):
        nulls_OB[o] = ((forward_OBG[o] - linked_OBG[o]) * backward_BG).sum(axis=1)
        linked_OBG[o] *= backward_BG
        if o:
            entered_BG = words_OBG[o] * backward_BG / scales_OB1[o]
            jumps_GG += forward_OBG[o - 1].T @ entered_BG
            backward_BG = entered_BG @ transitions.jumps_GG.T + backward_BG * nulls_OB1[o] / scales_OB1[o]
    expected = Transitions(linked_OBG[0].sum(axis=0), jumps_GG * transitions.jumps_GG, final_G)
    return Posteriors(linked_OBG, nulls_OB, expected, float(np.log(scales_OB1).sum() + np.log(ends_B1).sum()))


@dataclass(frozen=True)
class JumpCounts:
    """Counts of transitions by their width, which sentences of all lengths share.

    Attributes:
        initial_D: counts of starts, by how many positions are before the first one.
        jumps_D: counts of jumps, by width from the widest back to the widest ahead; the middle one is of width 0.
        final_D: counts of stops, by how many positions are behind the last one.
    """

    initial_D: Floats
    jumps_D: Floats
    final_D: Floats

    @classmethod
    def uniform(cls, count: float) -> "JumpCounts":
        """Return the same count for every width."""
        return cls(*(np.full(size, float(count)) for size in (_WIDEST + 1, 2 * _WIDEST + 1, _WIDEST + 1)))

    def add(self, expected: Transitions) -> None:
        """Add the expected counts of transitions in sentences of one length."""
        before_G, ahead_GG, behind_G = _widths(len(expected.initial_G))
        np.add.at(self.initial_D, before_G, expected.initial_G)
        np.add.at(self.jumps_D, ahead_GG.ravel(), expected.jumps_GG.ravel())
        np.add.at(self.final_D, behind_G, expected.final_G)

    def probabilities(self, given: int, uniform: float) -> Transitions:
        """Return the probabilities of transitions in a sentence (Och and Ney 2003, section 2.2).

        Args:
            given: how many words it has.
            uniform: the share of each start's and jump's probability that is spread evenly over all positions.
        """
        before_G, ahead_GG, behind_G = _widths(given)
        initial_G, jumps_GG, final_G = self.initial_D[before_G], self.jumps_D[ahead_GG], self.final_D[behind_G]
        return Transitions(
            (1 - uniform) * initial_G / initial_G.sum() + uniform / given,
            (1 - uniform) * jumps_GG / jumps_GG.sum(axis=1, keepdims=True) + uniform / given,
            final_G / final_G.sum(),
        )


def _widths(given: int) -> tuple[Widths, Widths, Widths]:
    """Return the index of each start's, jump's and stop's count in a sentence of so many words."""
    place_G = np.arange(given)
    ahead_GG = np.clip(place_G[None, :] - place_G[:, None], -_WIDEST, _WIDEST) + _WIDEST
    before_G = np.minimum(place_G, _WIDEST)
    return before_G, ahead_GG, before_G[::-1]
