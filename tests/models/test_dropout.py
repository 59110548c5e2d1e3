"""Dropout from 16 random bits an element."""

import pytest
import torch

from seq2seq.models.dropout import Dropout


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_a_share_p_is_zero_and_the_mean_stays(p):
    torch.manual_seed(1)
    dropped = Dropout(p)(torch.ones(1001, 997))
    rate = (dropped == 0).float().mean().item()
    assert rate == pytest.approx(p, abs=4e-3)  # eight standard errors
    assert set(dropped.unique().tolist()) == {0.0, torch.tensor(1 / (1 - p)).item()}


def test_neighbours_are_dropped_independently():
    """Four of them share one draw of 64 bits."""
    torch.manual_seed(1)
    lanes = (Dropout(0.3)(torch.ones(1 << 18, 4)) == 0).float()
    torch.testing.assert_close(lanes.mean(dim=0), torch.full((4,), 0.3), atol=8e-3, rtol=0)
    torch.testing.assert_close(torch.corrcoef(lanes.T), torch.eye(4), atol=0.016, rtol=0)


@pytest.mark.parametrize("shape", [(1,), (3, 5), (0, 4), (2, 3, 7)])
def test_gradients_pass_where_values_do(shape):
    torch.manual_seed(1)
    values = torch.randn(shape).mT.requires_grad_() if len(shape) > 1 else torch.randn(shape, requires_grad=True)
    dropped = Dropout(0.4)(values)
    dropped.sum().backward()
    torch.testing.assert_close(dropped, values.detach() * values.grad)


def test_the_seed_decides():
    values, layer = torch.ones(64), Dropout(0.5)
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(layer(values))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_nothing_happens_outside_training_or_at_zero():
    values = torch.randn(8)
    before = torch.get_rng_state()
    assert torch.equal(Dropout(0.5).eval()(values), values)
    assert torch.equal(Dropout(0.0)(values), values)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("p", [1 - 2**-16, 0.999999])
def test_at_the_edge_nearly_all_is_dropped(p):
    torch.manual_seed(1)
    assert (Dropout(p)(torch.ones(100_000)) == 0).float().mean() > 0.999
