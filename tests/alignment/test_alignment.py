import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from seq2seq.alignment import END, THRESHOLD, Alignment, format_links, links, mean
from seq2seq.config import DecodingConfig


def alignment(source: str, target: str, weights: list[list[float]]) -> Alignment:
    """With end tokens where both sides show one."""
    units = tuple(source.split()), tuple(target.split())
    has_end = all(side[-1:] == (END,) for side in units)
    return Alignment(*units, np.array(weights, dtype=np.float32), has_end, has_end)


def test_pieces_merge_to_words_worked_by_hand():
    # ▁ac cord ion </s>  →  one word and the end; ▁l ' accord éon of one target word
    pieces = Alignment(
        ("▁an", "▁accord", "ion", END),
        ("▁l'", "accord", "éon", END),
        np.array(
            [[0.6, 0.2, 0.1, 0.1], [0.0, 0.5, 0.3, 0.2], [0.0, 0.1, 0.9, 0.0], [0.1, 0.0, 0.0, 0.9]], dtype=np.float32
        ),
    )
    words = pieces.merged(["an", "accordion", END], [0, 1, 1, 2], ["l'accordéon", END], [0, 0, 0, 1])
    assert words.source == ("an", "accordion", END)
    assert words.target == ("l'accordéon", END)
    # sums over a source word's pieces, mean over a target word's: (0.3 + 0.8 + 1.0) / 3
    np.testing.assert_allclose(words.weights_TS, [[0.2, 0.7, 0.1], [0.1, 0.0, 0.9]], atol=1e-6)


def test_punctuation_written_to_a_word_does_not_speak_for_it():
    """Of "rouge." the stop looks at the wall's stop; of "«", and of an ellipsis of two pieces, there is nothing else."""
    pieces = alignment(
        "▁red ▁wall .", "▁rouge . ▁« ▁. ..", [[0.9, 0.1, 0], [0, 0.2, 0.8], [0, 0, 1], [1, 0, 0], [0, 1, 0]]
    )
    words = pieces.merged(["red", "wall."], [0, 1, 1], ["rouge.", "«", "..."], [0, 0, 1, 2, 2])
    np.testing.assert_allclose(words.weights_TS, [[0.9, 0.1], [0, 1], [0.5, 0.5]], atol=1e-6)


def test_a_word_without_pieces_keeps_its_place():
    pieces = alignment("▁a ▁c", "▁x", [[0.25, 0.75]])
    words = pieces.merged(["a", "\u200b", "c"], [0, 2], ["x", "\u200b"], [0])
    np.testing.assert_allclose(words.weights_TS, [[0.25, 0, 0.75], [0, 0, 0]])
    assert links(words) == [(2, 0)]


def test_without_end_renormalises():
    cut = alignment(f"a b {END}", f"x {END}", [[0.1, 0.3, 0.6], [0, 0, 1]]).without_end()
    assert (cut.source, cut.target) == (("a", "b"), ("x",))
    np.testing.assert_allclose(cut.weights_TS, [[0.25, 0.75]])
    only_end = alignment(f"a {END}", f"x {END}", [[0.0, 1.0], [0.0, 1.0]]).without_end()
    assert only_end.weights_TS.tolist() == [[0.0]]


def test_links_are_pharaoh_source_first_and_sorted():
    inversion = alignment(
        f"the black cat {END}", f"le chat noir {END}",
        [[0.9, 0.0, 0.1, 0.0], [0.1, 0.2, 0.6, 0.1], [0.0, 0.45, 0.05, 0.5], [0, 0, 0, 1]],
    )  # fmt: skip
    assert links(inversion) == [(0, 0), (1, 2), (2, 1)]
    assert format_links(links(inversion)) == "0-0 1-2 2-1"
    assert links(alignment(END, END, [[1.0]])) == []
    assert format_links([]) == ""


def test_a_target_word_links_with_all_that_have_a_large_share_of_its_weight():
    """Of what goes to words: in the first row a half and a half (of 0.8), in the second 0.75 and 0.25."""
    shared = alignment(f"a b c {END}", f"x y {END}", [[0.4, 0.4, 0, 0.2], [0.0, 0.6, 0.2, 0.2], [0, 0, 0, 1]])
    for threshold, expected in {
        0.0: [(0, 0), (1, 0), (1, 1), (2, 1)],
        0.2: [(0, 0), (1, 0), (1, 1), (2, 1)],
        0.3: [(0, 0), (1, 0), (1, 1)],
        0.5: [(0, 0), (1, 0), (1, 1)],
        0.6: [(0, 0), (1, 1)],
        2.0: [(0, 0), (1, 1)],
    }.items():
        assert shared.links(threshold) == links(shared, threshold) == expected, threshold
    assert shared.links() == shared.links(THRESHOLD)
    assert DecodingConfig().alignment_threshold == THRESHOLD, "one default, whether a run says it or not"
    own = replace(shared, threshold=0.2)
    for same in (
        own,
        own.without_end(renormalise=False),
        mean([own, own]),
        own.merged(own.source, range(4), own.target, range(3)),
    ):
        assert same.links() == links(same) == shared.links(0.2) != shared.links()


def test_a_target_word_that_gives_most_to_the_end_has_no_link():
    nulls = alignment(f"a b {END}", f"x y z {END}", [[0.3, 0.19, 0.51], [0.3, 0.2, 0.5], [0, 0, 0], [0, 0, 1]])
    assert nulls.links(2) == [(0, 1)]
    assert nulls.without_end().links(2) == [(0, 0), (0, 1)], "where no end is shown, nothing says null"


def test_equal_weights_take_the_first_word():
    assert links(alignment("a b", "x", [[0.5, 0.5]]), threshold=0.6) == [(0, 0)]


def test_the_weight_of_a_link():
    one = alignment(f"a b {END}", f"x {END}", [[0.3, 0.2, 0.5], [0, 0, 1]])
    assert [one.weight(link) for link in ((0, 0), (1, 0), (2, 0), (0, 1), (7, 7))] == pytest.approx([0.3, 0.2, 0, 0, 0])


def test_shapes_must_fit():
    with pytest.raises(ValueError, match=r"weights of shape \(1, 2\) for 1 × 1 units"):
        alignment("a", "x", [[0.5, 0.5]])


def test_a_word_spelled_like_the_end_token_is_a_word():
    literal = Alignment(("a", END, END), ("x", END, END), np.eye(3, dtype=np.float32), source_end=True, target_end=True)
    assert links(literal) == [(0, 0), (1, 1)]
    assert links(literal.without_end()) == [(0, 0), (1, 1)]


def test_a_picture_keeps_the_weights_it_has():
    both = alignment(f"a b {END}", f"x {END}", [[0.001, 0, 0.999], [0, 0, 1]])
    np.testing.assert_allclose(both.without_end(renormalise=False).weights_TS, [[0.001, 0]])
    pooled = Alignment(("a", END), ("query 1",), np.array([[0.25, 0.75]], dtype=np.float32), source_end=True)
    np.testing.assert_allclose(pooled.without_end(renormalise=False).weights_TS, [[0.25]])


def test_the_mean_of_heads():
    both = mean([alignment("a b", "x", [[1, 0]]), alignment("a b", "x", [[0.5, 0.5]])])
    np.testing.assert_allclose(both.weights_TS, [[0.75, 0.25]])
    assert (both.source, both.target) == (("a", "b"), ("x",))


def test_alignments_are_values():
    one, same = (Alignment(("a", "b"), ("c",), np.array([[0.25, 0.75]], dtype=np.float32)) for _ in range(2))
    assert one == same
    assert len({one, same, copy.deepcopy(one), pickle.loads(pickle.dumps(one))}) == 1
    for other in (
        replace(one, weights_TS=np.array([[0.75, 0.25]], dtype=np.float32)),
        replace(one, source=("a", "x")),
        replace(one, source_end=True),
        "a b",
    ):
        assert one != other
