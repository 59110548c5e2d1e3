"""Corpus scores, each with the signature that says how to repeat it.

Two BLEU scales, which are not comparable with each other:

- ``bleu``: sacreBLEU, cased, tokenizer 13a, on plain text: what to report.
- ``bleu_published``: the scale of the Multi30k literature: lowercase, punctuation normalised,
  Moses-tokenised text on both sides, BLEU without further tokenisation.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from seq2seq.errors import DataError

__all__ = ["Scores", "bleu", "published_form", "score"]

ROUGES = ("rouge1", "rouge2", "rougeL")


@dataclass(frozen=True)
class Scores:
    """Corpus scores, all 0 to 100 (TER may exceed it, and is better when lower)."""

    bleu: float
    bleu_published: float
    chrf: float
    ter: float
    rouge1: float
    rouge2: float
    rougeL: float
    signatures: dict[str, str]
    sentences: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def score(hypotheses: Sequence[str], references: Sequence[str], language: str = "fr") -> Scores:
    """Every metric of a system's output against one reference a sentence.

    Args:
        hypotheses: the output, detokenised.
        references: as many lines.
        language: of both, for the rules of the published scale.

    Raises:
        DataError: different line counts, or no line.
    """
    if len(hypotheses) != len(references):
        raise DataError(f"{len(hypotheses)} hypotheses but {len(references)} references: line i must answer line i")
    if not hypotheses:
        raise DataError("nothing to score: there is no line")
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.metrics.ter import TER

    metrics = {"bleu": BLEU(), "chrf": CHRF(), "ter": TER()}
    values = {name: metric.corpus_score(list(hypotheses), [list(references)]).score for name, metric in metrics.items()}
    signatures = {name: str(metric.get_signature()) for name, metric in metrics.items()}
    values["bleu_published"], signatures["bleu_published"] = _published_bleu(hypotheses, references, language)
    rouge_values, rouge_signature = _rouge(hypotheses, references)
    values |= rouge_values
    signatures |= dict.fromkeys(ROUGES, rouge_signature)
    return Scores(**values, signatures=signatures, sentences=len(references))


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """The ``bleu`` of `score` alone, for validation."""
    from sacrebleu.metrics.bleu import BLEU

    return float(BLEU().corpus_score(list(hypotheses), [list(references)]).score)


def published_form(lines: Sequence[str], language: str) -> list[str]:
    """Lowercase, punctuation normalised and Moses-tokenised (no escaping, hyphens kept), by sacremoses."""
    from sacremoses import MosesPunctNormalizer, MosesTokenizer

    normalise, tokenise = MosesPunctNormalizer(lang=language).normalize, MosesTokenizer(lang=language).tokenize
    return [tokenise(normalise(line.lower()), return_str=True, escape=False) for line in lines]


def _published_bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> tuple[float, str]:
    import sacremoses
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(tokenize="none", force=True)
    result = metric.corpus_score(published_form(hypotheses, language), [published_form(references, language)])
    tokeniser = f"case:lc|norm:moses-{language}|tok:moses-{language}-sacremoses-{sacremoses.__version__}"
    signature = str(metric.get_signature()).replace("case:mixed", tokeniser).replace("|tok:none", "")
    return float(result.score), signature


class _AccentedWords:
    """Lowercased runs of letters and digits of any script; rouge-score's default keeps a–z and 0–9 only."""

    name = "unicode-words"

    def tokenize(self, text: str) -> list[str]:
        return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text).lower())


def _rouge(hypotheses: Sequence[str], references: Sequence[str]) -> tuple[dict[str, float], str]:
    from importlib.metadata import version

    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(ROUGES), tokenizer=_AccentedWords())
    totals = dict.fromkeys(ROUGES, 0.0)
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        for name, value in scorer.score(reference, hypothesis).items():
            totals[name] += value.fmeasure
    signature = f"nrefs:1|case:lc|tok:{_AccentedWords.name}|stem:no|f1:mean|rouge-score:{version('rouge-score')}"
    return {name: 100 * total / len(references) for name, total in totals.items()}, signature
