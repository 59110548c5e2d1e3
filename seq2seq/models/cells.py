"""Recurrent cells whose share of the input can be computed for all steps at once.

`nn.GRUCell` multiplies input and state together, step by step. A decoder knows its input words
beforehand in training, so here `gates` does that half in one large product, and only `forward`
has to loop. Shapes: B batch, I input, G gates, D state (of an LSTM twice its width).
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

__all__ = ["CELLS", "Cell", "GRUCell", "LSTMCell"]


class Cell(nn.Module, ABC):
    """The next state_BD from gates_BG of the input and the state before."""

    gate_count: int
    state_parts: int

    def __init__(self, input_dim: int, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.state_dim = self.state_parts * dim
        self.gates_dim = self.gate_count * dim
        self.input = nn.Linear(input_dim, self.gates_dim)
        self.recurrent = nn.Linear(dim, self.gates_dim)

    def gates(self, input: Tensor) -> Tensor:
        """Return the (…, G) share that (…, I) inputs have in the gates."""
        gates: Tensor = self.input(input)
        return gates

    def hidden(self, state: Tensor) -> Tensor:
        """Return the part of a state that others may read."""
        return state[..., : self.dim]

    @abstractmethod
    def forward(self, gates_BG: Tensor, state_BD: Tensor) -> Tensor:
        """Return the next state."""


class GRUCell(Cell):
    """Gated recurrent unit (Cho et al. 2014), with the reset gate after the recurrent product as in PyTorch.

    h' = (1 - z) ∘ n + z ∘ h, n = tanh(x_n + r ∘ U_n h).
    """

    gate_count = 3
    state_parts = 1

    def forward(self, gates_BG: Tensor, state_BD: Tensor) -> Tensor:
        """Return the next state."""
        recurrent_BG = self.recurrent(state_BD)
        split = [2 * self.dim, self.dim]
        input_rz, input_n = torch.split(gates_BG, split, dim=-1)
        state_rz, state_n = torch.split(recurrent_BG, split, dim=-1)
        reset, update = torch.sigmoid(input_rz + state_rz).chunk(2, dim=-1)
        new = torch.tanh(torch.addcmul(input_n, reset, state_n))
        return torch.lerp(new, state_BD, update)


class LSTMCell(Cell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate); the state is hidden ‖ cell."""

    gate_count = 4
    state_parts = 2

    def forward(self, gates_BG: Tensor, state_BD: Tensor) -> Tensor:
        """Return the next state."""
        hidden, cell = state_BD.chunk(2, dim=-1)
        into, forget, new, out = (gates_BG + self.recurrent(hidden)).chunk(4, dim=-1)
        cell = torch.sigmoid(forget + 1) * cell + torch.sigmoid(into) * torch.tanh(new)  # +1: remember at first
        return torch.cat([torch.sigmoid(out) * torch.tanh(cell), cell], dim=-1)


CELLS: dict[str, type[Cell]] = {"gru": GRUCell, "lstm": LSTMCell}
