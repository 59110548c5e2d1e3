"""A page of heatmaps, drawn with Matplotlib on one set of axes whose unit is the inch, from the top left corner."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.alignment.alignment import END
from seq2seq.alignment.layout import GAP, LINE, MARGIN, POINT, Layout, Needs, arrange
from seq2seq.alignment.panels import COLOURS, HIDDEN, Style, View, highest

__all__ = ["MOST_NAMED", "Page", "Texts", "draw_page", "settings"]

MOST_NAMED = 150  # units of a side: the names of more are slow to draw and too small to read
_LONGEST = 24  # characters of a unit's name: a longer one would leave a picture white but for itself
_LONGEST_TITLE = 400
_LEVELS = 256  # of colour, as many as the maps have
_BAR = (1.0, 0.09)  # inches of the scale
_SPACE = 0.16  # inches between the parts of the key
_GREY = "0.4"  # of what is no unit's name
_LINK, _GOLD = "#c44e00", "#00795a"  # as in page.css; told apart by colour-blind people, and from black and white
_FONTS = {
    False: ["DejaVu Sans", "sans-serif"],
    True: ["STIXGeneral", "serif", "DejaVu Sans"],
}  # all of them come with Matplotlib


@contextmanager
def settings() -> Iterator[None]:
    """Draw with the same settings everywhere, whatever a user's or a notebook's are."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial"],
                "font.serif": ["DejaVu Serif", "Times New Roman", "Times"],
                "pdf.fonttype": 42,
                "svg.fonttype": "none",
                "svg.hashsalt": "seq2seq",
            }
        )
        yield


class Texts:
    """What can be written in a font, and how long it is.

    Args:
        serif: whether the font has serifs.
        embedded: whether the picture brings its font along. An SVG does not: it is read in the first font of the family
            that a reader has, so that text has the room that the widest of them takes.

    Attributes:
        family: the font, and those that have what it lacks.
        lacking: the characters asked for so far that no font has; U+FFFD stands in their place.
    """

    def __init__(self, serif: bool, embedded: bool = True) -> None:
        self.family = _FONTS[serif]
        self._measured = [self.family] if embedded else [[font] for font in self.family]
        self.lacking: set[str] = set()

    def drawable(self, text: str) -> str:
        """Return a text in characters that the fonts have."""
        lacking = {character for character in text if ord(character) not in _glyphs(tuple(self.family))}
        self.lacking |= lacking
        return text.translate(dict.fromkeys(map(ord, lacking), "\ufffd"))

    def name(self, unit: str) -> str:
        """Return the name of a unit as it is drawn: short, and of characters that the fonts have."""
        return self.drawable(_shortened(unit, _LONGEST))

    def length(self, text: str) -> float:
        """Return how long a text is, in font sizes."""
        return max(_length(text, tuple(family)) for family in self._measured)

    def lines(self, text: str, most: float) -> list[str]:
        """Return a text, broken at its spaces into lines of at most `most` font sizes, except for longer words."""
        lines: list[str] = []
        for word in text.split():
            if lines and self.length(f"{lines[-1]} {word}") <= most:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


@lru_cache
def _glyphs(family: tuple[str, ...]) -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(
        chain.from_iterable(get_font(findfont(FontProperties(family=[name]))).get_charmap() for name in family)
    )


@lru_cache(maxsize=4096)
def _length(text: str, family: tuple[str, ...]) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family=list(family), size=100)
    width: float = TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]
    return width / 100


def draw_page(views: Sequence[Sequence[View]], style: Style, texts: Texts) -> "Page":
    """Return a page with rows of views, all of the same units."""
    units = views[0][0].alignment
    sides = (units.source, units.target)
    above, left = ([texts.name(unit) for unit in side] if len(side) <= MOST_NAMED else [] for side in sides)
    hides = any(view.hides for view in chain(*views))
    titles = [texts.drawable(view.title) for view in chain(*views)]
    needs = Needs(
        len(units.source), len(units.target), (bool(above), bool(left)),
        max(map(texts.length, above), default=0), max(map(texts.length, left), default=0),
        3.0 if hides else 0, max(map(texts.length, titles)), style.font_size,
    )  # fmt: skip
    title = texts.drawable(_shortened(style.title, _LONGEST_TITLE))
    key = _Key(views, style, texts)

    def frame(width: float) -> tuple[float, float]:
        heading = texts.lines(title, (width - 2 * MARGIN) / (style.font_size * POINT))
        return len(heading) * LINE * style.font_size * POINT + (GAP if heading else 0), key.height(width)

    layout = arrange(needs, [len(row) for row in views], style.width, frame)
    page = Page(layout, style, texts)
    page.heading(title)
    page.axis_names(needs)
    page.weights(list(chain(*views)), highest(views, style))
    corners = list(chain(*layout.lines))
    for view, corner in zip(chain(*views), corners, strict=True):
        page.panel(view, corner)
        page.above(above, units.source_end, corner)
        if hides:
            page.notes(view, corner)
    for line in layout.lines:
        page.left(left, units.target_end, line[0])
    key.draw(page)
    return page


class Page:
    """A figure, and what can be drawn in it.

    Attributes:
        figure: Matplotlib's figure, of exactly the size of the layout.
        layout: where its parts lie.
    """

    def __init__(self, layout: Layout, style: Style, texts: Texts) -> None:
        import matplotlib as mpl
        from matplotlib.figure import Figure

        self.layout, self.style, self.texts = layout, style, texts
        self.colours = mpl.colormaps[COLOURS[style.colours]]
        self.figure = Figure(figsize=(layout.width, layout.height))
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, layout.width)
        self.axes.set_ylim(layout.height, 0)

    def write(self, x: float, y: float, text: str, size: float | None = None, **options: Any) -> None:
        """Write a text from a point of its baseline on."""
        options = {"family": self.texts.family, "parse_math": False, "rotation_mode": "anchor", **options}
        self.axes.text(x, y, text, fontsize=size or self.layout.points, va="baseline", **options)

    def outlines(self, boxes: NDArray[np.floating], **options: Any) -> None:
        """Draw rectangles (N × 4: left, top, right, bottom) as one path."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        left, top, right, bottom = boxes.T
        points = np.stack([left, top, right, top, right, bottom, left, bottom, left, top], axis=1).reshape(-1, 2)
        codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(boxes))
        self.axes.add_artist(PathPatch(Path(points, codes), **options))

    def circles(self, centres: NDArray[np.floating], radius: float, **options: Any) -> None:
        """Draw circles around points (N × 2) as one path."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        circle: Any = Path.unit_circle()
        points = circle.vertices * radius + centres[:, None]
        self.axes.add_artist(PathPatch(Path(points.reshape(-1, 2), np.tile(circle.codes, len(centres))), **options))

    def boxes(self, cells: Any, corners: Any) -> NDArray[np.floating]:
        """Return the rectangles of cells (N × 2: column, row), whose panels have these corners (one, or N × 2)."""
        places = np.asarray(cells, dtype=np.float64).reshape(-1, 2)
        left_top, right_bottom = (corners + at * self.layout.cell for at in (places, places + 1))
        return np.concatenate([left_top, right_bottom], axis=1)

    def heading(self, title: str) -> None:
        """Write the title, in as many lines as it takes."""
        size = self.style.font_size
        for i, line in enumerate(self.texts.lines(title, (self.layout.width - 2 * MARGIN) / (size * POINT))):
            self.write(MARGIN, MARGIN + (i * LINE + 1) * size * POINT, line, size)

    def axis_names(self, needs: Needs) -> None:
        """Name the source above the first panel and the target beside each line of panels, in the middle if it fits."""
        layout = self.layout
        wide, high = needs.columns * layout.cell[0], needs.rows * layout.cell[1]
        source, target = map(self.texts.name, self.style.axes)
        x = layout.lines[0][0][0] + max(0, wide - self._inches(source)) / 2
        self.write(x, layout.top - 2 * GAP, source, color=_GREY)
        for line in layout.lines:
            y = line[0][1] + high - max(0, high - self._inches(target)) / 2
            self.write(MARGIN + layout.points * POINT, y, target, rotation=90, color=_GREY)

    def _inches(self, text: str) -> float:
        return self.texts.length(text) * self.layout.points * POINT

    def weights(self, views: Sequence[View], most: float) -> None:
        """Fill the cells, those of one colour together; what has the colour of 0 is the ground."""
        corners = np.array(list(chain(*self.layout.lines)))
        weights = np.stack([view.alignment.weights_TS for view in views])
        size = np.array(weights.shape[:0:-1]) * self.layout.cell
        ground = np.concatenate([corners, corners + size], axis=1)
        self.outlines(ground, facecolor=self.colours(0), linewidth=0, label="ground")
        levels = np.clip(weights / most * _LEVELS, 0, _LEVELS - 1).astype(int)
        panel, row, column = np.nonzero(levels)
        boxes = self.boxes(np.stack([column, row], axis=1), corners[panel])
        levels = levels[panel, row, column]
        for level in np.unique(levels):
            colour = self.colours(int(level))
            self.outlines(boxes[levels == level], facecolor=colour, linewidth=0, snap=True, label="weights")

    def panel(self, view: View, corner: tuple[float, float]) -> None:
        """Draw the lines between cells, the frame, the marks and the title of a panel."""
        from matplotlib.collections import LineCollection

        rows, columns = view.alignment.weights_TS.shape
        (wide, high), (x, y) = self.layout.cell, corner
        right, bottom = x + columns * wide, y + rows * high
        lines = [[(x + i * wide, y), (x + i * wide, bottom)] for i in range(1, columns) if columns <= MOST_NAMED]
        lines += [[(x, y + i * high), (right, y + i * high)] for i in range(1, rows) if rows <= MOST_NAMED]
        ground = np.array(self.colours(0)[:3])
        self.axes.add_artist(LineCollection(lines, colors=[0.85 * ground + 0.15 * (1 - ground)], linewidths=0.4))
        self.outlines(np.array([[x, y, right, bottom]]), fill=False, edgecolor=_GREY, linewidth=0.6)
        self.links(self.boxes(sorted(view.links), corner))
        if view.gold:
            for cells, is_sure in ((view.gold.possible - view.gold.sure, False), (view.gold.sure, True)):
                self.gold(self.boxes(sorted(cells), corner), is_sure)
        size = self.layout.points
        self.write(x, bottom + GAP + size * POINT, self.texts.drawable(view.title), color=_GREY)

    def links(self, boxes: NDArray[np.floating]) -> None:
        """Outline the cells of links, in white and in a colour, so that they are seen on any ground."""
        if len(boxes):
            width = self._mark() * 0.1
            inside = boxes + np.array([1, 1, -1, -1]) * (width / 2 + 0.2) * POINT
            self.outlines(inside, fill=False, edgecolor="white", linewidth=width + 0.8)
            self.outlines(inside, fill=False, edgecolor=_LINK, linewidth=width, label="links")

    def gold(self, boxes: NDArray[np.floating], is_sure: bool) -> None:
        """Draw a dot in each cell of sure links, or a ring in each of possible ones."""
        if len(boxes):
            centres, radius = (boxes[:, :2] + boxes[:, 2:]) / 2, self._mark() * 0.18 * POINT
            width = self._mark() * 0.1
            self.circles(centres, radius, facecolor="white", edgecolor="white", linewidth=width + 1)
            face = _GOLD if is_sure else "white"
            label = "sure" if is_sure else "possible"
            self.circles(centres, radius, facecolor=face, edgecolor=_GOLD, linewidth=width, label=label)

    def _mark(self) -> float:
        """Return the size of a cell, in points, by which marks are drawn."""
        return float(np.clip(min(self.layout.cell) / POINT, 4, 16))

    def above(self, names: Sequence[str], ends: bool, corner: tuple[float, float]) -> None:
        """Name the columns of a panel, the last of which may be the end token's."""
        for i, name in enumerate(names):
            x = corner[0] + (i + 0.5) * self.layout.cell[0] + 0.35 * self.layout.points * POINT
            colour = _GREY if ends and i == len(names) - 1 else "black"
            self.write(x, corner[1] - GAP, name, rotation=90, color=colour)

    def left(self, names: Sequence[str], ends: bool, corner: tuple[float, float]) -> None:
        """Name the rows of a panel, the last of which may be the end token's."""
        for i, name in enumerate(names):
            y = corner[1] + (i + 0.5) * self.layout.cell[1] + 0.35 * self.layout.points * POINT
            self.write(corner[0] - GAP, y, name, ha="right", color=_GREY if ends and i == len(names) - 1 else "black")

    def notes(self, view: View, corner: tuple[float, float]) -> None:
        """Write right of each row what it has on the end token, which is not drawn."""
        points = self.layout.points
        left = corner[0] + len(view.alignment.source) * self.layout.cell[0] + 0.5 * points * POINT
        self.write(left + 1.2 * points * POINT, corner[1] - GAP, END, rotation=90, color=_GREY)
        for i, weight in enumerate(view.hidden_T):
            if weight >= HIDDEN:
                y = corner[1] + (i + 0.5) * self.layout.cell[1] + 0.3 * points * POINT
                self.write(left, y, f"{weight:.0%}", 0.85 * points, color=_GREY)


class _Key:
    """The scale and the meaning of the marks, below the panels."""

    def __init__(self, views: Sequence[Sequence[View]], style: Style, texts: Texts) -> None:
        self.most, self.size, self.texts = highest(views, style), style.font_size, texts
        marks = {
            "link": any(view.links for view in chain(*views)),
            "gold, sure": any(view.gold and view.gold.sure for view in chain(*views)),
            "gold, possible": any(view.gold and view.gold.possible - view.gold.sure for view in chain(*views)),
        }
        self.marks = [name for name, is_there in marks.items() if is_there]

    def _places(self, width: float) -> Iterator[tuple[str, float, float]]:
        """Yield each part with the left and the bottom of its place, from left to right as far as there is room."""
        line, x, y = LINE * self.size * POINT, MARGIN, 2 * LINE * self.size * POINT
        for name in ("", *self.marks):
            text = self.texts.length(name or f"weight  0  {self.most:.2g}") * self.size * POINT
            long = text + (_BAR[0] if not name else self.size * POINT * 1.4) + _SPACE
            if x > MARGIN and x + long - _SPACE > width - MARGIN:
                x, y = MARGIN, y + line
            yield name, x, y
            x += long

    def height(self, width: float) -> float:
        """Return the height of all parts in a picture of a width."""
        return max(y for _, _, y in self._places(width)) + 0.25 * self.size * POINT

    def draw(self, page: Page) -> None:
        em = self.size * POINT
        for name, x, below in self._places(page.layout.width):
            y = page.layout.bottom + below
            if not name:
                self._scale(page, x, y)
                continue
            box = np.array([[x, y - 0.85 * em, x + 0.95 * em, y + 0.1 * em]])
            page.links(box) if name == "link" else page.gold(box, name.endswith("sure"))
            page.write(x + 1.4 * em, y, name, self.size, color=_GREY)

    def _scale(self, page: Page, x: float, y: float) -> None:
        """Draw the scale, each colour from its place to the end, so that no seam is seen."""
        em = self.size * POINT
        page.write(x, y, "weight", self.size, color=_GREY)
        x += self.texts.length("weight  ") * em
        page.write(x, y, "0", self.size, color=_GREY)
        x += self.texts.length("0 ") * em
        wide, high = _BAR
        for level in range(0, _LEVELS, 4):
            box = np.array([[x + wide * level / _LEVELS, y - high, x + wide, y]])
            page.outlines(box, facecolor=page.colours(level + 2), linewidth=0)
        page.outlines(np.array([[x, y - high, x + wide, y]]), fill=False, edgecolor=_GREY, linewidth=0.5)
        page.write(x + wide + self.texts.length(" ") * em, y, f"{self.most:.2g}", self.size, color=_GREY)
