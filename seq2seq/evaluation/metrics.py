"""Corpus scores, each with the signature that says how to repeat it.

A metric is a function and a line of `METRICS`, at the end of this file: `Scores`, the JSON and the tables of the
command line follow from it.

There are two BLEU scales, which are not comparable with each other:

- ``bleu``: sacreBLEU, cased, tokenizer 13a, on plain text: what to report.
- ``bleu_published``: the scale of the Multi30k literature: lowercase, punctuation normalised,
  Moses-tokenised text on both sides, BLEU without further tokenisation.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from seq2seq.errors import DataError

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as SacrebleuMetric

__all__ = ["METRICS", "MOST_WORDS", "Metric", "Scores", "bleu", "check_lines", "published_form", "score"]

logger = logging.getLogger(__name__)

# The words of a line: TER then takes 200 MB and half a minute at worst, for two lines that have little in common. It is
# more than the longest translation has by default (`DecodingConfig`: 2 × 500 + 10 tokens).
MOST_WORDS = 1_024


@dataclass(frozen=True)
class Metric:
    """A corpus score.

    Attributes:
        name: what it is called in JSON and by programs.
        label: what people call it.
        measure: computes its value, and the signature that says how to repeat it, from hypotheses, as many
            references, and their language.
    """

    name: str
    label: str
    measure: Callable[[Sequence[str], Sequence[str], str], tuple[float, str]]


@dataclass(frozen=True)
class Scores:
    """Corpus scores, all from 0 to 100 (TER may exceed it, and is better when lower).

    Each value is an attribute, too: ``scores.bleu`` is ``scores.values["bleu"]``.

    Attributes:
        values: the value of each of `METRICS`, by its name.
        signatures: how to repeat each of them, by the same names.
        sentences: how many lines were scored.
    """

    values: dict[str, float]
    signatures: dict[str, str]
    sentences: int

    def __getattr__(self, name: str) -> float:
        values: dict[str, float] = self.__dict__.get("values", {})  # there are none yet while a copy is being made
        if name not in values:
            raise AttributeError(f"no score {name!r}; there are: {', '.join(values)}")
        return values[name]

    def as_dict(self) -> dict[str, Any]:
        """Return the values, their signatures and the number of sentences in one dictionary, for JSON."""
        return {**self.values, "signatures": self.signatures, "sentences": self.sentences}


def score(
    hypotheses: Sequence[str],
    references: Sequence[str],
    language: str = "fr",
    *,
    names: tuple[str, str] = ("hypotheses", "references"),
) -> Scores:
    """Compute every metric of a system's output, against one reference for each sentence.

    BLEU is that of Papineni et al. 2002, chrF of Popović 2015 and TER of Snover et al. 2006, all by sacreBLEU
    (Post 2018); ROUGE is the mean F1 over sentences (Lin 2004), by rouge-score, of words in any script.

    Args:
        hypotheses: the output, detokenised.
        references: as many lines; line i is what line i of the output should have been.
        language: the code of the language of both, whose Moses rules the published scale follows.
        names: what errors call the hypotheses and the references: their files, say.

    Raises:
        DataError: there are different numbers of lines, or none; a line has more than `MOST_WORDS` words; or the
            hypotheses are the columns that ``translate`` writes with ``--scores``, ``--align`` or ``--nbest``.
        ValueError: the hypotheses or the references are a single text, whose letters are no lines.
    """
    if isinstance(hypotheses, str) or isinstance(references, str):
        raise ValueError("lists of lines are expected, not single texts; put brackets around them")
    if len(hypotheses) != len(references):
        raise DataError(f"{len(hypotheses)} hypotheses but {len(references)} references: line i must answer line i")
    if not hypotheses:
        raise DataError("nothing to score: there is no line")
    for lines, name in zip((hypotheses, references), names, strict=True):
        check_lines(lines, name)
    _check_columns(hypotheses, references, names)
    measured = {metric.name: metric.measure(hypotheses, references, language) for metric in METRICS}
    return Scores(
        {name: value for name, (value, _) in measured.items()},
        {name: signature for name, (_, signature) in measured.items()},
        len(references),
    )


def check_lines(lines: Sequence[str], name: str) -> None:
    """Refuse lines that are too long to be scored: the cost of TER and of ROUGE-L grows with the square of a line.

    Args:
        lines: hypotheses or references.
        name: what an error calls them: their file, say.

    Raises:
        DataError: a line has more than `MOST_WORDS` words, as TER or as ROUGE counts them.
    """
    for number, line in enumerate(lines, 1):
        if len(line) <= MOST_WORDS:  # so it has no more words either
            continue
        words = max(len(line.split()), len(_AccentedWords().tokenize(line)))
        if words > MOST_WORDS:
            raise DataError(
                f"{name}:{number}: {words:,} words, but a line can be scored up to {MOST_WORDS:,} words, because the "
                "cost of TER and ROUGE-L grows with the square; put each sentence on a line of its own"
            )


_COLUMNS = {
    "\t": ("a tab, as after --scores or --align", "score the first column alone, which `cut -f1 {}` prints"),
    "|||": ("'|||', as after --nbest", "score the texts of {} alone, as `translate` writes them without --nbest"),
}


def _check_columns(hypotheses: Sequence[str], references: Sequence[str], names: tuple[str, str]) -> None:
    """Refuse the columns of ``translate``, whose numbers would be scored as words of the text."""
    said = [line for line in hypotheses if line.strip()]
    for separator, (found, way_out) in _COLUMNS.items():
        if said and all(separator in line for line in said) and not all(separator in line for line in references):
            raise DataError(
                f"{names[0]}: every line holds {found}, but not every line of {names[1]}; {way_out.format(names[0])}"
            )


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Return the ``bleu`` of `score` alone, for validation and for parts of a corpus."""
    return _bleu(hypotheses, references, "")[0]


def published_form(lines: Sequence[str], language: str) -> list[str]:
    """Return lines in lowercase, punctuation normalised and Moses-tokenised (no escaping, hyphens kept), by sacremoses.

    For a language without rules of its own, sacremoses uses general ones, with the abbreviations of English.
    """
    from sacremoses import MosesPunctNormalizer, MosesTokenizer

    normalise, tokenise = MosesPunctNormalizer(lang=language).normalize, MosesTokenizer(lang=language).tokenize
    return [tokenise(normalise(line.lower()), return_str=True, escape=False) for line in lines]


def _by_sacrebleu(metric: "SacrebleuMetric", hypotheses: Sequence[str], references: Sequence[str]) -> tuple[float, str]:
    result = metric.corpus_score(list(hypotheses), [list(references)])
    return float(result.score), str(metric.get_signature())


def _bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> tuple[float, str]:
    from sacrebleu.metrics.bleu import BLEU

    return _by_sacrebleu(BLEU(), hypotheses, references)


def _published_bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> tuple[float, str]:
    import sacremoses
    from sacrebleu.metrics.bleu import BLEU

    _warn_of_general_rules(language)
    metric = BLEU(tokenize="none", force=True)
    forms = published_form(hypotheses, language), published_form(references, language)
    value, signature = _by_sacrebleu(metric, *forms)
    tokeniser = f"case:lc|norm:moses-{language}|tok:moses-{language}-sacremoses-{sacremoses.__version__}"
    return value, signature.replace("case:mixed", tokeniser).replace("|tok:none", "")


def _warn_of_general_rules(language: str) -> None:
    from sacremoses.corpus import NonbreakingPrefixes

    known = sorted({*NonbreakingPrefixes().available_langs.values(), "ja", "ko"})  # these two by their script alone
    if language not in known:
        logger.warning(
            f"the published scale has no rules for the language {language!r} and uses general ones; "
            f"there are rules for: {', '.join(known)}"
        )


def _chrf(hypotheses: Sequence[str], references: Sequence[str], language: str) -> tuple[float, str]:
    from sacrebleu.metrics.chrf import CHRF

    return _by_sacrebleu(CHRF(), hypotheses, references)


def _ter(hypotheses: Sequence[str], references: Sequence[str], language: str) -> tuple[float, str]:
    from sacrebleu.metrics.ter import TER

    return _by_sacrebleu(TER(), hypotheses, references)


class _AccentedWords:
    """Splits text into lowercase runs of letters and digits of any script; rouge-score alone keeps a-z and 0-9 only."""

    name = "unicode-words"

    def tokenize(self, text: str) -> list[str]:
        return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).lower())


def _rouge(kind: str, hypotheses: Sequence[str], references: Sequence[str], language: str) -> tuple[float, str]:
    from importlib.metadata import version

    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer([kind], tokenizer=_AccentedWords())
    total = 0.0  # added up by hand, because `sum` rounds differently from one version of Python to another
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        total += scorer.score(reference, hypothesis)[kind].fmeasure
    signature = f"nrefs:1|case:lc|tok:{_AccentedWords.name}|stem:no|f1:mean|rouge-score:{version('rouge-score')}"
    return 100 * total / len(references), signature


METRICS = (
    Metric("bleu", "BLEU", _bleu),
    Metric("bleu_published", "BLEU, published Multi30k scale", _published_bleu),
    Metric("chrf", "chrF", _chrf),
    Metric("ter", "TER", _ter),
    Metric("rouge1", "ROUGE-1", partial(_rouge, "rouge1")),
    Metric("rouge2", "ROUGE-2", partial(_rouge, "rouge2")),
    Metric("rougeL", "ROUGE-L", partial(_rouge, "rougeL")),
)
