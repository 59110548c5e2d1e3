"""Translating a corpus and scoring the result, as a whole and in parts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from seq2seq.errors import DataError
from seq2seq.evaluation.breakdown import PartScore, by_label, by_length, check_bounds
from seq2seq.evaluation.metrics import Scores, check_lines, score

if TYPE_CHECKING:
    from seq2seq.decoding.translation import Translation
    from seq2seq.decoding.translator import Place, Translator

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """What a translator's output is worth.

    Attributes:
        scores: of all sentences.
        by_label: of the sentences of each label; None if no labels were given.
        by_length: of the sentences of each range of lengths; None if no bounds were given.
        translations: the output itself, a translation for each source.
    """

    scores: Scores
    by_label: list[PartScore] | None = None
    by_length: list[PartScore] | None = None
    translations: "tuple[Translation, ...]" = ()

    @property
    def parts(self) -> dict[str, list[PartScore]]:
        """The scores of parts of the sentences, under what the parts differ in: ``labels`` or ``lengths``."""
        named = {"labels": self.by_label, "lengths": self.by_length}
        return {name: found for name, found in named.items() if found is not None}

    def as_dict(self) -> dict[str, Any]:
        """Return the scores, without the translations, as a dictionary for JSON."""
        return self.scores.as_dict() | {name: [asdict(part) for part in found] for name, found in self.parts.items()}


def evaluate(
    translator: "Translator",
    sources: Sequence[str],
    references: Sequence[str],
    *,
    labels: Sequence[str] | None = None,
    lengths: Sequence[int] = (),
    place: "Place" = "line {} of the sources".format,
    progress: "Callable[[Iterable[Translation]], Iterable[Translation]]" = iter,
) -> Evaluation:
    """Translate sentences and score the translations.

    Args:
        translator: what translates; its target language chooses the rules of the published scale.
        sources: the sentences to translate.
        references: as many lines, their true translations.
        labels: as many lines of labels, with spaces between: adds scores by label.
        lengths: upper bounds of source lengths, in words: adds scores by length.
        place: how the warning of a source that is cut calls it, given its number from 1.
        progress: passes the translations on, one by one as they come; ``tqdm``, for example, shows a bar.

    Raises:
        DataError: there are different numbers of lines, or none; or a line is too long to be scored (see `score`).
        ConfigError: the bounds of the lengths do not rise from 1 or more.
        CheckpointError: the model's scores are not finite numbers.
    """
    _check(sources, references, labels, lengths)
    translations = tuple(progress(translator.stream(sources, place=place)))
    hypotheses = [translation.text for translation in translations]
    return Evaluation(
        score(hypotheses, references, translator.languages[1], names=("translations", "references")),
        by_label(hypotheses, references, labels) if labels is not None else None,
        by_length(hypotheses, references, sources, lengths) if lengths else None,
        translations,
    )


def _check(
    sources: Sequence[str], references: Sequence[str], labels: Sequence[str] | None, lengths: Sequence[int]
) -> None:
    """Refuse before the work what could not be scored after it."""
    for lines, name in ((references, "references"), (labels, "lines of labels")):
        if lines is not None and len(lines) != len(sources):
            raise DataError(f"{len(sources)} sources but {len(lines)} {name}: line i must answer line i")
    if not sources:
        raise DataError("nothing to score: there is no line")
    check_lines(references, "references")
    if lengths:
        check_bounds(lengths, "lengths")
