"""Attention against numbers worked by hand, and against a loop over the paper's formula."""

import math

import torch

from seq2seq.models.attention import AdditiveAttention


def test_additive_attention_worked_by_hand():
    # W = 1, U = 1, b = 0, v = 1; query ½; keys of the states -½, 0 and (masked) 5.
    attention = AdditiveAttention(1, 1, 1)
    with torch.no_grad():
        for weight in (attention.query.weight, attention.key.weight, attention.energy):
            weight.fill_(1)
        attention.key.bias.zero_()
    memory = torch.tensor([[[-0.5], [0.0], [5.0]]])
    mask = torch.tensor([[True, True, False]])
    context, weights = attention(torch.tensor([[0.5]]), attention.project(memory), memory, mask)
    # scores: tanh(0) = 0 and tanh(½) = 0.46212; softmax: 1 / (1 + e^0.46212) = 0.38648 and 0.61352
    expected = 1 / (1 + math.exp(0.46211715726))
    torch.testing.assert_close(weights[0, 0], torch.tensor([expected, 1 - expected, 0.0]))
    torch.testing.assert_close(context, torch.tensor([[-0.5 * expected]]))
    assert abs(expected - 0.38648) < 1e-5


def test_additive_scores_follow_the_formula():
    torch.manual_seed(0)
    attention = AdditiveAttention(query_dim=3, memory_dim=4, attention_dim=5)
    query_BQ, memory_BSM = torch.randn(2, 3), torch.randn(2, 6, 4)
    scores_BHS = attention.score(query_BQ, attention.project(memory_BSM))
    assert scores_BHS.shape == (2, 1, 6)
    for b in range(2):
        for s in range(6):
            hidden = attention.query.weight @ query_BQ[b] + attention.key.weight @ memory_BSM[b, s] + attention.key.bias
            torch.testing.assert_close(scores_BHS[b, 0, s], attention.energy @ torch.tanh(hidden))


def test_a_large_score_takes_all_and_the_mask_wins_over_it():
    attention = AdditiveAttention(1, 1, 1)
    with torch.no_grad():
        attention.energy.fill_(1000)
        attention.query.weight.zero_()
        attention.key.weight.fill_(1)
        attention.key.bias.zero_()
    memory = torch.tensor([[[0.0], [1.0], [3.0]]])
    _, weights = attention(torch.zeros(1, 1), attention.project(memory), memory, torch.tensor([[True, True, False]]))
    assert weights[0, 0].tolist() == [0.0, 1.0, 0.0]
