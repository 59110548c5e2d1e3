"""``evaluate`` and ``score``."""

import json
from contextlib import nullcontext
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
    refuse_to_replace,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seq2seq.decoding.translation import Translation
    from seq2seq.evaluation.evaluation import Evaluation

__all__ = ["evaluate", "score"]


def evaluate(
    run: RunName,
    source: Annotated[str, typer.Option(metavar="FILE", help="Sentences to translate.", show_default=False)],
    reference: Annotated[str, typer.Option(metavar="FILE", help="Their translations.", show_default=False)],
    labels: Labels = None,
    lengths: Annotated[
        str | None,
        typer.Option(metavar="10,20,…", help="Add scores by the length of the source: up to so many words."),
    ] = None,
    json_: Json = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the scores there as well, as JSON.")
    ] = None,
    beam: Beam = None,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Translate a file and score the result."""
    from seq2seq.corpus.lines import Problems, open_output
    from seq2seq.evaluation.evaluation import evaluate as compute

    refuse_to_replace(output, {"--source": source, "--reference": reference, "--labels": labels})
    problems = Problems()
    sources, references = read_parallel(source, reference, problems)
    named, bounds = _read_labels(labels), _read_bounds(lengths)

    def with_bar(translations: "Iterable[Translation]") -> "Iterator[Translation]":
        with progress(len(sources)) as bar:
            for translation in translations:
                yield translation
                bar.update()

    with nullcontext() if output is None else open_output(output) as file:
        evaluation = compute(
            load_translator(run, device, set_, beam), sources, references, labels=named, lengths=bounds,
            names=(source, reference, labels or ""), progress=with_bar,
        )  # fmt: skip
        if file is not None:
            file.write(_as_json(evaluation))
    problems.log()
    _report(evaluation, json_)


def score(
    hypotheses: Annotated[str, typer.Argument(help="A system's output, detokenised.", show_default=False)],
    reference: Annotated[str, typer.Argument(help="The translations it should have given.", show_default=False)],
    labels: Labels = None,
    json_: Json = False,
    language: Annotated[str, typer.Option(help="The language of both, for the rules of the published scale.")] = "fr",
) -> None:
    """Score a file that any system wrote."""
    from seq2seq.corpus.lines import Problems, check_unicode
    from seq2seq.evaluation.breakdown import by_label
    from seq2seq.evaluation.evaluation import Evaluation
    from seq2seq.evaluation.metrics import score as compute

    check_unicode(language)
    problems = Problems()
    said, references = read_parallel(hypotheses, reference, problems)
    named = _read_labels(labels)
    parts = by_label(said, references, named, labels or "") if named is not None else None
    scores = compute(said, references, language, names=(hypotheses, reference))
    problems.log()
    _report(Evaluation(scores, parts), json_)


def _read_labels(name: str | None) -> list[str] | None:
    """Read a file of labels, before anything takes time."""
    from seq2seq.corpus.lines import read_text_lines
    from seq2seq.corpus.sources import find_file

    return None if name is None else read_text_lines(find_file(name))


def _read_bounds(text: str | None) -> list[int]:
    """Read the numbers of --lengths."""
    from seq2seq.evaluation.breakdown import check_bounds

    if text is None:
        return []
    parts = [part.strip() for part in text.split(",")]
    bounds = [int(part) if part.isdecimal() and len(part) < 10 else 0 for part in parts]
    check_bounds(bounds, f"--lengths {text}")
    return bounds


def _as_json(evaluation: "Evaluation") -> str:
    return json.dumps(evaluation.as_dict(), indent=2, ensure_ascii=False) + "\n"


def _report(evaluation: "Evaluation", as_json: bool) -> None:
    """Print the scores, as JSON or as a table for people."""
    from seq2seq.evaluation.metrics import METRICS

    if as_json:
        typer.echo(_as_json(evaluation), nl=False)
        return
    scores = evaluation.scores
    for metric in METRICS:
        typer.echo(f"{metric.label:<32}{scores.values[metric.name]:6.2f}   {scores.signatures[metric.name]}")
    typer.echo(f"{'sentences':<32}{scores.sentences:6d}")
    for name, found in evaluation.parts.items():
        typer.echo(f"\n{name:<32}{'BLEU':>6}{'exact %':>9}{'sentences':>11}")
        for part in found:
            typer.echo(f"{part.label:<32}{part.bleu:6.2f}{part.exact:9.1f}{part.sentences:11d}")
