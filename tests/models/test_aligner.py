"""The alignment head: its weights by hand, what it may see, and that nothing else depends on it."""

import math

import pytest
import torch

from seq2seq.corpus.batching import collate
from seq2seq.models import build_model, named_weights
from seq2seq.models.aligner import Aligner, EncodedSource
from tests.conftest import MODELS, VOCABULARY, tiny_model

ALIGNED = [name for name, config in MODELS.items() if config.alignment_dim]
BATCH = collate([[4, 5, 6], [7, 8]], [[9, 10], [11, 12, 4, 5]])


def inputs(model):
    return BATCH.src_BS, BATCH.src_lengths_B, BATCH.tgt_in_BT


def scored(scores_TS: list[list[float]], target: int) -> torch.Tensor:
    """What an aligner makes of scores: two source tokens and their end token, and `target` tokens, the end one last."""
    aligner = Aligner(memory_dim=3, word_dim=3, dim=3)
    with torch.no_grad():
        for weight in aligner.parameters():
            weight.zero_()
        aligner.query.weight[:, -3:] = torch.eye(3)
        aligner.key.weight[:, 3:] = torch.eye(3) * 3**0.5
    words_1TE = torch.tensor([[scores_TS[-1], *scores_TS[:-1]]])  # the begin token stands for the end token
    words_1TE = torch.cat([words_1TE, torch.full((1, 2, 3), 9.0)], dim=1)  # and padding
    mask_1T = torch.arange(target + 2)[None] < target
    source = EncodedSource(torch.zeros(1, 3, 3), torch.eye(3)[None], torch.ones(1, 3, dtype=torch.bool))
    return aligner(source, words_1TE, mask_1T)[0, 0, 0, :target]


def test_weights_worked_by_hand():
    """Scores are logarithms of whole numbers, so that a column's choice is a share of its sum.

    Scores       choice of a source word, by column       product with the scores     weights, by row
    1 1 1        1/4  1/2  (the end is free)              1/4  1/2  1                 1/7  2/7  4/7
    2 1 1        1/2  1/2                                 1    1/2  1                 2/5  1/5  2/5
    1 0 1        1/4  0                                   1/4  0    1                 1/5  0    4/5
    """
    scores = [[0.0, 0.0, 0.0], [math.log(2), 0.0, 0.0], [0.0, -100.0, 0.0]]
    expected = [[1 / 7, 2 / 7, 4 / 7], [2 / 5, 1 / 5, 2 / 5], [1 / 5, 0, 4 / 5]]
    torch.testing.assert_close(scored(scores, 3), torch.tensor(expected))


@pytest.mark.parametrize("name", ALIGNED)
def test_a_row_is_of_the_token_predicted_and_sees_both_sides(name):
    """Changing the last word of the second target changes its own row and those before, but none of another pair."""
    model = tiny_model(MODELS[name])
    _, maps = model(*inputs(model), want=("alignment",))
    changed_BT = BATCH.tgt_in_BT.clone()
    changed_BT[1, 4] = 9
    _, changed = model(BATCH.src_BS, BATCH.src_lengths_B, changed_BT, want=("alignment",))
    different_BT = (maps["alignment"] != changed["alignment"]).any(dim=-1)[:, 0, 0]
    assert not different_BT[0].any()
    assert different_BT[1].all()


def test_rows_are_shifted_by_one_and_the_begin_token_is_the_end_tokens():
    aligner = Aligner(memory_dim=4, word_dim=4, dim=4)
    words_BTE, states_BSM = torch.randn(2, 5, 4), torch.randn(2, 3, 4)
    mask_BS, mask_BT = torch.ones(2, 3, dtype=torch.bool), torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    weights_BTS = aligner(EncodedSource(states_BSM, states_BSM, mask_BS), words_BTE, mask_BT)[:, 0, 0]
    for row, length in enumerate((3, 5)):
        words_TE = words_BTE[row, :length]
        ahead, back = aligner.context.forward_layers[0], aligner.context.backward_layers[0]
        context_TA = torch.cat([ahead(words_TE)[0], back(words_TE.flip(0))[0].flip(0)], dim=1)
        queries_TA = aligner.query(torch.cat([context_TA, words_TE], dim=1)).roll(-1, dims=0)
        scores_TS = queries_TA @ aligner.key(torch.cat([states_BSM[row]] * 2, dim=1)).T / 2
        choice_TS = scores_TS.softmax(dim=0)
        choice_TS[:, -1] = 1
        product_TS = scores_TS.exp() * choice_TS
        torch.testing.assert_close(weights_BTS[row, :length], product_TS / product_TS.sum(dim=1, keepdim=True))


@pytest.mark.parametrize("name", ALIGNED)
def test_all_else_is_drawn_and_computed_as_it_would_be_without(name):
    config = MODELS[name]
    torch.manual_seed(5)
    plain, state = build_model(config.model_copy(update={"alignment_dim": 0}), VOCABULARY, VOCABULARY), []
    state.append(torch.get_rng_state())
    torch.manual_seed(5)
    aligned = build_model(config, VOCABULARY, VOCABULARY)
    state.append(torch.get_rng_state())
    assert torch.equal(*state)
    weights = named_weights(aligned)
    for key, weight in named_weights(plain).items():
        assert torch.equal(weight, weights[key])
    assert {key.split(".")[0] for key in weights.keys() - named_weights(plain).keys()} == {"aligner"}

    found = []
    for model, want in ((plain, ()), (aligned, ("alignment",))):
        torch.manual_seed(6)
        found.append(model.train()(*inputs(model), want)[0])
    assert torch.equal(*found)


@pytest.mark.parametrize("name", ALIGNED)
def test_no_gradient_leaves_the_head(name):
    model = tiny_model(MODELS[name])
    _, maps = model(*inputs(model), want=("alignment",))
    maps["alignment"][0, 0, 0, 0, 0].backward()
    moved = {key.split(".")[0] for key, weight in named_weights(model).items() if weight.grad is not None}
    assert moved == {"aligner"}
