"""How weights begin, and how stored ones are put in place; the lists that must name the same things."""

from typing import get_args

import pytest
import torch
from torch import nn

from seq2seq import models
from seq2seq.config import ARCHITECTURES, RNNConfig, TransformerConfig
from seq2seq.corpus.batching import collate
from seq2seq.models import Seq2Seq, build_model, check_model, load_model, named_weights
from seq2seq.models.attention import AdditiveAttention, MultiHeadAttention
from seq2seq.models.cells import CELLS, Cell
from seq2seq.models.decoders import DECODERS
from seq2seq.models.pooling import POOLINGS
from seq2seq.models.transformer import FeedForward
from seq2seq.symbols import PAD
from tests.conftest import MODELS, VOCABULARY, tiny_model


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


WIDE = {"embedding_dim": 64, "encoder_dim": 96, "decoder_dim": 128, "attention_dim": 160}


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_is_drawn(name):
    model = build_model(MODELS[name], VOCABULARY, VOCABULARY)
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(torch.nan)
    model.initialise()
    assert [key for key, weight in named_weights(model).items() if not weight.isfinite().all()] == []
    assert list(model.buffers()) == []


@pytest.mark.parametrize("name", MODELS)
def test_the_seed_decides_and_checking_draws_nothing(name):
    def drawn(seed: int) -> list[torch.Tensor]:
        torch.manual_seed(seed)
        check_model(MODELS[name])
        return list(build_model(MODELS[name], VOCABULARY, VOCABULARY).parameters())

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, other))


def assert_uniform(weight: torch.Tensor, bound: float) -> None:
    """Of U(-bound, bound), whose standard deviation is bound / √3."""
    assert weight.abs().max() <= bound
    assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.15)


def assert_begins_as_documented(model: Seq2Seq, dim: int) -> None:
    """What both models have in common."""
    for vectors in (model.source_embedding.weight, model.target_embedding.weight):
        assert not vectors[PAD].any()
        assert vectors.std().item() == pytest.approx(dim**-0.5, rel=0.1)
    assert not model.output.bias.any()
    if model.output.weight is not model.target_embedding.weight:
        assert_uniform(model.output.weight, dim**-0.5)
    for part in model.modules():
        if isinstance(part, nn.LayerNorm):
            assert (part.weight == 1).all()
            assert not part.bias.any()


@pytest.mark.parametrize("tie", ["none", "all"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize(
    ("decoder", "pooling"), {"bahdanau": "attention", "luong": "last", "conditional": "mean"}.items()
)
def test_an_rnn_begins_as_documented(tie, cell, decoder, pooling):
    model = build_model(RNNConfig(**WIDE, tie=tie, cell=cell, decoder=decoder, pooling=pooling), 300, 300)
    assert_begins_as_documented(model, 64)
    orthogonal = {}
    for name, part in model.named_modules():
        if isinstance(part, Cell):
            orthogonal[name] = (part.recurrent.weight, part.dim)
        elif isinstance(part, nn.RNNBase):
            orthogonal[name] = (part.weight_hh_l0, 96)
            assert_uniform(part.weight_ih_l0, 96**-0.5)
    for weight, dim in orthogonal.values():
        for gate in weight.split(dim):
            torch.testing.assert_close(gate @ gate.T, torch.eye(dim), atol=1e-5, rtol=0)
    assert len(orthogonal) == 4 + (2 if decoder == "conditional" else 1)
    for part in (model.initial, model.decoder.readout.linear, model.decoder.attention.query, model.decoder.cell.input):
        assert_uniform(part.weight, part.in_features**-0.5)
    assert model.decoder.attention.energy.abs().max() <= 160**-0.5
    assert model.decoder.attention.energy.abs().max() > 0.9 * 160**-0.5
    if pooling == "attention":
        assert_uniform(model.pooling.queries, 192**-0.5)


@pytest.mark.parametrize("activation", ["relu", "swiglu"])
@pytest.mark.parametrize(("positions", "tie"), [("learned", "none"), ("rotary", "all")])
def test_a_transformer_begins_as_documented(activation, positions, tie):
    options = {"encoder_layers": 1, "decoder_layers": 1, "positions": positions, "activation": activation, "tie": tie}
    model = build_model(TransformerConfig(dim=64, heads=4, ffn_dim=96, **options), 300, 300)
    assert_begins_as_documented(model, 64)
    for part in model.modules():
        if isinstance(part, MultiHeadAttention):
            for weight in (part.query.weight, *part.key_value.weight.chunk(2), part.output.weight):
                assert_uniform(weight, (6 / 128) ** 0.5)
        elif isinstance(part, FeedForward):
            for weight in (*part.inner.weight.split(96), part.outer.weight):
                assert_uniform(weight, (6 / 160) ** 0.5)
            assert not part.inner.bias.any()
            assert not part.outer.bias.any()
    for table in (model.source_positions, model.target_positions):
        if table is not None:
            assert table.weight.std().item() == pytest.approx(1 / 8, rel=0.1)


def test_a_scorers_own_parameters_must_be_drawn(monkeypatch):
    model = build_model(MODELS["rnn-gru-conditional"], VOCABULARY, VOCABULARY)
    monkeypatch.delattr(AdditiveAttention, "reset_parameters")
    with pytest.raises(
        TypeError, match=r"^AdditiveAttention has parameters of its own but no method reset_parameters$"
    ):
        model.initialise()


@pytest.mark.parametrize("name", MODELS)
def test_what_is_loaded_equals_what_was_saved_and_nothing_is_drawn(name):
    saved = tiny_model(MODELS[name])
    weights = {key: weight.detach().clone() for key, weight in named_weights(saved).items()}
    before = torch.get_rng_state()
    loaded = load_model(MODELS[name], VOCABULARY, VOCABULARY, weights).eval()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(weight.requires_grad for weight in loaded.parameters())
    for key, weight in named_weights(loaded).items():
        assert torch.equal(weight, weights[key])
        assert weight.data_ptr() == weights[key].data_ptr(), "used as it is, not copied"
    for model in (saved, loaded):
        tied = (
            model.source_embedding.weight is model.target_embedding.weight,
            model.output.weight is model.target_embedding.weight,
        )
        assert tied == (MODELS[name].tie == "all", MODELS[name].tie != "none")
    batch = collate([[5, 6, 7], [8]], [[9, 4], [5, 5, 6]])
    want = {"alignment"} & {*saved.maps}
    (features, maps), (expected, expected_maps) = (
        model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want) for model in (loaded, saved)
    )
    assert torch.equal(loaded.logits(features), saved.logits(expected))
    assert all(torch.equal(weights, expected_maps[key]) for key, weights in maps.items())
    sum(part.square().sum() for part in (loaded.logits(features), *maps.values())).backward()
    assert all(weight.grad is not None for weight in loaded.parameters()), "also those that nn.GRU keeps in a list"


def test_half_precision_is_computed_with_in_single():
    config = MODELS["transformer-pre"]
    half = {key: weight.detach().half() for key, weight in named_weights(tiny_model(config)).items()}
    loaded = load_model(config, VOCABULARY, VOCABULARY, half)
    for key, weight in named_weights(loaded).items():
        assert weight.dtype == torch.float32
        assert torch.equal(weight, half[key].float())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("initial.bias"), r"^lacks weight 'initial\.bias': not of this config\.yaml"),
        (lambda w: w.update(extra=torch.zeros(1)), r"^has an unknown weight 'extra': "),
        (
            lambda w: w.update({"initial.bias": torch.zeros(1)}),
            r"^weight 'initial\.bias' has shape \(1,\), but .* for \(10,\)",
        ),
    ],
)
def test_weights_of_another_model_are_refused_by_name(change, message):
    config = MODELS["rnn-gru-conditional"]
    weights = named_weights(tiny_model(config))
    change(weights)
    with pytest.raises(ValueError, match=message):
        load_model(config, VOCABULARY, VOCABULARY, weights)


def test_config_and_models_name_the_same():
    """The names that a config accepts, and what there is under them."""
    for option, registry in {"decoder": DECODERS, "pooling": POOLINGS, "cell": CELLS}.items():
        assert get_args(RNNConfig.model_fields[option].annotation) == tuple(registry), option
    assert set(ARCHITECTURES.values()) == set(models._NETWORKS)
    assert [kind().arch for kind in ARCHITECTURES.values()] == list(ARCHITECTURES)
