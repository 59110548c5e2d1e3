"""Translating a corpus and scoring the result, as a whole and in parts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from seq2seq.evaluation.breakdown import PartScore, by_label, by_length, check_bounds, check_labels
from seq2seq.evaluation.metrics import Scores, check_parallel, measure

if TYPE_CHECKING:
    from seq2seq.decoding.translation import Translation
    from seq2seq.decoding.translator import Translator

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
    names: tuple[str, str, str] = ("sources", "references", "labels"),
    progress: "Callable[[Iterable[Translation]], Iterable[Translation]]" = iter,
) -> Evaluation:
    """Translate sentences and score the translations.

    Args:
        translator: what translates; its target language chooses the rules of the published scale.
        sources: the sentences to translate.
        references: as many lines, their true translations.
        labels: as many lines of labels, with spaces between: adds scores by label.
        lengths: upper bounds of source lengths, in words: adds scores by length.
        names: what messages call the sources, the references and the labels: their files, say.
        progress: passes the translations on, one by one as they come; ``tqdm``, for example, shows a bar.

    Raises:
        DataError: there are different numbers of lines, or none.
        ValueError: the sources, the references or the labels are a single text.
        ConfigError: the bounds of the lengths do not rise from 1 or more.
        CheckpointError: the model's scores are not finite numbers.
    """
    # Whatever could not be scored after the work is refused before it.
    check_parallel(sources, references, names[:2])
    if labels is not None:
        check_labels(labels, len(sources), names[2])
    if lengths:
        check_bounds(lengths, "lengths")
    translations = tuple(progress(translator.stream(sources, place=lambda number: f"{names[0]}:{number}")))
    hypotheses = [translation.text for translation in translations]
    return Evaluation(
        measure(hypotheses, references, translator.languages[1], ("translations", names[1])),
        by_label(hypotheses, references, labels) if labels is not None else None,
        by_length(hypotheses, references, sources, lengths) if lengths else None,
        translations,
    )
