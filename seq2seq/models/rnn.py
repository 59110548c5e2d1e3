"""Recurrent encoder and attentional decoder: Bahdanau et al. 2014, Luong et al. 2015, and the conditional GRU.

Shapes: B batch, S source, T target, E embedding, M memory (both directions), P pooled, D decoder,
G gates, V vocabulary, H heads, K learned queries.

- Keys are projected once a sentence, and the words' share of the gates for all steps at once;
  `RNN._advance` is the only loop body, and `step` and `forward` both call it.
- bahdanau attends before the recurrence (2014, appendix A.2.2); luong after it, and feeds what it reads
  out into the next step (2015, eq. 5 and section 3.3).
- The conditional decoder (Sennrich et al. 2017, Nematus, section 2) reads
  the word before it attends, so its attention knows which word it follows.
"""

from collections.abc import Collection
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.config import RNNConfig
from seq2seq.models.attention import KeyValues, Shape, find_scorer
from seq2seq.models.base import Seq2Seq, Step, length_mask
from seq2seq.models.cells import CELLS
from seq2seq.models.dropout import Dropout
from seq2seq.models.embedding import embedding, output_layer
from seq2seq.models.pooling import Pooling

__all__ = ["RNN", "RNNMemory", "RNNState"]


class RNNMemory(NamedTuple):
    """Keys and values of the encoder's states, and where there are tokens."""

    projected: KeyValues
    mask_BS: Tensor


class RNNState(NamedTuple):
    """The decoder's recurrent state, and (luong only; else of width 0) the features it is fed."""

    state_BD: Tensor
    fed_BE: Tensor


class Encoder(nn.Module):
    """Word vectors through bidirectional layers.

    The backward direction reads each sentence reversed within its own length, so padding changes
    nothing. (Packed sequences do the same, but on a CPU their gradient zero-fills the whole batch for
    every step: a third of the training time.)
    """

    def __init__(self, config: RNNConfig) -> None:
        super().__init__()
        recurrence = nn.GRU if config.cell == "gru" else nn.LSTM
        widths = [config.embedding_dim] + [2 * config.encoder_dim] * (config.encoder_layers - 1)
        self.forward_layers = nn.ModuleList(recurrence(width, config.encoder_dim, batch_first=True) for width in widths)
        self.backward_layers = nn.ModuleList(
            recurrence(width, config.encoder_dim, batch_first=True) for width in widths
        )
        for name, weight in self.named_parameters():
            if name.endswith("weight_hh_l0"):
                for gate in torch.split(weight, config.encoder_dim):
                    nn.init.orthogonal_(gate)
        self.dropout = Dropout(config.dropout)

    def forward(self, embedded_BSE: Tensor, mask_BS: Tensor) -> Tensor:
        """states_BSM: of the forward direction, then of the backward one; 0 on padding."""
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
    """Row b's states in the order of its places."""
    row_B1 = torch.arange(len(states_BSM), device=states_BSM.device)[:, None]
    flat = (row_B1 * states_BSM.shape[1] + place_BS).flatten()
    return states_BSM.flatten(0, 1).index_select(0, flat).view_as(states_BSM)


class Readout(nn.Module):
    """Features before the vocabulary from state, word and context (Bahdanau et al. 2014, appendix A.2.2).

    t̃ = U s_i + V y_{i-1} + C c_i, then maxout over pairs, or tanh. s_i is the state after the word's
    step, as in the paper's eq. 4 (its appendix prints s_{i-1}). luong reads out s_i and c_i alone, without the
    word (2015, eq. 5).
    """

    def __init__(self, config: RNNConfig, input_dim: int) -> None:
        super().__init__()
        self.maxout = config.readout == "maxout"
        width = config.embedding_dim * (2 if self.maxout else 1)
        self.linear = nn.Linear(input_dim, width)
        self.norm = nn.LayerNorm(config.embedding_dim) if config.layer_norm else nn.Identity()
        self.dropout = Dropout(config.dropout)

    def forward(self, *inputs: Tensor) -> Tensor:
        """State (…, D), word (…, E) unless luong, and context (…, M) to (…, E)."""
        joined = self.linear(torch.cat(inputs, dim=-1))
        features = joined.unflatten(-1, (-1, 2)).amax(dim=-1) if self.maxout else torch.tanh(joined)
        output: Tensor = self.dropout(self.norm(features))
        return output


class RNN(Seq2Seq[RNNMemory, RNNState]):
    """See the module's docstring.

    Maps: ``cross`` unless `attention` is none; ``pooling`` where `pooling` is attention.

    Args:
        config: shape of the network.
        source_size: pieces of the source vocabulary.
        target_size: pieces of the target vocabulary; equal to `source_size` where ``tie`` is ``all``.

    Raises:
        ConfigError: there is no such attention, or not for these widths.
    """

    def __init__(self, config: RNNConfig, source_size: int, target_size: int) -> None:
        super().__init__()
        memory_dim, cell, scorer = 2 * config.encoder_dim, CELLS[config.cell], find_scorer(config.attention)
        self.decoder = config.decoder
        self.target_embedding = embedding(target_size, config.embedding_dim)
        self.source_embedding = (
            self.target_embedding if config.tie == "all" else embedding(source_size, config.embedding_dim)
        )
        self.dropout = Dropout(config.dropout)
        self.encoder = Encoder(config)
        self.pooling = Pooling(config.pooling, memory_dim, config.pooling_queries)
        memory_dim = memory_dim if scorer.attends else self.pooling.dim
        self.cell = cell(config.embedding_dim, config.decoder_dim)
        self.update = cell(memory_dim, config.decoder_dim) if self.decoder == "conditional" else None
        fed_dim = {"bahdanau": memory_dim, "luong": config.embedding_dim}.get(self.decoder, 0)
        self.feed = nn.Linear(fed_dim, self.cell.input.out_features, bias=False) if fed_dim else None
        self.initial = nn.Linear(self.pooling.dim, self.cell.state_dim)
        shape = Shape(config.decoder_dim, memory_dim, config.attention_dim, config.heads)
        self.attention = scorer(shape)
        word_dim = 0 if self.decoder == "luong" else config.embedding_dim
        self.readout = Readout(config, config.decoder_dim + word_dim + memory_dim)
        self.output = output_layer(
            config.embedding_dim, target_size, None if config.tie == "none" else self.target_embedding
        )

    @property
    def maps(self) -> tuple[str, ...]:
        """``cross`` and ``pooling``, where there are such."""
        return ("cross",) * self.attention.attends + ("pooling",) * (self.pooling.kind == "attention")

    def encode(self, src_BS: Tensor, lengths_B: Tensor) -> tuple[RNNMemory, RNNState]:
        """Encoder states with their keys, and s_0 = tanh(W pooled) (Bahdanau et al. 2014, appendix A.2.2)."""
        memory, state, _ = self._encode(src_BS, lengths_B)
        return memory, state

    def step(self, token_B: Tensor, state: RNNState, memory: RNNMemory) -> Step[RNNState]:
        """One `_advance` and its readout."""
        embedded_BE = self.dropout(self.target_embedding(token_B))
        state, context_BM, _ = self._advance(self.cell.gates(embedded_BE), state, memory, want=False)
        return Step(self.logits(self._features(state, embedded_BE, context_BM)), state)

    def forward(
        self, src_BS: Tensor, lengths_B: Tensor, tgt_in_BT: Tensor, want: Collection[str] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `Seq2Seq.forward`; every map is of one layer."""
        self.check_maps(want)
        memory, state, pooling_BKS = self._encode(src_BS, lengths_B)
        embedded_BTE = self.dropout(self.target_embedding(tgt_in_BT))
        states, contexts, weights = [], [], []
        for gates_BG in self.cell.gates(embedded_BTE).unbind(dim=1):
            state, context_BM, weights_BHS = self._advance(gates_BG, state, memory, "cross" in want)
            states.append(state)
            contexts.append(context_BM)
            if weights_BHS is not None:
                weights.append(weights_BHS)
        all_states = RNNState(*(torch.stack(parts, dim=1) for parts in zip(*states, strict=True)))
        features_BTE = self._features(all_states, embedded_BTE, torch.stack(contexts, dim=1))
        maps = {}
        if "cross" in want:
            maps["cross"] = torch.stack(weights, dim=2)[:, None]
        if "pooling" in want and pooling_BKS is not None:
            maps["pooling"] = pooling_BKS[:, None, None]
        return features_BTE, maps

    def _encode(self, src_BS: Tensor, lengths_B: Tensor) -> tuple[RNNMemory, RNNState, Tensor | None]:
        mask_BS = length_mask(lengths_B, src_BS.shape[1])
        states_BSM = self.encoder(self.dropout(self.source_embedding(src_BS)), mask_BS)
        pooled_BP, weights_BKS = self.pooling(states_BSM, mask_BS)
        state_BD = torch.tanh(self.initial(pooled_BP))
        fed_dim = self.output.in_features if self.decoder == "luong" else 0
        state = RNNState(state_BD, state_BD.new_zeros(len(state_BD), fed_dim))
        if not self.attention.attends:  # one vector is all there is to look at
            states_BSM, mask_BS = pooled_BP[:, None], mask_BS[:, :1]
        return RNNMemory(self.attention.project(states_BSM), mask_BS), state, weights_BKS

    def _advance(
        self, gates_BG: Tensor, state: RNNState, memory: RNNMemory, want: bool
    ) -> tuple[RNNState, Tensor, Tensor | None]:
        """The next state, context_BM and, if wanted, weights_BHS, from the word's gates and the state before."""
        state_BD, fed_BE = state
        if self.decoder == "bahdanau":  # c_i = att(s_{i-1}); s_i = cell([y_{i-1}; c_i], s_{i-1})
            context_BM, weights_BHS = self._attend(state_BD, memory, want)
            state_BD = self.cell(self._fed(gates_BG, context_BM), state_BD)
        elif self.decoder == "luong":  # s_i = cell([y_{i-1}; t_{i-1}], s_{i-1}); c_i = att(s_i); t_i reads both out
            state_BD = self.cell(self._fed(gates_BG, fed_BE), state_BD)
            context_BM, weights_BHS = self._attend(state_BD, memory, want)
            fed_BE = self.readout(self.cell.hidden(state_BD), context_BM)
        else:  # s'_i = cell(y_{i-1}, s_{i-1}); c_i = att(s'_i); s_i = update(c_i, s'_i)
            assert self.update is not None
            state_BD = self.cell(gates_BG, state_BD)
            context_BM, weights_BHS = self._attend(state_BD, memory, want)
            state_BD = self.update(self.update.gates(context_BM), state_BD)
        return RNNState(state_BD, fed_BE), context_BM, weights_BHS

    def _features(self, state: RNNState, embedded: Tensor, context: Tensor) -> Tensor:
        """What is read out, of one step or of all: luong has done so already."""
        if self.decoder == "luong":
            return state.fed_BE
        features: Tensor = self.readout(self.cell.hidden(state.state_BD), embedded, context)
        return features

    def _fed(self, gates_BG: Tensor, vector: Tensor) -> Tensor:
        assert self.feed is not None
        gates: Tensor = gates_BG + self.feed(vector)
        return gates

    def _attend(self, state_BD: Tensor, memory: RNNMemory, want: bool) -> tuple[Tensor, Tensor | None]:
        query_B1D, mask_B11S = self.cell.hidden(state_BD)[:, None], memory.mask_BS[:, None, None]
        context_B1M, weights_BH1S = self.attention(query_B1D, memory.projected, mask_B11S, want)
        return context_B1M[:, 0], None if weights_BH1S is None else weights_BH1S[:, :, 0]

    def logits(self, features: Tensor) -> Tensor:
        """One linear layer, its weights those of the target embedding unless ``tie`` is ``none``."""
        logits: Tensor = self.output(features)
        return logits
