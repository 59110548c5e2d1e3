"""``data list``, ``data fetch``, ``data show`` and ``data export``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["data"]

logger = logging.getLogger(__name__)

data = typer.Typer(help="Corpora: list and fetch those known by name, show what any holds.")


@data.callback(invoke_without_command=True)
def _data(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@data.command("list")
def list_() -> None:
    """List the corpora that can be named, and where each stands."""
    from seq2seq.corpus.fetch import CATALOGUE
    from seq2seq.corpus.lines import read_text_lines
    from seq2seq.corpus.sources import find_corpus
    from seq2seq.files import bundled

    counts = {path.name: len(read_text_lines(path)) for path in sorted(bundled("data").glob("builtin/*.en.gz"))}
    splits = ", ".join(f"{name.removesuffix('.en.gz')} {count:,}" for name, count in counts.items())
    typer.echo(f"builtin    comes with the program: {splits} pairs")
    for name, remote in CATALOGUE.items():
        folder = find_corpus(name)
        state = f"in {folder}" if folder else f"not here yet: seq2seq data fetch {name}"
        typer.echo(f"{name:<10} {remote.about}; {state}")


@data.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A corpus that `data list` knows.", show_default=False)],
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A mirror's directory, such as https://HOST/DIRECTORY, with the same files."),
    ] = None,
) -> None:
    """Download a corpus into the cache, unless it is here; the same command continues an interrupted download."""
    from dataclasses import replace

    from seq2seq.corpus.fetch import CATALOGUE, corpora_directory
    from seq2seq.corpus.fetch import fetch as download
    from seq2seq.corpus.sources import find_corpus
    from seq2seq.errors import DataError

    if name not in CATALOGUE:
        raise DataError(f"{name}: no corpus of that name to fetch; there are: {', '.join(CATALOGUE)}")
    there = find_corpus(name)
    if there and not there.is_relative_to(corpora_directory()):
        logger.info(f"{there}: is here already, so nothing was fetched; name it in a config: data.train: {name}/train")
        return
    remote = CATALOGUE[name]
    folder = download(name, replace(remote, url=url.rstrip("/")) if url else remote)
    logger.info(f"{folder}: complete; name it in a config: data.train: {name}/train")


Languages = Annotated[
    str, typer.Option(metavar="SOURCE,TARGET", help="Suffixes of a prefix's files, names of a table's columns.")
]


@data.command()
def show(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="As in a config.", show_default=False)],
    first: Annotated[int, typer.Option(min=0, help="Pairs to print of each.")] = 3,
    languages: Languages = "en,fr",
) -> None:
    """Print the first pairs, counts, lengths and duplicates of each SOURCE, and what they share."""
    from seq2seq.corpus.inspection import shared_sources, summarise
    from seq2seq.corpus.lines import Problems
    from seq2seq.corpus.sources import load_pairs
    from seq2seq.words import counted

    problems = Problems()
    corpora = {name: load_pairs(name, _two(languages), problems) for name in sources}
    for name, pairs in corpora.items():
        summary = summarise(pairs, first)
        words = " and ".join(counted(number, "word") for number in summary.words)
        typer.echo(f"{name}: {counted(summary.pairs, 'pair')}, {words}")
        for pair in summary.first:
            typer.echo(f"  {pair.source}\n    {pair.target}")
        typer.echo(f"  duplicate pairs {summary.duplicates:,}, repeated source sentences {summary.repeated_sources:,}")
        longest = " and ".join(counted(number, "word") for number in summary.longest)
        typer.echo(f"  longest: {longest}; sentences by length:")
        for lengths, source, target in summary.histogram:
            typer.echo(f"  {lengths:>8}{source:>12,}{target:>12,}")
    names = list(corpora)
    for i, name in enumerate(names):
        others = names[i + 1 :]
        shared = shared_sources(corpora[name], [corpora[other] for other in others]) if others else []
        for other, (count, where) in zip(others, shared, strict=True):
            place = f", first at {where}" if count else ""
            typer.echo(f"source sentences of {other} that stand in {name}: {count:,}{place}")
    problems.log()


@data.command()
def export(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="As in a config.", show_default=False)],
    prefix: Annotated[Path, typer.Argument(help="What the files to write begin with: PREFIX.en and PREFIX.fr.")],
    languages: Languages = "en,fr",
) -> None:
    """Write a SOURCE of any kind as two parallel text files, without its unusable pairs.

    Word links and labels that stand beside the texts of a SOURCE (DIR/train.links, DIR/train.split.links,
    DIR/train.labels) are written as well, as PREFIX.links and so on, for the same pairs.
    """
    from seq2seq import export as write

    write(source, prefix, _two(languages))


def _two(languages: str) -> list[str]:
    from seq2seq.errors import DataError

    names = languages.split(",")
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise DataError(f"--languages {languages}: two different names are expected, as in en,fr")
    return names
