"""The Transformer against PyTorch's own layers, and its positions and feed-forward against their formulas."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.config import TransformerConfig
from seq2seq.corpus.batching import collate
from seq2seq.models import build_model, length_mask, select
from seq2seq.models.attention import MultiHeadAttention
from seq2seq.models.dropout import Dropout
from seq2seq.models.embedding import rotate, sinusoids
from seq2seq.models.transformer import DecoderLayer, EncoderLayer, FeedForward, Transformer
from tests.conftest import SMALL, VOCABULARY, random_ids

D, H, F = 8, 2, 12


def transformer(**options) -> Transformer:
    torch.manual_seed(0)
    model = build_model(TransformerConfig(**{**SMALL, **options}), VOCABULARY, VOCABULARY).eval()
    assert isinstance(model, Transformer)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)  # biases and norms that are not what they begin with
    return model


def fill_attention(oracle: nn.MultiheadAttention, own: MultiHeadAttention) -> None:
    with torch.no_grad():
        oracle.in_proj_weight.copy_(torch.cat([own.query.weight, own.key_value.weight]))
        oracle.in_proj_bias.zero_()
        oracle.out_proj.weight.copy_(own.output.weight)
        oracle.out_proj.bias.zero_()


def fill(oracle: nn.TransformerEncoderLayer | nn.TransformerDecoderLayer, own: EncoderLayer | DecoderLayer) -> None:
    """PyTorch's layer with our weights."""
    fill_attention(oracle.self_attn, own.attention)
    norms = [own.around_attention.norm, own.around_feed_forward.norm]
    if isinstance(own, DecoderLayer):
        fill_attention(oracle.multihead_attn, own.cross_attention)
        norms.insert(1, own.around_cross_attention.norm)
    for place, norm in enumerate(norms, 1):
        getattr(oracle, f"norm{place}").load_state_dict(norm.state_dict())
    oracle.linear1.load_state_dict(own.feed_forward.inner.state_dict())
    oracle.linear2.load_state_dict(own.feed_forward.outer.state_dict())


def reference(model: Transformer, src_BS: Tensor, lengths_B: Tensor, tgt_in_BT: Tensor) -> list[Tensor]:
    """What every layer of a model without its search, cache and fused parts gives: of the encoder, then the decoder."""
    config = model.config
    pre, gelu = config.norm == "pre", functional.gelu if config.activation == "gelu" else functional.relu
    options = {"dim_feedforward": F, "dropout": 0.0, "activation": gelu, "batch_first": True, "norm_first": pre}
    padding_BS = ~length_mask(lengths_B, src_BS.shape[1])

    def vectors(embedding: nn.Embedding, ids: Tensor, positions: nn.Embedding | None) -> Tensor:
        places = torch.arange(ids.shape[1])
        table = positions(places) if positions else torch.zeros(len(places), D)
        if config.positions == "sinusoidal":
            for t in range(len(places)):
                for i in range(D // 2):
                    angle = t / 10000 ** (2 * i / D)
                    table[t, 2 * i], table[t, 2 * i + 1] = math.sin(angle), math.cos(angle)
        return embedding(ids) * math.sqrt(D) + table

    states, found = vectors(model.source_embedding, src_BS, model.source_positions), []
    for layer in model.encoder_layers:
        oracle = nn.TransformerEncoderLayer(D, H, **options)
        fill(oracle, layer)
        states = oracle(states, src_key_padding_mask=padding_BS)
        found.append(states)
    memory = model.encoder_norm(states)
    states = vectors(model.target_embedding, tgt_in_BT, model.target_positions)
    causal = torch.ones(tgt_in_BT.shape[1], tgt_in_BT.shape[1], dtype=torch.bool).triu(1)
    for layer in model.decoder_layers:
        oracle = nn.TransformerDecoderLayer(D, H, **options)
        fill(oracle, layer)
        states = oracle(states, memory, tgt_mask=causal, memory_key_padding_mask=padding_BS)
        found.append(states)
    return [*found, model.decoder_norm(states)]


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize(("positions", "activation"), [("sinusoidal", "relu"), ("learned", "gelu")])
def test_equal_to_pytorchs_layers_layer_for_layer(norm, positions, activation):
    import random

    model = transformer(norm=norm, positions=positions, activation=activation, tie="none")
    rng = random.Random(1)
    batch = collate([random_ids(rng) for _ in range(4)], [random_ids(rng) for _ in range(4)])
    outputs: list[Tensor] = []
    for layer in [*model.encoder_layers, *model.decoder_layers]:
        layer.register_forward_hook(
            lambda _, __, output: outputs.append(output if isinstance(output, Tensor) else output[0])
        )
    features, _ = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
    expected = reference(model, batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
    real_BS = length_mask(batch.src_lengths_B, batch.src_BS.shape[1])
    assert len(outputs) == 4
    for place, (own, oracle) in enumerate(zip([*outputs, features], expected, strict=True)):
        real = real_BS if place < 2 else batch.tgt_in_BT >= 0
        torch.testing.assert_close(own[real], oracle[real], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_maps_equal_the_weights_of_pytorchs_attention(norm):
    """Every attention of every layer, on what it was given."""
    model = transformer(norm=norm)
    given: dict[nn.Module, tuple] = {}
    for module in model.modules():
        if isinstance(module, MultiHeadAttention):
            module.register_forward_pre_hook(lambda own, inputs: given.update({own: inputs}))
    src, lengths, target = (
        torch.tensor([[5, 6, 7, 3], [8, 3, 0, 0]]),
        torch.tensor([4, 2]),
        torch.tensor([[1, 8, 9]] * 2),
    )
    encoded: list[Tensor] = []
    model.encoder_norm.register_forward_hook(lambda _, __, output: encoded.append(output))
    _, maps = model(src, lengths, target, want=model.maps)
    padding_BS, later_TT = ~length_mask(lengths, 4), torch.ones(3, 3, dtype=torch.bool).triu(1)
    for name, layers in (
        ("encoder", model.encoder_layers),
        ("decoder", model.decoder_layers),
        ("cross", model.decoder_layers),
    ):
        for place, layer in enumerate(layers):
            own = layer.cross_attention if name == "cross" else layer.attention
            oracle = nn.MultiheadAttention(D, H, batch_first=True)
            fill_attention(oracle, own)
            queries = given[own][0]
            memory = encoded[0] if name == "cross" else queries
            masks = {"attn_mask": later_TT} if name == "decoder" else {"key_padding_mask": padding_BS}
            expected = oracle(queries, memory, memory, average_attn_weights=False, **masks)[1]
            torch.testing.assert_close(maps[name][:, place], expected)


def test_positions_worked_by_hand():
    table = sinusoids(torch.tensor([0, 1]), 4)
    expected = [[0.0, 1.0, 0.0, 1.0], [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)]]
    torch.testing.assert_close(table, torch.tensor(expected))


def test_rotation_worked_by_hand_and_relative():
    """(1, 0) at place 1 turns by one radian; a product depends on the distance alone."""
    turned = rotate(torch.tensor([[[[1.0, 0.0, 0.0, 1.0]]]]), torch.tensor([1]))
    expected = [math.cos(1), math.sin(1), -math.sin(0.01), math.cos(0.01)]
    torch.testing.assert_close(turned.flatten(), torch.tensor(expected))
    query, key = torch.randn(2, 1, 1, 1, 8)
    products = [
        (rotate(query, torch.tensor([t + 3])) * rotate(key, torch.tensor([t]))).sum().item() for t in (0, 5, 90)
    ]
    assert products == pytest.approx([products[0]] * 3, abs=1e-4)


def test_swiglu_follows_its_formula():
    torch.manual_seed(0)
    part = FeedForward(TransformerConfig(**SMALL, activation="swiglu")).eval()
    x = torch.randn(3, D)
    (gate, linear), (b_gate, b_linear) = part.inner.weight.chunk(2), part.inner.bias.chunk(2)
    hidden = x @ gate.T + b_gate
    expected = (hidden * torch.sigmoid(hidden) * (x @ linear.T + b_linear)) @ part.outer.weight.T + part.outer.bias
    torch.testing.assert_close(part(x[None])[0], expected)


def turned(vectors_TA: Tensor) -> Tensor:
    """Each row's pairs of columns as complex numbers, times e^{iθ} with θ = place / 10000^{2i/A}."""
    places, width = vectors_TA.shape
    numbers = torch.view_as_complex(vectors_TA.reshape(places, width // 2, 2).contiguous())
    for t in range(places):
        for i in range(width // 2):
            numbers[t, i] = numbers[t, i] * torch.exp(1j * torch.tensor(t / 10000 ** (2 * i / width)))
    return torch.view_as_real(numbers).flatten(1)


@torch.no_grad()
def test_rotary_self_attention_follows_its_formula():
    """In the encoder and the decoder, head by head; cross-attention is not turned."""
    model = transformer(positions="rotary", norm="pre")
    given: list[Tensor] = []
    cross = model.decoder_layers[0].cross_attention
    cross.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0][0]))
    model.encoder_norm.register_forward_hook(lambda _, __, output: given.append(output[0]))
    src, lengths, target = torch.tensor([[5, 6, 7, 3]]), torch.tensor([4]), torch.tensor([[1, 8, 9]])
    _, maps = model(src, lengths, target, want=model.maps)
    embedded = {"encoder": model.source_embedding(src), "decoder": model.target_embedding(target)}
    width = D // H
    for name, layer in (("encoder", model.encoder_layers[0]), ("decoder", model.decoder_layers[0])):
        states = layer.around_attention.norm(embedded[name][0] * math.sqrt(D))
        queries, keys = layer.attention.query(states), layer.attention.key_value(states)[:, :D]
        for head in range(H):
            part = slice(head * width, (head + 1) * width)
            scores = turned(queries[:, part]) @ turned(keys[:, part]).T / math.sqrt(width)
            if name == "decoder":
                scores = scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1), -math.inf)
            torch.testing.assert_close(maps[name][0, 0, head], torch.softmax(scores, dim=-1))
    memory, states = given
    queries, keys = cross.query(states), cross.key_value(memory)[:, :D]
    for head in range(H):
        part = slice(head * width, (head + 1) * width)
        expected = torch.softmax(queries[:, part] @ keys[:, part].T / math.sqrt(width), dim=-1)
        torch.testing.assert_close(maps["cross"][0, 0, head], expected)


def with_dropout(monkeypatch, replaced: nn.Module | None, model, batch) -> tuple[Tensor, set[str]]:
    """Features in training with every dropout the identity but one, which gives zeros; and those that were called."""
    names = {module: name for name, module in model.named_modules()}
    called = set()

    def forward(self, x):
        called.add(names[self])
        return torch.zeros_like(x) if self is replaced else x

    monkeypatch.setattr(Dropout, "forward", forward)
    model.train()
    return model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)[0], called


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_dropout_stands_where_the_paper_has_it_and_counts(monkeypatch, norm):
    """On the embedded words and on what every part adds (Vaswani et al. 2017, 5.4), and inside feed-forward layers."""
    model = transformer(norm=norm, encoder_layers=1, decoder_layers=1)
    batch = collate([[5, 6, 7], [8]], [[9, 4], [5, 5, 6]])
    ordinary, called = with_dropout(monkeypatch, None, model, batch)
    parts = {"around_attention.dropout", "around_feed_forward.dropout", "feed_forward.dropout"}
    expected = {f"encoder_layers.0.{part}" for part in parts}
    expected |= {f"decoder_layers.0.{part}" for part in (*parts, "around_cross_attention.dropout")}
    assert called == {"dropout", *expected}
    modules = dict(model.named_modules())
    for name in called:
        changed, _ = with_dropout(monkeypatch, modules[name], model, batch)
        assert not torch.allclose(changed, ordinary), f"{name} changes nothing"


def test_every_dropout_has_the_rate_it_is_configured():
    model = transformer(dropout=0.1, attention_dropout=0.2, activation_dropout=0.3, positions="learned")
    for name, module in model.named_modules():
        if isinstance(module, Dropout):
            assert module.p == (0.3 if name.endswith("feed_forward.dropout") and "around" not in name else 0.1), name
        elif isinstance(module, MultiHeadAttention):
            assert module.dropout == 0.2, name


def test_places_beyond_the_learned_ones_share_the_last():
    model = transformer(positions="learned", max_positions=3)
    long = torch.tensor([[5, 6, 7, 8, 8, 3]])
    swapped = torch.tensor([[5, 6, 8, 7, 8, 3]])
    target = torch.tensor([[1, 8, 9]])
    features, _ = model(long, torch.tensor([6]), target)
    torch.testing.assert_close(features, model(swapped, torch.tensor([6]), target)[0])


def test_the_cache_grows_and_is_picked_with_its_rows():
    model = transformer()
    memory, state = model.encode(torch.tensor([[5, 6, 3], [7, 3, 0]]), torch.tensor([3, 2]))
    assert [layer.keys_BHSA.shape for layer in state.layers] == [(2, H, 0, D // H)] * 2
    for count in (1, 2, 3):
        _, state = model.step(torch.tensor([1, 4]), state, memory)
        assert state.layers[0].keys_BHSA.shape == (2, H, count, D // H)
    picked = select(state, torch.tensor([1, 1, 0]))
    assert type(picked) is type(state)
    torch.testing.assert_close(picked.layers[1].values_BHSC[0], state.layers[1].values_BHSC[1])


def test_fused_attention_is_used_and_weights_only_where_asked(monkeypatch):
    """One fused call a sublayer, and no softmax unless somebody wants to see."""
    calls: list[str] = []
    fused, softmax = functional.scaled_dot_product_attention, torch.softmax
    monkeypatch.setattr(
        functional, "scaled_dot_product_attention", lambda *a, **k: calls.append("fused") or fused(*a, **k)
    )
    monkeypatch.setattr(torch, "softmax", lambda *a, **k: calls.append("softmax") or softmax(*a, **k))
    model = transformer()
    arguments = torch.tensor([[5, 6, 3]]), torch.tensor([3]), torch.tensor([[1, 8]])
    model(*arguments)
    assert calls == ["fused"] * 6
    calls.clear()
    model(*arguments, want=("cross",))
    assert calls.count("fused") == 6
    assert calls.count("softmax") == 2
