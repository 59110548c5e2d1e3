"""Pooling: the encoder's states as one vector.

Shapes: B batch, S source, M memory width (both directions), K learned queries, P pooled width.

Each costs S·M operations or fewer, but for learned queries. Another pooling is a class, a line of `POOLINGS`, and its
name in `RNNConfig`.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from seq2seq.models.attention import normalised

__all__ = ["POOLINGS", "Pooling"]


class Pooling(nn.Module, ABC):
    """states_BSM to pooled_BP.

    Args:
        memory_dim: M.
        queries: K, where there are learned queries.

    Attributes:
        dim: P; M unless a subclass says otherwise.
    """

    has_weights: ClassVar[bool] = False  # over the source: a map

    def __init__(self, memory_dim: int, queries: int) -> None:
        super().__init__()
        self.dim = memory_dim

    @abstractmethod
    def forward(self, states_BSM: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return pooled_BP, and weights_BKS where there are any: exactly 0 where the mask is False."""


class BackwardPooling(Pooling):
    """←h_1, which has read the whole sentence from its end (Bahdanau et al. 2014, appendix A.2.2); P = M/2."""

    def __init__(self, memory_dim: int, queries: int) -> None:
        super().__init__(memory_dim, queries)
        self.dim = memory_dim // 2

    def forward(self, states_BSM: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the backward half of the first state."""
        return states_BSM[:, 0, self.dim :], None


class LastPooling(Pooling):
    """[→h_S; ←h_1], each direction's last state (after Sutskever et al. 2014, who have one direction); P = M."""

    def forward(self, states_BSM: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the forward half of the last state joined with the backward half of the first."""
        half = self.dim // 2
        rows_B = torch.arange(len(states_BSM), device=states_BSM.device)
        last_B = mask_BS.sum(dim=1) - 1
        return torch.cat([states_BSM[rows_B, last_B, :half], states_BSM[:, 0, half:]], dim=-1), None


class MeanPooling(Pooling):
    """Σ_s h_s / S (Sennrich et al. 2017, Nematus); P = M."""

    def forward(self, states_BSM: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the mean of the real tokens' states."""
        return (states_BSM * mask_BS[:, :, None]).sum(dim=1) / mask_BS.sum(dim=1, keepdim=True), None


class MaxPooling(Pooling):
    """The largest value in each column (Conneau et al. 2017); P = M."""

    def forward(self, states_BSM: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the largest values among the real tokens' states."""
        return states_BSM.masked_fill(~mask_BS[:, :, None], -math.inf).amax(dim=1), None


class AttentionPooling(Pooling):
    """Learned queries (Lin et al. 2017, eqs. 5–6, here with a bias), their vectors joined; P = K·M.

    α = softmax_s(q_k · tanh(W h_s + b)), pooled_k = Σ_s α_s h_s. Parameters M² + M + K·M; the only pooling with any.
    It costs S·M·(M + 2K).
    """

    has_weights = True

    def __init__(self, memory_dim: int, queries: int) -> None:
        super().__init__(memory_dim, queries)
        self.dim = queries * memory_dim
        self.hidden = nn.Linear(memory_dim, memory_dim)
        self.queries = nn.Parameter(torch.empty(queries, memory_dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the queries from U(±1/√M)."""
        bound = self.queries.shape[1] ** -0.5
        nn.init.uniform_(self.queries, -bound, bound)

    def forward(self, states_BSM: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return each query's weighted average of the states, joined, and the weights."""
        scores_BKS = self.queries @ torch.tanh(self.hidden(states_BSM)).transpose(1, 2)
        weights_BKS = normalised(scores_BKS, mask_BS[:, None])
        return (weights_BKS @ states_BSM).flatten(1), weights_BKS


POOLINGS: dict[str, type[Pooling]] = {
    "backward": BackwardPooling,
    "last": LastPooling,
    "mean": MeanPooling,
    "max": MaxPooling,
    "attention": AttentionPooling,
}
