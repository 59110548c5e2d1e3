"""``heatmap``."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seq2seq.commands.options import Beam, Device, OneBased, RunName, Set, load_translator, progress
from seq2seq.commands.page import Page
from seq2seq.commands.pictures import Places
from seq2seq.commands.shown import Choice, Found, Texts

if TYPE_CHECKING:
    from tqdm import tqdm

    from seq2seq.alignment.panels import Style
    from seq2seq.corpus.lines import Problems

__all__ = ["heatmap"]

_Sentence = Annotated[
    str | None, typer.Argument(metavar="[SENTENCE]", help="The sentence to translate.", show_default=False)
]
_Reference = Annotated[
    str | None, typer.Option(metavar="TEXT", help="The sentence's target, instead of the model's translation.")
]
_Source = Annotated[
    str | None,
    typer.Option(metavar="FILE|-", help="Sentences, one a line, instead of a single one; - is standard input."),
]
_Target = Annotated[
    str | None, typer.Option(metavar="FILE", help="With --source: their targets, instead of the model's translations.")
]
_Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE",
        help="Where to draw: a .png, .svg or .pdf, which has a page for each line of --source and each layer; or a "
        ".html: a page to explore in a browser, of all lines, maps, layers and heads. [default: heatmap.png]",
        show_default=False,
    ),
]  # fmt: skip
_Nbest = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="With -o page.html: show up to this many translations of each sentence, beside each other.",
    ),
]
_Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Draw a picture of each line of --source, named by its number.")
]
_Format = Annotated[Literal["png", "svg", "pdf"], typer.Option("--format", help="What --out draws.")]
_Terminal = Annotated[bool, typer.Option("--terminal", help="Draw as text, on standard output.")]
_Data = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the weights with their words: a .json or .npz.")
]
_Map = Annotated[
    Literal["alignment", "cross", "encoder", "decoder", "pooling"] | None,
    typer.Option(
        "--map",
        help="alignment: taught with links. cross: target over source. encoder, decoder: that side over itself "
        "(Transformer). pooling: how the sentence's vector weighs the source (model.pooling: attention). "
        "[default: alignment where the model has it, or cross]",
        show_default=False,
    ),
]
_Layer = Annotated[
    str | None,
    typer.Option(
        metavar="L|all", help="The layer, from 1. [default: the one that aligns, or the last]", show_default=False
    ),
]
_Head = Annotated[
    str | None,
    typer.Option(
        metavar="H|mean|all",
        help="The head, from 1; or the mean of all; or each. [default: the one that aligns, or the mean]",
        show_default=False,
    ),
]
_Units = Annotated[
    Literal["split", "words", "pieces"] | None,
    typer.Option(
        help="split: words, punctuation apart. words: what spaces separate. pieces: the model's subwords. "
        "[default: split; with --gold, words]",
        show_default=False,
    ),
]
_End = Annotated[
    bool | None,
    typer.Option(
        "--end/--no-end",
        help="Show the end tokens, or write their weight in numbers. [default: the source's, where it has weight]",
        show_default=False,
    ),
]
_Links = Annotated[bool, typer.Option("--links", help="Mark the links that the alignment makes.")]
_Gold = Annotated[str | None, typer.Option(metavar="FILE", help="Mark these true links of given targets.")]
_Title = Annotated[
    str | None, typer.Option(metavar="TEXT", help='"" for none. [default: the model and the map]', show_default=False)
]
_Colours = Annotated[
    Literal["grey", "inverted", "blues", "viridis", "magma"],
    typer.Option(help="Of weights; inverted: white is 1, as in Bahdanau et al. 2014."),
]
_Scale = Annotated[
    str | None,
    typer.Option(
        metavar="WEIGHT|max",
        help="The weight of the last colour; max is the largest. [default: 1; of pooling, max]",
        show_default=False,
    ),
]
_Serif = Annotated[bool, typer.Option("--serif", help="Use a font with serifs, like that of most papers.")]
_Width = Annotated[
    float | None,
    typer.Option(metavar="INCHES", help="Width. [default: as wide as needed, up to 10]", show_default=False),
]
_FontSize = Annotated[float, typer.Option(metavar="POINTS", help="The size of names, where there is room.")]


def heatmap(
    context: typer.Context,
    run: RunName,
    sentence: _Sentence = None,
    reference: _Reference = None,
    source: _Source = None,
    target: _Target = None,
    nbest: _Nbest = None,
    output: _Output = None,
    out: _Out = None,
    format_: _Format = "png",
    terminal: _Terminal = False,
    data: _Data = None,
    map_: _Map = None,
    layer: _Layer = None,
    head: _Head = None,
    units: _Units = None,
    end: _End = None,
    links: _Links = False,
    gold: _Gold = None,
    one_based: OneBased = None,
    title: _Title = None,
    colours: _Colours = "grey",
    scale: _Scale = None,
    serif: _Serif = False,
    width: _Width = None,
    font_size: _FontSize = 9.0,
    beam: Beam = None,
    set_: Set = None,
    device: Device = "auto",
) -> None:
    """Draw which words each word looked at, and print the target sentence."""
    from seq2seq.alignment.export import About
    from seq2seq.corpus.lines import Problems, write_lines
    from seq2seq.decoding.maps import default_units

    units = units or default_units(gold is not None)
    texts = Texts(sentence, reference, source, target, gold, one_based)
    texts.refuse_to_replace({"-o": output, "--data": data})
    if output is not None and output.suffix.lower() == ".html":
        texts.check(None if nbest else beam)
        page = Page(output, Path(run).resolve().name, title, map_, layer, head, units, nbest, links, end)
        page.write(context, texts, lambda: load_translator(run, device, set_, beam))
        return
    texts.check(beam)
    _check_pictures(map_, links, gold, nbest)
    style = _style("", ("", ""), colours, _scale(scale, map_), serif, font_size, width, links, end)
    places = Places(output, out, format_, terminal, data).or_default(is_file=source is not None)
    places.check_options(context)
    problems = Problems()
    pairs = texts.pairs(problems, units)
    places.check(len(pairs))
    translator = load_translator(run, device, set_, beam)
    choice = Choice(map_ or translator.alignment_map, layer, head, units)
    translator.check_map(choice.map)
    about = About(Path(run).resolve().name, translator.languages, choice.map, units)
    with places.open(about, style, title, len(pairs)) as draw, progress(len(pairs), is_hidden=terminal) as bar:
        targets = _draw_all(choice.of(translator, pairs), draw, texts, problems, bar)
    problems.log()
    write_lines(None, [] if terminal else targets)


def _draw_all(
    all_found: Iterable[Found], draw: Callable[[Found], None], texts: Texts, problems: "Problems", bar: "tqdm[Any]"
) -> list[str]:
    """Draw the pairs that have words on both sides, and return the targets of all.

    Raises:
        ConfigError: there is no such pair.
    """
    targets, drawn = [], 0
    for found in all_found:
        targets.append(found.sentence.target)
        if found.is_empty:
            problems.add("pair with an empty side (not drawn)", found.place)
        else:
            draw(found)
            drawn += 1
        bar.update()
    texts.check_some(drawn)
    return targets


def _check_pictures(map_: str | None, links: bool, gold: str | None, nbest: int | None) -> None:
    """Refuse what pictures cannot show: several translations, and links in a map that is not of source and target.

    Raises:
        ConfigError: see there.
    """
    from seq2seq.errors import ConfigError

    if nbest is not None:
        raise ConfigError("--nbest goes with -o page.html, which shows translations beside each other")
    if map_ not in (None, "alignment", "cross") and (links or gold is not None):
        option = "--links" if links else "--gold"
        raise ConfigError(f"{option} is about source and target, but --map {map_} is not; leave one of them out")


def _style(*options: Any) -> "Style":
    """Return a `Style` of these options; an error names the one that is wrong.

    Raises:
        ConfigError: an option is out of its bounds.
    """
    from seq2seq.alignment.panels import Style
    from seq2seq.errors import ConfigError

    try:
        return Style(*options)
    except ConfigError as error:  # it begins with the field's name, such as font_size
        raise ConfigError(f"--{str(error).replace('_', '-', 1)}") from None


def _scale(value: str | None, map_: str | None) -> float | None:
    """Return the weight that has the last colour, or None for the largest, as in `Style.scale`.

    Pooling spreads its weight over a sentence, so that on the scale of the other maps nothing of it could be seen.

    Raises:
        ConfigError: it is neither a number nor max.
    """
    from seq2seq.errors import ConfigError

    if value is None:
        return None if map_ == "pooling" else 1.0
    try:
        return None if value == "max" else float(value)
    except ValueError:
        raise ConfigError(f"--scale {value}: give a weight from 0.001 to 1, or max") from None
