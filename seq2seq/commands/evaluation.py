"""``evaluate`` and ``score``."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seq2seq.commands.options import (
    Beam,
    Device,
    Json,
    Labels,
    RunName,
    Set,
    load_translator,
    read_parallel,
    translate_chunks,
)

if TYPE_CHECKING:
    from seq2seq.evaluation.breakdown import LabelScore
    from seq2seq.evaluation.metrics import Scores

__all__ = ["evaluate", "score"]

_LINES_AT_ONCE = 1024  # so that lines of like length meet, and the bar moves

def evaluate(
    run: RunName,
    source: Annotated[str, typer.Option(metavar="FILE", help="Sentences to translate.", show_default=False)],
    reference: Annotated[str, typer.Option(metavar="FILE", help="Their translations.", show_default=False)],
    labels: Labels = None,
    lengths: Annotated[
        str | None,
        typer.Option(metavar="10,20,…", help="Upper bounds of source lengths, in words: adds scores by length."),
    ] = None,
    json_: Json = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the scores as JSON there, too.")
    ] = None,
    beam: Beam = None,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Translate a file and score the result."""
    from seq2seq.corpus.lines import Problems

    problems = Problems()
    sources, references = read_parallel(source, reference, problems)
    named, bounds = _read_labels(labels, len(sources)), _read_bounds(lengths)
    translator, config = load_translator(run, device, set_, beam)

    from seq2seq.evaluation.breakdown import by_label, by_length
    from seq2seq.evaluation.evaluation import Evaluation
    from seq2seq.evaluation.metrics import score as compute

    chunks = (sources[start : start + _LINES_AT_ONCE] for start in range(0, len(sources), _LINES_AT_ONCE))
    translated = translate_chunks(translator, chunks, source, total=len(sources))
    hypotheses = [found[0].text for _, translations in translated for found in translations]
    scores = compute(hypotheses, references, config.data.languages[1])
    parts = _breakdown(hypotheses, references, named)
    if bounds:
        parts["lengths"] = by_length(hypotheses, references, sources, bounds)
    problems.log()
    _report(scores, parts, json_, output)


def score(
    hypotheses: Annotated[str, typer.Argument(help="A system's output, detokenised.", show_default=False)],
    reference: Annotated[str, typer.Argument(help="The translations it should have given.", show_default=False)],
    labels: Labels = None,
    json_: Json = False,
    language: Annotated[str, typer.Option(help="Of both, for the rules of the published scale.")] = "fr",
) -> None:
    """Score a file that any system wrote."""
    from seq2seq.corpus.lines import Problems
    from seq2seq.evaluation.metrics import score as compute

    problems = Problems()
    said, references = read_parallel(hypotheses, reference, problems)
    named = _read_labels(labels, len(said))
    scores = compute(said, references, language)
    parts = _breakdown(said, references, named)
    problems.log()
    _report(scores, parts, json_, None)


def _read_labels(name: str | None, sentences: int) -> list[str] | None:
    """The lines of a file of labels; read before anything takes time."""
    from seq2seq.corpus.lines import read_text_lines
    from seq2seq.corpus.sources import find_file
    from seq2seq.errors import DataError

    if name is None:
        return None
    lines = read_text_lines(find_file(name))
    if len(lines) != sentences:
        raise DataError(f"{name}: {len(lines)} lines of labels for {sentences} sentences: line i must label line i")
    return lines


def _read_bounds(text: str | None) -> list[int]:
    """Read the numbers of --lengths."""
    from seq2seq.evaluation.breakdown import check_bounds

    if text is None:
        return []
    parts = [part.strip() for part in text.split(",")]
    bounds = [int(part) if part.isdecimal() and len(part) < 10 else 0 for part in parts]
    check_bounds(bounds, f"--lengths {text}")
    return bounds


def _report(evaluation: "Evaluation", as_json: bool, output: "TextIO | None" = None) -> None:
    """Print the scores, for people or as JSON, which is written to `output`, too."""
    from seq2seq.evaluation.metrics import METRICS

    text = json.dumps(evaluation.as_dict(), indent=2, ensure_ascii=False)
    if output is not None:
        output.write(text + "\n")
    if as_json:
        typer.echo(text)
        return
    scores = evaluation.scores
    for metric in METRICS:
        typer.echo(f"{metric.label:<32}{scores.values[metric.name]:6.2f}   {scores.signatures[metric.name]}")
    typer.echo(f"{'sentences':<32}{scores.sentences:6d}")
    for name, found in evaluation.parts.items():
        typer.echo(f"\n{name:<32}{'BLEU':>6}{'exact %':>9}{'sentences':>11}")
        for part in found:
            typer.echo(f"{part.label:<32}{part.bleu:6.2f}{part.exact:9.1f}{part.sentences:11d}")
