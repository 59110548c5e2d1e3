"""`evaluate`, with a translator that says its line backwards, and then stops."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from seq2seq.errors import ConfigError, DataError
from seq2seq.evaluation.breakdown import by_label, by_length
from seq2seq.evaluation.evaluation import evaluate
from seq2seq.evaluation.metrics import MOST_WORDS, score

SOURCES = ["a b c d", "e f", "g"]
REFERENCES = ["d c b a .", "f", "g ."]
BACKWARDS = ["d c b a .", "f e .", "g ."]


@dataclass
class Line:
    text: str


class Backwards:
    languages = ("en", "fr")

    def __init__(self) -> None:
        self.places: list[str] = []

    def stream(self, lines: list[str], *, place) -> Iterator[Line]:
        for number, line in enumerate(lines, 1):
            self.places.append(place(number))
            yield Line(" ".join([*reversed(line.split()), "."]))


def test_everything_of_one_corpus():
    shown = []
    translator = Backwards()
    found = evaluate(
        translator, SOURCES, REFERENCES, labels=["x", "y", "x y"], lengths=[2], names=("in.en", "in.fr", "in.labels"),
        progress=lambda lines: (shown.append(line) or line for line in lines),
    )  # fmt: skip
    assert [translation.text for translation in found.translations] == BACKWARDS
    assert list(found.translations) == shown
    assert translator.places == ["in.en:1", "in.en:2", "in.en:3"]
    assert found.scores == score(BACKWARDS, REFERENCES, "fr")
    assert found.by_label == by_label(BACKWARDS, REFERENCES, ["x", "y", "x y"])
    assert found.by_length == by_length(BACKWARDS, REFERENCES, SOURCES, [2])
    tree = found.as_dict()
    assert list(tree)[-3:] == ["sentences", "labels", "lengths"]
    assert tree["labels"][0] == {"label": "x", "sentences": 2, "exact": 100.0, "bleu": found.by_label[0].bleu}


def test_parts_that_nobody_asked_for_are_not_there():
    found = evaluate(Backwards(), SOURCES, REFERENCES)
    assert found.by_label is found.by_length is None
    assert found.as_dict() == found.scores.as_dict()
    assert evaluate(Backwards(), SOURCES, REFERENCES, labels=[""] * 3).as_dict()["labels"] == []


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"references": REFERENCES[1:]}, DataError, "sources: 3 lines, but references: 2 lines: line i must"),
        ({"labels": ["x"]}, DataError, "^labels: 1 line of labels for 3 sentences: line i must label line i$"),
        ({"sources": [], "references": []}, DataError, "nothing to score"),
        ({"references": "abc"}, ValueError, "lists of lines are expected, not single texts"),
        ({"sources": "abc"}, ValueError, "lists of lines are expected, not single texts"),
        ({"labels": "abc"}, ValueError, "a list of lines of labels is expected, not a single text"),
        ({"lengths": [3, 2]}, ConfigError, "lengths: rising numbers of words are expected"),
    ],
)
def test_mistakes_are_told_before_the_work(changed, error, message):
    translator = Backwards()
    with pytest.raises(error, match=message):
        evaluate(translator, **{"sources": SOURCES, "references": REFERENCES, **changed})
    assert not translator.places


@pytest.mark.parametrize("source", ["a " * (MOST_WORDS + 1), "a ||| b"])
def test_whatever_was_translated_is_scored(source, caplog):
    """A translation may be too long for TER, or look like the columns of n-best lists."""
    found = evaluate(Backwards(), [source], ["c"], names=("in.en", "in.fr", ""))
    assert found.scores.sentences == 1
    assert [message.split(" read")[0] for message in caplog.messages] == (
        ["translations:1: TER and ROUGE-L"] if len(source) > MOST_WORDS else []
    )
