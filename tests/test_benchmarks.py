"""The measurements behind docs/ still run: each in its smallest form, no time asserted."""

import gzip
import importlib
import json
import sys
import threading
from types import ModuleType

import pytest

from seq2seq.config_file import load_config, render_config
from seq2seq.models import check_model
from seq2seq.models.attention import SCORERS
from tests.conftest import ROOT

SMALL = ("training.max_updates=2", "training.valid_every=2", "training.warmup=1", "training.log_every=1")


@pytest.fixture(autouse=True)
def beside_each_other(monkeypatch):
    """A script finds its neighbours."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")


def load(name: str) -> ModuleType:
    return importlib.reload(importlib.import_module(name))


@pytest.fixture
def cost():
    return load("attention_cost")


@pytest.mark.parametrize("name", [*SCORERS, "multi_head, weights wanted"])
def test_the_cost_of_every_attention_can_be_measured(cost, name):
    assert name in cost.NAMES
    assert sum(name in names for _, names in cost.CURVES.values()) == 1
    point = cost.measure(name, 16, repeats=1)
    assert set(point) == {"forward", "backward", "peak", "parameters"}
    assert json.loads(json.dumps(point)) == point


def test_peak_memory_is_that_of_the_point(cost):
    """512 × 512 × 64 numbers are 64 MiB: additive attention holds them several times, dot hardly any."""
    assert 64 < cost.measure("additive", 512, repeats=1)["peak"] / 2**20 < 320
    assert cost.measure("dot", 512, repeats=1)["peak"] / 2**20 < 16


def test_the_cost_is_drawn_without_points_that_failed(cost, tmp_path):
    points = {str(n): {"forward": n / 1e6, "backward": n / 1e6, "peak": n * 1e5, "parameters": 1} for n in cost.LENGTHS}
    results = {"additive": points | {"4096": {}}, "none": points}
    cost.draw(results, tmp_path / "cost.png")
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")
    rows = cost.table(results).split("\n")
    assert rows[2] == "| additive | 0.03 | 0.51 |  | 1.53 | 24.41 |  |"
    assert rows[3] == "| none | 0.03 | 0.51 | 8.19 | 1.53 | 24.41 | 390.62 |"


def test_every_form_of_attention_is_compared_and_can_be_built():
    forms = load("attention_forms")
    assert next(iter(forms.FORMS)) == "additive, conditional"
    assert {form["attention"] for form in forms.FORMS.values()} == set(SCORERS)
    assert {form.get("pooling", "backward") for form in forms.FORMS.values()} == set(forms.POOLINGS)
    demo = load_config(ROOT / "configs" / "demo.yaml").model
    for form in forms.FORMS.values():
        check_model(demo.model_copy(update=form))


def test_forms_are_drawn_where_none_was_aligned_and_where_the_default_is_missing(tmp_path):
    forms = load("attention_forms")
    found = {name: {"bleu": 50.0, "aer": None} for name in forms.FORMS}
    forms.draw(found, tmp_path / "aligned.png")
    del found[forms.DEFAULT]
    forms.draw(found, tmp_path / "default.png")
    assert {path.name for path in tmp_path.iterdir()} == {"aligned.png", "default.png"}


def test_every_form_stands_under_a_question_of_the_picture():
    forms = load("attention_forms")
    assert {name for names in forms.QUESTIONS.values() for name in names} == set(forms.FORMS)


def test_labels_at_the_ends_of_curves_stay_apart(cost):
    assert cost.spread([("a", 9, 1.0), ("b", 9, 1.5), ("c", 9, 100.0)]) == [
        ("c", 9, 100.0),
        ("b", 9, 1.5),
        ("a", 9, 0.75),
    ]
    lengths = load("attention_lengths")
    assert lengths.spread([(50.0, "a", "x"), (51.0, "b", "x")], apart=3) == [(51.0, "b", "x"), (48.0, "a", "x")]


@pytest.mark.parametrize("name", ["attention_cost", "attention_forms", "attention_lengths"])
def test_a_picture_is_drawn_again_from_its_figures(name, tmp_path, monkeypatch):
    (tmp_path / "x.json").write_bytes((ROOT / "docs" / f"{name.replace('_', '-')}.json").read_bytes())
    monkeypatch.setattr(sys, "argv", [name, "--redraw", "--out", str(tmp_path / "x")])
    load(name).main()
    assert (tmp_path / "x.png").stat().st_size > 10_000


def test_a_form_is_trained_scored_and_timed(toy_files, tmp_path, monkeypatch):
    forms = load("attention_forms")
    for name in ("x", "test"):
        toy_files(name, 20)
    (tmp_path / "test.links").write_text("0-0\n" * 20, encoding="utf-8")
    monkeypatch.setattr(forms, "TEST", str(tmp_path / "test"))
    sizes = {f"{key}_dim": 8 for key in ("embedding", "encoder", "decoder", "attention")}
    monkeypatch.setattr(forms, "QUESTIONS", {"Which?": {"a": "A", "b": "B"}})
    monkeypatch.setattr(forms, "FORMS", {"a": {**sizes, "attention": "additive"}, "b": {**sizes, "attention": "none"}})
    data = [f"data.{part}={tmp_path / 'x'}" for part in ("train", "valid", "test")]
    settings = [*SMALL, *data, "tokenizer.vocabulary_size=40"]
    found = {name: forms.measure(name, 1e-3, tmp_path / name, settings, 1) for name in forms.FORMS}
    assert 0 <= found["a"]["aer"] <= 100
    assert found["b"]["aer"] is None
    assert found["a"]["updates"] == 2
    assert found["a"]["parameters"] > found["b"]["parameters"] > 1000
    assert "signatures" in found["a"]
    for name, speed in forms.speeds(rounds=1, updates=1).items():
        found[name] |= speed
        assert speed["vector"] == 8
    assert found["a"]["speed_ratio"] == 1
    rows = forms.table(found).split("\n")
    assert rows[2].startswith("| a | ")
    assert {row.count("|") for row in rows[:-1]} == {10}
    forms.draw(found, tmp_path / "forms.png")
    assert (tmp_path / "forms.png").read_bytes().startswith(b"\x89PNG")


def test_sentences_are_joined_with_their_translations():
    lengths = load("attention_lengths")
    pairs = [(f"a{i}", f"b{i}") for i in range(7)]
    many = lengths.joined(pairs, (1, 2, 3), seed=1)
    assert [count for count, _, _ in many] == [1] * 7 + [2] * 3 + [3] * 2
    for count, source, target in many:
        assert len(source.split()) == count
        assert source.replace("a", "b") == target
    assert lengths.joined(pairs, (2,), seed=1) == lengths.joined(pairs, (2,), seed=1)


def test_a_length_curve_is_measured_and_drawn(toy_files, tmp_path, monkeypatch):
    lengths = load("attention_lengths")
    toy_files("x", 40)
    folder = tmp_path / "multi30k"
    folder.mkdir()
    for side in ("en", "fr"):
        text = (tmp_path / f"x.{side}").read_bytes()
        for split in ("train", "val", "test_2016_flickr"):
            (folder / f"{split}.{side}.gz").write_bytes(gzip.compress(text))
    monkeypatch.setenv("SEQ2SEQ_DATA", str(tmp_path))
    settings = {
        "tests": {"joined": "5,10"}, "tokenizer": {"vocabulary_size": 40},
        "rnn": {f"{key}_dim": 8 for key in ("embedding", "encoder", "decoder", "attention")},
        "training": {"max_updates": 9, "valid_every": 2, "warmup": 1, "log_every": 1},
    }  # fmt: skip
    monkeypatch.setitem(lengths.CORPORA, "multi30k", settings)
    splits = lengths.corpus("multi30k", tmp_path)
    found = lengths.measure("multi30k", "additive", splits, tmp_path / "run", updates=2, threads=1)
    assert found["updates"] == 2
    joined = found["tests"]["joined"]
    assert {part["label"] for part in joined["labels"]} == {"single", "twos", "threes"}
    assert sum(part["sentences"] for part in joined["lengths"]) == 40 + 20 + 13
    found["tests"]["joined"]["lengths"] = [{"label": x, "bleu": 50.0, "sentences": 3} for x in ("up to 5", "over 5")]
    results = {name: dict.fromkeys(lengths.MODELS, found) for name in lengths.CORPORA}
    rows = lengths.table(results).split("\n")
    assert rows[2].startswith("| builtin | parameters, rate | | 0.0M at 0.002 |")
    assert rows[3:5] == [
        "| builtin, joined | up to 5 | 3 | 50.0 | 50.0 | 50.0 | 50.0 |",
        "| builtin, joined | over 5 | 3 | 50.0 | 50.0 | 50.0 | 50.0 |",
    ]
    assert rows[5].startswith("| builtin, joined | all | 6 | **")
    lengths.draw(results, tmp_path / "lengths.png")
    assert (tmp_path / "lengths.png").stat().st_size > 1000


def test_tasks_run_side_by_side_on_a_thread_each_or_alone_on_all():
    common = load("common")
    both = threading.Barrier(2, timeout=30)
    meet = {name: lambda threads: (both.wait() >= 0, threads) for name in "ab"}
    assert common.side_by_side(meet, 2) == {"a": (True, 1), "b": (True, 1)}
    assert common.side_by_side({"c": lambda threads: threads}, 1) == {"c": None}
    with pytest.raises(SystemExit, match="no"):
        common.side_by_side({"d": lambda _: sys.exit("no")}, 1)


def test_a_run_is_of_just_these_settings_and_tells_on_what_it_was_begun(toy_config, tmp_path):
    common = load("common")
    config = tmp_path / "c.yaml"
    config.write_text(render_config(toy_config), encoding="utf-8")
    common.train(config, tmp_path / "run", *SMALL, threads=1)
    common.train(config, tmp_path / "run", *SMALL, threads=1)  # done already
    with pytest.raises(SystemExit, match=r"run: made with another training\.lr; choose another --runs"):
        common.train(config, tmp_path / "run", *SMALL, "training.lr=0.5", threads=1)
    found = common.summary(tmp_path / "run")
    assert (found["rate"], found["updates"]) == (toy_config.training.lr, 2)
    assert found["environment"] == common.environment(1)


def test_results_carry_on_what_they_were_made(tmp_path):
    common = load("common")
    common.write(tmp_path / "x.json", common.environment(), {"a": 1}, seed=2)
    tree = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert (tree["results"], tree["seed"]) == ({"a": 1}, 2)
    assert set(tree["environment"]) == {"commit", "python", "torch", "threads", "cpu"}
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: AMD EPYC\n", encoding="utf-8")
    assert common.cpu(tmp_path / "cpuinfo") == "AMD EPYC"
    assert common.cpu(tmp_path / "nothing") != "AMD EPYC"
