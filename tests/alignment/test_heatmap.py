import contextlib
import itertools
import re
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from seq2seq.alignment import Alignment
from seq2seq.alignment.heatmap import FORMATS, Panel, _dots_per_inch, check_picture, draw_heatmaps
from seq2seq.errors import ConfigError


def random_alignment(rows: int, columns: int, words: tuple[str, ...] = ()) -> Alignment:
    weights = np.random.default_rng(0).random((rows, columns)).astype(np.float32)
    names = [*words, *(f"mot{i}" for i in range(rows + columns))]
    return Alignment(tuple(names[:columns]), tuple(names[columns : columns + rows]), weights)


def draw_heatmap(alignment: Alignment, path: Path) -> None:
    draw_heatmaps([[Panel("", alignment)]], path)


@pytest.mark.parametrize("ending", FORMATS)
def test_equal_alignments_give_equal_files(tmp_path, ending):
    alignment = random_alignment(4, 5, ("l'été", "Œuvre", "garçon", "naïve", "«", "»", "…"))
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    draw_heatmap(alignment, first)
    draw_heatmap(alignment, second)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(tmp_path.iterdir()) == [first, second]
    magic = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[ending]
    assert first.read_bytes().startswith(magic)


def test_dollars_are_not_mathematics(tmp_path):
    draw_heatmap(random_alignment(2, 2, ("$x^2$", "$", "$$", "a_b")), tmp_path / "a.png")


@pytest.mark.parametrize("ending", FORMATS)
def test_any_characters_can_be_drawn(tmp_path, caplog, ending):
    """What the font lacks, control characters and half of a surrogate pair would be warnings or tracebacks."""
    draw_heatmap(random_alignment(2, 2, ("\u732b\r\n\t", "\0\ud800", "<b>--", "\U0001f600")), tmp_path / f"a{ending}")
    assert caplog.messages == [
        f"{tmp_path}/a{ending}: the font has no U+0000, U+0009, U+000A, U+000D, U+732B, …; drawn as \ufffd"
    ]
    if ending == ".svg":
        text = (tmp_path / "a.svg").read_text(encoding="utf-8")
        assert "<!-- \ufffd\ufffd\ufffd\ufffd -->" in text
        ET.fromstring(text)


def test_a_long_name_is_cut(tmp_path):
    draw_heatmap(random_alignment(1, 2, ("x" * 60, "y" * 100_000)), tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert f"<!-- {'x' * 60} -->" in text
    assert f"<!-- {'y' * 59}… -->" in text


@pytest.mark.parametrize(("rows", "columns"), [(60, 60), (1, 1), (60, 1), (1, 60)])
def test_every_size_gives_each_label_its_room(tmp_path, rows, columns):
    draw_heatmap(random_alignment(rows, columns), tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    width, height = (float(x) for x in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text).groups())
    assert width / columns >= 20  # points; a label is 9 points high
    assert height / rows >= 20


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.png.txt"])
def test_other_formats_are_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"a heatmap is written as \.png, \.svg, \.pdf"):
        draw_heatmap(random_alignment(2, 2), tmp_path / name)


def test_nothing_to_draw_and_nowhere_to_write(tmp_path):
    with pytest.raises(ConfigError, match="one of the sentences is empty"):
        draw_heatmap(random_alignment(0, 3), tmp_path / "a.png")
    with pytest.raises(ConfigError, match=r"no/a\.png: cannot be written: No such file"):
        draw_heatmap(random_alignment(2, 2), tmp_path / "no" / "a.png")


def test_a_picture_is_checked_before_it_is_drawn(tmp_path):
    (tmp_path / "a.png").write_bytes(b"an older picture")
    (tmp_path / "b.png").mkdir()
    check_picture(tmp_path / "a.png")
    check_picture(tmp_path / "new.png")
    assert (tmp_path / "a.png").read_bytes() == b"an older picture"
    for name, reason in {
        "b.png": "Is a directory",
        "a.png/c.png": "Not a directory",
        "no/a.png": "No such file",
    }.items():
        with pytest.raises(ConfigError, match=f"{name}: cannot be written: {reason}"):
            check_picture(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_grid_has_its_panels_in_order_and_names_units_once(tmp_path):
    """In an SVG each text leaves a comment, and a group its place."""
    one = random_alignment(2, 3, ("dog", "cat", "hat", "chien", "chat"))
    panels = [[Panel(f"layer {i}, head {j}", one) for j in (1, 2, 3)] for i in (1, 2)]
    draw_heatmaps(panels, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    places = {}
    for title, place in re.findall(r"<!-- (layer \d, head \d) -->\s*<g [^>]*translate\(([\d. ]+)\)", text):
        places[title] = tuple(float(x) for x in place.split())
    assert list(places) == [panel.title for row in panels for panel in row]
    for i in (1, 2):
        row = [places[f"layer {i}, head {j}"] for j in (1, 2, 3)]
        assert [x for x, _ in row] == sorted(x for x, _ in row)
        assert len({y for _, y in row}) == 1
    assert places["layer 2, head 1"][1] > places["layer 1, head 1"][1], "the second layer stands below"
    assert places["layer 2, head 1"][0] == places["layer 1, head 1"][0]
    assert text.count("<!-- dog -->") == 3, "above the panels of the first row"
    assert text.count("<!-- chien -->") == 2, "left of the first panel of each row"


def test_titles_of_narrow_panels_stand_apart(tmp_path, monkeypatch):
    """Two units are narrower than what stands below them."""
    titles = []

    def measured(self, *arguments, **options):
        self.draw_without_rendering()
        titles.extend(axes.xaxis.label.get_window_extent() for axes in self.axes[:3])

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", measured)
    monkeypatch.setattr("seq2seq.alignment.heatmap.atomic_path", lambda path: contextlib.nullcontext(path))
    draw_heatmaps([[Panel(f"layer 10, head {j}", random_alignment(2, 1)) for j in (1, 2, 10)]], tmp_path / "a.png")
    assert len(titles) == 3
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(titles))


def test_a_vast_picture_has_fewer_dots(tmp_path):
    draw_heatmap(random_alignment(1, 680), tmp_path / "a.png")
    width, height = struct.unpack(">II", (tmp_path / "a.png").read_bytes()[16:24])
    assert height < width < 31_000
    assert _dots_per_inch(10, 20) == 150
    assert _dots_per_inch(100, 50) ** 2 * 100 * 50 == pytest.approx(60e6)


def test_more_units_than_can_be_named_have_no_names_and_no_grid(tmp_path, caplog):
    """Twelve panels of 500 × 500 named units took half a minute of ticks."""
    draw_heatmap(random_alignment(150, 1), tmp_path / "most.svg")
    assert caplog.messages == []
    draw_heatmap(random_alignment(151, 2), tmp_path / "more.svg")
    (message,) = caplog.messages
    assert message == f"{tmp_path}/more.svg: a side of more than 150 units is drawn without their names and grid lines"
    most, more = ((tmp_path / name).read_text(encoding="utf-8") for name in ("most.svg", "more.svg"))
    assert [text.count("<!-- mot") for text in (most, more)] == [151, 2]
    assert len(more) < len(most) / 2
