"""``align`` and ``aer``."""

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seq2seq.commands.options import Device, Json, OneBased, Output, Set, load_translator, progress

if TYPE_CHECKING:
    from seq2seq.alignment import LinkScores

__all__ = ["aer", "align"]

Aligner = Annotated[
    str,
    typer.Argument(
        metavar="RUN|hmm",
        help="A run's directory, or the name of a shipped model; or hmm: a statistical aligner, which learns from the "
        "pairs that it aligns.",
        show_default=False,
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="Share of a target word's weight from which a source word is linked beside the first one; above 1 only "
        "that one is. [default: as configured]",
        show_default=False,
    ),
]
Symmetrize = Annotated[
    Literal["intersect", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and"] | None,
    typer.Option(help="Make one of the links of both directions.", show_default=False),
]
ReverseName = Annotated[
    str | None,
    typer.Option(
        "--reverse", metavar="RUN|FILE", show_default=False,
        help="The other direction: a model from target to source, or a file of links, source-target as all are.",
    ),
]  # fmt: skip


def align(
    run: Aligner,
    source: Annotated[str, typer.Option(metavar="FILE", help="Sentences, one a line.", show_default=False)],
    target: Annotated[str, typer.Option(metavar="FILE", help="Their translations, one a line.", show_default=False)],
    output: Output = None,
    split_punctuation: Annotated[
        bool, typer.Option("--split-punctuation", help="Link words with punctuation split off, as raw text needs.")
    ] = False,
    text: Annotated[bool, typer.Option("--text", help="Put the words first: source, tab, target, tab, links.")] = False,
    threshold: Threshold = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Add each link's weight: 0-0:0.9312.")] = False,
    symmetrize: Symmetrize = None,
    reverse: ReverseName = None,
    swapped: Annotated[bool, typer.Option("--swapped", help="The links of --reverse FILE are target-source.")] = False,
    gold: Annotated[
        str | None, typer.Option(metavar="GOLD", help="True links: print scores instead, and links only to -o.")
    ] = None,
    one_based: OneBased = None,
    json_: Json = False,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Link the words of given pairs: 'source-target' from 0, one line a pair."""
    from seq2seq.alignment import format_links, score_links
    from seq2seq.commands.linking import Pairs, Reverse, directions, linked
    from seq2seq.corpus.lines import Problems, open_output
    from seq2seq.errors import ConfigError

    if gold is None and (json_ or one_based is not None):
        raise ConfigError("--json and --one-based are about the scores that --gold asks for; leave them out, or add it")
    other = Reverse(symmetrize, reverse, swapped)
    other.check(run)
    problems = Problems()
    pairs = Pairs.read(source, target, split_punctuation, problems)
    true = None if gold is None else pairs.gold(gold, one_based, problems)
    found = []
    with nullcontext() if gold and output is None else open_output(output) as stream, progress(pairs.count) as bar:
        drawn = directions(run, pairs, other, threshold, lambda name: load_translator(name, device, set_))
        for one in linked(pairs, drawn, symmetrize):
            if stream is not None:
                links = format_links(one.links, one.weight if probabilities else None)
                stream.write("\t".join([*map(" ".join, one.words if text else ()), links]) + "\n")
            if true is not None:
                found.append(one.links)
            bar.update()
    problems.log()
    if true is not None:
        _print_scores(score_links(found, true, names=(run, str(gold))), json_)


def aer(
    found: Annotated[str, typer.Argument(metavar="LINKS", help="The links that `align`, or any aligner, wrote.")],
    gold: Annotated[str, typer.Argument(metavar="GOLD", help="The true links: 1-2 is a sure one, 1?2 a possible one.")],
    one_based: OneBased = None,
    links_one_based: Annotated[
        bool | None,
        typer.Option("--links-one-based/--links-zero-based", help="The same of LINKS. [default: 0, and checked]"),
    ] = None,
    json_: Json = False,
) -> None:
    """Score word links by alignment error rate, precision, recall and F1.

    Both files hold a line a sentence, such as 0-0 1?2, or a line a link, as NAACL's shared task does: 1 1 1 S.
    """
    from seq2seq.alignment import LinkLines, score_link_files
    from seq2seq.corpus.lines import Problems, read_text_lines
    from seq2seq.corpus.sources import find_file

    problems = Problems()
    own, true = (
        LinkLines(name, read_text_lines(find_file(name), problems), base, option)
        for name, base, option in ((found, links_one_based, "--links-one-based"), (gold, one_based, "--one-based"))
    )
    scores = score_link_files(own, true)
    problems.log()
    _print_scores(scores, json_)


def _print_scores(scores: "LinkScores", as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        typer.echo(json.dumps(asdict(scores), indent=2))
        return
    for name, value in asdict(scores).items():
        label = {"aer": "AER", "f1": "F1"}.get(name, name)
        typer.echo(f"{label:<10}{value:6d}" if name == "sentences" else f"{label:<10}{value:6.2f}")
