"""``heatmap``."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seq2seq.commands.options import Beam, Device, RunName, Set, load_translator, names_file

if TYPE_CHECKING:
    from seq2seq.alignment import Alignment
    from seq2seq.alignment.heatmap import Panel
    from seq2seq.decoding.translation import Translation

__all__ = ["heatmap"]

logger = logging.getLogger(__name__)


def heatmap(
    run: RunName,
    sentence: Annotated[str, typer.Argument(help="The sentence to translate.", show_default=False)],
    reference: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Draw this target, instead of the model's translation.")
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Where to draw: a .png, .svg or .pdf.")
    ] = Path("heatmap.png"),
    map_: Annotated[
        Literal["cross", "encoder", "decoder", "pooling"],
        typer.Option(
            "--map",
            help="cross: target over source. encoder, decoder: that side over itself (Transformer). pooling: how the "
            "sentence's vector weighs the source (model.pooling: attention).",
        ),
    ] = "cross",
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="L|all", help="The layer, from 1. [default: the one that aligns, or the last]", show_default=False
        ),
    ] = None,
    head: Annotated[
        str, typer.Option(metavar="H|mean|all", help="The head, from 1; or the mean of all; or a grid.")
    ] = "mean",
    pieces: Annotated[bool, typer.Option("--pieces", help="Show the model's subwords instead of words.")] = False,
    end: Annotated[bool, typer.Option("--end", help="Show the end tokens as well (the decoder map has none).")] = False,
    beam: Beam = None,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Draw which words each word looked at, and print the target sentence."""
    from seq2seq.alignment.heatmap import check_picture, draw_heatmaps
    from seq2seq.corpus.lines import check_unicode
    from seq2seq.errors import ConfigError

    check_picture(output)
    if reference is not None and beam is not None:
        raise ConfigError("--beam and --reference together: a given target is not searched for; leave one of them out")
    for text in (sentence, reference or ""):
        check_unicode(text)
        if names_file(text):
            raise ConfigError(f"{text}: is a file, but `heatmap` takes a sentence; give one of its lines, in quotes")
    translator = load_translator(run, device, set_, beam)
    translator.check_map(map_)
    target: str | Translation
    if reference is None:
        (target,) = translator.translate([sentence], place=lambda _: "the sentence")
    else:
        target = reference
    places = (lambda _: "the sentence", lambda _: "the reference")
    maps = translator.maps(map_, sentence, target, "pieces" if pieces else "words", places=places)
    if layer is None:
        layer = str(translator.alignment_layer(len(maps)) if map_ == "cross" else len(maps))
    panels, shown = _grid(maps, layer, head, end)
    draw_heatmaps(panels, output)
    typer.echo(target if isinstance(target, str) else target.text)
    logger.info(", ".join([f"{output}: written: {map_} attention", *shown]))


def _grid(maps: "list[list[Alignment]]", layer: str, head: str, end: bool) -> "tuple[list[list[Panel]], list[str]]":
    """Return the panels of the chosen layers (rows) and heads (columns), and how a message tells the choice."""
    layers = _chosen("layer", layer, len(maps), ["all"])
    heads = _chosen("head", head, len(maps[0]), ["mean", "all"])
    several = len(maps) > 1 or len(maps[0]) > 1
    panels = [_panels(f"layer {number}", maps[number - 1], heads, end, several) for number in layers]
    shown = [_shown("layer", layer, len(maps)), _shown("head", head, len(maps[0]))] if several else []
    return panels, shown


def _panels(name: str, layer: "list[Alignment]", heads: list[int], end: bool, titled: bool) -> "list[Panel]":
    """Return the chosen heads of a layer as panels, or their mean if none is chosen."""
    from seq2seq.alignment import mean
    from seq2seq.alignment.heatmap import Panel

    chosen = [(f"{name}, head {head}", layer[head - 1]) for head in heads] or [(f"{name}, mean", mean(layer))]
    return [
        Panel(title if titled else "", found if end else found.without_end(renormalise=False))
        for title, found in chosen
    ]


def _chosen(what: str, value: str, count: int, others: list[str]) -> list[int]:
    """Return the numbers, from 1, that a --layer or --head stands for, or none for the mean of them all."""
    from seq2seq.errors import ConfigError

    numbers = [str(number) for number in range(1, count + 1)]
    if value in others:
        return list(range(1, count + 1)) if value == "all" else []
    if value not in numbers:
        raise ConfigError(
            f"--{what} {value}: this map has {what}s 1 to {count}; give one of them, or {' or '.join(others)}"
        )
    return [int(value)]


def _shown(what: str, value: str, count: int) -> str:
    """Return how a message tells a choice of layers or heads."""
    return f"{what} {value} of {count}" if value.isdecimal() else f"{value} of {count} {what}s"
