"""Heatmaps as text, against drawings by hand."""

import numpy as np
import pytest

from seq2seq.alignment import Alignment, Gold
from seq2seq.alignment.panels import Panel, Style
from seq2seq.alignment.terminal import heatmap_lines
from tests.alignment.test_heatmap import DOG

UNICODE = """\
multi30k-rnn

      ┌ The
      │ ┌ dog
      │ │ ┌ .
      │ │ │ ┌ </s>
   Le ░░· · ██
chien ▒▒██· ·
    . · · ██·

weight from: ░ 0.05  ▒ 0.25  ▓ 0.5  █ 0.75
"""

ASCII = """\
      , The
      | , dog
      | | , .
   Le ..     90%
chien ::#*
    .     #*

weight from: . 0.05  : 0.25  + 0.5  # 0.75
* link  % on </s>, not drawn
"""

GOLD = """\
      ┌ The
      │  ┌ dog
      │  │  ┌ .
      │  │  │  ┌ </s>
   Le ░░!·  · ?███
chien ▒▒▒█•!·  ·
    . ·  ·  █•█·

weight from: ░ 0.05  ▒ 0.25  ▓ 0.5  █ 0.75
• link  ! gold, sure  ? gold, possible
"""


def drawn(alignment: Alignment, style: Style | None = None, width: int = 80, plain: bool = False, gold=None) -> str:
    lines = heatmap_lines([[Panel("", alignment, gold)]], style or Style(), width, plain)
    return "".join(line + "\n" for line in lines)


def test_a_drawing_by_hand():
    assert drawn(DOG, Style("multi30k-rnn")) == UNICODE


def test_plain_text_with_links_and_what_is_hidden():
    text = drawn(DOG, Style(links=True, end=False), plain=True)
    assert text == ASCII
    assert text.isascii()


def test_gold_has_a_column_of_its_own():
    gold = Gold(frozenset({(0, 0), (1, 1)}), frozenset({(0, 0), (1, 1), (2, 0)}))
    assert drawn(DOG, Style(links=True), gold=gold) == GOLD


def test_shades_are_of_the_scale():
    one = Alignment(("a", "b"), ("c",), np.array([[0.2, 0.02]], dtype=np.float32))
    assert "c ░░·\n" in drawn(one)
    text = drawn(one, Style(scale=None))
    assert "c ██░░\n" in text
    assert "weight from: ░ 0.01  ▒ 0.05  ▓ 0.1  █ 0.15\n" in text


@pytest.mark.parametrize("width", [20, 33, 60, 80, 200])
@pytest.mark.parametrize("columns", [1, 7, 60])
def test_every_line_fits_and_every_column_is_there_once(width, columns):
    weights = np.full((5, columns + 1), 0.5, dtype=np.float32)
    one = Alignment((*(f"word{i}" for i in range(columns)), "</s>"), ("un",) * 5, weights, source_end=True)
    lines = drawn(one, Style(end=False), width).split("\n")[:-4]
    assert max(map(len, lines)) <= width
    assert [line.split("┌ ")[1] for line in lines if "┌" in line] == [f"word{i}" for i in range(columns)]
    blocks = [len(part.split("\n")) for part in "\n".join(lines).strip("\n").split("\n\n")]
    assert max(blocks) - min(blocks) <= len(blocks), "no block is much narrower than the others"


def test_shades_stand_below_their_names():
    names = tuple(f"word{i}" for i in range(40))
    one = Alignment(names, names, np.eye(40, dtype=np.float32))
    found, corners = {}, {}
    for line in drawn(one, width=50).split("\n"):
        if "┌" in line:
            corners[line.split("┌ ")[1]] = line.index("┌")
        elif "█" in line and "weight" not in line:
            found[line.split()[0]] = line.index("█")
    assert found == corners
    assert len(found) == 40


def test_wide_and_combining_characters_keep_the_columns():
    one = Alignment(("a",), ("猫", "e\u0301t", "xyzw"), np.ones((3, 1), dtype=np.float32))
    assert drawn(one).split("\n")[:4] == ["     ┌ a", "  猫 ██", "  e\u0301t ██", "xyzw ██"]


def test_a_long_name_is_cut_to_a_third_of_the_width():
    one = Alignment(("a" * 99,), ("b" * 99,), np.ones((1, 1), dtype=np.float32))
    head, row, *_ = drawn(one, width=60).split("\n")
    assert row == "b" * 19 + "… ██"
    assert len(head) <= 60
    assert drawn(one, width=60, plain=True).split("\n")[1] == "b" * 19 + "~ ##"


def test_nothing_in_a_name_reaches_the_terminal():
    one = Alignment(("\x1b[2J", "\n"), ("\u202e\a",), np.ones((1, 2), dtype=np.float32))
    text = drawn(one, Style("\x1b]0;title\a"))
    assert not set("\x1b\a\u202e") & set(text)
    assert "\ufffd[2J" in text


def test_panels_stand_below_each_other_with_their_titles():
    panels = [[Panel(f"layer 1, head {head}", DOG) for head in (1, 2)]]
    text = "\n".join(heatmap_lines(panels, Style()))
    assert text.index("layer 1, head 1") < text.index("layer 1, head 2")
    assert text.count("chien") == 2
    assert text.count("weight from") == 1
