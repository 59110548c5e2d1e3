"""What a picture of alignments shows, whoever draws it: panels of weights, end tokens, marks, and their style."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.alignment.alignment import Alignment, Link
from seq2seq.alignment.links import Gold, check_range
from seq2seq.errors import ConfigError

__all__ = ["COLOURS", "HIDDEN", "Panel", "Style", "View", "check_gold", "highest", "views"]

# Each choice of colours, and what Matplotlib calls it.
COLOURS = {"grey": "gray_r", "inverted": "gray", "blues": "Blues", "viridis": "viridis", "magma": "magma"}

HIDDEN = 0.05  # of a row's weight: less is not worth telling


class Panel(NamedTuple):
    """One alignment of a picture, with what is written below it and, if there are any, the true links."""

    title: str
    alignment: Alignment
    gold: Gold | None = None


@dataclass(frozen=True)
class Style:
    """How a picture of alignments looks; the defaults suit a screen and a paper alike.

    Attributes:
        title: what stands above it, broken into lines that fit its width.
        axes: the names of the source's and of the target's side.
        colours: ``grey`` draws 0 white and 1 black. ``inverted`` is the other way round, as in Bahdanau et al. 2014,
            figure 3. The colours of ``viridis`` and ``magma`` are perceptually uniform; those of ``blues`` print well.
        scale: the weight that has the last colour, above 0 and at most 1; None stands for the largest that is drawn.
        serif: whether the font has serifs, as that of a paper's text.
        font_size: of the units' names, in points; they are smaller where the cells are too small for it.
        width: of the picture, in inches; None is as wide as needed, up to 10 inches where names stay readable.
        links: whether to mark the cells of the `links` of each alignment.
        end: whether to draw the end tokens; None draws the source's, and only where it has weight.

    Raises:
        ConfigError: a number is out of its bounds, or there are no such colours.
    """

    title: str = ""
    axes: tuple[str, str] = ("source", "target")
    colours: str = "grey"
    scale: float | None = 1.0
    serif: bool = False
    font_size: float = 9.0
    width: float | None = None
    links: bool = False
    end: bool | None = None

    def __post_init__(self) -> None:
        if self.colours not in COLOURS:
            raise ConfigError(f"colours {self.colours!r}: choose one of {', '.join(COLOURS)}")
        bounds = {"scale": (0.001, 1), "font_size": (3, 30), "width": (1, 60)}
        units = {"scale": "", "font_size": " points", "width": " inches"}
        for name, (least, most) in bounds.items():
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and least <= value <= most):
                raise ConfigError(f"{name} {value:g}: choose one from {least} to {most}{units[name]}")


@dataclass(frozen=True, eq=False)
class View:
    """What is drawn of a panel.

    Attributes:
        title: what is written below it.
        alignment: the weights that are drawn.
        hidden_T: the weight that each row has on the source's end token, or 0 where that is drawn.
        links: the cells to mark as links.
        gold: the true links, if they are to be marked.
    """

    title: str
    alignment: Alignment
    hidden_T: NDArray[np.float32]
    links: frozenset[Link]
    gold: Gold | None

    @property
    def hides(self) -> bool:
        """Whether a row has so much hidden weight that it must be told: it would look as if it looked at nothing."""
        return bool((self.hidden_T >= HIDDEN).any())


def views(panels: Sequence[Sequence[Panel]], style: Style) -> list[list[View]]:
    """Return what is drawn of each panel; all show the same units.

    The row of the target's end token is drawn where `Style.end` is true, and the column of the source's unless it is
    false: by default, where it has a twentieth of a row's weight or more in any panel.

    Raises:
        ConfigError: a side has no unit to draw.
        DataError: a gold link lies outside an alignment.
    """
    alignments = [panel.alignment for row in panels for panel in row]
    column = bool(style.end) or (
        style.end is None and any((_on_end(alignment) >= HIDDEN).any() for alignment in alignments)
    )
    found = [[_view(panel, style, column) for panel in row] for row in panels]
    if not found[0][0].alignment.weights_TS.size:
        raise ConfigError("a heatmap needs at least one unit on each side; one of the sentences is empty")
    return found


def _view(panel: Panel, style: Style, column: bool) -> View:
    whole = panel.alignment
    if panel.gold is not None:
        check_gold(panel.gold, whole, "gold links")
    shown = whole.without_end(renormalise=False)
    hidden_T = _on_end(whole)[: len(shown.target)]
    if style.end:
        shown, hidden_T = whole, np.zeros(len(whole.target), dtype=np.float32)
    elif column and whole.source_end:
        shown = Alignment(whole.source, shown.target, whole.weights_TS[: len(shown.target)], source_end=True)
        hidden_T = np.zeros_like(hidden_T)
    return View(panel.title, shown, hidden_T, frozenset(whole.links() if style.links else ()), panel.gold)


def _on_end(alignment: Alignment) -> NDArray[np.float32]:
    """Return the weight of each row, but for the end token's own, on the source's end token."""
    rows = len(alignment.target) - alignment.target_end
    if not alignment.source_end:
        return np.zeros(rows, dtype=np.float32)
    return alignment.weights_TS[:rows, -1]


def highest(views: Sequence[Sequence[View]], style: Style) -> float:
    """Return the weight that has the last colour: `Style.scale`, or the largest that is drawn (1 if all are 0)."""
    if style.scale is not None:
        return style.scale
    return max(float(view.alignment.weights_TS.max()) for row in views for view in row) or 1.0


def check_gold(
    gold: Gold, alignment: Alignment, where: str, hint: str = "do these links count from 1, or other words?"
) -> None:
    """Refuse gold links that name words which are not there; see `check_range`.

    Raises:
        DataError: an index is too large.
    """
    words = alignment.without_end(renormalise=False)
    check_range(sorted(gold.possible), (len(words.source), len(words.target)), where, hint)
