"""Dropout, at the speed of the rest of a step."""

import torch
from torch import Tensor, nn

__all__ = ["Dropout"]

_STEPS = 1 << 16


class Dropout(nn.Module):
    """While training, each number becomes 0 with probability p and x / (1 - p) otherwise (Srivastava et al. 2014).

    Equals `torch.nn.Dropout` but for the random numbers: on a CPU that one spends a whole draw on each
    element, a seventh of a small Transformer's step. Here 16 random bits decide, so p is kept to 1/65536.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, values: Tensor) -> Tensor:
        """Return values of the same shape."""
        if not self.training or not self.p:
            return values
        if values.device.type != "cpu":
            return nn.functional.dropout(values, self.p)
        count = values.numel()
        draws = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(1 << 63), None)
        bits = draws.view(torch.int16)[:count].view(values.shape)  # evenly from -32768 to 32767
        kept = bits >= min(round(self.p * _STEPS), _STEPS - 1) - _STEPS // 2  # 2^15 would not fit into 16 bits
        return values * kept.to(values.dtype).div_(1 - self.p)

    def extra_repr(self) -> str:
        """Return what PyTorch prints of it."""
        return f"p={self.p}"
