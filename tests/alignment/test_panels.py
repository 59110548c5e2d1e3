"""What pictures show, and the style that they have."""

import numpy as np
import pytest

from seq2seq.alignment import Alignment, Gold
from seq2seq.alignment.panels import Panel, Style, check_gold, highest, views
from seq2seq.errors import ConfigError, DataError
from tests.alignment.test_heatmap import DOG


@pytest.mark.parametrize(
    ("end", "source", "target", "hidden"),
    [
        (None, ("The", "dog", ".", "</s>"), ("Le", "chien", "."), [0, 0, 0]),
        (True, DOG.source, DOG.target, [0, 0, 0, 0]),
        (False, ("The", "dog", "."), ("Le", "chien", "."), [0.9, 0, 0.04]),
    ],
)
def test_the_end_tokens_that_are_drawn(end, source, target, hidden):
    ((view,),) = views([[Panel("", DOG)]], Style(end=end))
    assert (view.alignment.source, view.alignment.target) == (source, target)
    assert view.hidden_T.tolist() == pytest.approx(hidden)
    assert np.array_equal(view.alignment.weights_TS, DOG.weights_TS[: len(target), : len(source)])


def test_all_panels_show_the_end_token_if_one_looks_at_it():
    """Panels of the same units have the same columns."""
    none = Alignment(DOG.source, DOG.target, DOG.weights_TS * [1, 1, 1, 0], True, True)
    ((first, second),) = views([[Panel("", none), Panel("", DOG)]], Style())
    assert first.alignment.source == second.alignment.source == DOG.source
    ((alone,),) = views([[Panel("", none)]], Style())
    assert alone.alignment.source == DOG.source[:3]


def test_units_without_an_end_token_stay_as_they_are():
    one = Alignment(("a",), ("query 1", "query 2"), np.ones((2, 1), dtype=np.float32))
    for end in (None, True, False):
        ((view,),) = views([[Panel("", one)]], Style(end=end))
        assert view.alignment == one
        assert not view.hides


def test_links_are_those_of_the_whole_alignment():
    ((view,),) = views([[Panel("", DOG)]], Style(links=True))
    assert view.links == {(1, 1), (2, 2)}, "the first row looks at the end token"
    assert views([[Panel("", DOG)]], Style())[0][0].links == frozenset()


def test_the_largest_weight_may_be_the_end_of_the_scale():
    rows = views([[Panel("", DOG)]], Style(end=False))
    assert highest(rows, Style()) == 1
    assert highest(rows, Style(scale=0.3)) == 0.3
    assert highest(rows, Style(scale=None)) == pytest.approx(0.96), "of what is drawn"
    nothing = Alignment(("a",), ("b",), np.zeros((1, 1), dtype=np.float32))
    assert highest(views([[Panel("", nothing)]], Style()), Style(scale=None)) == 1


def test_gold_links_must_be_of_these_words():
    check_gold(Gold(frozenset({(2, 2)}), frozenset({(2, 2)})), DOG, "gold:3", "why?")
    for link in ((3, 0), (0, 3)):  # the end token is no word
        with pytest.raises(
            DataError, match=rf"^gold:3: link {link[0]}-{link[1]}: the \w+ has 3 words, counted from 0; why\?"
        ):
            check_gold(Gold(frozenset(), frozenset({link})), DOG, "gold:3", "why?")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colours": "jet"}, "colours 'jet': choose one of grey, inverted, blues, viridis, magma"),
        ({"width": 0.5}, "width 0.5: choose one from 1 to 60 inches"),
        ({"width": float("nan")}, "width nan: choose one from 1 to 60 inches"),
        ({"scale": 0}, "scale 0: choose one from 0.001 to 1"),
        ({"font_size": 99}, "font_size 99: choose one from 3 to 30 points"),
    ],
)
def test_a_style_that_cannot_be(options, message):
    with pytest.raises(ConfigError) as error:
        Style(**options)
    assert str(error.value) == message
