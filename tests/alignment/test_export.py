"""Weights as data for others, and alignments as notebooks show them."""

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from seq2seq.alignment import Alignment
from seq2seq.alignment.export import About, Sentence, check_data, open_data
from seq2seq.errors import ConfigError
from tests.alignment.test_heatmap import DOG, random_alignment

ABOUT = About("multi30k-rnn", ("en", "fr"), "cross", "split")
GRID = [[random_alignment(3, 2) for _ in range(4)] for _ in range(2)]
SENTENCES = [
    Sentence(1, "The dog.", "Le chien.", [1], [], [[DOG]]),
    Sentence(7, "<a> \u2028 “b”", "\U0001f600", [1, 2], [1, 2, 3, 4], GRID),
]


def written(path) -> bytes:
    with open_data(path, ABOUT) as add:
        for sentence in SENTENCES:
            add(sentence)
        assert not path.exists(), "it appears when it is whole"
    return path.read_bytes()


def test_json_has_what_was_given(tmp_path):
    content = json.loads(written(tmp_path / "x.json"))
    sentences = content.pop("sentences")
    assert content == {
        "format": "seq2seq-alignments-1", "model": "multi30k-rnn", "languages": ["en", "fr"], "map": "cross", "units": "split",
    }  # fmt: skip
    first, second = sentences
    assert np.array_equal(np.array(first.pop("weights"), dtype=np.float32), DOG.weights_TS[None, None])
    assert first == {
        "line": 1, "source": "The dog.", "target": "Le chien.", "layers": [1], "heads": ["mean"],
        "source_units": ["The", "dog", ".", "</s>"], "target_units": ["Le", "chien", ".", "</s>"],
        "source_end": True, "target_end": True, "links": [[[[1, 1], [2, 2]]]],
    }  # fmt: skip
    expected = np.array([[head.weights_TS for head in layer] for layer in GRID])
    assert np.array_equal(np.array(second["weights"], dtype=np.float32), expected), "not a digit is lost"
    assert (second["source"], second["target"]) == (SENTENCES[1].source, SENTENCES[1].target)
    assert np.shape(second["links"])[:2] == (2, 4)


def test_npz_has_the_same(tmp_path):
    written(tmp_path / "x.json")
    written(tmp_path / "x.npz")
    content = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    with np.load(tmp_path / "x.npz") as arrays:
        about = json.loads(str(arrays["about"]))
        for sentence in content["sentences"]:
            weights = arrays[f"weights_{sentence['line']}"]
            assert weights.dtype == np.float32
            assert np.array_equal(weights, np.array(sentence.pop("weights"), dtype=np.float32))
    assert about == content


@pytest.mark.parametrize("ending", [".json", ".npz"])
def test_equal_weights_give_equal_files(tmp_path, ending):
    assert written(tmp_path / f"a{ending}") == written(tmp_path / f"b{ending}")


@pytest.mark.parametrize("ending", [".json", ".npz"])
def test_what_fails_leaves_the_older_file(tmp_path, ending):
    path = tmp_path / f"x{ending}"
    path.write_bytes(b"older")
    with pytest.raises(ZeroDivisionError), open_data(path, ABOUT):
        raise ZeroDivisionError
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"x\.csv: weights are written as \.json, \.npz; choose one of these endings"):
        check_data(tmp_path / "x.csv")
    with pytest.raises(ConfigError, match=r"no/x\.npz: cannot be written: No such file"):
        check_data(tmp_path / "no" / "x.npz")


def table_of(alignment: Alignment) -> ET.Element:
    return ET.fromstring(alignment._repr_html_())


def test_a_notebook_shows_a_table():
    table = table_of(DOG)
    rows = [[*row] for row in table]
    assert [cell.text for cell in rows[0]] == [None, "The", "dog", ".", "</s>"]
    assert [row[0].text for row in rows[1:]] == ["Le", "chien", "."]
    assert rows[2][2].get("title") == "chien ← dog: 0.75"
    assert "rgba(0, 114, 178, 0.750)" in rows[2][2].get("style")
    outlined = [
        (s, t) for t, row in enumerate(rows[1:]) for s, cell in enumerate(row[1:]) if "outline" in cell.get("style")
    ]
    assert outlined == DOG.links()


def test_hostile_words_stay_text():
    word = "<script>alert('1')</script>\"&"
    one = Alignment((word,), (word,), np.ones((1, 1), dtype=np.float32))
    assert "<script" not in one._repr_html_()
    head, row = table_of(one)
    assert head[1].text == row[0].text == word
    assert row[1].get("title") == f"{word} ← {word}: 1.00"


def test_what_no_table_can_show_is_told():
    assert table_of(random_alignment(200, 100)).text == "Alignment of 100 × 200 units; "
    assert table_of(random_alignment(0, 1)).text == "Alignment of 1 × 0 units; "
