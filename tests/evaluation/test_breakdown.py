import pytest

from seq2seq.evaluation.breakdown import by_label
from seq2seq.evaluation.metrics import bleu


def test_a_sentence_counts_for_each_of_its_labels():
    hypotheses = ["the cat sleeps here now", "a dog", "one two three four five"]
    references = ["the cat sleeps here now", "a dog barks", "one  two three four five"]
    scores = by_label(hypotheses, references, ["x y", "y y", ""])
    assert [(s.label, s.sentences, s.exact) for s in scores] == [("y", 2, 50.0), ("x", 1, 100.0)]
    assert scores[0].bleu == bleu(hypotheses[:2], references[:2])


def test_lines_must_answer_lines():
    with pytest.raises(ValueError, match="1 hypotheses, 1 references and 2 lines of labels"):
        by_label(["a"], ["a"], ["x", "y"])
