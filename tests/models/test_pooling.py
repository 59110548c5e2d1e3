"""Pooling, each way worked by hand on two sentences of two and of three words."""

import pytest
import torch

from seq2seq.models.pooling import POOLINGS

# Memory: forward half, backward half. The second row's last place is padding.
STATES = torch.tensor([[[1.0, 5.0], [2.0, 4.0], [6.0, 3.0]], [[7.0, 9.0], [8.0, 1.0], [0.0, 0.0]]])
MASK = torch.tensor([[True, True, True], [True, True, False]])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("backward", [[5.0], [9.0]]),
        ("last", [[6.0, 5.0], [8.0, 9.0]]),
        ("mean", [[3.0, 4.0], [7.5, 5.0]]),
        ("max", [[6.0, 5.0], [8.0, 9.0]]),
    ],
)
def test_worked_by_hand(kind, expected):
    pooling = POOLINGS[kind](2, 1)
    pooled, weights = pooling(STATES, MASK)
    torch.testing.assert_close(pooled, torch.tensor(expected))
    assert weights is None
    assert pooling.dim == len(expected[0])
    assert not list(pooling.parameters())


def test_max_of_negative_states_is_not_that_of_padding():
    pooled, _ = POOLINGS["max"](2, 1)(-STATES, MASK)
    torch.testing.assert_close(pooled, torch.tensor([[-1.0, -3.0], [-7.0, -1.0]]))


def test_learned_queries_worked_by_hand():
    """W = 0, b = (a, b): every state scores alike, so a query gives the mean; another W tells the states apart."""
    pooling = POOLINGS["attention"](2, 2)
    assert pooling.dim == 4
    with torch.no_grad():
        pooling.hidden.weight.zero_()
        pooling.hidden.bias.fill_(0.3)
    pooled, weights = pooling(STATES, MASK)
    assert weights is not None
    torch.testing.assert_close(weights, torch.tensor([[[1 / 3] * 3] * 2, [[0.5, 0.5, 0.0]] * 2]))
    torch.testing.assert_close(pooled, torch.tensor([[3.0, 4.0] * 2, [7.5, 5.0] * 2]))
    with torch.no_grad():
        pooling.hidden.weight.copy_(torch.eye(2))
        pooling.hidden.bias.fill_(-4.0)
        pooling.queries.copy_(torch.tensor([[100.0, 0.0], [0.0, 100.0]]))
    pooled, weights = pooling(STATES, MASK)
    assert weights is not None
    # the first query likes a large forward half, the second a large backward one; with 100 the softmax is sharp
    torch.testing.assert_close(weights[0], torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]), atol=1e-3, rtol=0)
    torch.testing.assert_close(pooled[0], torch.tensor([6.0, 3.0, 1.0, 5.0]), atol=1e-2, rtol=0)
    assert (weights[1, :, 2] == 0).all()


def test_learned_queries_follow_their_formula():
    """Moderate numbers: α_s = softmax_s(q · tanh(W h_s + b)), a loop over the states."""
    torch.manual_seed(0)
    pooling = POOLINGS["attention"](4, 3)
    states = torch.randn(1, 5, 4)
    pooled, weights = pooling(states, torch.ones(1, 5, dtype=torch.bool))
    assert weights is not None
    for k, query in enumerate(pooling.queries):
        scores = [query @ torch.tanh(pooling.hidden.weight @ h + pooling.hidden.bias) for h in states[0]]
        expected = torch.softmax(torch.stack(scores), dim=0)
        torch.testing.assert_close(weights[0, k], expected)
        torch.testing.assert_close(pooled[0, 4 * k : 4 * k + 4], expected @ states[0])
