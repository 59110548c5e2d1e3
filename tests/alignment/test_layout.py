"""Where the parts of a picture lie, against arithmetic by hand."""

import pytest

from seq2seq.alignment.layout import GAP, LINE, MARGIN, Needs, arrange


def needs(columns: int, rows: int, **others) -> Needs:
    """Names of three font sizes above and four beside, in a font of 9 points, without notes and titles."""
    return Needs(
        **{"columns": columns, "rows": rows, "names": (True, True), "above": 3.0, "left": 4.0, "note": 0.0, "title": 0.0,
           "font_size": 9.0} | others
    )  # fmt: skip


def no_frame(width: float) -> tuple[float, float]:
    return 0.0, 0.0


EM = 9 / 72
CELL = 2.2 * EM
AXIS = LINE * EM + 2 * GAP


def test_a_small_picture_by_hand():
    layout = arrange(needs(12, 3), [1], None, lambda _: (0.5, 0.25))
    assert layout.cell == pytest.approx((CELL, CELL))
    left = MARGIN + AXIS + 4 * EM + GAP
    assert layout.width == pytest.approx(left + 12 * CELL + MARGIN)
    top = MARGIN + 0.5 + AXIS
    assert layout.top == pytest.approx(top)
    assert layout.lines == [[pytest.approx((left, top + 3 * EM + GAP))]]
    assert layout.bottom == pytest.approx(top + 3 * EM + GAP + 3 * CELL)
    assert layout.height == pytest.approx(layout.bottom + 0.25 + MARGIN)
    assert layout.points == 9


@pytest.mark.parametrize("width", [1.0, 3.3, 7.0, 20.0])
@pytest.mark.parametrize("columns", [2, 30, 400])
def test_a_width_that_is_asked_for_is_filled(width, columns):
    """Cells, and names where cells are low, grow or shrink such that nothing is left at the right."""
    one = needs(columns, 3)
    layout = arrange(one, [1], width, no_frame)
    assert layout.width == width
    ((x, _),) = layout.lines[0]
    assert x + columns * layout.cell[0] + MARGIN == pytest.approx(width, abs=1e-3)
    assert layout.points <= 9
    assert layout.points * LINE / 72 <= layout.cell[0] + 1e-9


@pytest.mark.parametrize(
    ("columns", "panels", "lines"),
    [
        (5, [8], [8]),
        (5, [4, 4], [4, 4]),
        (30, [4], [2, 2]),
        (60, [4, 2], [1, 1, 1, 1, 1, 1]),
        (13, [16], [4, 4, 4, 4]),
    ],
)
def test_a_row_is_broken_where_names_would_be_small(columns, panels, lines):
    layout = arrange(needs(columns, 4), panels, None, no_frame)
    assert [len(line) for line in layout.lines] == lines
    assert layout.width <= 10.001
    assert layout.points >= 7


def test_names_stay_readable_where_the_width_may_be_chosen():
    wide = arrange(needs(140, 140), [1], None, no_frame)
    assert wide.points == pytest.approx(6)
    assert wide.width > 10
    asked = arrange(needs(140, 140), [1], 7.0, no_frame)
    assert asked.points < 4
    assert asked.width == 7


def test_a_side_without_names_is_drawn_small():
    layout = arrange(needs(500, 10, names=(False, True)), [1], None, no_frame)
    assert layout.width == pytest.approx(10)
    assert layout.points == 9
    assert layout.cell[1] == pytest.approx(CELL), "the rows have names, which need their room"
    layout = arrange(needs(10, 500, names=(True, False)), [1], None, no_frame)
    assert layout.cell == pytest.approx((CELL, 10 / 500))


def test_notes_and_titles_have_room():
    plain, noted = (arrange(needs(12, 2, note=note), [1], None, no_frame) for note in (0.0, 3.0))
    assert noted.width - plain.width == pytest.approx(3 * EM)
    titled = arrange(needs(2, 2, title=12.0), [3], None, no_frame)
    (line,) = titled.lines
    assert line[1][0] - line[0][0] > 12 * EM, "two cells are narrower than their title"
