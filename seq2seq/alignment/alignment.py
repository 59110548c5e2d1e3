"""Soft word alignments: weights of each target unit over the source's units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from seq2seq.alignment.links import Gold

__all__ = ["END", "THRESHOLD", "Alignment", "Link", "mean"]

END = "</s>"

Link = tuple[int, int]  # the indices, from 0, of a source and a target word

THRESHOLD = 0.4  # of links where nobody chose another one: that of the options, `DecodingConfig.alignment_threshold`


@dataclass(frozen=True, eq=False)
class Alignment:
    """Weights of target units (rows) over source units (columns).

    Equal units with equal weights are equal alignments, whatever their thresholds, so their `links` may differ.

    Attributes:
        source: the S units of the source, words or pieces.
        target: the T units of the target.
        weights_TS: float32 weights from 0 to 1; a row sums to 1, or is all 0.
        source_end: whether the last unit of the source is the end token.
        target_end: whether the last unit of the target is the end token.
        threshold: the share of a row's weight from which a word is linked; see `links`.

    Raises:
        ValueError: the shape of the weights is not (T, S).
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights_TS: NDArray[np.float32]
    source_end: bool = False
    target_end: bool = False
    threshold: float = THRESHOLD

    def __post_init__(self) -> None:
        if self.weights_TS.shape != (len(self.target), len(self.source)):
            raise ValueError(
                f"weights of shape {self.weights_TS.shape} for {len(self.target)} × {len(self.source)} units"
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Alignment):
            return NotImplemented
        return self._units == other._units and np.array_equal(self.weights_TS, other.weights_TS)

    def __hash__(self) -> int:
        return hash(self._units)

    @property
    def _units(self) -> tuple[tuple[str, ...], tuple[str, ...], bool, bool]:
        return self.source, self.target, self.source_end, self.target_end

    def without_end(self, renormalise: bool = True) -> "Alignment":
        """Return the alignment without the end tokens' row and column.

        `links` cannot tell then which words gave most of their weight to the end token: ask for them before.

        Args:
            renormalise: whether what remains of each row is made to sum to 1. A picture keeps the weights as they
                are: a head that looks at the end token alone would seem to look at whatever word had the rest.
        """
        rows, columns = len(self.target) - self.target_end, len(self.source) - self.source_end
        weights_TS = self.weights_TS[:rows, :columns]
        if renormalise and self.source_end:
            weights_TS = _normalised(weights_TS)
        return Alignment(self.source[:columns], self.target[:rows], weights_TS, threshold=self.threshold)

    def links(self, threshold: float | None = None) -> list[Link]:
        """Return hard links: which source words each target word is a translation of.

        A target word links with the source word to which it gives most weight (as Garg et al. 2019 read attention),
        and with each other one to which it gives at least a threshold's share of what it gives to words. It has no
        link if it gives more than half of its weight to the end token (which an alignment `without_end` does not
        know), or none at all. The end tokens themselves take part on neither side. Of equal weights below the
        threshold, that of the first source word counts.

        Args:
            threshold: from 0 (every word with any weight) to 1; more than 1 allows one link a target word. By
                default it is the alignment's own.

        Returns:
            (source, target) indices from 0, sorted.
        """
        words_TS = self.without_end(renormalise=False).weights_TS
        if not words_TS.size:
            return []
        totals_T1 = words_TS.sum(axis=1, keepdims=True)
        shares_TS = words_TS / np.where(totals_T1 > 0, totals_T1, 1)
        chosen_TS = (shares_TS >= (self.threshold if threshold is None else threshold)) & (words_TS > 0)
        chosen_TS[np.arange(len(words_TS)), words_TS.argmax(axis=1)] = True
        chosen_TS &= totals_T1 > 0
        if self.source_end:
            chosen_TS &= self.weights_TS[: len(words_TS), -1:] <= 0.5
        return sorted((int(s), int(t)) for t, s in np.argwhere(chosen_TS))

    def weight(self, link: Link) -> float:
        """Return the weight of a source word for a target word; 0 if there is no such word, as where a text was cut."""
        source, target = link
        inside = source < len(self.source) - self.source_end and target < len(self.target) - self.target_end
        return float(self.weights_TS[target, source]) if inside else 0.0

    def merged(
        self, source: Sequence[str], source_of: Sequence[int], target: Sequence[str], target_of: Sequence[int]
    ) -> "Alignment":
        """Return the alignment of words that pieces make up.

        A source word gets the sum of its pieces' columns, because attention to a word is attention to any of its
        pieces. A target word gets the mean of its pieces' rows, so that a row still sums to 1. Pieces without a
        letter or digit, such as the stop of "rouge." or the bare mark of a word's beginning, are left out of that
        mean where the word has others: punctuation looks at punctuation. A word without pieces, of characters that
        normalisation removes, gets zeros.

        Args:
            source: the source words; an end token counts as one.
            source_of: for each piece of the source, the index of its word.
            target: the target words; an end token counts as one.
            target_of: for each piece of the target, the index of its word.
        """
        into_source = np.zeros((len(self.source), len(source)), dtype=np.float32)
        into_source[np.arange(len(self.source)), list(source_of)] = 1
        into_target = np.zeros((len(target), len(self.target)), dtype=np.float32)
        into_target[list(target_of), np.arange(len(self.target))] = 1
        spoken = into_target * [any(map(str.isalnum, piece)) for piece in self.target]
        into_target = np.where(spoken.any(axis=1, keepdims=True), spoken, into_target)
        into_target = into_target / np.maximum(into_target.sum(axis=1, keepdims=True), 1)
        merged = (into_target @ self.weights_TS @ into_source).astype(np.float32)
        return replace(self, source=tuple(source), target=tuple(target), weights_TS=merged)

    def heatmap(self, path: str | Path, gold: "Gold | None" = None, **style: Any) -> None:
        """Draw the alignment; see `seq2seq.alignment.heatmap.draw_heatmaps`.

        Args:
            path: the picture's file, which ends in .png, .svg or .pdf.
            gold: the true links, to be marked.
            **style: how it looks: options of `Style`, such as ``width=3.3, serif=True, links=True``.

        Raises:
            ConfigError: an option has a wrong value, there is nothing to draw, or the file cannot be written.
            DataError: a gold link lies outside the alignment.
        """
        from seq2seq.alignment.heatmap import draw_heatmaps
        from seq2seq.alignment.panels import Panel, Style

        draw_heatmaps([[Panel("", self, gold)]], Path(path), Style(**style))

    def _repr_html_(self) -> str:
        """Return the alignment as a notebook shows it."""
        from seq2seq.alignment.notebook import html_table

        return html_table(self)


def mean(alignments: Sequence[Alignment]) -> Alignment:
    """Return the mean of alignments of the same units: of the heads of a layer, for example."""
    weights_HTS = np.stack([alignment.weights_TS for alignment in alignments])
    return replace(alignments[0], weights_TS=weights_HTS.mean(axis=0, dtype=np.float32))


def _normalised(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    totals = weights.sum(axis=1, keepdims=True)
    return (weights / np.where(totals > 0, totals, 1)).astype(np.float32)
