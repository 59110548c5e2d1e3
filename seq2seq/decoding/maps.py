"""From a map's weights over pieces to alignments of words, for every map that a model may have."""

from typing import Any, NamedTuple

from seq2seq.alignment import END, Alignment
from seq2seq.corpus.tokenizer import Segmented

__all__ = ["START", "labelled"]

START = "<s>"


class Axis(NamedTuple):
    """Units along one side of a map: pieces, words, and the word of each piece."""

    pieces: list[str]
    words: list[str]
    word_of_piece: list[int]


def labelled(name: str, weights: Any, source: Segmented, target: Segmented, words: bool) -> Alignment:
    """One head's weights of a map (see `Seq2Seq.forward`), padding and all, as an alignment of words or pieces.

    ``cross``: target over source; ``encoder``: source over source; both with their end tokens. ``decoder``:
    what the decoder had read, begin token first, over the same. ``pooling``: queries over source.
    """
    over_source = _ended(source)
    rows, columns = {
        "cross": lambda: (_ended(target), over_source),
        "encoder": lambda: (over_source, over_source),
        "decoder": lambda: (_begun(target), _begun(target)),
        "pooling": lambda: (_queries(len(weights)), over_source),
    }[name]()
    cut = weights[: len(rows.pieces), : len(columns.pieces)]
    pieces = Alignment(
        tuple(columns.pieces), tuple(rows.pieces), cut,
        source_end=name != "decoder", target_end=name in ("cross", "encoder"),
    )  # fmt: skip
    if not words:
        return pieces
    return pieces.merged(columns.words, columns.word_of_piece, rows.words, rows.word_of_piece)


def _ended(text: Segmented) -> Axis:
    return Axis([*text.pieces, END], [*text.words, END], [*text.word_of_piece, len(text.words)])


def _begun(text: Segmented) -> Axis:
    return Axis([START, *text.pieces], [START, *text.words], [0, *(word + 1 for word in text.word_of_piece)])


def _queries(count: int) -> Axis:
    names = [f"query {k}" for k in range(1, count + 1)] if count > 1 else ["sentence"]
    return Axis(names, names, list(range(count)))
