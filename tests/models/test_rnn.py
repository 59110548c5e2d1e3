"""The recurrent parts against PyTorch's own, and the decoder against the papers' equations."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seq2seq.config import RNNConfig
from seq2seq.corpus.batching import collate
from seq2seq.models import build_model, length_mask
from seq2seq.models.cells import GRUCell, LSTMCell
from seq2seq.models.encoder import Encoder
from seq2seq.models.rnn import RNN
from tests.conftest import TINY, VOCABULARY
from tests.models.test_transformer import with_dropout


def test_gru_cell_equals_pytorchs():
    torch.manual_seed(0)
    cell, oracle = GRUCell(3, 5), nn.GRUCell(3, 5)
    oracle.load_state_dict({
        "weight_ih": cell.input.weight, "bias_ih": cell.input.bias,
        "weight_hh": cell.recurrent.weight, "bias_hh": cell.recurrent.bias,
    })  # fmt: skip
    x, h = torch.randn(4, 3), torch.randn(4, 5)
    torch.testing.assert_close(cell(cell.gates(x), h), oracle(x, h))


def test_lstm_cell_equals_pytorchs_with_one_more_on_the_forget_gate():
    torch.manual_seed(0)
    cell, oracle = LSTMCell(3, 5), nn.LSTMCell(3, 5)
    bias = cell.input.bias.clone()
    bias[5:10] += 1
    oracle.load_state_dict({
        "weight_ih": cell.input.weight, "bias_ih": bias,
        "weight_hh": cell.recurrent.weight, "bias_hh": cell.recurrent.bias,
    })  # fmt: skip
    x, h, c = torch.randn(4, 3), torch.randn(4, 5), torch.randn(4, 5)
    state = cell(cell.gates(x), torch.cat([h, c], dim=-1))
    torch.testing.assert_close(state, torch.cat(oracle(x, (h, c)), dim=-1))
    torch.testing.assert_close(cell.hidden(state), oracle(x, (h, c))[0])


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_encoder_equals_a_packed_bidirectional_rnn(kind):
    torch.manual_seed(0)
    recurrence = nn.GRU if kind == "gru" else nn.LSTM
    encoder = Encoder(recurrence, 4, 3, layers=2)
    oracle = recurrence(4, 3, num_layers=2, bidirectional=True, batch_first=True)
    weights = {}
    for layer in range(2):
        for suffix, module in (("", encoder.forward_layers[layer]), ("_reverse", encoder.backward_layers[layer])):
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                weights[f"{name}_l{layer}{suffix}"] = module.get_parameter(f"{name}_l0")
    oracle.load_state_dict(weights)
    embedded, lengths = torch.randn(4, 6, 4), torch.tensor([6, 1, 4, 5])
    packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(oracle(packed)[0], batch_first=True)
    torch.testing.assert_close(encoder(embedded, length_mask(lengths, 6)), expected)


def decoder_parts(decoder: str, **options) -> tuple[RNN, tuple[torch.Tensor, ...]]:
    torch.manual_seed(1)
    config = RNNConfig(**{**TINY, "dropout": 0.0}, decoder=decoder, readout="tanh", **options)
    model = build_model(config, VOCABULARY, VOCABULARY)
    assert isinstance(model, RNN)
    src, lengths = torch.tensor([[5, 6, 7, 3]]), torch.tensor([4])
    memory, state = model.encode(src, lengths)
    logits, after = model.step(torch.tensor([8]), state, memory)
    return model, (memory.projected.values_BHSC[:, 0], state.state_BD, logits, after.state_BD, after.fed_BE)


def attend(model: RNN, query: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """c = Σ_j α_j h_j with e_j = vᵀ tanh(W s + U h_j + b), for one sentence."""
    attention = model.decoder.attention
    energies = torch.tanh(attention.query(query) + attention.key(states[0])) @ attention.energy
    return torch.softmax(energies, dim=0)[None] @ states[0]


def as_gru(cell: GRUCell, input_weight: torch.Tensor, input_dim: int) -> nn.GRUCell:
    gru = nn.GRUCell(input_dim, cell.dim)
    gru.load_state_dict({
        "weight_ih": input_weight, "bias_ih": cell.input.bias,
        "weight_hh": cell.recurrent.weight, "bias_hh": cell.recurrent.bias,
    })  # fmt: skip
    return gru


def readout(model: RNN, state: torch.Tensor, word: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
    linear, norm = model.decoder.readout.linear, model.decoder.readout.norm
    return model.output(norm(torch.tanh(linear(torch.cat([state, word, context], dim=-1)))))


def test_the_papers_decoder_step():
    """c_i from s_{i-1}; s_i = GRU([y_{i-1}; c_i], s_{i-1})."""
    model, (states, before, logits, after, _) = decoder_parts("bahdanau")
    word = model.target_embedding.weight[8][None]
    context = attend(model, before, states)
    gru = as_gru(
        model.decoder.cell, torch.cat([model.decoder.cell.input.weight, model.decoder.feed.weight], dim=1), 8 + 12
    )
    state = gru(torch.cat([word, context], dim=-1), before)
    torch.testing.assert_close(after, state)
    torch.testing.assert_close(logits, readout(model, state, word, context))


def test_the_conditional_decoder_step():
    """s'_i = GRU(y_{i-1}, s_{i-1}); c_i from s'_i; s_i = GRU(c_i, s'_i)."""
    model, (states, before, logits, after, _) = decoder_parts("conditional")
    word = model.target_embedding.weight[8][None]
    middle = as_gru(model.decoder.cell, model.decoder.cell.input.weight, 8)(word, before)
    context = attend(model, middle, states)
    state = as_gru(model.decoder.update, model.decoder.update.input.weight, 12)(context, middle)
    torch.testing.assert_close(after, state)
    torch.testing.assert_close(logits, readout(model, state, word, context))


def test_luongs_decoder_steps():
    """s_i = GRU([y_{i-1}; t_{i-1}], s_{i-1}); c_i from s_i; t_i = tanh(W [s_i; c_i]) is read out and fed back."""
    model, (states, before, logits, after, fed) = decoder_parts("luong", layer_norm=False, attention="general")
    gru = as_gru(
        model.decoder.cell, torch.cat([model.decoder.cell.input.weight, model.decoder.feed.weight], dim=1), 8 + 8
    )

    def step(token: int, state: torch.Tensor, fed: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        state = gru(torch.cat([model.target_embedding.weight[token][None], fed], dim=-1), state)
        weights = torch.softmax(state @ model.decoder.attention.key.weight @ states[0].T, dim=-1)
        return state, torch.tanh(model.decoder.readout.linear(torch.cat([state, weights @ states[0]], dim=-1)))

    state, vector = step(8, before, torch.zeros(1, 8))
    torch.testing.assert_close(after, state)
    torch.testing.assert_close(fed, vector)
    torch.testing.assert_close(logits, model.output(vector))
    memory, beginning = model.encode(torch.tensor([[5, 6, 7, 3]]), torch.tensor([4]))
    second, _ = model.step(torch.tensor([9]), model.step(torch.tensor([8]), beginning, memory).state, memory)
    torch.testing.assert_close(second, model.output(step(9, state, vector)[1]))


@pytest.mark.parametrize("pooling", ["backward", "last", "mean", "max", "attention"])
def test_the_first_state_comes_from_the_pooled_vector(pooling):
    model, (states, before, *_) = decoder_parts("bahdanau", pooling=pooling, pooling_queries=2)
    pooled, _ = model.pooling(states, torch.ones(1, 4, dtype=torch.bool))
    torch.testing.assert_close(before, torch.tanh(model.initial(pooled)))
    if pooling == "backward":
        torch.testing.assert_close(pooled, states[:, 0, 6:])


@pytest.mark.parametrize("decoder", ["bahdanau", "luong", "conditional"])
@pytest.mark.parametrize("pooling", ["backward", "mean", "attention"])
def test_without_attention_the_pooled_vector_is_the_whole_memory(decoder, pooling):
    model, (values, *_) = decoder_parts(decoder, attention="none", pooling=pooling)
    assert values.shape == (1, 1, model.pooling.dim)
    src, lengths, target = torch.tensor([[5, 6, 7, 3]]), torch.tensor([4]), torch.tensor([[1, 8, 9]])
    seen: list[torch.Tensor] = []
    model.encoder.register_forward_hook(lambda _, __, states: seen.append(states))
    model(src, lengths, target)
    pooled, _ = model.pooling(seen[0], torch.ones(1, 4, dtype=torch.bool))
    torch.testing.assert_close(values[:, 0], pooled)
    assert "cross" not in model.maps


@pytest.mark.parametrize("decoder", ["bahdanau", "luong", "conditional"])
def test_dropout_on_words_encoder_layers_and_readout(monkeypatch, decoder):
    config = RNNConfig(**TINY, decoder=decoder, encoder_layers=2, layer_norm=False)
    model = build_model(config, VOCABULARY, VOCABULARY)
    batch = collate([[5, 6, 7], [8]], [[9, 4], [5, 5, 6]])
    ordinary, called = with_dropout(monkeypatch, None, model, batch)
    assert called == {"dropout", "encoder.dropout", "decoder.readout.dropout"}
    modules = dict(model.named_modules())
    for name in called:
        changed, _ = with_dropout(monkeypatch, modules[name], model, batch)
        assert not torch.allclose(changed, ordinary), f"{name} changes nothing"
