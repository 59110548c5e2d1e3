"""The measurements behind docs/ still run: each in its smallest form, no time asserted."""

import importlib.util
import json
from types import ModuleType

import pytest

from seq2seq.config import Config
from seq2seq.models import check_model
from seq2seq.models.attention import SCORERS
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def beside_each_other(monkeypatch):
    """A script finds its neighbours."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", SCORERS)
def test_the_cost_of_every_scorer_can_be_measured(name):
    cost = load("attention_cost")
    assert set(cost.ORDERS) == set(SCORERS)
    point = cost.measure(name, 16, repeats=1)
    assert set(point) == {"forward", "backward", "peak", "parameters"}
    assert json.loads(json.dumps(point)) == point


def test_the_cost_is_drawn(tmp_path):
    cost = load("attention_cost")
    points = {str(n): {"forward": n / 1e6, "backward": n / 1e6, "peak": n * 1e5, "parameters": 1} for n in cost.LENGTHS}
    cost.draw({"additive": points, "none": points}, tmp_path / "cost.png")
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")


def test_every_form_of_attention_is_compared_and_can_be_built():
    forms = load("attention_forms")
    assert {form["attention"] for form in forms.FORMS.values()} == set(SCORERS)
    assert {form.get("pooling", "backward") for form in forms.FORMS.values()} == set(forms.POOLINGS)
    demo = {"embedding_dim": 128, "encoder_dim": 128, "attention_dim": 128}
    for form in forms.FORMS.values():
        check_model(Config.model_validate({"data": {"train": "a", "valid": "b"}, "model": demo | form}).model)
    found = {"bleu": 1.234, "bleu_published": 2.0, "aer": None, "parameters": 1_500_000, "tokens_per_second": 1234.5}
    assert forms.table({"none": found}).endswith("| none | 1.23 | 2.00 |  | 1.50M | 1,234 |\n")


def test_sentences_are_joined_with_their_translations():
    lengths = load("attention_lengths")
    pairs = [(f"a{i}", f"b{i}") for i in range(7)]
    many = lengths.joined(pairs, (1, 2, 3), seed=1)
    assert [len(source.split()) for source, _ in many] == [1] * 7 + [2] * 3 + [3] * 2
    for source, target in many:
        assert source.replace("a", "b") == target
    assert lengths.joined(pairs, (2,), seed=1) == lengths.joined(pairs, (2,), seed=1)


def test_length_curves_are_drawn(tmp_path):
    lengths = load("attention_lengths")
    scores = {"lengths": [{"label": "<= 10", "bleu": 90.0}, {"label": "> 10", "bleu": 50.0}]}
    lengths.draw({name: dict.fromkeys(lengths.MODELS, scores) for name in lengths.CORPORA}, tmp_path / "lengths.png")
    assert (tmp_path / "lengths.png").stat().st_size > 1000
