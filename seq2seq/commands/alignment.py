"""``align`` and ``aer``."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seq2seq.commands.options import (
    Device,
    Json,
    OneBased,
    Output,
    Set,
    link_lines,
    load_translator,
    progress,
    refuse_to_replace,
)

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
        help="Share of what a target word gives to all source words, from which another one than the best is linked; "
        "above 1, only the best is. [default: as configured] For hmm without --symmetrize: the probability above which "
        "words are linked. [default: 0.5]",
        show_default=False,
    ),
]
Symmetrize = Annotated[
    Literal["intersect", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and"] | None,
    typer.Option(help="Combine the links of both directions.", show_default=False),
]
ReverseName = Annotated[
    str | None,
    typer.Option(
        "--reverse", metavar="RUN|FILE", show_default=False,
        help="The other direction: a model from target to source, or a file of links, source-target like all.",
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
    from seq2seq.commands.linking import STATISTICAL, Pairs, Reverse, check_statistical, directions, linked
    from seq2seq.corpus.lines import Problems, open_output

    inputs = {"--source": source, "--target": target, "--gold": gold, "--reverse": reverse}
    _check_outputs(output, gold, text or probabilities, json_, one_based)
    refuse_to_replace(output, inputs)
    other = Reverse(symmetrize, reverse, swapped)
    other.check(run)
    if run == STATISTICAL:
        check_statistical(symmetrize, threshold, set_, device)
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
            if stream is sys.stdout:
                stream.flush()  # whoever reads it need not wait for more
            if true is not None:
                found.append(one.links)
            bar.update()
    problems.log()
    if true is not None:
        _print_scores(score_links(found, true, names=(run, str(gold))), json_)


def _check_outputs(output: Path | None, gold: str | None, as_text: bool, as_json: bool, one_based: bool | None) -> None:
    """Refuse options of an output that is not asked for.

    Raises:
        ConfigError: see there.
    """
    from seq2seq.errors import ConfigError

    if gold is None and (as_json or one_based is not None):
        option = "--json" if as_json else "--one-based" if one_based else "--zero-based"
        raise ConfigError(f"{option}: is about the scores that --gold asks for; leave it out, or add that")
    if gold is not None and output is None and as_text:
        raise ConfigError("--text and --probabilities: with --gold, links go to a file only; leave them out, or add -o")


def aer(
    found: Annotated[str, typer.Argument(metavar="LINKS", help="The links that `align`, or any aligner, wrote.")],
    gold: Annotated[str, typer.Argument(metavar="GOLD", help="The true links: 1-2 is a sure one, 1?2 a possible one.")],
    one_based: OneBased = None,
    links_one_based: Annotated[
        bool | None,
        typer.Option(
            "--links-one-based/--links-zero-based",
            help="Whether LINKS counts words from 1 or from 0. [default: 0, and checked]",
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """Score word links by alignment error rate, precision, recall and F1.

    Both files hold a line a sentence, such as 0-0 1?2, or a line a link, as NAACL's shared task does: 1 1 1 S.
    """
    from seq2seq.alignment import score_link_files
    from seq2seq.corpus.lines import Problems

    problems = Problems()
    own = link_lines(found, problems, links_one_based, "--links-one-based")
    scores = score_link_files(own, link_lines(gold, problems, one_based))
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
