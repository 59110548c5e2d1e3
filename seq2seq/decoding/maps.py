"""From what a model tells of pieces to what is told of words: the weights of every map, and probabilities."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from seq2seq.alignment import END, Alignment
from seq2seq.corpus.tokenizer import Segmented

__all__ = [
    "START", "Pair", "Units", "batches", "check_units", "cut", "default_units", "head_alignments", "numbered",
    "unit_log_probs",
]  # fmt: skip

START = "<s>"

Pair = tuple[Segmented, Segmented]  # a source and its target
Units = Literal["words", "split", "pieces"]  # words as given, words with punctuation split off, the model's subwords


def check_units(units: str) -> None:
    """Refuse units that there are none of.

    Raises:
        ValueError: they are none of `Units`.
    """
    known = get_args(Units)
    if units not in known:
        raise ValueError(f"units={units!r}: choose one of {', '.join(known)}")


def default_units(has_gold: bool) -> Units:
    """Return the units of a picture or page where none are chosen: words with punctuation split off.

    True links count words as spaces separate them, as in every other command, so those are shown beside such links.
    """
    return "words" if has_gold else "split"


def numbered(name: str, what: str, count: int) -> str:
    """Return what an error says of the layers or heads of a map, given its name, their name and how many they are."""
    there, way_out = (f"{what}s 1 to {count}", "give one of them") if count > 1 else (f"one {what}", "give 1")
    others = " ('cross' has those of the attention)" if name == "alignment" else ""
    return f"the map {name!r} has {there}{others}; {way_out}"


def cut(text: Segmented, most: int) -> Segmented:
    """Return the beginning of a text, of at most `most` pieces and at most `most` words, or the text itself.

    Words that are kept keep their numbers. (A word has a piece as a rule, but one of characters that normalisation
    removes has none.)
    """
    pieces = min(most, bisect_left(text.word_of_piece, most))
    words = min(most, len(text.words))
    if pieces < len(text.ids):
        words = text.word_of_piece[pieces - 1] + 1 if pieces else 0
    elif words == len(text.words):
        return text
    return Segmented(
        text.text, text.ids[:pieces], text.pieces[:pieces], text.words[:words], text.word_of_piece[:pieces]
    )


def batches(pairs: Iterable[Pair], most: int, area: int) -> Iterator[list[Pair]]:
    """Yield batches in order: `most` pairs, or fewer where their number × T × S would exceed `area`."""
    part: list[Pair] = []
    longest_source = longest_target = 0
    for pair in pairs:
        source, target = (len(side.ids) + 1 for side in pair)
        each = max(longest_source, source) * max(longest_target, target)
        if part and (len(part) == most or each * (len(part) + 1) > area):
            yield part
            part, longest_source, longest_target = [], 0, 0
        part.append(pair)
        longest_source, longest_target = max(longest_source, source), max(longest_target, target)
    if part:
        yield part


class Axis(NamedTuple):
    """The units along one side of a map: pieces, words, and the word of each piece."""

    pieces: list[str]
    words: list[str]
    word_of_piece: list[int]


def head_alignments(
    name: str, heads: Iterable[Any], source: Segmented, target: Segmented, units: Units
) -> list[Alignment]:
    """Return the alignment of units that each head of a map's layer (see `Seq2Seq.forward`) gives.

    The axes of a map depend on its name: ``alignment`` and ``cross`` are target over source and ``encoder`` source over
    source, both with their end tokens; ``decoder`` is what the decoder had read, begin token first, over the same;
    ``pooling`` is queries over source.

    Args:
        name: the map.
        heads: (rows, columns) weights of each head; padding, on the right and below, is dropped.
        source: the source text.
        target: the target text.
        units: of what the alignment is; the texts hold the words that pieces are merged to.
    """
    return [_head_alignment(name, weights, source, target, units) for weights in heads]


def _head_alignment(name: str, weights: Any, source: Segmented, target: Segmented, units: Units) -> Alignment:
    over_source = _ended(source)
    rows, columns = {
        "alignment": lambda: (_ended(target), over_source),
        "cross": lambda: (_ended(target), over_source),
        "encoder": lambda: (over_source, over_source),
        "decoder": lambda: (_begun(target), _begun(target)),
        "pooling": lambda: (_queries(len(weights)), over_source),
    }[name]()
    inside = weights[: len(rows.pieces), : len(columns.pieces)]
    pieces = Alignment(
        tuple(columns.pieces), tuple(rows.pieces), inside,
        source_end=name != "decoder", target_end=name in ("alignment", "cross", "encoder"),
    )  # fmt: skip
    if units == "pieces":
        return pieces
    return pieces.merged(columns.words, columns.word_of_piece, rows.words, rows.word_of_piece)


def unit_log_probs(log_probs_T: Any, target: Segmented, units: Units) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return the target's units, the end token last, and the log-probability of each; see `Inspection`.

    Args:
        log_probs_T: the log-probability of each piece of the target, and of the end token.
        target: the target text.
        units: the units to merge pieces to.
    """
    axis = _ended(target)
    if units == "pieces":
        return tuple(axis.pieces), tuple(map(float, log_probs_T))
    sums = np.zeros(len(axis.words))
    np.add.at(sums, axis.word_of_piece, log_probs_T)
    sums[np.setdiff1d(np.arange(len(sums)), axis.word_of_piece)] = np.nan
    return tuple(axis.words), tuple(map(float, sums))


def _ended(text: Segmented) -> Axis:
    return Axis([*text.pieces, END], [*text.words, END], [*text.word_of_piece, len(text.words)])


def _begun(text: Segmented) -> Axis:
    return Axis([START, *text.pieces], [START, *text.words], [0, *(word + 1 for word in text.word_of_piece)])


def _queries(count: int) -> Axis:
    names = [f"query {k}" for k in range(1, count + 1)] if count > 1 else ["sentence"]
    return Axis(names, names, list(range(count)))
