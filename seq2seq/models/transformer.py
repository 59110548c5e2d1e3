"""Transformer encoder–decoder (Vaswani et al. 2017).

Shapes: B batch, S source, T target, K keys (source, or target tokens so far), D model, F feed-forward,
H heads, A head, L layers, V vocabulary.

- `Transformer._decode` is the one decoder: `forward` gives it T tokens and an empty cache, `step` one
  token and the keys and values of those before.
- A layer returns its output, its cache and its attention's weights, which are None unless somebody wants them.
- Cross-attention is the encoder's output met by the decoder's queries: its keys and values are computed
  once a sentence, in `encode`.
- Attention is fused (see `MultiHeadAttention`), so weights that are wanted are computed beside it.
"""

import math
from collections.abc import Collection
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.config import TransformerConfig
from seq2seq.models.aligner import EncodedSource, aligner
from seq2seq.models.attention import KeyValues, MultiHeadAttention, Shape
from seq2seq.models.base import Seq2Seq, Step, length_mask
from seq2seq.models.dropout import Dropout
from seq2seq.models.embedding import draw_word_vectors, embedding, output_layer, sinusoids
from seq2seq.symbols import PAD

__all__ = ["Transformer", "TransformerMemory", "TransformerState"]


class TransformerMemory(NamedTuple):
    """The encoder's output as keys and values for each decoder layer, and a mask that is True on tokens."""

    layers: tuple[KeyValues, ...]
    mask_B11S: Tensor


class TransformerState(NamedTuple):
    """The cache: each decoder layer's keys and values of the target tokens so far."""

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

    def forward(self, states_BTD: Tensor) -> Tensor:
        """Return states of the same shape (B, T, D)."""
        inner = self.inner(states_BTD)
        if self.gated:
            inner, linear = inner.chunk(2, dim=-1)
            inner = self.activation(inner) * linear
        else:
            inner = self.activation(inner)
        output: Tensor = self.outer(self.dropout(inner))
        return output


class Sublayer(nn.Module):
    """The residual connection round a part f of a layer, with dropout and layer normalisation.

    post (Vaswani et al. 2017, 3.1): norm(x + f(x)). pre (Wang et al. 2019): x + f(norm(x)), which trains
    without a long warm-up and needs one more norm at the stack's end.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.dim)
        self.pre = config.norm == "pre"
        self.dropout = Dropout(config.dropout)

    def before(self, states_BTD: Tensor) -> Tensor:
        """Return what f is given."""
        given: Tensor = self.norm(states_BTD) if self.pre else states_BTD
        return given

    def after(self, states_BTD: Tensor, output_BTD: Tensor) -> Tensor:
        """Return the states with the output of f added."""
        sum_BTD: Tensor = states_BTD + self.dropout(output_BTD)
        return sum_BTD if self.pre else self.norm(sum_BTD)


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.attention = _attention(config)
        self.feed_forward = FeedForward(config)
        self.around_attention = Sublayer(config)
        self.around_feed_forward = Sublayer(config)

    def forward(
        self, states_BSD: Tensor, mask_B11S: Tensor, turn_S: Tensor | None, want: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Return states_BSD, and weights_BHSS if wanted; queries and keys are turned by their places, if given."""
        given_BSD = self.around_attention.before(states_BSD)
        keys_values = self.attention.project(given_BSD, turn_S)
        attended_BSD, weights_BHSS = self.attention(given_BSD, keys_values, mask_B11S, want, turn_S)
        states_BSD = self.around_attention.after(states_BSD, attended_BSD)

        given_BSD = self.around_feed_forward.before(states_BSD)
        return self.around_feed_forward.after(states_BSD, self.feed_forward(given_BSD)), weights_BHSS


class DecoderOutput(NamedTuple):
    """What a decoder layer makes of T tokens; weights are None unless they were wanted."""

    states_BTD: Tensor
    cache: KeyValues  # keys and values of the tokens before and of these
    weights_BHTK: Tensor | None
    cross_weights_BHTS: Tensor | None


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
        self, states_BTD: Tensor, cache: KeyValues, causal_TK: Tensor | None, turn_T: Tensor | None,
        source: KeyValues, mask_B11S: Tensor, want: Collection[str],
    ) -> DecoderOutput:  # fmt: skip
        """Return states, cache and the weights in `want` (``decoder``, ``cross``) of T tokens after those cached."""
        given_BTD = self.around_attention.before(states_BTD)
        cache = _extended(cache, self.attention.project(given_BTD, turn_T))
        attended_BTD, weights_BHTK = self.attention(given_BTD, cache, causal_TK, "decoder" in want, turn_T)
        states_BTD = self.around_attention.after(states_BTD, attended_BTD)

        given_BTD = self.around_cross_attention.before(states_BTD)
        attended_BTD, cross_BHTS = self.cross_attention(given_BTD, source, mask_B11S, "cross" in want)
        states_BTD = self.around_cross_attention.after(states_BTD, attended_BTD)

        given_BTD = self.around_feed_forward.before(states_BTD)
        states_BTD = self.around_feed_forward.after(states_BTD, self.feed_forward(given_BTD))
        return DecoderOutput(states_BTD, cache, weights_BHTK, cross_BHTS)


def _attention(config: TransformerConfig) -> MultiHeadAttention:
    return MultiHeadAttention(Shape(config.dim, config.dim, config.dim, config.heads), config.attention_dropout)


def _extended(cache: KeyValues, new: KeyValues) -> KeyValues:
    """Return keys and values of the tokens before and the new ones; an empty cache, as in training, costs no copy."""
    if cache.keys_BHSA.shape[2] == 0:
        return new
    return KeyValues(*(torch.cat(both, dim=2) for both in zip(cache, new, strict=True)))


class Transformer(Seq2Seq[TransformerMemory, TransformerState]):
    """A stack of encoder layers and a stack of decoder layers.

    Maps: ``cross`` (target × source), ``encoder`` (source × source) and ``decoder`` (target inputs × target
    inputs, the begin token first), each of all layers and heads; ``alignment`` where it has an alignment head.

    Args:
        config: shape of the network.
        source_size: pieces of the source vocabulary.
        target_size: pieces of the target vocabulary; equal to `source_size` where ``tie`` is ``all``.

    Raises:
        ConfigError: the heads do not divide the width.
    """

    def __init__(self, config: TransformerConfig, source_size: int, target_size: int) -> None:
        super().__init__()
        self.config = config
        self.target_size = target_size
        self.target_embedding = embedding(target_size, config.dim)
        self.source_embedding = self.target_embedding if config.tie == "all" else embedding(source_size, config.dim)
        learned = config.positions == "learned"
        self.source_positions = nn.Embedding(config.max_positions, config.dim) if learned else None
        self.target_positions = nn.Embedding(config.max_positions, config.dim) if learned else None
        self.encoder_layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.decoder_layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.encoder_norm = nn.LayerNorm(config.dim) if config.norm == "pre" else nn.Identity()
        self.decoder_norm = nn.LayerNorm(config.dim) if config.norm == "pre" else nn.Identity()
        self.dropout = Dropout(config.dropout)
        self.output = output_layer(config.dim, target_size, None if config.tie == "none" else self.target_embedding)
        self.aligner = aligner(config.dim, config.dim, config.alignment_dim)

    @torch.no_grad()
    def initialise(self) -> None:
        """Draw every weight.

        - Word vectors and learned positions: N(0, 1/D), so that they are about 1 long; padding's is 0.
        - Matrices of attention and feed-forward layers: Xavier's bound, each of several stacked in one by itself.
        - Biases: 0; normalisation: gains of 1, shifts of 0.
        - An output layer that is not tied, as PyTorch draws it: U(±1/√D).
        """
        super().initialise()
        for part in self.modules():
            if isinstance(part, FeedForward):
                for weight in (*part.inner.weight.chunk(2 if part.gated else 1), part.outer.weight):
                    nn.init.xavier_uniform_(weight)
                for bias in (part.inner.bias, part.outer.bias):
                    nn.init.zeros_(bias)
        for positions in (self.source_positions, self.target_positions):
            if positions is not None:
                nn.init.normal_(positions.weight, std=self.config.dim**-0.5)
        draw_word_vectors(self.source_embedding, self.target_embedding)
        nn.init.zeros_(self.output.bias)

    @property
    def maps(self) -> tuple[str, ...]:
        """Return ``cross``, ``encoder`` and ``decoder``, and ``alignment`` if this model has it."""
        return ("cross", "encoder", "decoder", *(() if self.aligner is None else ("alignment",)))

    @property
    def cross_heads(self) -> int:
        """Return H."""
        return self.config.heads

    def encode(self, src_BS: Tensor, lengths_B: Tensor) -> tuple[TransformerMemory, TransformerState]:
        """Return the encoder's output as each decoder layer's keys and values, and an empty cache."""
        memory, state, _, _ = self._encode(src_BS, lengths_B, want=False)
        return memory, state

    def step(self, token_B: Tensor, state: TransformerState, memory: TransformerMemory) -> Step[TransformerState]:
        """Decode one token; see `Seq2Seq.step`."""
        features_B1D, state, _, _ = self._decode(token_B[:, None], state, memory, want=())
        return Step(self.logits(features_B1D[:, 0]), state)

    def forward(
        self, src_BS: Tensor, lengths_B: Tensor, tgt_in_BT: Tensor, want: Collection[str] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return features and maps by teacher forcing; see `Seq2Seq.forward`."""
        self.check_maps(want)
        memory, state, source, encoder_weights = self._encode(src_BS, lengths_B, "encoder" in want)
        features_BTD, _, outputs, words_BTD = self._decode(tgt_in_BT, state, memory, want)
        weights = {
            "cross": [output.cross_weights_BHTS for output in outputs],
            "encoder": encoder_weights,
            "decoder": [output.weights_BHTK for output in outputs],
        }
        maps = {
            name: torch.stack([layer for layer in layers if layer is not None], dim=1)
            for name, layers in weights.items()
            if name in want
        }
        if "alignment" in want and self.aligner is not None:
            maps["alignment"] = self.aligner(source, words_BTD, tgt_in_BT != PAD)
        return features_BTD, maps

    def logits(self, features: Tensor) -> Tensor:
        """Apply one linear layer, its weights those of the target embedding unless ``tie`` is ``none``."""
        logits: Tensor = self.output(features)
        return logits

    def _encode(
        self, src_BS: Tensor, lengths_B: Tensor, want: bool
    ) -> tuple[TransformerMemory, TransformerState, EncodedSource, list[Tensor | None]]:
        """Return memory, empty caches, the encoded source, and of each layer weights_BHSS if wanted."""
        mask_BS = length_mask(lengths_B, src_BS.shape[1])
        mask_B11S = mask_BS[:, None, None]
        place_S = torch.arange(src_BS.shape[1], device=src_BS.device)
        words_BSD = self._embedded(self.source_embedding(src_BS), place_S, self.source_positions)
        states_BSD, weights = words_BSD, []
        for layer in self.encoder_layers:
            states_BSD, weights_BHSS = layer(states_BSD, mask_B11S, self._turn(place_S), want)
            weights.append(weights_BHSS)
        states_BSD = self.encoder_norm(states_BSD)
        sources = tuple(layer.cross_attention.project(states_BSD) for layer in self.decoder_layers)  # type: ignore[union-attr, operator]
        nothing = states_BSD.new_zeros(len(src_BS), self.config.heads, 0, self.config.dim // self.config.heads)
        empty = tuple(KeyValues(nothing, nothing) for _ in self.decoder_layers)
        source = EncodedSource(words_BSD, states_BSD, mask_BS)
        return TransformerMemory(sources, mask_B11S), TransformerState(empty), source, weights

    def _decode(
        self, token_BT: Tensor, state: TransformerState, memory: TransformerMemory, want: Collection[str]
    ) -> tuple[Tensor, TransformerState, list[DecoderOutput], Tensor]:
        """Return features of T tokens after those in the cache, the cache with them, layers' outputs, and words_BTD."""
        past, count = state.layers[0].keys_BHSA.shape[2], token_BT.shape[1]
        place_T = torch.arange(past, past + count, device=token_BT.device)
        # One token may look at all there are: no mask.
        causal_TK = torch.ones(count, past + count, dtype=torch.bool, device=token_BT.device).tril(past)
        words_BTD = self._embedded(self.target_embedding(token_BT), place_T, self.target_positions)
        states_BTD, outputs = words_BTD, []
        for layer, cache, source in zip(self.decoder_layers, state.layers, memory.layers, strict=True):
            outputs.append(
                layer(
                    states_BTD, cache, causal_TK if count > 1 else None, self._turn(place_T),
                    source, memory.mask_B11S, want,
                )
            )  # fmt: skip
            states_BTD = outputs[-1].states_BTD
        state = TransformerState(tuple(output.cache for output in outputs))
        return self.decoder_norm(states_BTD), state, outputs, words_BTD

    def _embedded(self, words_BTD: Tensor, place_T: Tensor, positions: nn.Embedding | None) -> Tensor:
        """Return √D times the word vectors, plus vectors of their places unless these turn queries and keys instead."""
        states_BTD = words_BTD * math.sqrt(self.config.dim)
        if positions is not None:  # places beyond the last learned one share it
            states_BTD = states_BTD + positions(place_T.clamp(max=positions.num_embeddings - 1))
        elif self.config.positions == "sinusoidal":
            states_BTD = states_BTD + sinusoids(place_T, self.config.dim).to(states_BTD.dtype)
        output: Tensor = self.dropout(states_BTD)
        return output

    def _turn(self, place_T: Tensor) -> Tensor | None:
        """Return the places by which self-attention turns its queries and keys: none unless positions are rotary."""
        return place_T if self.config.positions == "rotary" else None
