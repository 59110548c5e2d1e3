"""Where a system is good and where not: scores of the sentences that share a label, or are of like length."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from seq2seq.corpus.inspection import length_names
from seq2seq.evaluation.metrics import bleu

__all__ = ["LabelScore", "by_label", "by_length"]


@dataclass(frozen=True)
class LabelScore:
    """Of the sentences with a label: how many, per cent of them exactly as the reference, and their BLEU."""

    label: str
    sentences: int
    exact: float
    bleu: float


def by_label(hypotheses: Sequence[str], references: Sequence[str], labels: Sequence[str]) -> list[LabelScore]:
    """Scores for each label, the most frequent label first; a sentence counts for each of its labels.

    Args:
        hypotheses: the output, detokenised.
        references: as many lines.
        labels: as many lines of labels, with spaces between.

    Raises:
        ValueError: different line counts.
    """
    if not len(hypotheses) == len(references) == len(labels):
        raise ValueError(
            f"{len(hypotheses)} hypotheses, {len(references)} references and {len(labels)} lines of labels"
        )
    rows: dict[str, list[int]] = {}
    for row, line in enumerate(labels):
        for label in dict.fromkeys(line.split()):
            rows.setdefault(label, []).append(row)
    ordered = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_score(label, hypotheses, references, places) for label, places in ordered]


def by_length(
    hypotheses: Sequence[str], references: Sequence[str], sources: Sequence[str], bounds: Sequence[int]
) -> list[LabelScore]:
    """Scores of sentences by the words of their source, up to each bound and beyond; empty groups left out.

    Raises:
        ValueError: different line counts.
    """
    groups: list[list[int]] = [[] for _ in range(len(bounds) + 1)]
    for row, (source, _, _) in enumerate(zip(sources, hypotheses, references, strict=True)):
        groups[bisect.bisect_left(bounds, len(source.split()))].append(row)
    return [
        _score(name, hypotheses, references, rows)
        for name, rows in zip(length_names(bounds), groups, strict=True)
        if rows
    ]


def _score(label: str, hypotheses: Sequence[str], references: Sequence[str], rows: Sequence[int]) -> LabelScore:
    said, wanted = [hypotheses[i] for i in rows], [references[i] for i in rows]
    exact = sum(a.split() == b.split() for a, b in zip(said, wanted, strict=True))
    return LabelScore(label, len(rows), 100 * exact / len(rows), bleu(said, wanted))
