"""A statistical word aligner, which learns from sentence pairs alone which words translate each other.

Two hidden Markov models (Vogel, Ney and Tillmann 1996; Och and Ney 2003, section 2.2), one for each direction:
each target word is a translation of one source word, which is likely to be near that of the word before, or of none.
Model 1 of Brown et al. 1993 is the same with all jumps equally likely, and comes first. Then both directions learn
together, each from the product of their posterior probabilities (Liang, Taskar and Klein 2006, "Alignment by
Agreement"). A pair of words is linked where the mean of both posterior probabilities is above one half.

What differs from these papers: the prior of `lexicon.Prior`, and that nothing is tuned to a language or a corpus. All
sums are exact (expectation maximisation), so equal text gives equal links.

Legend: B pairs of sentences, S source words, T target words, P pairs of words, V words of a vocabulary.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.alignment.alignment import END, Alignment, Link
from seq2seq.alignment.lexicon import Block, Cells, Floats, Lexicon, Prior, Shapes, Translations, Vocabulary
from seq2seq.alignment.markov import Beliefs, Jumps, forward_backward
from seq2seq.words import counted

__all__ = ["LONGEST", "VERSION", "Settings", "WordAligner", "WordLinks", "learn_links"]

logger = logging.getLogger(__name__)

VERSION = "1"  # of the links that equal text gets: another one where a change of this module may change them
LONGEST = 200  # words of a sentence that take part; time and memory grow with the product of both lengths
_LEARNT_AT_ONCE = 200_000  # cells, source words times target words: small enough for a processor's cache
_ALIGNED_AT_ONCE = 2_000_000  # cells, whose posteriors wait until it is their pair's turn
_CERTAIN = 0.5  # of the mean of both posteriors: from there on a link is more likely than not

Pair = tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True)
class Settings:
    """How the aligner learns. The defaults were chosen on annotated captions and checked on other text.

    Attributes:
        model1: rounds in which all jumps are equally likely.
        rounds: further rounds, in which jumps are learned.
        agree: whether the directions learn from what both believe in those further rounds.
        null: the probability that a word is a translation of none.
        even: the share of the probability of jumps that goes to all words alike.
        prior: what is believed of translations before; see `Prior`.
    """

    model1: int = 3
    rounds: int = 5
    agree: bool = True
    null: float = 0.05
    even: float = 0.05
    prior: Prior = field(default_factory=lambda: Prior(each=0.0005, alike=0.5, stems=3.0))


class WordLinks(NamedTuple):
    """What the aligner believes of a pair of sentences.

    Attributes:
        source: the source words.
        target: the target words.
        forward_TS: float32 probabilities that target word t is a translation of source word s; a row sums to 1 at most.
        reverse_TS: those that source word s is a translation of target word t; a column sums to 1 at most.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    forward_TS: NDArray[np.float32]
    reverse_TS: NDArray[np.float32]

    @property
    def mean_TS(self) -> NDArray[np.float32]:  # noqa: N802 (a tensor, as the fields are)
        """The mean of both directions' probabilities: that of a link."""
        mean_TS: NDArray[np.float32] = (self.forward_TS + self.reverse_TS) * np.float32(0.5)
        return mean_TS

    def links(self, threshold: float = _CERTAIN) -> list[Link]:
        """Return the links whose mean probability is above the threshold, (source, target) from 0, sorted."""
        return sorted((int(s), int(t)) for t, s in np.argwhere(self.mean_TS > threshold))

    def weight(self, link: Link) -> float:
        """Return the mean probability of a link (source, target)."""
        return float(self.mean_TS[link[1], link[0]])

    def forward(self) -> Alignment:
        """Return the forward direction: a row is a target word; its end column is the probability of no source word."""
        return _with_end(self.source, self.target, self.forward_TS)

    def reverse(self) -> Alignment:
        """Return the reverse direction: a row is a source word; its end column is the probability of no target word."""
        return _with_end(self.target, self.source, self.reverse_TS.T)

    def agreed(self) -> Alignment:
        """Return the mean of both: a row is a target word; one that has several links shares its weight among them."""
        mean_TS = self.mean_TS
        return _with_end(self.source, self.target, mean_TS / np.maximum(1, mean_TS.sum(axis=1, keepdims=True)))


def _with_end(source: tuple[str, ...], target: tuple[str, ...], weights_TS: NDArray[np.float32]) -> Alignment:
    rest_T = np.maximum(0, 1 - weights_TS.sum(axis=1))
    return Alignment((*source, END), target, np.column_stack([weights_TS, rest_T]).astype(np.float32), source_end=True)


class WordAligner:
    """Two directions that learned from the same text; made by `fit`."""

    def __init__(self, sides: tuple[Vocabulary, Vocabulary], lexicon: Lexicon, settings: Settings) -> None:
        self._sides = sides
        self._lexicon = lexicon
        self._settings = settings
        self._directions = tuple(_Direction(lexicon, given, settings) for given in (0, 1))
        self.log_likelihoods: list[tuple[float, float]] = []

    @classmethod
    def fit(cls, pairs: Iterable[Pair], settings: Settings | None = None) -> "WordAligner":
        """Learn from sentence pairs.

        It takes about 10 seconds for 29,000 pairs of 13 words on one core. Memory grows with the sum of the products of
        both sides' lengths: 4 bytes for each, and about 100 for each pair of words that occur together.

        Args:
            pairs: source and target words, which are compared without regard to case. Pairs with an empty side teach
                nothing; of a longer side than `LONGEST` words, the first ones count, and a warning says so.
            settings: how to learn.

        Returns:
            The aligner; its `log_likelihoods` are those of the text, forward and reverse, before each round.
        """
        sides, shapes, cut = (Vocabulary(), Vocabulary()), Shapes(), list[int]()
        for row, (source, target) in enumerate(pairs):
            shapes.add(row, sides[0].add(source[:LONGEST]), sides[1].add(target[:LONGEST]))
            if max(len(source), len(target)) > LONGEST:
                cut.append(row)
        if cut:
            logger.warning(
                f"{counted(len(cut), 'pair')} of more than {LONGEST} words a side, the first of them pair "
                f"{cut[0] + 1:,}: only the first {LONGEST} words are aligned"
            )
        blocks = list(shapes.blocks(_LEARNT_AT_ONCE))
        aligner = cls(sides, Lexicon(sides, blocks), settings or Settings())
        aligner._learn(blocks)
        return aligner

    def _learn(self, blocks: Sequence[Block]) -> None:
        settings = self._settings
        cells = [self._lexicon.find(block) for block in blocks]
        for done in range(settings.model1 + settings.rounds):
            likelihoods_2 = np.zeros(2)
            for block, cells_BTS in zip(blocks, cells, strict=True):
                believed = [direction.believe(block, cells_BTS) for direction in self._directions]
                links = [links_BTS for _, links_BTS in believed]
                if settings.agree and done >= settings.model1:
                    links = [links[0] * links[1]] * 2
                for direction, (beliefs, _), links_BTS in zip(self._directions, believed, links, strict=True):
                    direction.count(block, cells_BTS, beliefs, links_BTS)
                likelihoods_2 += [beliefs.log_likelihood for beliefs, _ in believed]
            for direction in self._directions:
                direction.maximise(jumps=done >= settings.model1)
            self.log_likelihoods.append((float(likelihoods_2[0]), float(likelihoods_2[1])))

    def align(self, pairs: Iterable[Pair]) -> Iterator[WordLinks]:
        """Yield what is believed of each pair, in order; of an empty side, and beyond `LONGEST` words, nothing.

        The pairs may be those that the aligner learned from, or others: words that it never saw together are linked by
        where they stand.
        """
        waiting, shapes = list[Pair](), Shapes()
        for source, target in pairs:
            numbers = self._sides[0].find(source[:LONGEST]), self._sides[1].find(target[:LONGEST])
            shapes.add(len(waiting), *numbers)
            waiting.append((source, target))
            if shapes.cells >= _ALIGNED_AT_ONCE or len(waiting) >= _ALIGNED_AT_ONCE:
                yield from self._aligned(waiting, shapes)
                waiting, shapes = [], Shapes()
        yield from self._aligned(waiting, shapes)

    def _aligned(self, pairs: Sequence[Pair], shapes: Shapes) -> Iterator[WordLinks]:
        found: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
        for block in shapes.blocks(_LEARNT_AT_ONCE):
            cells_BTS = self._lexicon.find(block)
            links = [direction.believe(block, cells_BTS)[1].astype(np.float32) for direction in self._directions]
            found.update(zip(block.rows_B.tolist(), zip(*links, strict=True), strict=True))
        for row, (source, target) in enumerate(pairs):
            both = []
            for part_TS in found.pop(row, ()):
                missing = len(target) - part_TS.shape[0], len(source) - part_TS.shape[1]
                both.append(np.pad(part_TS, ((0, missing[0]), (0, missing[1]))) if any(missing) else part_TS)
            none_TS = np.zeros((len(target), len(source)), dtype=np.float32)
            forward_TS, reverse_TS = both or (none_TS, none_TS)
            yield WordLinks(tuple(source), tuple(target), forward_TS, reverse_TS)


def learn_links(pairs: Sequence[Pair]) -> Iterator[list[Link]]:
    """Learn from sentence pairs, and yield the links of each of them; see `WordAligner` and `WordLinks.links`."""
    return (found.links() for found in WordAligner.fit(pairs).align(pairs))


class _Direction:
    """A hidden Markov model of the words of one side, which it observes, given those of the other.

    Legend: G given words of a sentence, O observed words of a sentence.
    """

    def __init__(self, lexicon: Lexicon, given: int, settings: Settings) -> None:
        self._lexicon, self._given, self._settings = lexicon, given, settings
        observed_V = lexicon.frequencies[1 - given]
        even = 1 / max(1, len(observed_V))
        self._words = Translations(np.full(len(lexicon) + 1, even), np.full(lexicon.sizes[given] + 1, even))
        self._nulls_V = np.append(observed_V / max(1, observed_V.sum()), even)
        self._jumps = Jumps.alike(1)
        self._forget()

    def _forget(self) -> None:
        self._links_P = np.zeros(len(self._lexicon) + 1)
        self._unlinked_V = np.zeros(len(self._nulls_V))
        self._moves = Jumps.alike(1)  # one move of each kind is counted before any is made

    def believe(self, block: Block, cells_BTS: Cells) -> tuple[Beliefs, Floats]:
        """Return the probabilities of links and moves in a block; and those of the links once more, (B, T, S)."""
        if self._given == 0:
            given_BG, observed_BO, given = block.source_BS, block.target_BT, block.source_BS[:, None, :]
        else:
            given_BG, observed_BO, given = block.target_BT, block.source_BS, block.target_BT[:, :, None]
        words_BTS = self._words.look_up(cells_BTS, given)
        words_OBG = np.ascontiguousarray(words_BTS.transpose((1, 0, 2) if self._given == 0 else (2, 0, 1)))
        moves = self._jumps.moves(given_BG.shape[1], self._settings.even)
        beliefs = forward_backward(words_OBG, self._nulls_V[observed_BO.T], moves, self._settings.null)
        return beliefs, beliefs.links_OBG.transpose((1, 0, 2) if self._given == 0 else (1, 2, 0))

    def count(self, block: Block, cells_BTS: Cells, beliefs: Beliefs, links_BTS: Floats) -> None:
        """Count the links that are believed in, and what else is."""
        observed_BO = block.target_BT if self._given == 0 else block.source_BS
        np.add.at(self._links_P, cells_BTS, links_BTS)
        np.add.at(self._unlinked_V, observed_BO.T, beliefs.nulls_OB)
        self._moves.add(beliefs.moves)

    def maximise(self, jumps: bool) -> None:
        """Make what was counted the most probable, and forget it; the jumps only if that is wanted."""
        prior = self._settings.prior
        self._words = self._lexicon.estimate(self._links_P[:-1], self._given, prior)
        unlinked_V = self._unlinked_V + prior.each
        self._nulls_V = unlinked_V / max(unlinked_V.sum(), 1e-12)
        if jumps:
            self._jumps = self._moves
        self._forget()
