"""``translate``."""

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from seq2seq.commands.options import Beam, Device, Output, RunName, Set, load_translator, translate_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seq2seq.decoding.translator import Translation, Translator

__all__ = ["translate"]

_LINES_AT_ONCE = 512  # so that lines of like length meet, and output still appears soon


def translate(
    run: RunName,
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="One sentence a line; - is standard input.")] = "-",
    output: Output = None,
    beam: Beam = None,
    nbest: Annotated[
        int | None, typer.Option(min=1, help="Print so many a line, as 'line ||| text ||| score'.", show_default=False)
    ] = None,
    scores: Annotated[bool, typer.Option("--scores", help="Add a column: log-probability / length^alpha.")] = False,
    align: Annotated[
        bool, typer.Option("--align", help="Add a column: word links to the output, source-target.")
    ] = False,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Translate: one line in, one line out."""
    from seq2seq.corpus.lines import Problems, open_binary, open_output, read_chunks
    from seq2seq.corpus.sources import find_file
    from seq2seq.errors import ConfigError

    if nbest is not None and (scores or align):
        raise ConfigError("--nbest has its own format, with scores; leave out --scores and --align")
    problems = Problems()
    name = "standard input" if file == "-" else file
    with nullcontext(sys.stdin.buffer) if file == "-" else open_binary(find_file(file), stream=True) as stream:
        translator, _ = load_translator(run, device, set_, beam)
        if align:
            translator.check_map("cross")
        chunks = read_chunks(stream, name, problems, _LINES_AT_ONCE)
        with open_output(output) as results:
            number = 0
            for chunk, translations in translate_chunks(translator, chunks, name, nbest or 1):
                if nbest is None:
                    lines = _columns(translator, chunk, [found[0] for found in translations], scores, align)
                else:
                    lines = _listed(translations, number)
                results.writelines(line + "\n" for line in lines)
                results.flush()
                number += len(chunk)
    problems.log()


def _listed(translations: "list[list[Translation]]", first: int) -> "Iterator[str]":
    for number, found in enumerate(translations, first):
        for translation in found:
            yield f"{number} ||| {translation.text} ||| {translation.score:.6f}"


def _columns(
    translator: "Translator", sources: list[str], translations: "list[Translation]", scores: bool, align: bool
) -> "Iterator[str]":
    from seq2seq.alignment import format_links, links

    alignments = translator.align_translations(sources, translations) if align else iter(())
    for translation in translations:
        columns = [translation.text]
        if scores:
            columns.append(f"{translation.score:.6f}")
        if align:
            columns.append(format_links(links(next(alignments))))
        yield "\t".join(columns)
