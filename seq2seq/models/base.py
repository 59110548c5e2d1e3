"""The waist: what every model is to its callers, who never ask which one they hold.

Shapes: B batch, S source, T target, D features, V vocabulary, L layers, H heads, N rows of B × beam.

- Masks are True where there *is* a token.
- Memory and state are NamedTuples of batch-first tensors, opaque to callers; `select` is the one
  line that copies or reorders them.
- Attention maps come from `Seq2Seq.forward` only, over given target tokens: search never sees them.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from seq2seq.config import DecodingConfig
from seq2seq.errors import ConfigError
from seq2seq.models.aligner import Aligner
from seq2seq.words import counted

__all__ = ["Seq2Seq", "Step", "aligning", "length_mask", "select"]

M = TypeVar("M", bound=tuple[Any, ...])
S = TypeVar("S", bound=tuple[Any, ...])
T = TypeVar("T", bound=tuple[Any, ...])


class Step(NamedTuple, Generic[S]):
    """One decoding step: the next token's logits, and the state after the token read."""

    logits_BV: Tensor
    state: S


class Seq2Seq(nn.Module, ABC, Generic[M, S]):
    """An encoder–decoder. ``M`` is its memory (fixed for a sentence), ``S`` its decoding state.

    All it holds are parameters, no buffers: they can be drawn (`initialise`), or put in place (`models.load_model`).

    Attributes:
        target_size: V.
        aligner: the alignment head, if it has one. No other part depends on it, whether trained or drawn.
    """

    target_size: int
    aligner: Aligner | None

    @torch.no_grad()
    def initialise(self) -> None:
        """Draw every weight from torch's random state; a model overrides this to say in which way it differs.

        Here every part draws its own (``reset_parameters``, as PyTorch calls it), after the parts inside it. The
        alignment head comes last and leaves the random state as it was, so that all else is as it would be without.

        Raises:
            TypeError: a part has parameters that it does not draw.
        """
        head = [] if self.aligner is None else list(self.aligner.modules())
        _draw(part for part in self.modules() if part not in head)
        with torch.random.fork_rng(devices=[]):
            _draw(head)

    @abstractmethod
    def encode(self, src_BS: Tensor, lengths_B: Tensor) -> tuple[M, S]:
        """Return what stays fixed while decoding, and the state in which decoding starts.

        Args:
            src_BS: token ids, padded on the right.
            lengths_B: real tokens of each row, at least 1.
        """

    @abstractmethod
    def step(self, token_B: Tensor, state: S, memory: M) -> Step[S]:
        """Read one target token (BOS first) and score the next. Each row depends on its own inputs only."""

    @abstractmethod
    def forward(
        self, src_BS: Tensor, lengths_B: Tensor, tgt_in_BT: Tensor, want: Collection[str] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return features_BTD before the vocabulary, by teacher forcing, and the maps asked for by name.

        A map is a (B, layers, heads, rows, columns) tensor of weights: each row sums to 1. Of a real token, it is
        exactly 0 on padding. By name, rows × columns are

        - ``cross``: T target tokens × S source tokens, what each was predicted from;
        - ``encoder``: S × S source tokens;
        - ``decoder``: T × T target tokens read, the begin token first; exactly 0 on later ones;
        - ``pooling``: learned queries × S source tokens;
        - ``alignment``: T target tokens × S source tokens, what each of them says, seen from both sentences as a whole
          (see `Aligner`): the one map in which a token's row depends on later ones.

        Raises:
            ValueError: the model has no map of a name in `want`.
        """

    @abstractmethod
    def logits(self, features: Tensor) -> Tensor:
        """Return the (…, V) logits of (…, D) features; the loss passes those of real tokens only."""

    @property
    @abstractmethod
    def maps(self) -> tuple[str, ...]:
        """Return the names that `forward` takes in `want`.

        ``alignment`` is the alignment where there is one, and otherwise ``cross``.
        """

    @property
    @abstractmethod
    def cross_heads(self) -> int:
        """Return how many heads each layer of the map ``cross`` has; 0 without that map."""

    def check_maps(self, want: Collection[str]) -> None:
        """Refuse a map that the model has not.

        Raises:
            ValueError: a name in `want` is none of `maps`.
        """
        if unknown := sorted(set(want) - set(self.maps)):
            raise ValueError(f"this model has no map {unknown[0]!r}, only {self.maps}")


def aligning(config: DecodingConfig, layers: int, heads: int) -> tuple[int, slice]:
    """Return which part of cross-attention is the alignment: the number of its layer, from 1, and its heads.

    It is what ``alignment_layer`` and ``alignment_head`` say. By default it is the last layer but one (Garg et al.
    2019, section 4.1), or the only one, and the mean of all its heads, which aligns as well as the best of them.

    Args:
        config: the options.
        layers: how many layers have cross-attention.
        heads: how many heads each of them has.

    Raises:
        ConfigError: there is no such head.
    """
    head = config.alignment_head
    if head > heads:
        raise ConfigError(f"decoding.alignment_head: {head}, but this attention has {counted(heads, 'head')}")
    return config.alignment_layer or max(1, layers - 1), slice(head - 1, head) if head else slice(None)


def _draw(parts: Iterable[nn.Module]) -> None:
    for part in reversed(list(parts)):
        draw = getattr(part, "reset_parameters", None)
        if draw is not None:
            draw()
        elif list(part.parameters(recurse=False)):
            raise TypeError(f"{type(part).__name__} has parameters of its own but no method reset_parameters")


def select(batched: T, rows_N: Tensor) -> T:
    """Return rows of every tensor in a (nested) tuple: this copies, drops or reorders a memory or a state."""
    picked = [select(part, rows_N) if isinstance(part, tuple) else part.index_select(0, rows_N) for part in batched]
    make: Any = getattr(type(batched), "_make", tuple)
    made: T = make(picked)
    return made


def length_mask(lengths_B: Tensor, size: int) -> Tensor:
    """Return a (B, size) mask, True on the first ``lengths_B`` places of each row."""
    return torch.arange(size, device=lengths_B.device) < lengths_B[:, None]
