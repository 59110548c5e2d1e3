"""Pooling: the encoder's states as one vector.

Shapes: B batch, S source, M memory width (both directions), K learned queries, P pooled width.
"""

import math

import torch
from torch import Tensor, nn

from seq2seq.models.attention import normalised

__all__ = ["Pooling"]


class Pooling(nn.Module):
    """states_BSM to pooled_BP.

    By one of

    - ``backward``: ←h_1, which has read the whole sentence from its end (Bahdanau et al. 2014, A.2.2); P = M/2;
    - ``last``: [→h_S; ←h_1], each direction's last state (after Sutskever et al. 2014, who have one direction); P = M;
    - ``mean``: Σ_s h_s / S (Sennrich et al. 2017, Nematus); P = M;
    - ``max``: the largest value in each column (Conneau et al. 2017); P = M;
    - ``attention``: Σ_s α_s h_s, α = softmax_s(q_k · tanh(W h_s + b)) for each of K learned queries (Lin et
      al. 2017, eqs. 5–6, here with a bias), their vectors joined; P = K·M. Parameters M² + M + K·M; the only one
      with weights.

    All cost S·M or less, but ``attention``, which costs S·M·(M + 2K).

    Args:
        kind: one of these.
        memory_dim: M.
        queries: K.
    """

    def __init__(self, kind: str, memory_dim: int, queries: int) -> None:
        super().__init__()
        self.kind = kind
        self.dim = {"backward": memory_dim // 2, "attention": queries * memory_dim}.get(kind, memory_dim)
        if kind == "attention":
            self.hidden = nn.Linear(memory_dim, memory_dim)
            self.queries = nn.Parameter(torch.empty(queries, memory_dim).uniform_(-1, 1) / math.sqrt(memory_dim))

    def forward(self, states_BSM: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor | None]:
        """pooled_BP, and for ``attention`` weights_BKS: exactly 0 where the mask is False."""
        half = states_BSM.shape[-1] // 2
        backward_BP = states_BSM[:, 0, half:]
        match self.kind:
            case "backward":
                return backward_BP, None
            case "last":
                rows_B = torch.arange(len(states_BSM), device=states_BSM.device)
                return torch.cat([states_BSM[rows_B, mask_BS.sum(dim=1) - 1, :half], backward_BP], dim=-1), None
            case "mean":
                return (states_BSM * mask_BS[:, :, None]).sum(dim=1) / mask_BS.sum(dim=1, keepdim=True), None
            case "max":
                return states_BSM.masked_fill(~mask_BS[:, :, None], -math.inf).amax(dim=1), None
            case _:
                scores_BKS = self.queries @ torch.tanh(self.hidden(states_BSM)).transpose(1, 2)
                weights_BKS = normalised(scores_BKS, mask_BS[:, None])
                return (weights_BKS @ states_BSM).flatten(1), weights_BKS
