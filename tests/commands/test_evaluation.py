"""`evaluate`, `score` and `aer`, and what a user can get wrong with them."""

import json
import re

import pytest

from seq2seq.evaluation.metrics import METRICS

PAIR = ("--source", "valid.en", "--reference", "valid.fr")


def test_scores_by_label(cli, run, tmp_path):
    (tmp_path / "labels").write_text("a b\n" * 15 + "a\n" * 15, encoding="utf-8")
    arguments = ("evaluate", run, "--source", "valid.en", "--reference", "valid.fr", "--labels", "labels")
    parts = json.loads(cli(*arguments, "--json").out)["labels"]
    assert [(part["label"], part["sentences"]) for part in parts] == [("a", 30), ("b", 15)]
    assert set(parts[0]) == {"label", "sentences", "exact", "bleu"}
    scored = cli("score", "valid.fr", "valid.fr", "--labels", "labels").out
    assert re.search(r"^a +100\.00 +100\.0 +30$", scored, re.MULTILINE)
    (tmp_path / "labels").write_text("a\n", encoding="utf-8")
    assert "labels: 1 line of labels for 30 sentences" in cli(*arguments).err


def test_the_scores_as_a_file_are_those_printed(cli, run, tmp_path):
    printed = cli("evaluate", run, *PAIR, "--lengths", "3", "-o", "scores.json", "--json").out
    assert (tmp_path / "scores.json").read_text(encoding="utf-8") == printed
    table = cli("score", "valid.fr", "valid.fr").out
    assert [line[:32].rstrip() for line in table.split("\n")[: len(METRICS)]] == [metric.label for metric in METRICS]


def test_a_file_that_cannot_be_written_is_noticed_before_the_work(cli, run, tmp_path):
    """Before the model is loaded: there is none."""
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to("loop.png")
    for name, reason in (
        ("folder.png", "Is a directory; name a file"),
        ("none/map.png", "No such file or directory; check the name"),
        ("valid.en/map.png", "Not a directory; check the path, a part of which is a file"),
        ("x" * 300 + ".png", "File name too long; choose a shorter one"),
        ("loop.png", "Too many levels of symbolic links; mend the links, which lead in a circle"),
    ):
        before = sorted(tmp_path.rglob("*"))
        for arguments in (("evaluate", "no-run", *PAIR), ("heatmap", "no-run", "le chat")):
            assert cli(*arguments, "-o", name).err == f"seq2seq: {name}: cannot be written: {reason}\n"
        assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("options", [("--scores",), ("--align",), ("--scores", "--align"), ("--nbest", "1")])
def test_the_columns_of_a_translation_are_not_scored(cli, run, options):
    assert cli("translate", run, "valid.en", "-o", "out.fr", *options).code == 0
    message = cli("score", "out.fr", "valid.fr").err
    assert re.match(r"seq2seq: out\.fr: every line holds .*, but not every line of valid\.fr; score the ", message)


@pytest.mark.parametrize("arguments", [("score", "long"), ("evaluate", "run", "--source", "valid.en", "--reference")])
def test_a_long_line_is_scored_with_a_warning(cli, run, tmp_path, arguments):
    (tmp_path / "long").write_text("un chat\n" * 29 + "a " * 1025 + "\n", encoding="utf-8")
    result = cli(*arguments, "valid.fr" if arguments[0] == "score" else "long")
    assert result.code == 0
    assert "warning: long:30: TER and ROUGE-L read the first 1,024 words of this line, because" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "run", *PAIR, "--lengths", "1" * 5000], r"--lengths [1…]+: rising numbers of words are expected"),
        (["evaluate", "run", *PAIR, "--labels", "valid.en/x"], r"valid\.en/x: no such file"),
        (["score", "valid.fr", "valid.fr", "--language", "f\udcff"], r"'f\\udcff': not valid UTF-8"),
        (["score", "valid.fr", "valid.fr", "--labels", "empty"], r"empty: 0 lines of labels for 30 sentences"),
        (["aer", "vast", "vast"], r"^seq2seq: vast:1: '1{40}…' is no link such as 0-0"),
        (["aer", "empty", "empty"], r"^seq2seq: empty: holds no link such as 0-0: there is nothing to score"),
        (["aer", "sure", "possible"], r"^seq2seq: possible: holds no sure link such as 0-0"),
        (
            ["heatmap", "run", "le chat", "--layer", "1" * 5000],
            r"--layer [1…]+: the map 'cross' has one layer; give 1, or all$",
        ),
        (
            ["heatmap", "run", "le chat", "--head", "1" * 5000],
            r"--head [1…]+: the map 'cross' has one head; give 1, or mean or all$",
        ),
    ],
)
def test_a_mistake_is_one_line(cli, run, tmp_path, arguments, message):
    files = {"empty": "", "vast": f"{'1' * 5000}-0\n", "sure": "0-0\n", "possible": "0?0\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = cli(*arguments)
    assert result.code == 2
    assert re.search(message, result.err), result.err
