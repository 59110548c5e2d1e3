"""Links of two directions made one: by hand, and like the published algorithm written out in full."""

import random
from typing import get_args

import numpy as np
import pytest

from seq2seq.alignment import Method, symmetrize

# source    0 1 2 3
# target 0  B
#        1    F        B: both directions, F: forward alone, R: reverse alone
#        2    R
#        3        F
FORWARD = [(0, 0), (1, 1), (3, 3)]
REVERSE = [(0, 0), (1, 2)]
BY_HAND = {
    "intersect": [(0, 0)],
    "union": [(0, 0), (1, 1), (1, 2), (3, 3)],
    # 1-1 is beside 0-0 and links two new words; then 1-2, beside it, links a new target word; 3-3 is beside none.
    "grow-diag": [(0, 0), (1, 1), (1, 2)],
    "grow-diag-final": [(0, 0), (1, 1), (1, 2), (3, 3)],
    "grow-diag-final-and": [(0, 0), (1, 1), (1, 2), (3, 3)],
}


@pytest.mark.parametrize("method", BY_HAND)
def test_every_method_worked_by_hand(method):
    assert symmetrize(FORWARD, REVERSE, method) == BY_HAND[method]


def test_final_wants_one_new_word_and_final_and_two():
    """Nothing is beside 0-0; 0-2 has a source word that is linked already, 3-3 two that are not."""
    forward, reverse = [(0, 0), (3, 3)], [(0, 0), (0, 2)]
    assert symmetrize(forward, reverse, "grow-diag") == [(0, 0)]
    assert symmetrize(forward, reverse, "grow-diag-final") == [(0, 0), (0, 2), (3, 3)]
    assert symmetrize(forward, reverse, "grow-diag-final-and") == [(0, 0), (3, 3)]


def test_the_forward_links_are_final_first():
    """0-4 and 0-2 both would link the source word 0: the first to come keeps the other out."""
    assert symmetrize([(0, 4)], [(0, 2)], "grow-diag-final-and") == [(0, 4)]
    assert symmetrize([(0, 2)], [(0, 4)], "grow-diag-final-and") == [(0, 2)]


def test_a_neighbour_must_link_a_new_word():
    """2-1 is beside 1-1 and in the union, but both of its words have links."""
    assert (2, 1) not in symmetrize([(1, 1), (2, 2), (2, 1)], [(1, 1), (2, 2)], "grow-diag")


def test_of_rival_neighbours_the_first_in_the_order_of_symal_wins():
    """Beside 1-1 both 0-1 (source on the left) and 1-0 (target above) are free to add; 0-0 then has nothing new."""
    assert symmetrize([(1, 1), (1, 0), (0, 0)], [(1, 1), (0, 1)], "grow-diag") == [(0, 1), (1, 0), (1, 1)]


class Matrix:
    """GROW-DIAG-FINAL as the Moses manual prints it: the whole matrix is walked, target word by target word."""

    def __init__(self, forward, reverse, size):
        self.cells = [(t, s) for t in range(size) for s in range(size)]
        self.union, self.aligned = (np.zeros((size, size), dtype=bool) for _ in range(2))
        for s, t in {*forward, *reverse}:
            self.union[t, s] = True
        for s, t in {*forward} & {*reverse}:
            self.aligned[t, s] = True

    def free(self, t, s):
        return [not self.aligned[t].any(), not self.aligned[:, s].any()]

    def grow_diag(self):
        before = -1
        while before != self.aligned.sum():
            before = self.aligned.sum()
            for t, s in self.cells:
                for down, right in [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]:
                    new = t + down, s + right
                    if self.aligned[t, s] and new in self.cells and self.union[new] and any(self.free(*new)):
                        self.aligned[new] = True

    def final(self, direction, needed):
        for t, s in self.cells:
            if (s, t) in direction and needed(self.free(t, s)):
                self.aligned[t, s] = True


def written_out(forward, reverse, method, size):
    matrix = Matrix(forward, reverse, size)
    matrix.grow_diag()
    if method != "grow-diag":
        needed = all if method.endswith("and") else any
        matrix.final(forward, needed)
        matrix.final(reverse, needed)
    return sorted((int(s), int(t)) for t, s in np.argwhere(matrix.aligned))


@pytest.mark.parametrize("method", ["grow-diag", "grow-diag-final", "grow-diag-final-and"])
def test_growing_is_the_published_algorithm(method):
    draw = random.Random(5)
    for number in range(300):
        size = draw.randint(1, 9)
        cells = [(s, t) for s in range(size) for t in range(size)]
        if number % 2:  # as aligners write them: each target word chooses one source word, and the other way round
            forward = [(draw.randrange(size), t) for t in range(size) if draw.random() < 0.9]
            reverse = [(s, draw.randrange(size)) for s in range(size) if draw.random() < 0.9]
        else:
            forward, reverse = ([cell for cell in cells if draw.random() < 0.3] for _ in range(2))
        assert symmetrize(forward, reverse, method) == written_out(forward, reverse, method, size)


def test_what_holds_for_any_links():
    draw = random.Random(6)
    for _ in range(200):
        forward, reverse = ([(draw.randrange(8), draw.randrange(8)) for _ in range(draw.randrange(14))] for _ in "fr")
        found = {method: set(symmetrize(forward, reverse, method)) for method in get_args(Method)}
        assert found["intersect"] <= found["grow-diag"] <= found["grow-diag-final-and"] <= found["union"]
        assert found["grow-diag"] <= found["grow-diag-final"] <= found["union"]
        assert found["intersect"] == set(symmetrize(reverse, forward, "intersect"))
        assert symmetrize(forward, forward, "grow-diag-final-and") == sorted(set(forward))


def test_no_links_and_no_method():
    for method in get_args(Method):
        assert symmetrize([], [], method) == []
    assert symmetrize([(0, 0)], [], "grow-diag") == []
    with pytest.raises(
        ValueError, match=r"'grow' is no way to symmetrise; choose one of intersect, union, grow-diag, "
    ):
        symmetrize([], [], "grow")
