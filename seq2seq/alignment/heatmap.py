"""Heatmaps of alignments: source on x, target on y, as in Bahdanau et al. 2014, figure 3."""

from pathlib import Path

import numpy as np

from seq2seq.alignment.alignment import Alignment
from seq2seq.errors import ConfigError
from seq2seq.files import atomic_path

__all__ = ["FORMATS", "check_format", "draw_heatmap"]

FORMATS = (".png", ".svg", ".pdf")
_CELL = 0.3  # inches a unit: labels of 9 points still stand apart at 60 × 60
_BAR = 0.24  # inches of the scale beside it, half of them space


def check_format(path: Path) -> None:
    """Refuse a file that could not be drawn, before any work is done.

    Raises:
        ConfigError: the name's ending is not one of `FORMATS`.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(f"{path}: a heatmap is written as {', '.join(FORMATS)}; choose one of these endings")


def draw_heatmap(alignment: Alignment, path: Path) -> None:
    """Write a heatmap; white is a weight of 0, black is 1. Equal alignments give equal files.

    Raises:
        ConfigError: the name's ending is not one of `FORMATS`, there is nothing to draw, or the file cannot be written.
    """
    check_format(path)
    if not alignment.weights_TS.size:
        raise ConfigError("a heatmap needs at least one unit on each side; one of the sentences is empty")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows, columns = alignment.weights_TS.shape
    with mpl.rc_context({"font.family": "DejaVu Sans", "svg.hashsalt": "seq2seq", "svg.fonttype": "path"}):
        width, height = columns * _CELL + _BAR, rows * _CELL
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0, 0, 1 - _BAR / width, 1))
        image = axes.imshow(alignment.weights_TS, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axes.xaxis.tick_top()
        axes.set_xticks(range(columns), alignment.source, rotation=90, fontsize=9, parse_math=False)
        axes.set_yticks(range(rows), alignment.target, fontsize=9, parse_math=False)
        axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="0.85", linewidth=0.5)
        axes.tick_params(which="both", length=0)
        bar = figure.colorbar(image, cax=figure.add_axes((1 - _BAR / width / 2, 0, _BAR / width / 2, 1)))
        bar.ax.tick_params(labelsize=7)
        metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
        try:
            with atomic_path(path) as temporary:
                figure.savefig(temporary, dpi=150, bbox_inches="tight", pad_inches=0.1, metadata=metadata)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
