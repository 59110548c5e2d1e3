"""A bidirectional recurrent encoder.

Shapes: B batch, S tokens, E word vectors, M states of both directions.
"""

import torch
from torch import Tensor, nn

from seq2seq.models.dropout import Dropout

__all__ = ["Encoder"]


class Encoder(nn.Module):
    """Word vectors through bidirectional layers.

    The backward direction reads each sentence reversed within its own length, so padding changes
    nothing. (Packed sequences do the same, but on a CPU their gradient zero-fills the whole batch for
    every step: a third of the training time.)

    Args:
        recurrence: ``nn.GRU`` or ``nn.LSTM``.
        word_dim: E.
        dim: M/2, the width of each direction.
        layers: how many layers, one over the other.
        dropout: the probability of dropout on each layer's states.
    """

    def __init__(
        self, recurrence: type[nn.GRU | nn.LSTM], word_dim: int, dim: int, layers: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        widths = [word_dim] + [2 * dim] * (layers - 1)
        self.forward_layers = nn.ModuleList(recurrence(width, dim, batch_first=True) for width in widths)
        self.backward_layers = nn.ModuleList(recurrence(width, dim, batch_first=True) for width in widths)
        self.dropout = Dropout(dropout)

    def forward(self, embedded_BSE: Tensor, mask_BS: Tensor) -> Tensor:
        """Return states_BSM: those of the forward direction, then of the backward one; 0 on padding."""
        size = mask_BS.shape[1]
        place_S = torch.arange(size, device=mask_BS.device)
        reversed_BS = torch.where(mask_BS, mask_BS.sum(dim=1, keepdim=True) - 1 - place_S, place_S)  # its own inverse
        states = embedded_BSE
        for ahead, back in zip(self.forward_layers, self.backward_layers, strict=True):
            onward = ahead(states)[0]
            backward = _reorder(back(_reorder(states, reversed_BS))[0], reversed_BS)
            states = self.dropout(torch.cat([onward, backward], dim=-1))
        output: Tensor = states * mask_BS[:, :, None]
        return output


def _reorder(states_BSM: Tensor, place_BS: Tensor) -> Tensor:
    """Return row b's states in the order of its places."""
    row_B1 = torch.arange(len(states_BSM), device=states_BSM.device)[:, None]
    flat = (row_B1 * states_BSM.shape[1] + place_BS).flatten()
    return states_BSM.flatten(0, 1).index_select(0, flat).view_as(states_BSM)
