"""The annotated captions of data/alignment, and the benchmark that scores aligners on them and on the built-in corpus."""

import gzip
import importlib
import json
from pathlib import Path
from typing import get_args

import pytest

from seq2seq.words import split_words
from tests.conftest import ROOT


@pytest.fixture
def bench(monkeypatch):
    """A script finds its neighbours."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.reload(importlib.import_module("alignment"))


def write_corpus(folder, sources, targets):
    (folder / "multi30k").mkdir()
    for split in ("val", "train"):
        for side, column in (("en", sources), ("fr", targets)):
            text = "".join(f"{line}\n" for line in column)
            (folder / "multi30k" / f"{split}.{side}.gz").write_bytes(gzip.compress(text.encode()))


def test_the_annotated_captions_are_whole(bench):
    rows = [row.split("\t") for row in bench.CAPTIONS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 100
    numbers = [int(line) for line, _, _ in rows]
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= 1
    assert numbers[-1] <= 1014
    gold = [bench.parse_links(links, line) for line, _, links in rows]
    assert (sum(len(one.sure) for one in gold), sum(len(one.possible - one.sure) for one in gold)) == (1198, 301)
    for (_, _, links), one in zip(rows, gold, strict=True):
        drawn = [tuple(map(int, word.replace("?", "-").split("-"))) for word in links.split()]
        assert drawn == sorted(one.possible), "each link once, in order"


@pytest.mark.real_data
def test_the_annotated_captions_count_the_words_of_multi30k(bench, multi30k):
    task = bench.captions(multi30k.parent)
    assert (len(task.pairs), len(task.training), task.split_punctuation) == (100, 29000, True)
    for pair, gold in zip(task.pairs, task.gold, strict=True):
        source, target = (split_words(side, split_punctuation=True) for side in pair)
        assert max(s for s, _ in gold.possible) < len(source)
        assert max(t for _, t in gold.possible) < len(target)
        if source[-1] == target[-1] == ".":
            assert (len(source) - 1, len(target) - 1) in gold.sure


def test_another_edition_of_the_captions_is_refused(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "CAPTIONS", tmp_path / "gold.links")
    write_corpus(tmp_path, ["A dog .", "A cat ."], ["Un chien .", "Un chat ."])
    row = f"2\t{bench.checksum(('A cat .', 'Un chat .'))}\t0-0 1-1 2?2\n"
    bench.CAPTIONS.write_text(row, encoding="utf-8")
    task = bench.captions(tmp_path)
    assert task.pairs == [("A cat .", "Un chat .")]
    assert (task.gold[0].sure, task.gold[0].possible) == ({(0, 0), (1, 1)}, {(0, 0), (1, 1), (2, 2)})
    for line in ("1", "3"):
        bench.CAPTIONS.write_text(row.replace("2", line, 1), encoding="utf-8")
        with pytest.raises(SystemExit, match=rf"multi30k/val: line {line} is not the sentence pair that was annotated"):
            bench.captions(tmp_path)


@pytest.fixture
def task(bench):
    gold = [bench.parse_links(links, "gold") for links in ("0-0 1-1 2-2", "0-0 1-2 2-1 3?0")]
    pairs = [("The cat.", "Le chat."), ("a black dog", "un chien noir")]
    return bench.Task(pairs, gold, [("Cats!", "Chats !")], split_punctuation=True)


def test_a_run_and_its_opposite_are_measured_in_both_directions_and_together(bench, task, monkeypatch):
    asked = []

    def run(command, system, *options):
        given = dict(zip(options[0:4:2], options[1:4:2], strict=True))
        texts = [Path(given[name]).read_text(encoding="utf-8") for name in ("--source", "--target")]
        asked.append((command, system, *texts, *options[4:]))
        return {"there": "0-0 1-1\n0-0 2-1\n", "back": "0-0 2-2\n0-3 2-1\n"}[system]

    monkeypatch.setattr(bench, "run", run)
    there, back = "The cat.\na black dog\n", "Le chat.\nun chien noir\n"
    alone = bench.measure("there", task, "")
    assert asked == [("align", "there", there, back, "--split-punctuation")]
    found = bench.measure("there,back", task, "")
    assert asked[2] == ("align", "back", back, there, "--split-punctuation")
    layer, head = (["--set", f"decoding.alignment_{name}"] for name in ("layer=2", "head=3"))
    for name, options in {"there:2": layer, "there:2.3": [*layer, *head]}.items():
        assert bench.measure(name, task, "") == alone
        assert asked.pop() == ("align", "there", there, back, "--split-punctuation", *options)
    for name in (r"C:\runs\there", "there:2.1.7"):  # no run of that name is found, which is better than another layer
        with pytest.raises(KeyError):
            bench.measure(name, task, "")
        assert asked.pop()[1] == name
    assert list(alone) == ["forward"]
    assert list(found) == ["forward", "reverse", *get_args(bench.Method)]
    assert found["forward"] == alone["forward"]
    assert (found["forward"]["precision"], found["forward"]["recall"]) == (100, pytest.approx(100 * 4 / 6))
    assert (found["reverse"]["precision"], found["reverse"]["recall"]) == (100, 50), "3-0 and 1-2, seen from here"
    assert found["union"]["recall"] == 100
    assert found["intersect"]["recall"] == pytest.approx(100 * 1 / 6)
    rows = bench.table({"captions": {"there": alone}}).split("\n")
    assert rows[2] == "| captions | there | forward | 20.0 | 100.0 | 66.7 | 80.0 |"
    assert {row.count("|") for row in rows[:-1]} == {8}


def test_statistical_aligners_learn_from_the_training_pairs_and_are_scored_on_the_test(
    bench, task, tmp_path, monkeypatch
):
    command = tmp_path / "eflomal-align"
    command.write_text(
        "#!/bin/sh\n"
        f'cp "$2" {tmp_path}/read\n'
        'printf "7-7\\n0-0 1-1\\n0-0 1-2\\n" > "$4"\n'
        'printf "7-7\\n0-0 2-2\\n0-0\\n" > "$6"\n'
    )
    command.chmod(0o755)
    found = bench.measure("eflomal", task, str(command))
    text = "cats ! ||| chats !\nthe cat . ||| le chat .\na black dog ||| un chien noir\n"
    assert (tmp_path / "read").read_text(encoding="utf-8") == text
    assert (found["forward"]["recall"], found["reverse"]["recall"]) == pytest.approx((100 * 4 / 6, 50))


def test_the_statistical_aligner_is_measured_in_both_directions_and_where_they_agree(bench, task):
    """It has learned from the training pairs that *cat* is *chat*, and has the test's words as well."""
    task = task._replace(
        training=[("cat", "chat"), ("dog", "chien"), ("a dog", "un chien"), ("the cat", "le chat")] * 5
    )
    found = bench.measure("hmm", task, "")
    assert list(found) == ["agreed", "forward", "reverse", *get_args(bench.Method)]
    for scores in found.values():
        assert scores["sentences"] == 2
        assert scores["recall"] >= 50
    assert found["agreed"]["aer"] < 30


def test_everyday_pairs_are_measured_against_the_links_of_aligners_that_know_them_all(bench, tmp_path, monkeypatch):
    long = "the " + "big " * 10 + "dog"
    write_corpus(tmp_path, ["A dog ."], ["Un chien ."])
    (tmp_path / "tatoeba").mkdir()
    for side, lines in (("en", ["No.", long, f"{long} barks {long}"]), ("fr", ["Non.", "le chien", "le chien aboie"])):
        text = "".join(f"{line}\n" for line in lines)
        (tmp_path / "tatoeba" / f"train.{side}.gz").write_bytes(gzip.compress(text.encode()))
    known = []

    def eflomal(command, task, folder):
        known.append((command, task.training))
        return {"forward": [[(0, 0)]] * 2, "reverse": [[(0, 0), (1, 1)]] * 2}

    def hmm(task):
        known.append(("hmm", task.training))
        return {"agreed": [[(0, 0), (11, 1)], []]}

    monkeypatch.setattr(bench, "eflomal", eflomal)
    monkeypatch.setattr(bench, "hmm", hmm)
    task = bench.everyday(tmp_path, "a-command")
    assert task.pairs == [(long, "le chien"), (f"{long} barks {long}", "le chien aboie")]
    everything = [("No.", "Non."), *task.pairs, ("A dog .", "Un chien .")]
    assert known == [("a-command", everything), ("hmm", everything)]
    assert task.training == [("A dog .", "Un chien .")], "what is measured learns of Tatoeba only what it aligns"
    assert [(one.sure, one.possible) for one in task.gold] == [
        ({(0, 0)}, {(0, 0), (1, 1), (11, 1)}),
        (frozenset(), {(0, 0), (1, 1)}),
    ]


def test_the_built_in_corpus_is_measured_on_words_as_they_stand(bench):
    task = bench.builtin("long")
    assert (len(task.pairs), len(task.gold), len(task.training), task.split_punctuation) == (200, 200, 20000, False)


def test_the_table_is_printed_and_its_figures_are_written(bench, task, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "captions", lambda data: task)
    monkeypatch.setattr(bench, "run", lambda *_: "0-0\n0-0\n")
    arguments = ["alignment", "--out", str(tmp_path / "alignment"), "--captions", "a-run"]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit):
        bench.main()
    assert "--data DIR is missing, which holds multi30k/" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", [*arguments, "eflomal", "--data", "d", "--eflomal", "no-such-command"])
    with pytest.raises(SystemExit):
        bench.main()
    assert "no-such-command is no command: install eflomal, or say --eflomal PATH" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", [*arguments, "--data", "d"])
    bench.main()
    assert capsys.readouterr().out.endswith("| captions | a-run | forward | 50.0 | 100.0 | 33.3 | 50.0 |\n")
    tree = json.loads((tmp_path / "alignment.json").read_text(encoding="utf-8"))
    assert tree["results"]["captions"]["a-run"]["forward"]["aer"] == 50
    assert "commit" in tree["environment"]


def test_a_guide_holds_eflomals_forward_links_of_the_training_pairs(bench, tmp_path, monkeypatch):
    def eflomal(command, task, folder):
        assert (command, task.pairs, task.training) == ("true", [("A dog .", "Un chien .")], [])
        return {"forward": [[(0, 0), (2, 2)]], "reverse": [[(1, 1)]]}

    write_corpus(tmp_path, ["A dog ."], ["Un chien ."])
    monkeypatch.setattr(bench, "eflomal", eflomal)
    arguments = ["alignment", "--data", str(tmp_path), "--eflomal", "true", "--guide", str(tmp_path / "train.links")]
    monkeypatch.setattr("sys.argv", arguments)
    bench.main()
    assert (tmp_path / "train.links").read_text(encoding="utf-8") == "0-0 2-2\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--out", "x"], "name what to measure with --captions, --builtin or --everyday"),
        (["--guide", "x", "--captions", "hmm"], "--guide FILE stands without them"),
        (["--out", "x", "--captions", "hmm", "--learn", "-5"], "--learn -5: a number of pairs is 0 or more"),
    ],
)
def test_what_the_benchmark_cannot_do_is_refused(bench, monkeypatch, capsys, options, message):
    monkeypatch.setattr("sys.argv", ["alignment", "--data", "d", *options])
    with pytest.raises(SystemExit):
        bench.main()
    assert message in capsys.readouterr().err


def test_an_aligner_learns_from_as_many_training_pairs_as_are_asked_for(bench, task, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(bench, "captions", lambda data: task._replace(training=[("a", "un"), ("dog", "chien")]))
    monkeypatch.setattr(bench, "everyday", lambda data, command: task)
    monkeypatch.setattr(bench, "hmm", lambda task: seen.append(task.training) or {"agreed": [[(0, 0)], [(0, 0)]]})
    arguments = ["alignment", "--out", str(tmp_path / "x"), "--data", "d", "--eflomal", "true", "--captions", "hmm"]
    for options, learned in (([], 2), (["--learn", "1"], 1), (["--learn", "0"], 0)):
        monkeypatch.setattr("sys.argv", [*arguments, *options])
        bench.main()
        assert seen.pop() == [("a", "un"), ("dog", "chien")][:learned]
    monkeypatch.setattr("sys.argv", [*arguments, "--everyday", "hmm"])
    bench.main()
    assert seen.pop() == task.training
    assert list(json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["results"]) == ["captions", "everyday"]


# AER, precision and recall on the annotated captions, as on the models' cards.
SHIPPED = {"multi30k-rnn": (2.8, 97.7, 96.7), "multi30k-transformer": (3.0, 97.6, 96.4)}


@pytest.mark.real_data
@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_that_ships_aligns_as_its_card_says(bench, multi30k, name):
    scores = bench.measure(name, bench.captions(multi30k.parent), "no-command")["forward"]
    found = [scores[key] for key in ("aer", "precision", "recall")]
    assert found == pytest.approx(SHIPPED[name], abs=0.15), "a link of them is 0.05 to 0.1"
    card = (ROOT / "checkpoints" / name / "README.md").read_text(encoding="utf-8")
    assert "AER {}, precision {}, recall {}".format(*SHIPPED[name]) in card
