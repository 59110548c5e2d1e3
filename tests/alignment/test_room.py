"""Names and titles of pictures have room, whatever the size."""

import itertools
import struct

import numpy as np
import pytest

from seq2seq.alignment import heatmap
from seq2seq.alignment.canvas import Texts, draw_page
from seq2seq.alignment.heatmap import _dots_per_inch
from seq2seq.alignment.panels import Panel, Style, views
from tests.alignment.test_heatmap import DOG, all_texts, draw_heatmap, figure_of, random_alignment, size_of


def test_a_long_name_is_cut(tmp_path):
    draw_heatmap(random_alignment(1, 2, ("x" * 24, "y" * 100_000)), tmp_path / "a.svg")
    assert {"x" * 24, f"{'y' * 23}…"} <= set(all_texts(tmp_path / "a.svg"))


@pytest.mark.parametrize(("rows", "columns"), [(60, 60), (1, 1), (60, 1), (1, 60), (2, 150)])
def test_every_size_gives_each_label_its_room(rows, columns):
    """No text meets another one, or the edge."""
    check_room(figure_of(random_alignment(rows, columns), title="A title", axes=("source (en)", "target (fr)")))


@pytest.mark.parametrize("serif", [False, True])
def test_an_svg_has_room_for_each_font_that_it_may_be_read_in(tmp_path, serif, monkeypatch):
    """Few readers have the first one, and the next is wider: names ran into each other."""
    drawn = []
    ordinary = heatmap.draw_page
    monkeypatch.setattr(heatmap, "draw_page", lambda *arguments: drawn.append(ordinary(*arguments)) or drawn[-1])
    for one in (DOG, random_alignment(12, 30, ("internationally", "wheelbarrow", "x" * 24))):
        draw_heatmap(one, tmp_path / "a.svg", serif=serif, axes=("source (en)", "target (fr)"), links=True, end=False)
    for page in drawn:
        for font in page.texts.family:
            for text in page.figure.axes[0].texts:
                text.set_family([font])
            check_room(page.figure)


def check_room(figure) -> None:
    figure.draw_without_rendering()
    boxes = np.array([text.get_window_extent().extents for text in figure.axes[0].texts if text.get_text()])
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= figure.bbox.extents[2:]).all()
    low, high = (boxes[:, None, :2], boxes[None, :, :2]), (boxes[:, None, 2:], boxes[None, :, 2:])
    overlap = (np.minimum(*high) - np.maximum(*low) > 1.5).all(axis=2)
    np.fill_diagonal(overlap, False)
    assert not overlap.any()


def test_titles_of_narrow_panels_stand_apart():
    """Two units are narrower than what stands below them."""
    style = Style()
    panels = [[Panel(f"layer 10, head {j}", random_alignment(2, 1)) for j in (1, 2, 10)]]
    figure = draw_page(views(panels, style), style, Texts(False)).figure
    figure.draw_without_rendering()
    titles = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text().startswith("layer")]
    assert len(titles) == 3
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(titles))


def test_a_vast_picture_has_fewer_dots(tmp_path):
    draw_heatmap(random_alignment(140, 1), tmp_path / "a.png", width=40)
    width, height = struct.unpack(">II", (tmp_path / "a.png").read_bytes()[16:24])
    assert width < height < 31_000
    assert _dots_per_inch(5, 6) == 200
    assert _dots_per_inch(100, 50) ** 2 * 100 * 50 == pytest.approx(60e6)


def test_more_units_than_can_be_named_have_no_names_and_no_grid(tmp_path, caplog):
    """Twelve panels of 500 × 500 named units took half a minute of ticks."""
    draw_heatmap(random_alignment(150, 1), tmp_path / "most.svg")
    assert caplog.messages == []
    draw_heatmap(random_alignment(151, 2), tmp_path / "more.svg")
    (message,) = caplog.messages
    assert message == f"{tmp_path}/more.svg: a side of more than 150 units is drawn without their names and lines"
    counts = [sum(text.startswith("mot") for text in all_texts(tmp_path / name)) for name in ("most.svg", "more.svg")]
    assert counts == [151, 2]
    draw_heatmap(random_alignment(3, 500), tmp_path / "wide.svg")
    width, height = size_of(tmp_path / "wide.svg")
    assert width <= 10.01
    assert height > 3 * 9 * 1.25 / 72, "the three names keep their room"
