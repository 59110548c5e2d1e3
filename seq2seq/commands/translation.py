"""``translate``."""

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from seq2seq.commands.options import Beam, Device, Output, RunName, Set, load_translator, progress, refuse_to_replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seq2seq.decoding.translation import Translation
    from seq2seq.decoding.translator import Translator

__all__ = ["translate"]


def translate(
    run: RunName,
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="One sentence a line; - is standard input.")] = "-",
    output: Output = None,
    beam: Beam = None,
    nbest: Annotated[
        int | None,
        typer.Option(min=1, help="Print up to so many texts a line, as 'line ||| text ||| score'.", show_default=False),
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
    from seq2seq.errors import ConfigError

    if nbest is not None and (scores or align):
        raise ConfigError("--nbest has its own format, with scores; leave out --scores and --align")
    refuse_to_replace(output, {"FILE": None if file == "-" else file})
    problems = Problems()
    name = "standard input" if file == "-" else file
    done = 0

    def place(number: int) -> str:
        return f"{name}:{done + number}"

    with nullcontext(sys.stdin.buffer) if file == "-" else open_binary(_find(file, run), stream=True) as stream:
        translator = load_translator(run, device, set_, beam)
        if align:
            translator.check_map(translator.alignment_map)
        if nbest is not None:
            translator.check_nbest(nbest)
        with open_output(output) as results, progress() as bar:
            for chunk in read_chunks(stream, name, problems, translator.lines_at_once):
                if nbest is None:
                    lines = _columns(translator, translator.translate(chunk, place=place), scores, align)
                else:
                    lines = _listed(translator.nbest(chunk, nbest, place=place), done)
                results.writelines(line + "\n" for line in lines)
                results.flush()
                done += len(chunk)
                bar.update(len(chunk))
    problems.log()


def _find(file: str, run: str) -> "Path":
    """Return the path of the file to translate.

    Raises:
        DataError: there is none; it may be a sentence.
    """
    from seq2seq.corpus.sources import find_file
    from seq2seq.errors import DataError
    from seq2seq.files import input_mode

    try:
        path = find_file(file)
        if input_mode(path) is not None:
            return path
    except DataError:
        if " " not in file:  # otherwise it is a sentence, which is too long for a name, say
            raise
    raise DataError(
        f'{file[:80]!r}: no such file; a sentence is given on standard input: echo "…" | seq2seq translate {run}'
    )


def _listed(translations: "list[list[Translation]]", first: int) -> "Iterator[str]":
    for number, found in enumerate(translations, first):
        for translation in found:
            yield f"{number} ||| {translation.text} ||| {translation.score:.6f}"


def _columns(translator: "Translator", translations: "list[Translation]", scores: bool, align: bool) -> "Iterator[str]":
    from seq2seq.alignment import format_links, links

    alignments = translator.align_translations(translations) if align else iter(())
    for translation in translations:
        columns = [translation.text]
        if scores:
            columns.append(f"{translation.score:.6f}")
        if align:
            columns.append(format_links(links(next(alignments))))
        yield "\t".join(columns)
