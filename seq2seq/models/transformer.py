"""Transformer encoder–decoder (Vaswani et al. 2017).

Shapes: B batch, S source, T target, K keys (source, or target tokens so far), D model, F feed-forward,
H heads, A head, L layers, V vocabulary.

- `Transformer._decode` is the one decoder: `forward` gives it T tokens and an empty cache, `step` one
  token and the keys and values of those before.
- Cross-attention is the encoder's output met by the decoder's queries: its keys and values are computed
  once a sentence, in `encode`.
- Attention is fused (see `MultiHeadAttention`); a map's weights are computed beside it, where somebody asks.
"""

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.config import TransformerConfig
from seq2seq.models.attention import KeyValues, MultiHeadAttention, Shape
from seq2seq.models.base import Seq2Seq, Step, length_mask
from seq2seq.models.dropout import Dropout
from seq2seq.models.embedding import embedding, output_layer, sinusoids

__all__ = ["Transformer", "TransformerMemory", "TransformerState"]


class TransformerMemory(NamedTuple):
    """Of the encoder's output: keys and values for each decoder layer, and where there are tokens."""

    layers: tuple[KeyValues, ...]
    mask_B11S: Tensor


class TransformerState(NamedTuple):
    """Each decoder layer's keys and values of the target tokens so far."""

    layers: tuple[KeyValues, ...]


class FeedForward(nn.Module):
    """Two linear layers round a non-linearity (Vaswani et al. 2017, eq. 2), or SwiGLU.

    relu, gelu: W₂ f(W₁ x). swiglu: W₂ (silu(W₁ x) ∘ W₃ x) (Shazeer 2020, eq. 6): half as many parameters
    again for the same F.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.gated = config.activation == "swiglu"
        self.activation = {"relu": nn.ReLU, "gelu": nn.GELU, "swiglu": nn.SiLU}[config.activation]()
        self.inner = nn.Linear(config.dim, config.ffn_dim * (2 if self.gated else 1))
        self.outer = nn.Linear(config.ffn_dim, config.dim)
        self.dropout = Dropout(config.activation_dropout)
        for weight in (*self.inner.weight.chunk(2 if self.gated else 1), self.outer.weight):
            nn.init.xavier_uniform_(weight)
        for bias in (self.inner.bias, self.outer.bias):
            nn.init.zeros_(bias)

    def forward(self, states_BTD: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        inner = self.inner(states_BTD)
        if self.gated:
            inner, linear = inner.chunk(2, dim=-1)
            inner = self.activation(inner) * linear
        else:
            inner = self.activation(inner)
        output: Tensor = self.outer(self.dropout(inner))
        return output


class Sublayer(nn.Module):
    """A residual connection round a function, with dropout and layer normalisation.

    post (Vaswani et al. 2017, 3.1): norm(x + f(x)). pre (Wang et al. 2019): x + f(norm(x)), which trains
    without a long warm-up and needs one more norm at the stack's end.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.dim)
        self.before = config.norm == "pre"
        self.dropout = Dropout(config.dropout)

    def forward(self, states_BTD: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        if self.before:
            added: Tensor = self.dropout(function(self.norm(states_BTD)))
            return states_BTD + added
        output: Tensor = self.norm(states_BTD + self.dropout(function(states_BTD)))
        return output


def _attention(config: TransformerConfig) -> MultiHeadAttention:
    return MultiHeadAttention(Shape(config.dim, config.dim, config.dim, config.heads), config.attention_dropout)


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.attention = _attention(config)
        self.feed_forward = FeedForward(config)
        self.around_attention = Sublayer(config)
        self.around_feed_forward = Sublayer(config)

    def forward(
        self, states_BSD: Tensor, mask_B11S: Tensor, place_S: Tensor | None, maps: list[Tensor] | None
    ) -> Tensor:
        """(B, S, D) to (B, S, D); the weights are appended to `maps` where there is such a list."""

        def attend(x_BSD: Tensor) -> Tensor:
            own = self.attention.project(x_BSD, place_S)
            return _kept(self.attention(x_BSD, own, mask_B11S, maps is not None, place_S), maps)

        output: Tensor = self.around_feed_forward(self.around_attention(states_BSD, attend), self.feed_forward)
        return output


class DecoderLayer(nn.Module):
    """Self-attention over the target tokens so far, cross-attention over the source, feed-forward."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.attention = _attention(config)
        self.cross_attention = _attention(config)
        self.feed_forward = FeedForward(config)
        self.around_attention = Sublayer(config)
        self.around_cross_attention = Sublayer(config)
        self.around_feed_forward = Sublayer(config)

    def forward(
        self, states_BTD: Tensor, past: KeyValues, causal_TK: Tensor | None, place_T: Tensor | None,
        source: KeyValues, mask_B11S: Tensor, maps: dict[str, list[Tensor]],
    ) -> tuple[Tensor, KeyValues]:  # fmt: skip
        """(B, T, D) to (B, T, D), and keys and values of past and present tokens together."""
        present = past

        def attend(x_BTD: Tensor) -> Tensor:
            nonlocal present
            new = self.attention.project(x_BTD, place_T)
            empty = past.keys_BHSA.shape[2] == 0  # as in training: nothing to copy
            present = new if empty else KeyValues(*(torch.cat(both, dim=2) for both in zip(past, new, strict=True)))
            own = maps.get("decoder")
            return _kept(self.attention(x_BTD, present, causal_TK, own is not None, place_T), own)

        def cross_attend(x_BTD: Tensor) -> Tensor:
            own = maps.get("cross")
            return _kept(self.cross_attention(x_BTD, source, mask_B11S, own is not None), own)

        states_BTD = self.around_attention(states_BTD, attend)
        states_BTD = self.around_cross_attention(states_BTD, cross_attend)
        return self.around_feed_forward(states_BTD, self.feed_forward), present


def _kept(attended: tuple[Tensor, Tensor | None], maps: list[Tensor] | None) -> Tensor:
    context, weights = attended
    if maps is not None and weights is not None:
        maps.append(weights)
    return context


class Transformer(Seq2Seq[TransformerMemory, TransformerState]):
    """See the module's docstring.

    Maps: ``cross`` (target × source), ``encoder`` (source × source) and ``decoder`` (target inputs × target
    inputs, the begin token first), each of all layers and heads.

    Args:
        config: shape of the network.
        source_size: pieces of the source vocabulary.
        target_size: pieces of the target vocabulary; equal to `source_size` where ``tie`` is ``all``.
    """

    maps = ("cross", "encoder", "decoder")

    def __init__(self, config: TransformerConfig, source_size: int, target_size: int) -> None:
        super().__init__()
        self.config = config
        self.target_embedding = embedding(target_size, config.dim)
        self.source_embedding = self.target_embedding if config.tie == "all" else embedding(source_size, config.dim)
        learned = config.positions == "learned"
        self.source_positions = nn.Embedding(config.max_positions, config.dim) if learned else None
        self.target_positions = nn.Embedding(config.max_positions, config.dim) if learned else None
        for positions in (self.source_positions, self.target_positions):
            if positions is not None:
                nn.init.normal_(positions.weight, std=config.dim**-0.5)
        self.encoder_layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.decoder_layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.encoder_norm = nn.LayerNorm(config.dim) if config.norm == "pre" else nn.Identity()
        self.decoder_norm = nn.LayerNorm(config.dim) if config.norm == "pre" else nn.Identity()
        self.dropout = Dropout(config.dropout)
        self.output = output_layer(config.dim, target_size, None if config.tie == "none" else self.target_embedding)

    def encode(self, src_BS: Tensor, lengths_B: Tensor) -> tuple[TransformerMemory, TransformerState]:
        """The encoder's output as each decoder layer's keys and values, and an empty cache."""
        return self._encode(src_BS, lengths_B, None)

    def step(self, token_B: Tensor, state: TransformerState, memory: TransformerMemory) -> Step[TransformerState]:
        """`_decode` of one token."""
        features_B1D, state = self._decode(token_B[:, None], state, memory, {})
        return Step(self.logits(features_B1D[:, 0]), state)

    def forward(
        self, src_BS: Tensor, lengths_B: Tensor, tgt_in_BT: Tensor, want: Collection[str] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `Seq2Seq.forward`."""
        self.check_maps(want)
        maps: dict[str, list[Tensor]] = {name: [] for name in self.maps if name in want}
        memory, state = self._encode(src_BS, lengths_B, maps.get("encoder"))
        features_BTD, _ = self._decode(tgt_in_BT, state, memory, maps)
        return features_BTD, {name: torch.stack(layers, dim=1) for name, layers in maps.items()}

    def logits(self, features: Tensor) -> Tensor:
        """One linear layer, its weights those of the target embedding unless ``tie`` is ``none``."""
        logits: Tensor = self.output(features)
        return logits

    def _encode(
        self, src_BS: Tensor, lengths_B: Tensor, maps: list[Tensor] | None
    ) -> tuple[TransformerMemory, TransformerState]:
        mask_B11S = length_mask(lengths_B, src_BS.shape[1])[:, None, None]
        place_S = torch.arange(src_BS.shape[1], device=src_BS.device)
        states_BSD = self._placed(self.source_embedding(src_BS), place_S, self.source_positions)
        for layer in self.encoder_layers:
            states_BSD = layer(states_BSD, mask_B11S, self._turning(place_S), maps)
        states_BSD = self.encoder_norm(states_BSD)
        sources = tuple(layer.cross_attention.project(states_BSD) for layer in self.decoder_layers)  # type: ignore[union-attr, operator]
        nothing = states_BSD.new_zeros(len(src_BS), self.config.heads, 0, self.config.dim // self.config.heads)
        empty = tuple(KeyValues(nothing, nothing) for _ in self.decoder_layers)
        return TransformerMemory(sources, mask_B11S), TransformerState(empty)

    def _decode(
        self, token_BT: Tensor, state: TransformerState, memory: TransformerMemory, maps: dict[str, list[Tensor]]
    ) -> tuple[Tensor, TransformerState]:
        """Features of T tokens after those in the cache, and the cache with them; maps fill up by layers."""
        past, count = state.layers[0].keys_BHSA.shape[2], token_BT.shape[1]
        place_T = torch.arange(past, past + count, device=token_BT.device)
        # One token may look at all there are: no mask.
        causal_TK = torch.ones(count, past + count, dtype=torch.bool, device=token_BT.device).tril(past)
        states_BTD = self._placed(self.target_embedding(token_BT), place_T, self.target_positions)
        caches = []
        for layer, cache, source in zip(self.decoder_layers, state.layers, memory.layers, strict=True):
            states_BTD, present = layer(
                states_BTD, cache, causal_TK if count > 1 else None, self._turning(place_T),
                source, memory.mask_B11S, maps,
            )  # fmt: skip
            caches.append(present)
        return self.decoder_norm(states_BTD), TransformerState(tuple(caches))

    def _placed(self, embedded_BTD: Tensor, place_T: Tensor, positions: nn.Embedding | None) -> Tensor:
        """√D times the word vectors, with vectors of their places unless these turn queries and keys instead."""
        states_BTD = embedded_BTD * math.sqrt(self.config.dim)
        if positions is not None:  # what lies beyond shares the last one
            states_BTD = states_BTD + positions(place_T.clamp(max=positions.num_embeddings - 1))
        elif self.config.positions == "sinusoidal":
            states_BTD = states_BTD + sinusoids(place_T, self.config.dim).to(states_BTD.dtype)
        output: Tensor = self.dropout(states_BTD)
        return output

    def _turning(self, place_T: Tensor) -> Tensor | None:
        return place_T if self.config.positions == "rotary" else None
