"""Where ``heatmap`` draws: one file, a picture for each line in a directory, the terminal, and data for others."""

import logging
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seq2seq.commands.options import given
from seq2seq.commands.shown import Found

if TYPE_CHECKING:
    from seq2seq.alignment.export import About
    from seq2seq.alignment.panels import Panel, Style

__all__ = ["Places"]

logger = logging.getLogger(__name__)

# Options of `heatmap`, by the names of its parameters, that need a picture, and those that need one in a file.
_OF_PICTURES = ("title", "scale", "end", "links", "gold")
_OF_FILES = ("colours", "serif", "width", "font_size")

_Draw = Callable[[int, "list[list[Panel]]", "Style"], None]  # the number of a line, its panels and their style


@dataclass(frozen=True)
class Places:
    """Where to draw, as options say.

    Attributes:
        output: one picture, or a PDF with a page for each line and layer.
        out: a directory of pictures, named by the numbers of their lines.
        format: what is drawn there.
        terminal: whether to draw on standard output.
        data: the file of the weights.
    """

    output: Path | None
    out: Path | None
    format: str
    terminal: bool
    data: Path | None

    def or_default(self, is_file: bool) -> "Places":
        """Return these places, or for a sentence ``heatmap.png``, if no place is asked for.

        Raises:
            ConfigError: none is asked for, and the sentences are those of a file.
        """
        from seq2seq.errors import ConfigError

        if self.output or self.out or self.terminal or self.data:
            return self
        if is_file:
            raise ConfigError("say where to draw: -o FILE.pdf with a page for each line, --out DIR, or --terminal")
        return replace(self, output=Path("heatmap.png"))

    def check_options(self, context: typer.Context) -> None:
        """Refuse options that would change nothing, since nothing that they are about is drawn; and see `check`.

        Raises:
            ConfigError: see there.
        """
        from seq2seq.errors import ConfigError

        is_file = bool(self.output or self.out)
        for names, is_used, what, way in (
            (("format_",), bool(self.out), "what --out draws", "--out DIR"),
            (_OF_FILES, is_file, "pictures in files", "-o FILE or --out DIR"),
            (_OF_PICTURES, is_file or self.terminal, "pictures", "-o FILE, --out DIR or --terminal"),
        ):
            option = given(context, names)
            if option and not is_used:
                raise ConfigError(f"{option} is for {what}; add {way}, or leave it out")
        self.check(None)

    def check(self, count: int | None) -> None:
        """Refuse, before any work is done, what could not be written, or (if it is known) hold that many pictures.

        Raises:
            ConfigError: see there.
        """
        from seq2seq.alignment.export import check_data
        from seq2seq.alignment.heatmap import FORMATS, check_picture
        from seq2seq.errors import ConfigError

        if self.output:
            if self.output.suffix.lower() not in FORMATS:
                raise ConfigError(
                    f"{self.output}: a picture is written as {', '.join(FORMATS)}, and a page as .html; "
                    "choose one of these endings"
                )
            check_picture(self.output)
            if count not in (1, None) and self.output.suffix.lower() != ".pdf":
                raise ConfigError(
                    f"{self.output}: holds one picture, but there are {count:,} sentences; draw them with --out DIR, "
                    "or into a .pdf, which has a page for each"
                )
        if self.out:
            _check_directory(self.out)
        if self.data:
            check_data(self.data)

    @contextmanager
    def open(self, about: "About", style: "Style", title: str | None, count: int) -> Iterator[Callable[[Found], None]]:
        """Yield a function that draws the alignments of a sentence everywhere, and log at the end what is written.

        Args:
            about: what the sentences have in common.
            style: how pictures look, but for their titles and the names of their sides.
            title: the title of all, or None for one that names the model and the map.
            count: how many sentences there are.
        """
        from seq2seq.alignment.export import open_data
        from seq2seq.alignment.heatmap import open_picture
        from seq2seq.words import counted

        caption, drawn = "", 0
        with ExitStack() as stack:
            draws: list[_Draw] = []
            if self.output:
                draw = stack.enter_context(open_picture(self.output))
                draws.append(lambda line, panels, style: draw(panels, style))
            if self.out:
                draws.append(_directory(self.out, self.format, len(str(count))))
            if self.terminal:
                draws.append(_on_terminal)
            write = stack.enter_context(open_data(self.data, about)) if self.data else None

            def add(found: Found) -> None:
                nonlocal caption, drawn
                caption, drawn = found.caption, drawn + 1
                sentence = found.sentence
                default = f"line {sentence.line} · " * (count > 1) + f"{about.model} · {caption}"
                own = replace(style, title=default if title is None else title, axes=_axes(about))
                for draw in draws:
                    draw(sentence.line, _panels(found), own)
                if write:
                    write(sentence)

            yield add
        for path in (self.output, self.data):
            if path:
                logger.info(f"{path}: written: {caption}")
        if self.out:
            logger.info(f"{self.out}: written: {counted(drawn, 'picture')} of {caption}")


def _axes(about: "About") -> tuple[str, str]:
    """Return what the columns and the rows of a map are."""
    source, target = (f"{side} ({name})" for side, name in zip(("source", "target"), about.languages, strict=True))
    return {"encoder": (source, source), "decoder": (target, target), "pooling": (source, "")}.get(
        about.map, (source, target)
    )


def _panels(found: Found) -> "list[list[Panel]]":
    """Return a row of panels for each layer; where there are several, a title tells them apart."""
    from seq2seq.alignment.panels import Panel

    sentence = found.sentence
    heads = [f"head {head}" for head in sentence.heads] or ["mean"]
    is_one = len(sentence.layers) * len(heads) == 1
    return [
        [
            Panel("" if is_one else f"layer {layer}, {head}", alignment, found.gold)
            for head, alignment in zip(heads, row, strict=True)
        ]
        for layer, row in zip(sentence.layers, sentence.alignments, strict=True)
    ]


def _check_directory(path: Path) -> None:
    """Refuse a directory that could not be made, or in which nothing could be written.

    Raises:
        ConfigError: see there.
    """
    from seq2seq.alignment.output import blamed, check_output
    from seq2seq.errors import ConfigError
    from seq2seq.files import file_mode

    with blamed(path):
        mode = file_mode(path)
    if mode is not None and not stat.S_ISDIR(mode):
        raise ConfigError(f"{path}: is not a directory; --out names one, for a picture of each sentence")
    check_output(path if mode is None else path / "1", [path.suffix.lower() if mode is None else ""], "pictures are")


def _directory(path: Path, ending: str, digits: int) -> _Draw:
    from seq2seq.alignment.heatmap import draw_heatmaps
    from seq2seq.alignment.output import blamed

    def draw(line: int, panels: "list[list[Panel]]", style: "Style") -> None:
        with blamed(path):
            path.mkdir(exist_ok=True)
        draw_heatmaps(panels, path / f"{line:0{digits}}.{ending}", style)

    return draw


def _on_terminal(line: int, panels: "list[list[Panel]]", style: "Style") -> None:
    from seq2seq.alignment.terminal import heatmap_lines

    width = shutil.get_terminal_size().columns
    for text in heatmap_lines(panels, style, width, plain=not _shows_blocks()):
        typer.echo(text)


def _shows_blocks() -> bool:
    """Return whether the terminal knows Unicode: standard error has its encoding, but standard output is UTF-8."""
    try:
        "█┌".encode(sys.stderr.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
