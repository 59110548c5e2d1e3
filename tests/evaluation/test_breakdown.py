import pytest

from seq2seq.errors import ConfigError, DataError
from seq2seq.evaluation.breakdown import by_label, by_length
from seq2seq.evaluation.metrics import bleu


def test_a_sentence_counts_for_each_of_its_labels():
    hypotheses = ["the cat sleeps here now", "a dog", "one two three four five"]
    references = ["the cat sleeps here now", "a dog barks", "one  two three four five"]
    scores = by_label(hypotheses, references, ["x y", "y y", ""])
    assert [(s.label, s.sentences, s.exact) for s in scores] == [("y", 2, 50.0), ("x", 1, 100.0)]
    assert scores[0].bleu == bleu(hypotheses[:2], references[:2])


def test_lines_must_answer_lines():
    with pytest.raises(DataError, match=r"^in\.labels: 2 lines of labels for 1 sentence: line i must label line i$"):
        by_label(["a"], ["a"], ["x", "y"], "in.labels")
    with pytest.raises(ValueError, match="a list of lines of labels is expected, not a single text"):
        by_label(["a"], ["a"], "x")
    with pytest.raises(ValueError, match="as many lines on each side, not 1 and 2"):
        by_label(["a"], ["a", "b"], ["x"])


def test_groups_by_the_sources_length():
    sources = ["a", "a b", "a b c", "a b c d e f", "a b"]
    said, wanted = ["one", "two", "three", "four", "wrong"], ["one", "two", "three", "four", "five"]
    groups = by_length(said, wanted, sources, [2, 4, 5])
    assert [(g.label, g.sentences) for g in groups] == [("up to 2", 3), ("3-4", 1), ("over 5", 1)]
    assert groups[0].exact == pytest.approx(200 / 3)
    with pytest.raises(ValueError, match="as many lines on each side, not 5 and 4"):
        by_length(said, wanted[1:], sources, [2])


@pytest.mark.parametrize("bounds", [[], [0], [-1, 2], [3, 2], [2, 2]])
def test_bounds_of_lengths_rise(bounds):
    with pytest.raises(ConfigError, match="bounds: rising numbers of words are expected, as in 10,20,30"):
        by_length(["a"], ["a"], ["a"], bounds)
