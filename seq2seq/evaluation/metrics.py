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
from itertools import islice
from typing import TYPE_CHECKING, Any

from seq2seq.errors import DataError
from seq2seq.words import counted

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as SacrebleuMetric

__all__ = ["METRICS", "MOST_WORDS", "Metric", "Scores", "bleu", "check_parallel", "measure", "published_form", "score"]

logger = logging.getLogger(__name__)

# The words of a line that a metric of quadratic cost reads: TER then takes 200 MB and half a minute at worst, for two
# lines that have little in common. It is more than the longest translation has by default (`DecodingConfig`:
# 2 × 500 + 10 tokens).
MOST_WORDS = 1_024


@dataclass(frozen=True)
class Metric:
    """A corpus score.

    Attributes:
        name: what it is called in JSON and by programs.
        label: what people call it.
        measure: computes its value, and the signature that says how to repeat it, from hypotheses, as many
            references, and their language.
        is_quadratic: whether its cost grows with the square of a line, so that it reads the first `MOST_WORDS` words.
    """

    name: str
    label: str
    measure: Callable[[Sequence[str], Sequence[str], str], tuple[float, str]]
    is_quadratic: bool = False


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

    The cost of TER and of ROUGE-L grows with the square of a line, so these two read the first `MOST_WORDS` words of a
    longer one. A warning then names the first such line, and the signatures of both say so. The other metrics read
    lines of any length as they are.

    Args:
        hypotheses: the output, detokenised.
        references: as many lines; line i is what line i of the output should have been.
        language: the code of the language of both, whose Moses rules the published scale follows.
        names: what messages call the hypotheses and the references: their files, say.

    Raises:
        DataError: there are different numbers of lines, or none; or the hypotheses are the columns that ``translate``
            writes with ``--scores``, ``--align`` or ``--nbest``.
        ValueError: the hypotheses or the references are a single text, whose letters are no lines.
    """
    check_parallel(hypotheses, references, names)
    _check_columns(hypotheses, references, names)
    return measure(hypotheses, references, language, names)


def measure(hypotheses: Sequence[str], references: Sequence[str], language: str, names: tuple[str, str]) -> Scores:
    """Compute what `score` does, of lines that have been checked or that a translator has just written."""
    begun = [_beginning(line) for line in hypotheses], [_beginning(line) for line in references]
    cut = [
        f"{name}:{number}"
        for name, lines, beginnings in zip(names, (hypotheses, references), begun, strict=True)
        for number, (line, beginning) in enumerate(zip(lines, beginnings, strict=True), 1)
        if beginning != line
    ]
    if cut:
        more = f" (and of {counted(len(cut) - 1, 'line')} more)" if len(cut) > 1 else ""
        quadratic = " and ".join(metric.label for metric in METRICS if metric.is_quadratic)
        logger.warning(
            f"{cut[0]}: {quadratic} read the first {MOST_WORDS:,} words of this line{more}, because their cost grows "
            "with the square of its length; put each sentence on a line of its own"
        )
    values, signatures = {}, {}
    for metric in METRICS:
        lines = begun if metric.is_quadratic else (hypotheses, references)
        values[metric.name], signature = metric.measure(*lines, language)
        signatures[metric.name] = f"{signature}|words:{MOST_WORDS}" if cut and metric.is_quadratic else signature
    return Scores(values, signatures, len(references))


def check_parallel(first: Sequence[str], second: Sequence[str], names: tuple[str, str]) -> None:
    """Refuse what is not two lists of as many lines, one at least.

    Args:
        first: lines.
        second: as many lines.
        names: what an error calls them.

    Raises:
        DataError: there are different numbers of lines, or none.
        ValueError: one of them is a single text.
    """
    if isinstance(first, str) or isinstance(second, str):
        raise ValueError("lists of lines are expected, not single texts; put brackets around them")
    if len(first) != len(second):
        raise DataError(
            f"{names[0]}: {counted(len(first), 'line')}, but {names[1]}: {counted(len(second), 'line')}: "
            "line i must answer line i"
        )
    if not first:
        raise DataError("nothing to score: there is no line")


def _beginning(line: str) -> str:
    """Return a line up to the word, as TER or as ROUGE counts them, that is the first beyond `MOST_WORDS`.

    Such a beginning is in the form that ROUGE counts in; TER heeds no case either.
    """
    text = _AccentedWords.form(line)
    if len(text) <= MOST_WORDS:  # so it has no more words either
        return line
    beyond = [
        found.start()
        for words in (r"\S+", _AccentedWords.pattern)
        for found in islice(re.finditer(words, text), MOST_WORDS, MOST_WORDS + 1)
    ]
    return text[: min(beyond)] if beyond else line


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
    pattern = r"[^\W_]+"

    @staticmethod
    def form(text: str) -> str:
        return unicodedata.normalize("NFC", text).lower()

    def tokenize(self, text: str) -> list[str]:
        return re.findall(self.pattern, self.form(text))


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
    Metric("ter", "TER", _ter, is_quadratic=True),
    Metric("rouge1", "ROUGE-1", partial(_rouge, "rouge1")),
    Metric("rouge2", "ROUGE-2", partial(_rouge, "rouge2")),
    Metric("rougeL", "ROUGE-L", partial(_rouge, "rougeL"), is_quadratic=True),
)
