"""Attention against numbers worked by hand, loops over the papers' formulas, and PyTorch's own."""

import math
import re

import pytest
import torch
from torch import nn
from torch.nn import functional

from seq2seq.config import Config
from seq2seq.errors import ConfigError
from seq2seq.models import build_model
from seq2seq.models.attention import SCORERS, KeyValues, MultiHeadAttention, Shape, find_scorer
from tests.conftest import ROOT, TINY

# Query (1, 2); states (1, 0), (0, 1), (2, 1), and one that is masked.
QUERY = torch.tensor([[[1.0, 2.0]]])
MEMORY = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [2.0, 1.0], [9.0, 9.0]]])
MASK = torch.tensor([[True, True, True, False]])[:, None, None]


def attention(name: str, query: int = 2, memory: int = 2, width: int = 2, heads: int = 1, seed: int = 0):
    torch.manual_seed(seed)
    return find_scorer(name)(Shape(query, memory, width, heads))


def softmax(*scores: float) -> list[float]:
    total = sum(math.exp(score) for score in scores)
    return [math.exp(score) / total for score in scores]


def fill(module: nn.Module, **weights: list) -> nn.Module:
    with torch.no_grad():
        for name, values in weights.items():
            module.get_parameter(name.replace("__", ".")).copy_(torch.tensor(values))
    return module


SWAP = [[0.0, 1.0], [1.0, 0.0]]
TWICE = [[2.0, 0.0], [0.0, 2.0]]
HAND = {
    # q·h: 1, 2, 4
    "dot": ({}, [1, 2, 4]),
    # W swaps the columns of h: (0, 1), (1, 0), (1, 2); q·: 2, 1, 5
    "general": ({"key__weight": SWAP}, [2, 1, 5]),
    # 2q = (2, 4), swapped h as above: 4, 2, 10, over √2
    "scaled_dot": ({"query__weight": TWICE, "key__weight": SWAP}, [x / math.sqrt(2) for x in (4, 2, 10)]),
    # one head that does the same
    "multi_head": (
        {"query__weight": TWICE, "key_value__weight": [*SWAP, [1.0, 0.0], [0.0, 1.0]], "output__weight": [[1.0, 0.0], [0.0, 1.0]]},
        [x / math.sqrt(2) for x in (4, 2, 10)],
    ),
    # v = (1, -1), W = 0, U = 1, b = (0, 1): tanh(h_1) - tanh(h_2 + 1)
    "additive": (
        {"query__weight": [[0.0, 0.0]] * 2, "key__weight": [[1.0, 0.0], [0.0, 1.0]], "key__bias": [0.0, 1.0], "energy": [1.0, -1.0]},
        [math.tanh(a) - math.tanh(b + 1) for a, b in ((1, 0), (0, 1), (2, 1))],
    ),
    "none": ({}, [0, 0, 0]),
}  # fmt: skip


def test_every_scorer_has_an_example_worked_by_hand():
    assert set(HAND) == set(SCORERS)


@pytest.mark.parametrize("name", HAND)
def test_worked_by_hand(name):
    weights, scores = HAND[name]
    scorer = fill(attention(name), **weights)
    context, found = scorer(QUERY, scorer.project(MEMORY), MASK, want=True)
    expected = softmax(*scores)
    torch.testing.assert_close(found[0, 0, 0], torch.tensor([*expected, 0.0]))
    assert found[0, 0, 0, 3] == 0, "exactly"
    a, b, c = expected
    torch.testing.assert_close(context[0, 0], torch.tensor([a + 2 * c, b + c]))


def test_additive_with_its_query_worked_by_hand():
    # W = 1, U = 1, b = 0, v = 1; query ½; keys of the states -½, 0 and (masked) 5.
    scorer = fill(
        attention("additive", 1, 1, 1), query__weight=[[1.0]], key__weight=[[1.0]], key__bias=[0.0], energy=[1.0]
    )
    memory = torch.tensor([[[-0.5], [0.0], [5.0]]])
    mask = torch.tensor([[True, True, False]])[:, None, None]
    context, weights = scorer(torch.tensor([[[0.5]]]), scorer.project(memory), mask, want=True)
    # scores: tanh(0) = 0 and tanh(½) = 0.46212; softmax: 1 / (1 + e^0.46212) = 0.38648 and 0.61352
    expected = 1 / (1 + math.exp(0.46211715726))
    torch.testing.assert_close(weights[0, 0, 0], torch.tensor([expected, 1 - expected, 0.0]))
    torch.testing.assert_close(context[0, 0], torch.tensor([-0.5 * expected]))
    assert abs(expected - 0.38648) < 1e-5


FORMULAS = {
    "none": lambda a, q, h: torch.tensor(0.0),
    "additive": lambda a, q, h: a.energy @ torch.tanh(a.query.weight @ q + a.key.weight @ h + a.key.bias),
    "dot": lambda a, q, h: q @ h,
    "general": lambda a, q, h: q @ a.key.weight @ h,
    "scaled_dot": lambda a, q, h: (a.query.weight @ q) @ (a.key.weight @ h) / math.sqrt(6),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_scores_follow_the_papers_formula(name):
    scorer = attention(name, query=4, memory=4, width=6)
    query_BTQ, memory_BSM = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    scores_BHTS = scorer.score(scorer.queries(query_BTQ), scorer.project(memory_BSM).keys_BHSA)
    assert scores_BHTS.shape == (2, 1, 3, 5)
    for b, t, s in [(0, 0, 0), (0, 2, 4), (1, 1, 3)]:
        expected = FORMULAS[name](scorer, query_BTQ[b, t], memory_BSM[b, s])
        torch.testing.assert_close(scores_BHTS[b, 0, t, s], expected)


@pytest.mark.parametrize("name", ["dot", "scaled_dot", "general"])
def test_dot_products_equal_pytorchs_fused_attention(name):
    """With √A put back where a score has no scale, or projections left out where PyTorch has none."""
    scorer = attention(name, query=4, memory=4, width=4)
    query, memory = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    mask = torch.tensor([[True] * 5, [True, True, False, False, False]])[:, None]
    keys = memory if name == "dot" else scorer.key(memory)
    asked = scorer.query(query) if name == "scaled_dot" else query
    scale = None if name == "scaled_dot" else 1.0
    expected = functional.scaled_dot_product_attention(asked, keys, memory, attn_mask=mask, scale=scale)
    context, _ = scorer(query, scorer.project(memory), mask[:, None])
    torch.testing.assert_close(context, expected)


def test_multi_head_equals_pytorchs():
    scorer = attention("multi_head", query=8, memory=8, width=8, heads=2)
    oracle = nn.MultiheadAttention(8, 2, bias=False, batch_first=True)
    with torch.no_grad():
        oracle.in_proj_weight.copy_(torch.cat([scorer.query.weight, scorer.key_value.weight]))
        oracle.out_proj.weight.copy_(scorer.output.weight)
    query, memory = torch.randn(2, 3, 8), torch.randn(2, 5, 8)
    mask_BS = torch.tensor([[True] * 5, [True, True, False, False, False]])
    expected = oracle(query, memory, memory, key_padding_mask=~mask_BS, average_attn_weights=False)
    context, weights = scorer(query, scorer.project(memory), mask_BS[:, None, None], want=True)
    torch.testing.assert_close(context, expected[0])
    torch.testing.assert_close(weights, expected[1])
    without, none = scorer(query, scorer.project(memory), mask_BS[:, None, None])
    assert none is None
    torch.testing.assert_close(without, context, atol=0, rtol=0)


def test_multi_head_may_have_widths_of_its_own():
    scorer = attention("multi_head", query=3, memory=10, width=4, heads=2)
    projected = scorer.project(torch.randn(2, 5, 10))
    assert projected.keys_BHSA.shape == projected.values_BHSC.shape == (2, 2, 5, 2)
    assert scorer(torch.randn(2, 1, 3), projected, None)[0].shape == (2, 1, 10)


@pytest.mark.parametrize("places", [None, torch.arange(3, 8)])
def test_the_fused_average_is_that_of_the_weights_shown(places):
    """Turned by their places (rotary) or not: what is drawn is what was computed with."""
    torch.manual_seed(0)
    scorer = MultiHeadAttention(Shape(4, 4, 8, 2))
    states = torch.randn(1, 5, 4)
    memory = scorer.project(states, places)
    context, weights = scorer(states, memory, None, want=True, place_T=places)
    heads = (weights @ memory.values_BHSC).transpose(1, 2).flatten(2)
    torch.testing.assert_close(context, scorer.output(heads))


def test_attention_dropout_only_in_training():
    scorer = MultiHeadAttention(Shape(4, 4, 4, 2), dropout=0.9)
    query, memory = torch.randn(1, 3, 4), torch.randn(1, 50, 4)
    projected = scorer.project(memory)
    assert not torch.equal(scorer(query, projected, None)[0], scorer(query, projected, None)[0])
    scorer.eval()
    torch.testing.assert_close(scorer(query, projected, None)[0], scorer(query, projected, None)[0], atol=0, rtol=0)


@pytest.mark.parametrize(
    ("name", "weights"),
    {
        "additive": {"query__weight": [[0.0]], "key__weight": [[1.0]], "key__bias": [0.0], "energy": [1000.0]},
        "general": {"key__weight": [[1000.0]]},
        "scaled_dot": {"query__weight": [[1000.0]], "key__weight": [[1.0]]},
    }.items(),
)
def test_a_large_score_takes_all_and_the_mask_wins_over_it(name, weights):
    """Scores of 0, of hundreds and, masked, of more: nothing overflows."""
    scorer = fill(attention(name, 1, 1, 1), **weights)
    memory = torch.tensor([[[0.0], [1.0], [3.0]]])
    mask = torch.tensor([[True, True, False]])[:, None, None]
    found = scorer(torch.ones(1, 1, 1), scorer.project(memory), mask, want=True)[1]
    assert found[0, 0, 0].tolist() == [0.0, 1.0, 0.0]


def test_a_new_scorer_is_one_class_and_nothing_else(monkeypatch):
    """That of docs/attention.md has a name, so the config knows it; its maps and its mask are the base class's."""
    monkeypatch.setattr("seq2seq.models.attention.SCORERS", dict(SCORERS))
    from seq2seq.models import attention as module

    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "attention.md").read_text(encoding="utf-8"), re.DOTALL
    )
    exec(example, dict(vars(module)))
    assert "cosine" in module.SCORERS
    assert "cosine" not in SCORERS, "the test leaves nothing behind"
    tree = {"data": {"train": "a", "valid": "b"}, "model": {"attention": "cosine", **TINY}}
    model = build_model(Config.model_validate(tree).model, 13, 13).eval()
    src, lengths, target = torch.tensor([[5, 6, 3], [7, 3, 0]]), torch.tensor([3, 2]), torch.tensor([[1, 8]] * 2)
    features, maps = model(src, lengths, target, want=("cross",))
    assert maps["cross"].shape == (2, 1, 1, 2, 3)
    assert (maps["cross"][1, ..., 2] == 0).all()
    torch.testing.assert_close(features[1], model(src[1:, :2], lengths[1:], target[1:])[0][0])


COUNTS = {
    "none": 0, "dot": 0, "general": 5 * 6, "additive": 4 * (5 + 6) + 2 * 4,
    "scaled_dot": 4 * (5 + 6), "multi_head": 4 * (5 + 3 * 6),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTS)
def test_the_docstrings_count_of_parameters_is_true(name):
    scorer = attention(name, query=6 if name == "dot" else 5, memory=6, width=4, heads=2)
    assert sum(weight.numel() for weight in scorer.parameters()) == COUNTS[name]


def test_an_unknown_scorer_and_widths_that_do_not_fit_are_one_line():
    with pytest.raises(
        ConfigError, match=r"^model\.attention: no scorer 'aditive'; there are: none, .*; did you mean 'additive'\?$"
    ):
        attention("aditive")
    with pytest.raises(
        ConfigError, match=r"decoder's has 3 and the memory's 4; make model\.decoder_dim 4, or use general$"
    ):
        attention("dot", query=3, memory=4)


def test_heads_must_divide_the_width():
    with pytest.raises(
        ConfigError, match=r"^model\.heads: a width of 9 cannot be split into 4; choose a divisor of it$"
    ):
        attention("multi_head", width=9, heads=4)


def test_keys_and_values_of_the_memory_are_not_copied():
    """Dot attention's keys and values are the memory: a long one is not held three times."""
    scorer = attention("dot")
    assert isinstance(scorer.project(MEMORY), KeyValues)
    assert all(part.data_ptr() == MEMORY.data_ptr() for part in scorer.project(MEMORY))
