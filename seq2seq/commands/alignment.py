"""``align`` and ``heatmap``."""

from pathlib import Path
from typing import Annotated

import typer

from seq2seq.commands.options import (
    Beam,
    Device,
    Output,
    RunName,
    Set,
    load_translator,
    read_parallel,
    talk,
    warn_if_cut,
)

__all__ = ["align", "heatmap"]


def align(
    run: RunName,
    source: Annotated[str, typer.Option(metavar="FILE", help="Sentences, one a line.", show_default=False)],
    target: Annotated[str, typer.Option(metavar="FILE", help="Their translations, one a line.", show_default=False)],
    output: Output = None,
    device: Device = "auto",
) -> None:
    """Link the words of given pairs: 'source-target' from 0, one line a pair."""
    from seq2seq.alignment import format_links, links
    from seq2seq.corpus.lines import Problems, write_lines

    problems = Problems()
    sources, targets = read_parallel(source, target, problems)
    translator, _ = load_translator(run, device, None)
    alignments = translator.align(sources, targets)
    write_lines(output, (format_links(links(alignment)) for alignment in alignments))
    for message in problems.messages():
        talk(f"warning: {message}")


def heatmap(
    run: RunName,
    sentence: Annotated[str, typer.Argument(help="What to translate.", show_default=False)],
    reference: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Align with this; otherwise with the model's translation.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="A .png, .svg or .pdf.")] = Path(
        "heatmap.png"
    ),
    pieces: Annotated[bool, typer.Option("--pieces", help="Show the model's subwords, not words.")] = False,
    end: Annotated[bool, typer.Option("--end", help="Show the end tokens, too.")] = False,
    beam: Beam = None,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Draw which source words each target word looked at, and print the target."""
    from seq2seq.alignment.heatmap import check_format, draw_heatmap
    from seq2seq.corpus.lines import check_unicode

    check_format(output)
    for text in (sentence, reference or ""):
        check_unicode(text)
    translator, _ = load_translator(run, device, set_, beam)
    if reference is None:
        found = translator.translate([sentence])
        warn_if_cut(found, translator.config.max_input, "the sentence")
        translation = found[0][0]
        target, alignments = (
            translation.text,
            translator.align_translations([sentence], [translation], words=not pieces),
        )
    else:
        target, alignments = reference, translator.align([sentence], [reference], words=not pieces)
    alignment = next(alignments)
    draw_heatmap(alignment if end else alignment.without_end(), output)
    typer.echo(target)
    talk(f"{output}: written")
