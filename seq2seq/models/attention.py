"""Attention: mask, softmax and weighted average once; a scorer adds how queries meet keys.

Shapes: B batch, S source, H heads, M memory width, Q query width, A attention width.
"""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

__all__ = ["AdditiveAttention", "Attention"]


class Attention(nn.Module, ABC):
    """Weights over a memory, and their weighted average of it.

    α_s = softmax_s(score(query, key_s)), context = Σ_s α_s · value_s (Bahdanau et al. 2014, eqs. 5–6).
    Keys are projected once a sentence, by `project`; each decoding step calls `forward`.
    """

    @abstractmethod
    def project(self, memory_BSM: Tensor) -> Tensor:
        """keys_BHSA of a memory."""

    @abstractmethod
    def score(self, query_BQ: Tensor, keys_BHSA: Tensor) -> Tensor:
        """scores_BHS, unbounded; masking is not a scorer's business."""

    def forward(
        self, query_BQ: Tensor, keys_BHSA: Tensor, values_BSM: Tensor, mask_BS: Tensor
    ) -> tuple[Tensor, Tensor]:
        """context_BM and weights_BHS; weights are exactly 0 where the mask is False, and sum to 1."""
        scores_BHS = self.score(query_BQ, keys_BHSA).masked_fill(~mask_BS[:, None, :], -math.inf)
        weights_BHS = torch.softmax(scores_BHS, dim=-1)
        context_BHM = weights_BHS @ values_BSM
        return context_BHM.mean(dim=1), weights_BHS


class AdditiveAttention(Attention):
    """score = vᵀ tanh(W query + U key): alignment attention (Bahdanau et al. 2014, appendix A.1.2).

    One head. Parameters: A·(Q + M + 1) + A (the bias of U serves both). Cost a step: B·S·A tanh and
    multiply–adds, after B·Q·A for the query; keys cost B·S·M·A once a sentence.
    """

    def __init__(self, query_dim: int, memory_dim: int, attention_dim: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_dim, attention_dim, bias=False)
        self.key = nn.Linear(memory_dim, attention_dim)
        self.energy = nn.Parameter(torch.empty(attention_dim).uniform_(-1, 1) / math.sqrt(attention_dim))

    def project(self, memory_BSM: Tensor) -> Tensor:
        """U h_s + b for every state, with a head dimension of 1."""
        keys: Tensor = self.key(memory_BSM)
        return keys[:, None]

    def score(self, query_BQ: Tensor, keys_BHSA: Tensor) -> Tensor:
        """vᵀ tanh(W query + key)."""
        query_B11A = self.query(query_BQ)[:, None, None, :]
        return torch.tanh(query_B11A + keys_BHSA) @ self.energy
