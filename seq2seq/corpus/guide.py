"""Links of words as targets of attention: where each target token should look, piece by piece.

Links are between units: words, or words with punctuation split off (see `seq2seq.words`). A model attends to pieces,
and sampled pieces differ from epoch to epoch, so each piece is traced to its units by its spelling.

Legend: B batch, S source tokens, T target tokens (end tokens counted), U source units, V target units, N target tokens
of all pairs that are taught to look at the end.
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

Span = tuple[int, int]  # the first unit and the last

_REMEMBERED_WORDS = 50_000  # at some 0.5 kB each


class PieceUnits:
    """Finds which units of a text each of its pieces spells, however the text was segmented.

    Pieces spell the normalised text, and SentencePiece's normaliser gives the place in the text of each letter of that.
    Normalised words are cached with their units, which is where the time goes: no piece crosses a space.

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

    def units_of_pieces(self, text: str, ids: Sequence[int]) -> list[Span]:
        """Return the first and the last unit that each piece of a text has letters of: a piece may spell ``2013.``.

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
        ends = list(itertools.accumulate(lengths))  # no piece is without letters
        return [(units[begin], units[end - 1]) for begin, end in itertools.pairwise([0, *ends])]

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
    links: Sequence[Sequence[int]], source_units: Sequence[Sequence[Span]], target_units: Sequence[Sequence[Span]]
) -> NDArray[np.float32]:
    """Return the distribution over source tokens that each target token's attention is taught (B, T, S).

    - A piece of linked units: each source unit that they are linked to has an equal share, and its pieces share that.
    - A piece of units without a link, and the end token: the source's end token, the null of alignment models.
    - Padding, and all of a pair that has no link between units with pieces: zeros, which teach nothing.

    Args:
        links: those of each pair, one after the other: source unit, target unit, source unit, …
        source_units: the units of each source piece of each pair, without the end token (see `PieceUnits`).
        target_units: the same of the target.
    """
    lasts = (last for row in (*source_units, *target_units) for _, last in row)
    units = 1 + max(itertools.chain(lasts, *links), default=-1)
    source_BSU, source_B = _covered(source_units, units)
    target_BTV, target_B = _covered(target_units, units)
    linked_BVU = np.zeros((len(links), units, units), dtype=np.float32)
    for linked_VU, flat in zip(linked_BVU, links, strict=True):
        linked_VU[flat[1::2], flat[::2]] = 1
    pieces_B1U = source_BSU.sum(axis=1, keepdims=True)  # none where normalisation left nothing of a unit
    linked_BTU = (target_BTV @ linked_BVU > 0) & (pieces_B1U > 0)
    shares_BTU = linked_BTU / np.maximum(linked_BTU.sum(axis=2, keepdims=True, dtype=np.float32), 1)
    targets_BTS: NDArray[np.float32] = shares_BTU @ (source_BSU / np.maximum(pieces_B1U, 1)).transpose(0, 2, 1)
    null_BT = ~linked_BTU.any(axis=2) & (np.arange(target_BTV.shape[1]) <= target_B[:, None])
    pair_N, token_N = np.nonzero(null_BT & linked_BTU.any(axis=(1, 2))[:, None])
    targets_BTS[pair_N, token_N, source_B[pair_N]] = 1
    return targets_BTS


def _covered(spans: Sequence[Sequence[Span]], units: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return 1 where a token is a piece of a unit, (B, tokens, units), and how many pieces each text has.

    End tokens and padding are of no unit.
    """
    pieces_B = np.array([len(row) for row in spans], dtype=np.int64)
    filled = np.full((len(spans), pieces_B.max(initial=0) + 1, 2), (units, -1))
    for row, own in zip(filled, spans, strict=True):
        row[: len(own)] = np.reshape(own, (-1, 2))
    first, last = filled[..., :1], filled[..., 1:]
    return ((first <= np.arange(units)) & (np.arange(units) <= last)).astype(np.float32), pieces_B
