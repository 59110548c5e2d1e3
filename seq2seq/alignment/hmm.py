"""A statistical word aligner, which learns from sentence pairs alone which words translate each other.

Its two hidden Markov models, one for each direction (Vogel, Ney and Tillmann 1996; Och and Ney 2003, section 2.2), say
that each target word translates either one source word, probably one that is near the source word translated before,
or none. They start as Model 1 of Brown et al. 1993, in which jumps of all widths are equally probable. Then both learn
their translations from the product of the two models' posterior probabilities (Liang, Taskar and Klein 2006, "Alignment
by Agreement"). Two words are linked if the mean of both posterior probabilities is above one half.

What differs from these papers:
- Translations have a prior (`lexicon.Prior`), which expects words to be spelled with letters and to vary at their ends.
- Only the counts of links come from the product. Those of words that translate none, and those of jumps, come from each
  model's own posterior probabilities.
- The position where an alignment stops has a distribution of its own (`markov.Transitions.final_G`).

The constants were chosen once, on annotated English-French captions, and are the same for every language and corpus.
The E-step sums over all alignments instead of sampling them, so the same text always gives the same links.

Legend: B pairs of sentences, S source words, T target words, P pairs of words, V words of a vocabulary.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.alignment.alignment import END, Alignment, Link
from seq2seq.alignment.lexicon import Block, Buckets, Cells, Floats, Ints, Lexicon, Prior, Translations, Vocabulary
from seq2seq.alignment.markov import JumpCounts, Posteriors, forward_backward
from seq2seq.words import counted

__all__ = ["LONGEST", "VERSION", "Settings", "WordAligner", "WordLinks", "learn_links"]

logger = logging.getLogger(__name__)

VERSION = "2"  # of the links that equal text gets: raise it with every change of this module that may change them
LONGEST = 200  # words of a sentence that take part; time and memory grow with the product of both lengths
_BLOCK = 200_000  # cells (source words times target words) of a block: small enough for a processor's cache
_CHUNK = 2_000_000  # cells, or pairs, that `align` reads before it yields the first of them
_THRESHOLD = 0.5  # above this mean of both posteriors, a link is more probable than not

Pair = tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True)
class Settings:
    """How the aligner learns.

    The defaults were chosen on annotated English-French captions and checked on other text.

    Attributes:
        model1: iterations of expectation maximisation (EM) with Model 1.
        hmm: iterations of EM with the hidden Markov models, which follow.
        agree: whether the hidden Markov models learn translations from the product of both models' posteriors, or each
            from its own. Jumps, and which words translate none, each learns from its own in any case.
        null: the probability that a word translates none.
        uniform: the share of each jump's probability that is spread evenly over all words of a sentence.
        prior: the prior distribution of translations.
    """

    model1: int = 3
    hmm: int = 5
    agree: bool = True
    null: float = 0.05
    uniform: float = 0.05
    prior: Prior = field(default_factory=lambda: Prior(each=0.0005, cognate=0.5, stem=3.0))


class WordLinks(NamedTuple):
    """The posterior probabilities of the links of a pair of sentences.

    Attributes:
        source: the source words, of which there are `LONGEST` at most.
        target: the target words, likewise.
        forward_TS: float32 probabilities that target word t translates source word s; each row sums to 1 at most.
        reverse_TS: float32 probabilities that source word s translates target word t; each column sums to 1 at most.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    forward_TS: NDArray[np.float32]
    reverse_TS: NDArray[np.float32]

    @property
    def mean_TS(self) -> NDArray[np.float32]:  # noqa: N802 (a tensor, as the fields are)
        """The mean of both directions' probabilities, which is the probability of a link."""
        mean_TS: NDArray[np.float32] = (self.forward_TS + self.reverse_TS) * np.float32(0.5)
        return mean_TS

    def links(self, threshold: float = _THRESHOLD) -> list[Link]:
        """Return the links whose probability is above the threshold, (source, target) from 0, sorted."""
        return sorted((int(s), int(t)) for t, s in np.argwhere(self.mean_TS > threshold))

    def weight(self, link: Link) -> float:
        """Return the probability of a link (source, target); 0 if there is no such word, as where a text was cut."""
        source, target = link
        inside = source < len(self.source) and target < len(self.target)
        return float(self.mean_TS[target, source]) if inside else 0.0

    def forward(self) -> Alignment:
        """Return the forward direction: a row is a target word; its end column is the probability of no source word."""
        return _with_end(self.source, self.target, self.forward_TS)

    def reverse(self) -> Alignment:
        """Return the reverse direction: a row is a source word; its end column is the probability of no target word."""
        return _with_end(self.target, self.source, self.reverse_TS.T)

    def agreed(self) -> Alignment:
        """Return the mean of both directions: a row is a target word, scaled down to a sum of 1 if it has more."""
        mean_TS = self.mean_TS
        return _with_end(self.source, self.target, mean_TS / np.maximum(1, mean_TS.sum(axis=1, keepdims=True)))


def _with_end(source: tuple[str, ...], target: tuple[str, ...], weights_TS: NDArray[np.float32]) -> Alignment:
    rest_T = np.maximum(0, 1 - weights_TS.sum(axis=1))
    return Alignment((*source, END), target, np.column_stack([weights_TS, rest_T]).astype(np.float32), source_end=True)


class WordAligner:
    """The hidden Markov models of both directions; `fit` learns them from text.

    Attributes:
        log_likelihoods: those of the text, forward and reverse, before each iteration of EM.
    """

    def __init__(self, sides: tuple[Vocabulary, Vocabulary], lexicon: Lexicon, settings: Settings) -> None:
        self._sides = sides
        self._lexicon = lexicon
        self._settings = settings
        self._directions = tuple(_Direction(lexicon, given, settings) for given in (0, 1))
        self.log_likelihoods: list[tuple[float, float]] = []

    @classmethod
    def fit(
        cls,
        pairs: Iterable[Pair],
        settings: Settings | None = None,
        place: Callable[[int], str] = "pair {:,}".format,
    ) -> "WordAligner":
        """Learn from sentence pairs.

        It takes about 10 seconds for 29,000 pairs of 13 words on one core. It needs 4 bytes of memory for each cell (a
        source word and a target word of one pair) and about 100 for each pair of words that occur together.

        Args:
            pairs: source and target words, which are compared without regard to case. Pairs with an empty side teach
                nothing. Of a side of more than `LONGEST` words, only the first ones are used, and a warning says so.
            settings: how to learn.
            place: names a pair in that warning, given its number from 1.
        """
        sides, buckets, cut = (Vocabulary(), Vocabulary()), Buckets(), list[int]()
        for row, (source, target) in enumerate(pairs):
            buckets.add(row, sides[0].add(source[:LONGEST]), sides[1].add(target[:LONGEST]))
            if max(len(source), len(target)) > LONGEST:
                cut.append(row)
        if cut:
            logger.warning(
                f"{counted(len(cut), 'pair')} of more than {LONGEST} words a side, the first of them "
                f"{place(cut[0] + 1)}: only the first {LONGEST} words are aligned"
            )
        blocks = list(buckets.blocks(_BLOCK))
        aligner = cls(sides, Lexicon(sides, blocks), settings or Settings())
        aligner._learn(blocks)
        return aligner

    def _learn(self, blocks: Sequence[Block]) -> None:
        settings = self._settings
        cells = [self._lexicon.find(block) for block in blocks]
        for iteration in range(settings.model1 + settings.hmm):
            log_likelihoods_2 = np.zeros(2)
            for block, cells_BTS in zip(blocks, cells, strict=True):
                posteriors = [direction.posteriors(block, cells_BTS) for direction in self._directions]
                links = [direction.links(one) for direction, one in zip(self._directions, posteriors, strict=True)]
                if settings.agree and iteration >= settings.model1:
                    links = [links[0] * links[1]] * 2
                for direction, one, links_BTS in zip(self._directions, posteriors, links, strict=True):
                    direction.count(block, cells_BTS, one, links_BTS)
                log_likelihoods_2 += [one.log_likelihood for one in posteriors]
            for direction in self._directions:
                direction.maximise(jumps=iteration >= settings.model1)
            self.log_likelihoods.append((float(log_likelihoods_2[0]), float(log_likelihoods_2[1])))

    def align(self, pairs: Iterable[Pair]) -> Iterator[WordLinks]:
        """Yield the links of each pair, in order, without the words beyond the first `LONGEST` of a side.

        The pairs may be those that the aligner learned from, or others; words that it never saw together are linked by
        their positions. About two million cells are held at a time, so memory does not grow with the number of pairs.
        """
        waiting, buckets = list[Pair](), Buckets()
        for source, target in pairs:
            buckets.add(len(waiting), self._sides[0].find(source[:LONGEST]), self._sides[1].find(target[:LONGEST]))
            waiting.append((source[:LONGEST], target[:LONGEST]))
            if buckets.cells >= _CHUNK or len(waiting) >= _CHUNK:
                yield from self._aligned(waiting, buckets)
                waiting, buckets = [], Buckets()
        yield from self._aligned(waiting, buckets)

    def _aligned(self, pairs: Sequence[Pair], buckets: Buckets) -> Iterator[WordLinks]:
        found: dict[int, tuple[NDArray[np.float32], ...]] = {}
        for block in buckets.blocks(_BLOCK):
            cells_BTS = self._lexicon.find(block)
            links = [one.links(one.posteriors(block, cells_BTS)).astype(np.float32) for one in self._directions]
            found.update(zip(block.rows_B.tolist(), zip(*links, strict=True), strict=True))
        for row, (source, target) in enumerate(pairs):
            if row not in found:  # a side is empty
                found[row] = (np.zeros((len(target), len(source)), dtype=np.float32),) * 2
            forward_TS, reverse_TS = found.pop(row)
            yield WordLinks(tuple(source), tuple(target), forward_TS, reverse_TS)


def learn_links(pairs: Sequence[Pair]) -> Iterator[list[Link]]:
    """Learn from sentence pairs, and yield the links of each of them; see `WordAligner` and `WordLinks.links`."""
    return (found.links() for found in WordAligner.fit(pairs).align(pairs))


class _Direction:
    """A hidden Markov model of the words of one side, which are observed, given those of the other.

    Legend: G given words of a sentence, O observed words of a sentence.
    """

    def __init__(self, lexicon: Lexicon, given: int, settings: Settings) -> None:
        self._lexicon, self._given, self._settings = lexicon, given, settings
        self._to_OBG, self._to_BTS = (((1, 0, 2), (1, 0, 2)), ((2, 0, 1), (1, 2, 0)))[given]  # orders of dimensions
        frequencies_V = lexicon.frequencies[1 - given]
        uniform = 1 / max(1, len(frequencies_V))
        self._words = Translations(np.full(len(lexicon) + 1, uniform), np.full(lexicon.sizes[given] + 1, uniform))
        self._nulls_V = np.append(frequencies_V / max(1, frequencies_V.sum()), uniform)
        self._jumps = JumpCounts.uniform(1)
        self._reset()

    def _reset(self) -> None:
        self._link_counts_P = np.zeros(len(self._lexicon) + 1)
        self._null_counts_V = np.zeros(len(self._nulls_V))
        self._jump_counts = JumpCounts.uniform(1)  # add-one smoothing

    def posteriors(self, block: Block, cells_BTS: Cells) -> Posteriors:
        """Return the posterior probabilities of a block: the E-step."""
        given_BG, observed_BO = self._sides(block)
        words_OBG = np.ascontiguousarray(self._words.look_up(cells_BTS.transpose(self._to_OBG), given_BG))
        transitions = self._jumps.probabilities(given_BG.shape[1], self._settings.uniform)
        return forward_backward(words_OBG, self._nulls_V[observed_BO.T], transitions, self._settings.null)

    def links(self, posteriors: Posteriors) -> Floats:
        """Return the posterior probabilities of links, (B, T, S)."""
        return posteriors.links_OBG.transpose(self._to_BTS)

    def count(self, block: Block, cells_BTS: Cells, posteriors: Posteriors, links_BTS: Floats) -> None:
        """Add the expected counts of a block: those of links as given, the others from the posteriors."""
        _, observed_BO = self._sides(block)
        np.add.at(self._link_counts_P, cells_BTS.ravel(), links_BTS.ravel())  # much faster than with three dimensions
        np.add.at(self._null_counts_V, observed_BO.T.ravel(), posteriors.nulls_OB.ravel())
        self._jump_counts.add(posteriors.transitions)

    def maximise(self, jumps: bool) -> None:
        """Estimate the probabilities from the counts, those of jumps only if asked, and reset them: the M-step."""
        prior = self._settings.prior
        self._words = self._lexicon.estimate(self._link_counts_P[:-1], self._given, prior)
        nulls_V = self._null_counts_V + prior.each
        self._nulls_V = nulls_V / max(nulls_V.sum(), 1e-12)
        if jumps:
            self._jumps = self._jump_counts
        self._reset()

    def _sides(self, block: Block) -> tuple[Ints, Ints]:
        """Return the given words, (B, G), and the observed ones, (B, O)."""
        sides = block.source_BS, block.target_BT
        return sides[self._given], sides[1 - self._given]
