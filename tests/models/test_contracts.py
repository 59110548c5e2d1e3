"""What holds for every model × every attention (see `conftest.MODELS`)."""

import random

import pytest
import torch

from seq2seq.config import RNNConfig
from seq2seq.corpus.batching import collate
from seq2seq.models import Seq2Seq, check_model, length_mask, select
from seq2seq.symbols import BOS, PAD
from tests.conftest import MODELS, VOCABULARY, random_ids, tiny_model

TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture
def batch():
    rng = random.Random(3)
    return collate([random_ids(rng) for _ in range(5)], [random_ids(rng) for _ in range(5)])


def test_step_repeated_equals_forward(model: Seq2Seq, batch):
    features_BTD, _ = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
    expected_BTV = model.logits(features_BTD)
    memory, state = model.encode(batch.src_BS, batch.src_lengths_B)
    for t in range(batch.tgt_in_BT.shape[1]):
        logits_BV, state = model.step(batch.tgt_in_BT[:, t], state, memory)
        torch.testing.assert_close(logits_BV, expected_BTV[:, t], **TOLERANCE)


def test_a_sentence_is_the_same_alone_and_in_any_batch(model: Seq2Seq):
    model.double()  # so that what is left is no rounding, which these exaggerated weights would blow up
    rng = random.Random(5)
    pairs = [(random_ids(rng), random_ids(rng)) for _ in range(6)]
    names = model.maps
    together = collate(*zip(*pairs, strict=True))
    features_BTD, maps = model(together.src_BS, together.src_lengths_B, together.tgt_in_BT, want=names)
    for row, (source, target) in enumerate(pairs):
        alone = collate([source], [target])
        alone_1TD, alone_maps = model(alone.src_BS, alone.src_lengths_B, alone.tgt_in_BT, want=names)
        length = alone.tgt_in_BT.shape[1]
        torch.testing.assert_close(model.logits(features_BTD[row, :length]), model.logits(alone_1TD[0]), **TOLERANCE)
        for name in names:
            rows, columns = alone_maps[name].shape[3:]
            torch.testing.assert_close(maps[name][row, :, :, :rows, :columns], alone_maps[name][0], **TOLERANCE)


def test_the_content_of_padding_does_not_matter(model: Seq2Seq, batch):
    other_BS = batch.src_BS.masked_fill(batch.src_BS == PAD, VOCABULARY - 1)
    features, _ = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
    changed, _ = model(other_BS, batch.src_lengths_B, batch.tgt_in_BT)
    torch.testing.assert_close(features, changed, atol=0, rtol=0)


def test_a_feature_sees_no_later_target_token(model: Seq2Seq, batch):
    seen: list[torch.Tensor] = []

    def keep(module, inputs, output):
        output.retain_grad()
        seen.append(output)

    handle = model.target_embedding.register_forward_hook(keep)
    features_BTD, _ = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
    handle.remove()
    embedded_BTE = seen[-1]
    direction_D = torch.randn(features_BTD.shape[-1])  # a plain sum is constant behind a LayerNorm
    for t in range(features_BTD.shape[1]):
        seen_at_t = (features_BTD[:, t] @ direction_D).sum()
        (gradient_BTE,) = torch.autograd.grad(seen_at_t, embedded_BTE, retain_graph=True)
        assert (gradient_BTE[:, t + 1 :] == 0).all()
        assert (gradient_BTE[:, t] != 0).any()


def test_maps_sum_to_one_and_are_exactly_zero_on_padding(model: Seq2Seq, batch):
    _, maps = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=model.maps)
    assert tuple(maps) == model.maps
    source_mask_BS = length_mask(batch.src_lengths_B, batch.src_BS.shape[1])
    assert not source_mask_BS.all(), "the test needs padding"
    (_, S), T = batch.src_BS.shape, batch.tgt_in_BT.shape[1]
    shapes = {"cross": (T, S), "encoder": (S, S), "decoder": (T, T), "pooling": (2, S), "alignment": (T, S)}
    for name, weights in maps.items():
        assert weights.dim() == 5
        assert weights.shape[3:] == shapes[name]
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))
        if name == "decoder":
            hidden = torch.ones(T, T, dtype=torch.bool).triu(1).expand_as(weights)
        else:
            hidden = ~source_mask_BS[:, None, None, None, :].expand_as(weights)
        assert (weights[hidden] == 0).all()


@pytest.mark.parametrize("name", MODELS)
def test_maps_have_the_layers_and_heads_of_the_config(name, batch):
    config = MODELS[name]
    _, maps = (model := tiny_model(config))(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=model.maps)
    if isinstance(config, RNNConfig):
        heads = config.heads if config.attention == "multi_head" else 1
        expected = {"cross": (1, heads), "pooling": (1, 1), "alignment": (1, 1)}
    else:
        layers = {"cross": "decoder_layers", "encoder": "encoder_layers", "decoder": "decoder_layers"}
        expected = {name: (getattr(config, number), config.heads) for name, number in layers.items()}
        expected["alignment"] = (1, 1)
    assert {map_: weights.shape[1:3] for map_, weights in maps.items()} == {map_: expected[map_] for map_ in maps}
    assert check_model(config).cross_heads == model.cross_heads == (expected["cross"][1] if "cross" in maps else 0)


@pytest.mark.parametrize("name", ["rnn-gru-conditional", "transformer-pre"])
@pytest.mark.parametrize(("tie", "matrices"), [("none", 3), ("decoder", 2), ("all", 1)])
def test_tying_shares_word_vectors(name, tie, matrices):
    model = tiny_model(MODELS[name].model_copy(update={"tie": tie}))
    weights = (model.source_embedding.weight, model.target_embedding.weight, model.output.weight)
    assert len({id(weight) for weight in weights}) == matrices
    assert (weights[1] is weights[2]) == (tie != "none"), "the first to be shared are the target's in and out"


def test_maps_cost_nothing_unless_asked_for_and_change_nothing(model: Seq2Seq, batch):
    without, none = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
    with_maps, _ = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=model.maps)
    assert none == {}
    torch.testing.assert_close(without, with_maps, atol=0, rtol=0)


def test_an_unknown_map_is_refused(model: Seq2Seq, batch):
    with pytest.raises(ValueError, match="no map 'nonsense'"):
        model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=("nonsense",))


def test_every_parameter_gets_a_gradient(model: Seq2Seq, batch):
    want = {"alignment"} & {*model.maps}
    features, maps = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want)
    sum(part.square().sum() for part in (model.logits(features), *maps.values())).backward()
    untouched = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert untouched == []


def test_select_reorders_memory_and_state_together(model: Seq2Seq, batch):
    memory, state = model.encode(batch.src_BS, batch.src_lengths_B)
    token_B = torch.full((5,), BOS)
    order = torch.tensor([4, 0, 0, 2])
    logits, _ = model.step(token_B, state, memory)
    picked, _ = model.step(token_B[order], select(state, order), select(memory, order))
    torch.testing.assert_close(picked, logits[order], **TOLERANCE)
