"""Where a system is good and where not: scores of the sentences that share a label."""

from collections.abc import Sequence
from dataclasses import dataclass

from seq2seq.evaluation.metrics import bleu

__all__ = ["LabelScore", "by_label"]


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
    scores = []
    for label, places in sorted(rows.items(), key=lambda item: (-len(item[1]), item[0])):
        said, wanted = [hypotheses[i] for i in places], [references[i] for i in places]
        exact = sum(a.split() == b.split() for a, b in zip(said, wanted, strict=True))
        scores.append(LabelScore(label, len(places), 100 * exact / len(places), bleu(said, wanted)))
    return scores
