"""Heatmaps of alignments: source on x, target on y, as in Bahdanau et al. 2014, figure 3."""

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seq2seq.alignment.alignment import Alignment
from seq2seq.errors import ConfigError
from seq2seq.files import atomic_path, reason

__all__ = ["FORMATS", "Panel", "check_picture", "draw_heatmaps"]

logger = logging.getLogger(__name__)

FORMATS = (".png", ".svg", ".pdf")
_CELL = 0.3  # inches for each unit: labels of 9 points still stand apart at 60 × 60
_GAP = 0.3  # inches between panels, where a title stands
_LETTER = 0.08  # inches of a title, on average
_FONT = "DejaVu Sans"  # comes with matplotlib
_LONGEST = 60  # characters of a unit's name
_MOST_NAMED = 150  # units of a side: the names and grid lines of more take minutes to draw, and nobody could read them
_BAR = 0.24  # inches of the scale beside it, half of them space


def check_picture(path: Path) -> None:
    """Refuse a file that could not be drawn, before any work is done.

    Raises:
        ConfigError: the name's ending is not one of `FORMATS`, or no file of that name can be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(f"{path}: a heatmap is written as {', '.join(FORMATS)}; choose one of these endings")
    with suppress(_OnlyCheckedError), _writing(path):
        raise _OnlyCheckedError


class _OnlyCheckedError(Exception):
    """Leaves the file as it was, once it is known that it can be written."""


@contextmanager
def _writing(path: Path) -> Iterator[Path]:
    """Yield where to write the file, which appears once it is whole, and tell what goes wrong as an error of it."""
    try:
        with atomic_path(path) as temporary:
            yield temporary
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {reason(error)}") from None


class Panel(NamedTuple):
    """One alignment of a picture, with what is written below it."""

    title: str
    alignment: Alignment


def draw_heatmaps(panels: Sequence[Sequence[Panel]], path: Path) -> None:
    """Write heatmaps of the same units side by side, in rows; units are named above and on the left.

    White is a weight of 0, black is 1, as in Bahdanau et al. 2014, figure 3. Equal alignments give equal files.
    Characters that the font lacks are drawn as U+FFFD, with a warning; long names of units are cut. A side of more than
    150 units is drawn without names and grid lines, with a warning.

    Args:
        panels: rows of as many panels each, all of the same numbers of units.
        path: the file, whose ending chooses the format.

    Raises:
        ConfigError: the name's ending is not one of `FORMATS`, a side has no unit, or the file cannot be written.
    """
    check_picture(path)
    units = panels[0][0].alignment
    if not units.weights_TS.size:
        raise ConfigError("a heatmap needs at least one unit on each side; one of the sentences is empty")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    title = max(len(panel.title) for row in panels for panel in row)
    wide, high = max(len(units.source) * _CELL, title * _LETTER), len(units.target) * _CELL
    gap = _GAP if title else 0
    width = len(panels[0]) * (wide + gap) - gap + _BAR
    height = len(panels) * (high + gap) - gap
    with mpl.rc_context({"font.family": _FONT, "svg.hashsalt": "seq2seq", "svg.fonttype": "path"}):
        figure = Figure(figsize=(width, height))
        named = [side if len(side) <= _MOST_NAMED else () for side in (units.source, units.target)]
        if len(units.source) > _MOST_NAMED or len(units.target) > _MOST_NAMED:
            logger.warning(
                f"{path}: a side of more than {_MOST_NAMED} units is drawn without their names and grid lines"
            )
        names = _drawable([*named[0], *named[1]], path)
        above, left_of = names[: len(named[0])], names[len(named[0]) :]
        for i, row in enumerate(panels):
            for j, panel in enumerate(row):
                left, bottom = j * (wide + gap), height - i * (high + gap) - high
                axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
                image = _draw(axes, panel, above if i == 0 else [], left_of if j == 0 else [])
        bar = figure.colorbar(image, cax=figure.add_axes((1 - _BAR / width / 2, 0, _BAR / width / 2, 1)))
        bar.ax.tick_params(labelsize=7)
        metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
        with _writing(path) as temporary:
            figure.savefig(
                temporary, dpi=_dots_per_inch(width, height), bbox_inches="tight", pad_inches=0.1, metadata=metadata
            )


def _dots_per_inch(width: float, height: float) -> float:
    """Return the resolution of a picture of so many inches.

    It is 150, or less where the picture would have more than 60 million pixels, or a side near the 65,536 that can be
    drawn.
    """
    return min(150, math.sqrt(60e6 / (width * height)), 30_000 / max(width, height))


def _drawable(units: Sequence[str], path: Path) -> list[str]:
    """Return the names of units as they are drawn: short, and of characters that the font has."""
    from matplotlib.font_manager import findfont, get_font

    glyphs = get_font(findfont(_FONT)).get_charmap()
    names = [unit if len(unit) <= _LONGEST else f"{unit[: _LONGEST - 1]}…" for unit in units]
    lacking = sorted({character for name in names for character in name if ord(character) not in glyphs})
    if lacking:
        shown = ", ".join(f"U+{ord(character):04X}" for character in lacking[:5]) + ", …" * (len(lacking) > 5)
        logger.warning(f"{path}: the font has no {shown}; drawn as \ufffd")
    return [name.translate(dict.fromkeys(map(ord, lacking), "\ufffd")) for name in names]


def _draw(axes: Any, panel: Panel, above: Sequence[str], left: Sequence[str]) -> Any:
    weights_TS = panel.alignment.weights_TS
    rows, columns = weights_TS.shape
    image = axes.imshow(weights_TS, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.xaxis.tick_top()
    named = {"fontsize": 9, "parse_math": False}
    for axis, count, names, angle in ((axes.xaxis, columns, above, 90), (axes.yaxis, rows, left, 0)):
        is_named = count <= _MOST_NAMED
        axis.set_ticks(range(count) if names else [], names, rotation=angle, **named)
        axis.set_ticks(np.arange(count + 1) - 0.5 if is_named else [], minor=True)
    axes.grid(which="minor", color="0.85", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel(panel.title, **named)
    return image
