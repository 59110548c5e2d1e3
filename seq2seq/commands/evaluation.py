"""``evaluate`` and ``score``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seq2seq.commands.options import Beam, Device, Json, RunName, Set, load_translator, talk, translate_chunks

if TYPE_CHECKING:
    from seq2seq.evaluation.metrics import Scores

__all__ = ["evaluate", "score"]

_LINES_AT_ONCE = 1024  # so that lines of like length meet, and the bar moves

_LABELS = {
    "bleu": "BLEU",
    "bleu_published": "BLEU, published Multi30k scale",
    "chrf": "chrF",
    "ter": "TER",
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
}


def evaluate(
    run: RunName,
    source: Annotated[Path, typer.Option(metavar="FILE", help="Sentences to translate.", show_default=False)],
    reference: Annotated[Path, typer.Option(metavar="FILE", help="Their translations.", show_default=False)],
    json_: Json = False,
    beam: Beam = None,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Translate a file and score the result."""
    from seq2seq.corpus.lines import Problems
    from seq2seq.corpus.sources import parallel_lines

    problems = Problems()
    pairs = [(left, right) for _, left, right, _ in parallel_lines(source, reference, problems)]
    translator, config = load_translator(run, device, set_, beam)

    from seq2seq.evaluation.metrics import score as compute

    starts = range(0, len(pairs), _LINES_AT_ONCE)
    chunks = ([left for left, _ in pairs[start : start + _LINES_AT_ONCE]] for start in starts)
    translated = translate_chunks(translator, chunks, str(source), total=len(pairs))
    hypotheses = [found[0].text for _, translations in translated for found in translations]
    _print(compute(hypotheses, [right for _, right in pairs], config.data.languages[1]), json_, problems.messages())


def score(
    hypotheses: Annotated[Path, typer.Argument(help="A system's output, detokenised.", show_default=False)],
    reference: Annotated[Path, typer.Argument(help="The translations it should have given.", show_default=False)],
    json_: Json = False,
    language: Annotated[str, typer.Option(help="Of both, for the rules of the published scale.")] = "fr",
) -> None:
    """Score a file that any system wrote."""
    from seq2seq.corpus.lines import Problems
    from seq2seq.corpus.sources import parallel_lines
    from seq2seq.evaluation.metrics import score as compute

    problems = Problems()
    pairs = [(left, right) for _, left, right, _ in parallel_lines(hypotheses, reference, problems)]
    _print(compute([left for left, _ in pairs], [right for _, right in pairs], language), json_, problems.messages())


def _print(scores: "Scores", as_json: bool, warnings: list[str]) -> None:
    for warning in warnings:
        talk(f"warning: {warning}")
    if as_json:
        typer.echo(json.dumps(scores.as_dict(), indent=2))
        return
    for name, label in _LABELS.items():
        typer.echo(f"{label:<32}{getattr(scores, name):6.2f}   {scores.signatures[name]}")
    typer.echo(f"{'sentences':<32}{scores.sentences:6d}")
