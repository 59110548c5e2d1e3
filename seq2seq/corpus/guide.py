"""Links of words as targets of attention: where each target token should look, piece by piece.

Links are between units: words, or words with punctuation split off (see `seq2seq.words`). A model attends to pieces,
and sampled pieces differ from epoch to epoch, so each piece is traced to its unit by its spelling.

Legend: B batch, S source tokens, T target tokens (end tokens counted), U source units, V target units.
"""

import bisect
import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.symbols import EOS, UNK
from seq2seq.words import split_words, word_spans

__all__ = ["PieceUnits", "attention_targets"]

_REMEMBERED_WORDS = 50_000  # at some 0.5 kB each


class PieceUnits:
    """Tells to which unit of a text each of its pieces belongs, however the text was segmented.

    Pieces spell the normalised text, and SentencePiece tells from which character of the text each character of that
    comes. What is costly is remembered by word: no piece crosses a space.

    Args:
        processor: a loaded ``sentencepiece.SentencePieceProcessor``.
        split_punctuation: whether punctuation is a unit of its own, as in `word_spans`.
    """

    def __init__(self, processor: Any, split_punctuation: bool) -> None:
        pieces = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
        self._processor, self._split = processor, split_punctuation
        self._lengths = [len(piece) for piece in pieces]
        self._letters = {piece for piece in pieces[EOS + 1 :] if len(piece) == 1}
        self._word = lru_cache(_REMEMBERED_WORDS)(self._traced)

    def of(self, text: str, ids: Sequence[int]) -> list[int]:
        """Return the index of the unit of each piece of a text; a piece belongs to the unit of its last character.

        Args:
            text: the text.
            ids: any segmentation of it, without begin and end tokens.
        """
        words, units, first = split_words(text), [], 0
        for word in words:
            letters, owners, count = self._word(word)
            units += [first] * len(letters) if count == 1 else [first + owner for owner in owners]
            first += count
        lengths = [self._lengths[i] for i in ids]
        if UNK in ids:
            lengths = self._with_unknown(ids, lengths, "".join(self._word(word)[0] for word in words))
        return [units[end - 1] for end in itertools.accumulate(lengths)]

    def _traced(self, word: str) -> tuple[str, list[int], int]:
        """Return a word's normalised letters, the unit of each among the word's units, and how many units it has."""
        letters, places = self._processor.normalize(word, with_offsets=True)
        ends = [end for _, end in word_spans(word, self._split)]
        # A letter between units, where a no-break space was, begins the next one.
        last = max(len(ends) - 1, 0)
        return letters, [min(bisect.bisect_right(ends, place), last) for place in places[:-1]], len(ends)

    def _with_unknown(self, ids: Sequence[int], lengths: list[int], spelling: str) -> list[int]:
        """Return the lengths of pieces, where an unknown one is a run of letters that are no pieces."""
        found, place = [], 0
        for i, length in zip(ids, lengths, strict=True):
            end = place + length
            if i == UNK:
                end = place
                while end < len(spelling) and spelling[end] not in self._letters:
                    end += 1
            found.append(end - place)
            place = end
        return found


def attention_targets(
    links: Sequence[Sequence[int]], source_units: Sequence[Sequence[int]], target_units: Sequence[Sequence[int]]
) -> NDArray[np.float32]:
    """Return the distribution over source tokens that each target token's attention is taught (B, T, S).

    - A piece of a linked unit: each source unit that it is linked to has an equal share, and its pieces share that.
    - A piece of a unit without a link, and the end token: the source's end token, the null of alignment models.
    - Padding, and all of a pair that has no link: zeros, which teach nothing.

    Args:
        links: those of each pair, one after the other: source unit, target unit, source unit, …
        source_units: the unit of each source piece of each pair, without the end token (see `PieceUnits`).
        target_units: the same of the target.
    """
    units_BS, source_end = _with_end(source_units, links, 0)
    units_BT, target_end = _with_end(target_units, links, 1)
    linked_BVU = np.zeros((len(links), target_end + 2, source_end + 2), dtype=np.float32)  # and a unit of padding
    pairs_B1 = np.arange(len(links))[:, None]
    for linked_VU, flat in zip(linked_BVU, links, strict=True):
        linked_VU[flat[1::2], flat[::2]] = 1
    pieces_BU = np.zeros((len(links), source_end + 2), dtype=np.float32)
    np.add.at(pieces_BU, (pairs_B1, units_BS), 1)
    linked_BVU *= pieces_BU[:, None] > 0  # normalisation may leave nothing of a unit
    has_links_B1 = np.array([[len(flat) > 0] for flat in links])
    linked_BVU[:, :-1, source_end] = has_links_B1 & (linked_BVU.sum(axis=2) == 0)[:, :-1]
    shares_BVU = linked_BVU / np.maximum(linked_BVU.sum(axis=2, keepdims=True), 1)
    shares_BVU /= np.maximum(pieces_BU, 1)[:, None]
    targets_BTS: NDArray[np.float32] = shares_BVU[pairs_B1[:, None], units_BT[:, :, None], units_BS[:, None]]
    return targets_BTS


def _with_end(
    units: Sequence[Sequence[int]], links: Sequence[Sequence[int]], side: int
) -> tuple[NDArray[np.int64], int]:
    """Return units of pieces, padded, and the unit of end tokens, the next that is free; padding has the one after."""
    end = 1 + max((max(row, default=-1) for row in (*units, *(flat[side::2] for flat in links))), default=-1)
    filled = np.full((len(units), max(map(len, units), default=0) + 1), end + 1)
    for row, own in zip(filled, units, strict=True):
        row[: len(own)] = own
        row[len(own)] = end
    return filled, end
