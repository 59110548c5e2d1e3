"""Heatmaps as text, for a look over ssh: shaded cells, and names that keep their columns whatever their script."""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from seq2seq.alignment.alignment import END
from seq2seq.alignment.output import printable
from seq2seq.alignment.panels import HIDDEN, Panel, Style, View, highest, views

__all__ = ["heatmap_lines"]

_FROM = (0.05, 0.25, 0.5, 0.75)  # of the scale: where each shade begins
_UNICODE = {"shades": "·░▒▓█", "line": "│", "corner": "┌", "cut": "…", "link": "•"}
_ASCII = {"shades": " .:+#", "line": "|", "corner": ",", "cut": "~", "link": "*"}
_SURE, _POSSIBLE = "!", "?"


def heatmap_lines(
    panels: Sequence[Sequence[Panel]], style: Style, width: int = 80, plain: bool = False
) -> Iterator[str]:
    """Yield the lines of heatmaps as text: a row for each target unit, two characters for each source unit.

    The names of the source stand above, each at the end of a line that leads to its column. Columns that do not fit
    into the width go on below.

    Args:
        panels: rows of panels, which are shown one below the other.
        style: its title, scale, links and end tokens are heeded.
        width: of the terminal, in characters.
        plain: whether to draw with ASCII characters only. Names stay as they are.

    Raises:
        ConfigError, DataError: see `views`.
    """
    rows = views(panels, style)
    drawing = _Drawing(rows, style, max(width, 20), _ASCII if plain else _UNICODE)
    if style.title:
        yield from (printable(style.title), "")
    for view in chain(*rows):
        if view.title:
            yield from (printable(view.title), "")
        for start in range(0, len(view.alignment.source), drawing.columns):
            yield from drawing.block(view, start)
            yield ""
    yield from drawing.key()


class _Drawing:
    """How cells and names are drawn, and how many columns find room."""

    def __init__(self, rows: Sequence[Sequence[View]], style: Style, width: int, signs: dict[str, str]) -> None:
        self.signs = signs
        self.most = highest(rows, style)
        self.has_gold = any(view.gold for view in chain(*rows))
        self.has_links = any(view.links for view in chain(*rows))
        self.cell = 3 if self.has_gold else 2
        units = rows[0][0].alignment
        self.left = [self._cut(name, width // 3) for name in units.target]
        self.margin = max(map(_wide, self.left))
        self.hides = any(view.hides for view in chain(*rows))
        room = width - self.margin - 1 - self.hides * len(" 100%")
        self.above = [self._cut(name, max(room // 2, room - self.cell * len(units.source))) for name in units.source]
        self.columns = next(size for size in self._sizes() if self._fits(size, room))

    def _sizes(self) -> Iterator[int]:
        """Yield numbers of columns, from all on: those that make blocks of nearly the same width."""
        count = len(self.above)
        for blocks in range(1, count + 1):
            yield math.ceil(count / blocks)

    def _fits(self, size: int, room: int) -> bool:
        ends = (self.cell * (i % size) + 2 + _wide(name) for i, name in enumerate(self.above))
        return size == 1 or (self.cell * size <= room and max(ends) <= room)

    def _cut(self, name: str, most: int) -> str:
        """Return a name that takes at most `most` columns of a terminal, cut where it is longer."""
        name = printable(name)
        if _wide(name) <= most:
            return name
        while _wide(name) >= most:
            name = name[:-1]
        return name + self.signs["cut"]

    def block(self, view: View, start: int) -> Iterator[str]:
        """Yield the lines of some columns of a view: their names, then the rows."""
        names = self.above[start : start + self.columns]
        for i, name in enumerate(names):
            leads = self.signs["line"].ljust(self.cell) * i + self.signs["corner"]
            yield f"{' ' * self.margin} {leads} {name}"
        is_last = start + self.columns >= len(self.above)
        for t, name in enumerate(self.left):
            cells = "".join(self._cell(view, start + i, t) for i in range(len(names)))
            hidden = float(view.hidden_T[t])
            note = f" {hidden:.0%}" if is_last and hidden >= HIDDEN else ""
            yield f"{' ' * (self.margin - _wide(name))}{name} {cells}{note}".rstrip()

    def _cell(self, view: View, s: int, t: int) -> str:
        level = int(np.searchsorted(_FROM, view.alignment.weights_TS[t, s] / self.most, side="right"))
        shade = self.signs["shades"][level]
        fill = shade if level else " "
        link = self.signs["link"] if (s, t) in view.links else fill
        if not self.has_gold:
            return shade + link
        gold = view.gold
        if gold and (s, t) in gold.possible:
            return shade + link + (_SURE if (s, t) in gold.sure else _POSSIBLE)
        return shade + link + fill

    def key(self) -> Iterator[str]:
        """Yield what the shades and the marks mean."""
        shades = zip(self.signs["shades"][1:], _FROM, strict=True)
        yield "weight from: " + "  ".join(f"{shade} {start * self.most:.2g}" for shade, start in shades)
        marks = [f"{self.signs['link']} link"] * self.has_links
        marks += [f"{_SURE} gold, sure", f"{_POSSIBLE} gold, possible"] * self.has_gold
        marks += [f"% on {END}, not drawn"] * self.hides
        if marks:
            yield "  ".join(marks)


def _wide(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a wide character, none for a combining one."""
    return sum(
        0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 2 if is_wide else 1
        for character, is_wide in ((c, unicodedata.east_asian_width(c) in "WF") for c in text)
    )
