"""``align`` and ``aer``."""

import json
from typing import Annotated

import typer

from seq2seq.commands.options import (
    Device,
    Json,
    Output,
    RunName,
    Set,
    load_translator,
    read_parallel,
)

__all__ = ["aer", "align"]


def align(
    run: RunName,
    source: Annotated[str, typer.Option(metavar="FILE", help="Sentences, one a line.", show_default=False)],
    target: Annotated[str, typer.Option(metavar="FILE", help="Their translations, one a line.", show_default=False)],
    output: Output = None,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Link the words of given pairs: 'source-target' from 0, one line a pair."""
    from seq2seq.alignment import format_links, links
    from seq2seq.corpus.lines import Problems, write_lines

    problems = Problems()
    sources, targets = read_parallel(source, target, problems)
    translator = load_translator(run, device, set_)
    places = (lambda number: f"{source}:{number}", lambda number: f"{target}:{number}")
    alignments = translator.align(sources, targets, places=places)
    write_lines(output, (format_links(links(alignment)) for alignment in alignments))
    problems.log()


def aer(
    found: Annotated[str, typer.Argument(metavar="LINKS", help="The links that `align`, or any aligner, wrote.")],
    gold: Annotated[str, typer.Argument(metavar="GOLD", help="The true links: 1-2 is a sure one, 1?2 a possible one.")],
    json_: Json = False,
) -> None:
    """Score word links by alignment error rate, precision and recall."""
    from dataclasses import asdict

    from seq2seq.alignment import parse_links, score_links
    from seq2seq.corpus.lines import Problems

    problems = Problems()
    own, true = read_parallel(found, gold, problems)
    scores = score_links(
        [parse_links(line, f"{found}:{number}").possible for number, line in enumerate(own, 1)],
        [parse_links(line, f"{gold}:{number}") for number, line in enumerate(true, 1)],
        names=(found, gold),
    )
    problems.log()
    if json_:
        typer.echo(json.dumps(asdict(scores), indent=2))
        return
    for name, value in (("AER", scores.aer), ("precision", scores.precision), ("recall", scores.recall)):
        typer.echo(f"{name:<10}{value:6.2f}")
    typer.echo(f"{'sentences':<10}{scores.sentences:6d}")
