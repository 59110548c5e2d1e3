"""Attention: mask, softmax and weighted average once; a scorer adds how queries meet keys.

Shapes: B batch, T queries, S source, H heads, M memory width, Q query width, A attention width,
C width of a head's values.

- A scorer is a subclass with a name, which is all it takes for ``model.attention`` to know it. It says what is
  compared (`queries`, `keys`) and how (`score`).
- Keys and values are projected once a memory, by `project`; every query then meets them in `forward`.
- A mask is True where there is a token; it broadcasts to BHTS.
"""

import difflib
import math
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.errors import ConfigError
from seq2seq.models.embedding import rotate

__all__ = ["SCORERS", "Attention", "KeyValues", "MultiHeadAttention", "Shape", "find_scorer", "normalised"]

SCORERS: "dict[str, type[Attention]]" = {}


class KeyValues(NamedTuple):
    """What is computed once for a memory."""

    keys_BHSA: Tensor
    values_BHSC: Tensor


class Shape(NamedTuple):
    """Widths of query, memory and attention, and the number of heads."""

    query: int
    memory: int
    attention: int
    heads: int = 1


class Attention(nn.Module, ABC):
    """Weights over a memory, and the weighted average of its values.

    α_s = softmax_s(score(query, key_s)), context = Σ_s α_s · value_s (Bahdanau et al. 2014, eqs. 5–6).

    A scorer with parameters of its own, outside PyTorch's layers, draws them in ``reset_parameters``.

    Args:
        shape: what it has to fit.
    """

    fixed_vector: ClassVar[bool] = False  # True where its memory is the pooled vector alone: nothing to choose from

    def __init_subclass__(cls, name: str = "") -> None:
        super().__init_subclass__()
        if name:
            SCORERS[name] = cls

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    @property
    def heads(self) -> int:
        """How many heads it has: one, unless a scorer has several."""
        return 1

    def queries(self, query_BTQ: Tensor) -> Tensor:
        """Return queries_BHTA: the decoder's states themselves, unless a scorer projects them."""
        return query_BTQ[:, None]

    def keys(self, memory_BSM: Tensor) -> Tensor:
        """Return keys_BHSA: the memory itself, unless a scorer projects it."""
        return memory_BSM[:, None]

    @abstractmethod
    def score(self, queries_BHTA: Tensor, keys_BHSA: Tensor) -> Tensor:
        """Return scores_BHTS, unbounded; masking is not a scorer's business."""

    def project(self, memory_BSM: Tensor) -> KeyValues:
        """Return the keys of a memory, and as values the memory itself."""
        return KeyValues(self.keys(memory_BSM), memory_BSM[:, None])

    def forward(
        self, query_BTQ: Tensor, memory: KeyValues, mask: Tensor | None, want: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Return context_BTM, and weights_BHTS if wanted."""
        weights_BHTS = normalised(self.score(self.queries(query_BTQ), memory.keys_BHSA), mask)
        context_BTM = (weights_BHTS @ memory.values_BHSC).transpose(1, 2).flatten(2)
        return context_BTM, weights_BHTS if want else None


class NoAttention(Attention, name="none"):
    """score = 0: the context is the same whatever the query.

    Its memory is one fixed vector, as in the encoder–decoder of Cho et al. 2014 with which Bahdanau et al. 2014 compare
    theirs (RNNencdec). No parameters, and (S = 1) M multiply–adds a query.
    """

    fixed_vector = True

    def score(self, queries_BHTA: Tensor, keys_BHSA: Tensor) -> Tensor:
        """Return 0."""
        return queries_BHTA.new_zeros(*queries_BHTA.shape[:3], keys_BHSA.shape[2])


class AdditiveAttention(Attention, name="additive"):
    """score = vᵀ tanh(W query + U key): alignment attention (Bahdanau et al. 2014, appendix A.1.2).

    One head. Parameters: A·(Q + M) of W and U, A of one bias for both, A of v. A query costs Q·A multiply–adds,
    S·A tanh, S·A for the scores and S·M for the average, and holds S·A numbers for the gradient; the keys
    cost S·M·A, once.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.query = nn.Linear(shape.query, shape.attention, bias=False)
        self.key = nn.Linear(shape.memory, shape.attention)
        self.energy = nn.Parameter(torch.empty(shape.attention))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw v from U(±1/√A)."""
        bound = self.shape.attention**-0.5
        nn.init.uniform_(self.energy, -bound, bound)

    def queries(self, query_BTQ: Tensor) -> Tensor:
        """Return W query."""
        queries: Tensor = self.query(query_BTQ)
        return queries[:, None]

    def keys(self, memory_BSM: Tensor) -> Tensor:
        """Return U h_s + b."""
        keys: Tensor = self.key(memory_BSM)
        return keys[:, None]

    def score(self, queries_BHTA: Tensor, keys_BHSA: Tensor) -> Tensor:
        """Return vᵀ tanh(query + key)."""
        return torch.tanh(queries_BHTA[:, :, :, None] + keys_BHSA[:, :, None]) @ self.energy


class DotAttention(Attention, name="dot"):
    """score = queryᵀ h (Luong et al. 2015, section 3.1, "dot"). Query and memory must be of one width.

    One head, no parameters. A query costs S·M multiply–adds for the scores and S·M for the average, and holds
    S numbers.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        if shape.query != shape.memory:
            raise ConfigError(
                f"model.attention: dot compares vectors of one width, but the decoder's has {shape.query} and the "
                f"memory's {shape.memory}; make model.decoder_dim {shape.memory}, or use general"
            )

    def score(self, queries_BHTA: Tensor, keys_BHSA: Tensor) -> Tensor:
        """Return queryᵀ h_s."""
        return queries_BHTA @ keys_BHSA.transpose(2, 3)


class GeneralAttention(Attention, name="general"):
    """score = queryᵀ W h (Luong et al. 2015, section 3.1, "general").

    One head. Parameters: Q·M. A query costs S·Q multiply–adds for the scores and S·M for the average, and holds S
    numbers; the keys W h_s cost S·Q·M, once.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.key = nn.Linear(shape.memory, shape.query, bias=False)

    def keys(self, memory_BSM: Tensor) -> Tensor:
        """W h_s."""
        keys: Tensor = self.key(memory_BSM)
        return keys[:, None]

    def score(self, queries_BHTA: Tensor, keys_BHSA: Tensor) -> Tensor:
        """Return queryᵀ W h_s."""
        return queries_BHTA @ keys_BHSA.transpose(2, 3)


class ScaledDotAttention(Attention, name="scaled_dot"):
    """score = (W_Q query)ᵀ (W_K h) / √A (Vaswani et al. 2017, eq. 1), over the memory itself as values.

    One head. Parameters: A·(Q + M). A query costs Q·A + S·A multiply–adds for the scores and S·M for the average,
    and holds S numbers; the keys cost S·M·A, once.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.query = nn.Linear(shape.query, shape.attention, bias=False)
        self.key = nn.Linear(shape.memory, shape.attention, bias=False)

    def queries(self, query_BTQ: Tensor) -> Tensor:
        """Return W_Q query."""
        queries: Tensor = self.query(query_BTQ)
        return queries[:, None]

    def keys(self, memory_BSM: Tensor) -> Tensor:
        """Return W_K h_s."""
        keys: Tensor = self.key(memory_BSM)
        return keys[:, None]

    def score(self, queries_BHTA: Tensor, keys_BHSA: Tensor) -> Tensor:
        """Return queryᵀ key / √A."""
        return _scaled_dot(queries_BHTA, keys_BHSA)


class MultiHeadAttention(Attention, name="multi_head"):
    """H scaled dot products side by side, with values of their own (Vaswani et al. 2017, section 3.2.2).

    head_h = softmax((W_Q query)_h (W_K m)_hᵀ / √(A/H)) (W_V m)_h; context = W_O [head_1; …; head_H].
    Parameters: A·(Q + 3·M). A query costs Q·A multiply–adds, S·A for the scores, S·A for the average and A·M for
    W_O; keys and values 2·S·M·A, once. The average is PyTorch's fused one, which does not hold the S weights of a
    query (but for a dropout of them on a CPU, which it cannot fuse); they are computed beside it when wanted.

    Args:
        shape: A is the width of all heads together.
        dropout: of the weights, in training.

    Raises:
        ConfigError: A cannot be split into so many heads.
    """

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__(shape)
        if shape.attention % shape.heads:
            raise ConfigError(
                f"model.heads: a width of {shape.attention} cannot be split into {shape.heads}; choose a divisor of it"
            )
        self.query = nn.Linear(shape.query, shape.attention, bias=False)
        self.key_value = nn.Linear(shape.memory, 2 * shape.attention, bias=False)
        self.output = nn.Linear(shape.attention, shape.memory, bias=False)
        self.dropout = dropout
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw each matrix by Xavier's bound; W_K and W_V one by one, as with twice the rows it would be smaller."""
        for weight in (self.query.weight, *self.key_value.weight.chunk(2), self.output.weight):
            nn.init.xavier_uniform_(weight)

    @property
    def heads(self) -> int:
        """H."""
        return self.shape.heads

    def queries(self, query_BTQ: Tensor, place_T: Tensor | None = None) -> Tensor:
        """Return W_Q query, head by head, turned by their places where these are given (`rotate`)."""
        return self._heads(self.query(query_BTQ), place_T)

    def project(self, memory_BSM: Tensor, place_S: Tensor | None = None) -> KeyValues:
        """Return W_K m_s, turned by its place where that is given, and W_V m_s, in one product."""
        keys, values = self.key_value(memory_BSM).chunk(2, dim=-1)
        return KeyValues(self._heads(keys, place_S), self._heads(values))

    def score(self, queries_BHTA: Tensor, keys_BHSA: Tensor) -> Tensor:
        """Return queryᵀ key / √(A/H)."""
        return _scaled_dot(queries_BHTA, keys_BHSA)

    def forward(
        self,
        query_BTQ: Tensor,
        memory: KeyValues,
        mask: Tensor | None,
        want: bool = False,
        place_T: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return context_BTM, and weights_BHTS if wanted; queries are turned by their places where these are given."""
        queries_BHTA = self.queries(query_BTQ, place_T)
        heads_BHTC = functional.scaled_dot_product_attention(
            queries_BHTA, *memory, attn_mask=mask, dropout_p=self.dropout if self.training else 0.0
        )
        context_BTM: Tensor = self.output(heads_BHTC.transpose(1, 2).flatten(2))
        if not want:
            return context_BTM, None
        return context_BTM, normalised(self.score(queries_BHTA, memory.keys_BHSA), mask)

    def _heads(self, projected_BTA: Tensor, place_T: Tensor | None = None) -> Tensor:
        """Split (B, T, A) into (B, H, T, A/H)."""
        split = (*projected_BTA.shape[:2], self.shape.heads, -1)
        heads_BHTA = projected_BTA.reshape(split).transpose(1, 2)
        return heads_BHTA if place_T is None else rotate(heads_BHTA, place_T)


def _scaled_dot(queries_BHTA: Tensor, keys_BHSA: Tensor) -> Tensor:
    """Return queryᵀ key / √A, head by head (Vaswani et al. 2017, eq. 1)."""
    return queries_BHTA @ keys_BHSA.transpose(2, 3) / math.sqrt(keys_BHSA.shape[-1])


def normalised(scores_BHTS: Tensor, mask: Tensor | None) -> Tensor:
    """Return the softmax over S of what the mask lets through: exactly 0 elsewhere."""
    if mask is not None:
        scores_BHTS = scores_BHTS.masked_fill(~mask, -math.inf)
    return torch.softmax(scores_BHTS, dim=-1)


def find_scorer(name: str) -> type[Attention]:
    """Return the scorer of a name.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in SCORERS:
        close = difflib.get_close_matches(name, SCORERS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ConfigError(f"model.attention: no scorer {name!r}; there are: {', '.join(SCORERS)}{hint}")
    return SCORERS[name]
