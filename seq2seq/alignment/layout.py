"""Where everything of a picture of alignments lies, in inches: arithmetic alone, so that it can be checked by hand."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["GAP", "LINE", "MARGIN", "POINT", "Layout", "Needs", "arrange"]

POINT = 1 / 72  # inches
MARGIN = 0.06
LINE = 1.25  # the height of a line of text, in font sizes
GAP = 0.05  # between names and cells
_PANELS_GAP = 0.16
_CELL = 2.2  # the side of a cell where there is room, in font sizes
_WIDEST = 10.0  # inches of a picture that may choose
_NARROWEST = 2.6  # inches: so that a title or the scale has room over a sentence of two words
_READABLE = 6.0  # points: names are smaller only where a width is asked for
_COMFORTABLE = 7.0  # points: panels share a line as long as names are not smaller


class Needs(NamedTuple):
    """What has to find room. Lengths of text are in font sizes.

    Attributes:
        columns, rows: the numbers of cells of each panel.
        names: whether the columns, and the rows, have names.
        above, left: the lengths of the longest names of the columns (written upwards) and of the rows.
        note: the length of what stands right of each row, or 0.
        title: the length of the longest title of a panel, or 0.
        font_size: of names, in points, where there is room.
    """

    columns: int
    rows: int
    names: tuple[bool, bool]
    above: float
    left: float
    note: float
    title: float
    font_size: float


@dataclass(frozen=True)
class Layout:
    """The places of a picture's parts, in inches from its top left corner.

    Attributes:
        width, height: of the picture.
        points: the size of the font of names.
        cell: the width and the height of a cell.
        lines: the top left corners of the cells of the panels that stand side by side, line by line.
        top: where the names of the first line of panels begin.
        bottom: where the last line of panels ends.
    """

    width: float
    height: float
    points: float
    cell: tuple[float, float]
    lines: list[list[tuple[float, float]]]
    top: float
    bottom: float


def arrange(
    needs: Needs, panels: Sequence[int], width: float | None, frame: Callable[[float], tuple[float, float]]
) -> Layout:
    """Place rows of panels, each broken into lines where one would leave no room for readable names.

    Args:
        needs: what each panel has to find room for.
        panels: how many panels each row has.
        width: of the picture, in inches, or None for one that suits.
        frame: the heights of what stands above and below all panels, given the picture's width.
    """
    across = _across(needs, max(panels), width)
    cell = _cell(needs, across, width)
    points = _points(needs, cell)
    total = width or max(_NARROWEST, _width(needs, across, cell))
    above, below = frame(total)
    tall = _height(needs, cell)
    left, slot = _left(needs, points), _slot(needs, cell) + _PANELS_GAP
    top = y = MARGIN + above + _axis(points)
    lines = []
    for count in panels:
        each = math.ceil(count / math.ceil(count / across))
        for start in range(0, count, each):
            y += needs.above * points * POINT + GAP
            lines.append([(left + i * slot, y) for i in range(min(each, count - start))])
            y += needs.rows * tall + (LINE * points * POINT + GAP if needs.title else 0) + _PANELS_GAP
    bottom = y - _PANELS_GAP
    return Layout(total, bottom + below + MARGIN, points, (cell, tall), lines, top, bottom)


def _across(needs: Needs, most: int, width: float | None) -> int:
    """Return how many panels stand side by side: as many as leave names comfortable, in lines of similar length."""
    for lines in range(1, most):
        across = math.ceil(most / lines)
        cell = _cell(needs, across, width)
        fits = _width(needs, across, cell) <= (width or _WIDEST) + 1e-6
        if fits and _points(needs, cell) >= min(_COMFORTABLE, needs.font_size):
            return across
    return 1


def _cell(needs: Needs, across: int, width: float | None) -> float:
    """Return the width of a cell, such that panels side by side fill the width that is asked for, or fit."""
    ample = _CELL * needs.font_size * POINT
    if width is None and _width(needs, across, ample) <= _WIDEST:
        return ample
    low, high = 1e-4, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        if _width(needs, across, middle) <= (width or _WIDEST):
            low = middle
        else:
            high = middle
    readable = min(_READABLE, needs.font_size) * LINE * POINT
    return max(low, readable) if width is None and needs.names[0] else low


def _height(needs: Needs, cell: float) -> float:
    """Return the height of a cell: its width, unless one of the sides has too many units to have names."""
    if not needs.names[1]:
        return min(cell, _WIDEST / needs.rows)
    return cell if needs.names[0] else _CELL * needs.font_size * POINT


def _width(needs: Needs, across: int, cell: float) -> float:
    panels = across * _slot(needs, cell) + (across - 1) * _PANELS_GAP
    return _left(needs, _points(needs, cell)) + panels + MARGIN


def _slot(needs: Needs, cell: float) -> float:
    """Return the width of a panel with its notes and its title."""
    point = _points(needs, cell) * POINT
    return max(needs.columns * cell + needs.note * point, needs.title * point)


def _left(needs: Needs, points: float) -> float:
    return MARGIN + _axis(points) + needs.left * points * POINT + GAP


def _axis(points: float) -> float:
    """Return the room of an axis' name."""
    return LINE * points * POINT + 2 * GAP


def _points(needs: Needs, cell: float) -> float:
    """Return the size of the font of names: such that those of columns do not touch."""
    return min(needs.font_size, cell / POINT / LINE) if needs.names[0] else needs.font_size
