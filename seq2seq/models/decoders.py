"""The RNN's decoders. They differ in what is fed into the recurrence, when they attend, and what is read out.

Shapes: B batch, S source, T target, E embedding, M memory, D state (of an LSTM twice its width), G gates, H heads.

With s the state, y the word before, c the context and t the features before the vocabulary, step i is

- bahdanau:     c_i = att(s_{i-1});  s_i = cell([y_{i-1}; c_i], s_{i-1});  t_i = readout(s_i, y_{i-1}, c_i)
- luong:        s_i = cell([y_{i-1}; t_{i-1}], s_{i-1});  c_i = att(s_i);  t_i = readout(s_i, c_i)
- conditional:  s'_i = cell(y_{i-1}, s_{i-1});  c_i = att(s'_i);  s_i = update(c_i, s'_i);  t_i as bahdanau's

Another decoder is a subclass of `Decoder` with its own `advance`, a line of `DECODERS`, and its name in `RNNConfig`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.config import RNNConfig
from seq2seq.models.attention import KeyValues, Shape, find_scorer
from seq2seq.models.cells import CELLS
from seq2seq.models.dropout import Dropout

__all__ = ["DECODERS", "Decoder", "RNNMemory", "RNNState"]


class RNNMemory(NamedTuple):
    """Keys and values of the encoder's states, and a mask that is True where there is a token."""

    projected: KeyValues
    mask_BS: Tensor


class RNNState(NamedTuple):
    """The recurrent state, and the features that the next step is fed (of width 0 where it is fed none)."""

    state_BD: Tensor
    fed_BE: Tensor


class Readout(nn.Module):
    """Features before the vocabulary: t = maxout or tanh of a linear layer (Bahdanau et al. 2014, appendix A.2.2).

    The state it is given is s_i, after the word's step, as in the paper's eq. 4 (its appendix prints s_{i-1}).
    """

    def __init__(self, config: RNNConfig, input_dim: int) -> None:
        super().__init__()
        self.maxout = config.readout == "maxout"
        width = config.embedding_dim * (2 if self.maxout else 1)
        self.linear = nn.Linear(input_dim, width)
        self.norm = nn.LayerNorm(config.embedding_dim) if config.layer_norm else nn.Identity()
        self.dropout = Dropout(config.dropout)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return features (…, E) of the inputs, joined along their last dimension."""
        joined = self.linear(torch.cat(inputs, dim=-1))
        features = joined.unflatten(-1, (-1, 2)).amax(dim=-1) if self.maxout else torch.tanh(joined)
        output: Tensor = self.dropout(self.norm(features))
        return output


class Decoder(nn.Module, ABC):
    """A recurrent cell, an attention and a readout, in an order that a subclass chooses.

    Args:
        config: shape of the network.
        memory_dim: M.
        readout_dim: width of all that is read out.

    Raises:
        ConfigError: there is no such attention, or not for these widths.
    """

    def __init__(self, config: RNNConfig, memory_dim: int, readout_dim: int) -> None:
        super().__init__()
        shape = Shape(config.decoder_dim, memory_dim, config.attention_dim, config.heads)
        self.attention = find_scorer(config.attention)(shape)
        self.cell = CELLS[config.cell](config.embedding_dim, config.decoder_dim)
        self.readout = Readout(config, readout_dim)

    def begin(self, state_BD: Tensor) -> RNNState:
        """Return the state before the first step; a decoder that is fed features begins with zeros."""
        return RNNState(state_BD, state_BD.new_zeros(len(state_BD), 0))

    @abstractmethod
    def advance(
        self, gates_BG: Tensor, state: RNNState, memory: RNNMemory, want: bool
    ) -> tuple[RNNState, Tensor, Tensor | None]:
        """Take one step from the word's share of the cell's gates and the state before.

        Returns:
            The next state, context_BM, and weights_BHS if wanted.
        """

    def features(self, state: RNNState, embedded: Tensor, context: Tensor) -> Tensor:
        """Return the features (…, E) of one step or of all, after `advance`; `embedded` is the word before."""
        features: Tensor = self.readout(self.cell.hidden(state.state_BD), embedded, context)
        return features

    def attend(self, state_BD: Tensor, memory: RNNMemory, want: bool) -> tuple[Tensor, Tensor | None]:
        """Return context_BM, and weights_BHS if wanted, with the state's hidden part as the query."""
        query_B1D, mask_B11S = self.cell.hidden(state_BD)[:, None], memory.mask_BS[:, None, None]
        context_B1M, weights_BH1S = self.attention(query_B1D, memory.projected, mask_B11S, want)
        return context_B1M[:, 0], None if weights_BH1S is None else weights_BH1S[:, :, 0]


class BahdanauDecoder(Decoder):
    """Attends before the recurrence, with the state before the word (Bahdanau et al. 2014, appendix A.2.2)."""

    def __init__(self, config: RNNConfig, memory_dim: int) -> None:
        super().__init__(config, memory_dim, config.decoder_dim + config.embedding_dim + memory_dim)
        self.feed = nn.Linear(memory_dim, self.cell.gates_dim, bias=False)

    def advance(
        self, gates_BG: Tensor, state: RNNState, memory: RNNMemory, want: bool
    ) -> tuple[RNNState, Tensor, Tensor | None]:
        """Attend, then feed the context into the recurrence beside the word."""
        context_BM, weights_BHS = self.attend(state.state_BD, memory, want)
        state_BD = self.cell(gates_BG + self.feed(context_BM), state.state_BD)
        return state._replace(state_BD=state_BD), context_BM, weights_BHS


class LuongDecoder(Decoder):
    """Attends after the recurrence, and feeds what it reads out into the next step (Luong et al. 2015, section 3.3).

    State and context alone are read out, without the word (eq. 5), inside `advance`: the next step needs it.
    """

    def __init__(self, config: RNNConfig, memory_dim: int) -> None:
        super().__init__(config, memory_dim, config.decoder_dim + memory_dim)
        self.feed = nn.Linear(config.embedding_dim, self.cell.gates_dim, bias=False)

    def begin(self, state_BD: Tensor) -> RNNState:
        """Return the state before the first step, which is fed zeros."""
        return RNNState(state_BD, state_BD.new_zeros(len(state_BD), self.feed.in_features))

    def advance(
        self, gates_BG: Tensor, state: RNNState, memory: RNNMemory, want: bool
    ) -> tuple[RNNState, Tensor, Tensor | None]:
        """Feed the features before into the recurrence beside the word, then attend and read out."""
        state_BD = self.cell(gates_BG + self.feed(state.fed_BE), state.state_BD)
        context_BM, weights_BHS = self.attend(state_BD, memory, want)
        features_BE = self.readout(self.cell.hidden(state_BD), context_BM)
        return RNNState(state_BD, features_BE), context_BM, weights_BHS

    def features(self, state: RNNState, embedded: Tensor, context: Tensor) -> Tensor:
        """Return what `advance` has read out."""
        return state.fed_BE


class ConditionalDecoder(Decoder):
    """Reads the word, attends, then updates the state with the context (Sennrich et al. 2017, Nematus, section 2).

    So its attention knows which word it follows.
    """

    def __init__(self, config: RNNConfig, memory_dim: int) -> None:
        super().__init__(config, memory_dim, config.decoder_dim + config.embedding_dim + memory_dim)
        self.update = CELLS[config.cell](memory_dim, config.decoder_dim)

    def advance(
        self, gates_BG: Tensor, state: RNNState, memory: RNNMemory, want: bool
    ) -> tuple[RNNState, Tensor, Tensor | None]:
        """Read the word, attend with the state in between, then take the context in."""
        middle_BD = self.cell(gates_BG, state.state_BD)
        context_BM, weights_BHS = self.attend(middle_BD, memory, want)
        state_BD = self.update(self.update.gates(context_BM), middle_BD)
        return state._replace(state_BD=state_BD), context_BM, weights_BHS


DECODERS: dict[str, Callable[[RNNConfig, int], Decoder]] = {
    "bahdanau": BahdanauDecoder,
    "luong": LuongDecoder,
    "conditional": ConditionalDecoder,
}
