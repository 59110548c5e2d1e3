"""Heatmaps of alignments as files: source on x, target on y, as in Bahdanau et al. 2014, figure 3.

Cells are vectors and text is text, in fonts that venues accept: a PDF embeds TrueType (type 42), never type 3, and has
no image in it.
"""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seq2seq.alignment.canvas import MOST_NAMED, Texts, draw_page, settings
from seq2seq.alignment.output import blamed, check_output, printable, writing
from seq2seq.alignment.panels import Panel, Style, views
from seq2seq.errors import ConfigError

__all__ = ["FORMATS", "Draw", "check_picture", "draw_heatmaps", "open_picture"]

logger = logging.getLogger(__name__)

FORMATS = (".png", ".svg", ".pdf")

_LEGIBLE = 4.5  # points

Draw = Callable[[Sequence[Sequence[Panel]], Style], None]


def check_picture(path: Path) -> None:
    """Refuse a file that could not be drawn, before any work is done.

    Raises:
        ConfigError: the name's ending is not one of `FORMATS`, or no file of that name can be written.
    """
    check_output(path, FORMATS, "a heatmap is")


def draw_heatmaps(panels: Sequence[Sequence[Panel]], path: Path, style: Style | None = None) -> None:
    """Write rows of heatmaps of the same units; units are named above and on the left.

    A row goes on in the next line where its names would be too small otherwise, and a PDF has a page for each row.
    Equal alignments give equal files. Characters that the fonts lack are drawn as U+FFFD, with a warning; long names of
    units are cut. A side of more than 150 units is drawn without names and lines, with a warning.

    Args:
        panels: rows of panels: of a layer's heads, say.
        path: the file, whose ending chooses the format, one of `FORMATS`.
        style: how it looks; None is the default style.

    Raises:
        ConfigError: the name's ending is not one of `FORMATS`, a side has no unit, or the file cannot be written.
        DataError: a gold link lies outside an alignment.
    """
    with open_picture(path) as draw:
        draw(panels, style or Style())


@contextmanager
def open_picture(path: Path) -> Iterator[Draw]:
    """Yield a function that draws as `draw_heatmaps` does: once into a PNG or SVG, as often as need be into a PDF.

    The file appears when all is drawn.

    Raises:
        ConfigError: see `check_picture`; or nothing was drawn.
    """
    check_picture(path)
    texts = {serif: Texts(serif, embedded=path.suffix.lower() != ".svg") for serif in (False, True)}
    is_vast, points = False, math.inf
    with writing(path) as temporary, _File(temporary, path) as file:

        def draw(panels: Sequence[Sequence[Panel]], style: Style) -> None:
            nonlocal is_vast, points
            rows = views(panels, style)
            is_vast |= max(rows[0][0].alignment.weights_TS.shape) > MOST_NAMED
            units = panels[0][0].alignment.without_end()
            description = f"{' '.join(units.source)} → {' '.join(units.target)}"
            with settings():
                for part in [[row] for row in rows] if file.has_pages else [rows]:
                    page = draw_page(part, style, texts[style.serif])
                    points = min(points, page.layout.points)
                    file.save(page.figure, style.title, description)

        yield draw
        if not file.drawn:
            raise ConfigError(f"{path}: there is nothing to draw, because every sentence is empty")
    if is_vast:
        logger.warning(f"{path}: a side of more than {MOST_NAMED} units is drawn without their names and lines")
    if points < _LEGIBLE:
        logger.warning(f"{path}: names of {points:.1f} points can hardly be read; a greater width gives them room")
    lacking = sorted(texts[False].lacking | texts[True].lacking)
    if lacking:
        shown = ", ".join(f"U+{ord(character):04X}" for character in lacking[:5]) + ", …" * (len(lacking) > 5)
        logger.warning(f"{path}: the font has no {shown}; drawn as \ufffd")


class _File:
    """A picture that is being written to a temporary place; it has pages if it is a PDF."""

    def __init__(self, temporary: Path, path: Path) -> None:
        self._temporary, self._path = temporary, path
        self._ending = path.suffix.lower()
        self._pages: Any = None
        self.has_pages = self._ending == ".pdf"
        self.drawn = 0

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pages is not None:
            with blamed(self._path), settings():  # fonts are written now
                self._pages.close()

    def save(self, figure: Any, title: str, description: str) -> None:
        """Write a figure, with what it shows as text, for search and for readers who cannot see it."""
        title, description = printable(title), printable(description)
        with blamed(self._path):
            if self.has_pages:
                self._page(figure, {"CreationDate": None, "Title": title, "Subject": description})
            else:
                metadata: dict[str, Any] = {"Title": title, "Description": description}
                metadata |= {"Date": None} if self._ending == ".svg" else {}
                dots = _dots_per_inch(*figure.get_size_inches())
                figure.savefig(self._temporary, format=self._ending[1:], dpi=dots, metadata=metadata)
        self.drawn += 1

    def _page(self, figure: Any, metadata: dict[str, Any]) -> None:
        if self._pages is None:
            from matplotlib.backends.backend_pdf import PdfPages

            self._pages = PdfPages(self._temporary, metadata=metadata)
        self._pages.savefig(figure)


def _dots_per_inch(width: float, height: float) -> float:
    """Return the resolution of a picture of that many inches, in dots per inch.

    It is 200, or less where the picture would have more than 60 million pixels, or a side near the 65,536 that can be
    drawn.
    """
    return min(200, math.sqrt(60e6 / (width * height)), 30_000 / max(width, height))
