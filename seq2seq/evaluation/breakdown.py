"""Scores of parts of a corpus, which tell where a system is good and where it is not."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from seq2seq.corpus.inspection import length_names
from seq2seq.errors import ConfigError, DataError
from seq2seq.evaluation.metrics import bleu
from seq2seq.words import counted, split_words

__all__ = ["PartScore", "by_label", "by_length", "check_bounds", "check_labels"]


@dataclass(frozen=True)
class PartScore:
    """The scores of a part of the sentences.

    Attributes:
        label: what the part is called: its sentences' label, or the range of their lengths.
        sentences: how many there are.
        exact: per cent of them whose words are exactly those of the reference.
        bleu: their corpus BLEU.
    """

    label: str
    sentences: int
    exact: float
    bleu: float


def by_label(
    hypotheses: Sequence[str], references: Sequence[str], labels: Sequence[str], name: str = "labels"
) -> list[PartScore]:
    """Return the scores of each label's sentences, the most frequent label first.

    Args:
        hypotheses: the output, detokenised.
        references: as many lines.
        labels: as many lines of labels, with spaces between; a sentence counts for each of its labels.
        name: what an error calls the labels: their file, say.

    Raises:
        ValueError: there are different numbers of hypotheses and references, or the labels are a single text.
        DataError: there are more or fewer lines of labels.
    """
    _check_answers(hypotheses, references)
    check_labels(labels, len(hypotheses), name)
    rows: dict[str, list[int]] = {}
    for row, line in enumerate(labels):
        for label in dict.fromkeys(line.split()):
            rows.setdefault(label, []).append(row)
    ordered = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_score(label, hypotheses, references, places) for label, places in ordered]


def by_length(
    hypotheses: Sequence[str], references: Sequence[str], sources: Sequence[str], bounds: Sequence[int]
) -> list[PartScore]:
    """Return the scores of sentences whose source has up to so many words; a part without sentences is left out.

    Args:
        hypotheses: the output, detokenised.
        references: as many lines.
        sources: as many lines, whose words are counted.
        bounds: the largest number of words of each part but the last, which holds the longer ones.

    Raises:
        ValueError: there are different numbers of lines.
        ConfigError: the bounds do not rise from 1 or more.
    """
    check_bounds(bounds, "bounds")
    _check_answers(hypotheses, references)
    _check_answers(hypotheses, sources)
    parts: list[list[int]] = [[] for _ in range(len(bounds) + 1)]
    for row, source in enumerate(sources):
        parts[bisect.bisect_left(bounds, len(split_words(source)))].append(row)
    return [
        _score(name, hypotheses, references, rows)
        for name, rows in zip(length_names(bounds), parts, strict=True)
        if rows
    ]


def check_labels(labels: Sequence[str], sentences: int, name: str) -> None:
    """Refuse labels that are not a line for each sentence.

    Args:
        labels: lines of labels.
        sentences: how many sentences there are.
        name: what an error calls the labels.

    Raises:
        DataError: there are more or fewer lines.
        ValueError: the labels are a single text.
    """
    if isinstance(labels, str):
        raise ValueError("a list of lines of labels is expected, not a single text; put brackets around it")
    if len(labels) != sentences:
        lines = counted(len(labels), "line")
        raise DataError(f"{name}: {lines} of labels for {counted(sentences, 'sentence')}: line i must label line i")


def check_bounds(bounds: Sequence[int], name: str) -> None:
    """Refuse bounds of lengths that do not rise from 1 or more.

    Args:
        bounds: numbers of words.
        name: what an error calls them.

    Raises:
        ConfigError: there is no bound, one is less than 1, or one is not larger than that before it.
    """
    if not bounds or bounds[0] < 1 or list(bounds) != sorted(set(bounds)):
        raise ConfigError(f"{name}: rising numbers of words are expected, as in 10,20,30")


def _check_answers(hypotheses: Sequence[str], others: Sequence[str]) -> None:
    if len(hypotheses) != len(others):
        raise ValueError(f"there must be as many lines on each side, not {len(hypotheses)} and {len(others)}")


def _score(label: str, hypotheses: Sequence[str], references: Sequence[str], rows: Sequence[int]) -> PartScore:
    said, wanted = [hypotheses[i] for i in rows], [references[i] for i in rows]
    exact = sum(split_words(a) == split_words(b) for a, b in zip(said, wanted, strict=True))
    return PartScore(label, len(rows), 100 * exact / len(rows), bleu(said, wanted))
