"""Heatmaps of alignments: source on x, target on y, as in Bahdanau et al. 2014, figure 3."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seq2seq.alignment.alignment import Alignment
from seq2seq.errors import ConfigError
from seq2seq.files import atomic_path

__all__ = ["FORMATS", "Panel", "check_format", "draw_heatmaps"]

FORMATS = (".png", ".svg", ".pdf")
_CELL = 0.3  # inches a unit: labels of 9 points still stand apart at 60 × 60
_GAP = 0.3  # inches between panels, where a title stands
_LETTER = 0.08  # inches of a title, on average
_BAR = 0.24  # inches of the scale beside it, half of them space


def check_format(path: Path) -> None:
    """Refuse a file that could not be drawn, before any work is done.

    Raises:
        ConfigError: the name's ending is not one of `FORMATS`.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(f"{path}: a heatmap is written as {', '.join(FORMATS)}; choose one of these endings")


class Panel(NamedTuple):
    """One alignment of a picture, with what is written below it."""

    title: str
    alignment: Alignment


def draw_heatmaps(panels: Sequence[Sequence[Panel]], path: Path) -> None:
    """Write heatmaps of the same units side by side, in rows; units are named above and on the left.

    White is a weight of 0, black is 1. Equal alignments give equal files.

    Raises:
        ConfigError: the name's ending is not one of `FORMATS`, there is nothing to draw, or the file cannot be written.
    """
    check_format(path)
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
    with mpl.rc_context({"font.family": "DejaVu Sans", "svg.hashsalt": "seq2seq", "svg.fonttype": "path"}):
        figure = Figure(figsize=(width, height))
        for i, row in enumerate(panels):
            for j, panel in enumerate(row):
                left, bottom = j * (wide + gap), height - i * (high + gap) - high
                axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
                image = _draw(axes, panel, names_above=i == 0, names_left=j == 0)
        bar = figure.colorbar(image, cax=figure.add_axes((1 - _BAR / width / 2, 0, _BAR / width / 2, 1)))
        bar.ax.tick_params(labelsize=7)
        metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
        try:
            with atomic_path(path) as temporary:
                figure.savefig(
                    temporary, dpi=_dots_per_inch(width, height), bbox_inches="tight", pad_inches=0.1, metadata=metadata
                )
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None


def _dots_per_inch(width: float, height: float) -> float:
    """150, or fewer where a picture would have over 60 million pixels, or sides near the 65,536 that can be drawn."""
    return min(150, math.sqrt(60e6 / (width * height)), 30_000 / max(width, height))


def _draw(axes: Any, panel: Panel, names_above: bool, names_left: bool) -> Any:
    weights_TS = panel.alignment.weights_TS
    rows, columns = weights_TS.shape
    image = axes.imshow(weights_TS, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.xaxis.tick_top()
    named = {"fontsize": 9, "parse_math": False}
    axes.set_xticks(range(columns), panel.alignment.source if names_above else [""] * columns, rotation=90, **named)
    axes.set_yticks(range(rows), panel.alignment.target if names_left else [""] * rows, **named)
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="0.85", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel(panel.title, **named)
    return image
