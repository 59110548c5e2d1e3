"""An alignment as a table of HTML, for notebooks: readable on light and dark pages, each weight under the pointer.

Its links are outlined.
"""

from html import escape

from seq2seq.alignment.alignment import Alignment
from seq2seq.alignment.panels import Panel, Style, views

__all__ = ["html_table"]

_MOST_CELLS = 10_000  # more would make a page slow and could not be read
_TABLE = "border-collapse: collapse; width: auto; font-size: 90%"
_ABOVE = "writing-mode: vertical-rl; transform: rotate(180deg); vertical-align: bottom; text-align: left"
_LEFT = "text-align: right; white-space: nowrap"
_NAME = "font-weight: normal; border: 0; background: none; padding: 3px"
_CELL = "min-width: 1.6em; height: 1.6em; padding: 0; border: 1px solid rgba(128, 128, 128, 0.25)"
_LINK = "; outline: 2px solid #d55e00; outline-offset: -2px"  # seen on light and on dark pages


def html_table(alignment: Alignment) -> str:
    """Return a table whose cells are the darker the larger their weight, with the end token where it has weight.

    Names are escaped, and nothing is loaded. An alignment of more than 10,000 cells, or without any,
    is described in a sentence.
    """
    rows, columns = alignment.weights_TS.shape
    shown = None if rows * columns > _MOST_CELLS else _view(alignment)
    if shown is None:
        return f"<p>Alignment of {columns:,} × {rows:,} units; <code>.heatmap(path)</code> draws it.</p>"
    head = "".join(f'<th scope="col" dir="auto" style="{_NAME}; {_ABOVE}">{escape(name)}</th>' for name in shown.source)
    links = set(alignment.links())
    body = []
    for t, (target, weights_S) in enumerate(zip(shown.target, shown.weights_TS.tolist(), strict=True)):
        cells = "".join(
            f'<td title="{escape(f"{target} ← {source}: {weight:.2f}")}" '
            f'style="{_CELL}; background: rgba(0, 114, 178, {weight:.3f}){_LINK * ((s, t) in links)}"></td>'
            for s, (source, weight) in enumerate(zip(shown.source, weights_S, strict=True))
        )
        name = f'<th scope="row" dir="auto" style="{_NAME}; {_LEFT}">{escape(target)}</th>'
        body.append(f"<tr>{name}{cells}</tr>")
    return f'<table style="{_TABLE}"><tr><td style="border: 0"></td>{head}</tr>{"".join(body)}</table>'


def _view(alignment: Alignment) -> Alignment | None:
    if not alignment.without_end().weights_TS.size:
        return None
    return views([[Panel("", alignment)]], Style())[0][0].alignment
