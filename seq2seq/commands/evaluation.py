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
    progress,
    read_parallel,
)

if TYPE_CHECKING:
    from seq2seq.evaluation.breakdown import LabelScore
    from seq2seq.evaluation.metrics import Scores

__all__ = ["evaluate", "score"]

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
    translator = load_translator(run, device, set_, beam)

    from seq2seq.evaluation.breakdown import by_length
    from seq2seq.evaluation.metrics import score as compute

    with progress(len(sources)) as bar:
        hypotheses = []
        for translation in translator.stream(sources, place=lambda number: f"{source}:{number}"):
            hypotheses.append(translation.text)
            bar.update()
    scores = compute(hypotheses, references, translator.languages[1])
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
    from seq2seq.errors import ConfigError

    bounds = [int(part) if part.strip().isdecimal() else 0 for part in text.split(",")] if text is not None else []
    if any(bound < 1 for bound in bounds) or bounds != sorted(set(bounds)):
        raise ConfigError(f"--lengths {text}: rising numbers of words are expected, as in 10,20,30")
    return bounds


def _breakdown(hypotheses: list[str], references: list[str], labels: list[str] | None) -> "dict[str, list[LabelScore]]":
    from seq2seq.evaluation.breakdown import by_label

    return {} if labels is None else {"labels": by_label(hypotheses, references, labels)}


def _report(scores: "Scores", parts: "dict[str, list[LabelScore]]", as_json: bool, output: Path | None) -> None:
    """Print the scores, and those of parts of the sentences under what the parts are: labels, lengths."""
    from seq2seq.corpus.lines import write_lines

    tree = scores.as_dict() | {name: [asdict(part) for part in found] for name, found in parts.items()}
    text = json.dumps(tree, indent=2, ensure_ascii=False)
    if output is not None:
        write_lines(output, [text])
    if as_json:
        typer.echo(text)
        return
    for name, label in _LABELS.items():
        typer.echo(f"{label:<32}{getattr(scores, name):6.2f}   {scores.signatures[name]}")
    typer.echo(f"{'sentences':<32}{scores.sentences:6d}")
    for name, found in parts.items():
        typer.echo(f"\n{name:<32}{'BLEU':>6}{'exact %':>9}{'sentences':>11}")
        for part in found:
            typer.echo(f"{part.label:<32}{part.bleu:6.2f}{part.exact:9.1f}{part.sentences:11d}")
