"""Recurrent encoder and attentional decoder (Bahdanau et al. 2014), and the conditional GRU.

Shapes: B batch, S source, T target, E embedding, M memory (both directions), D decoder, G gates,
A attention, V vocabulary, H heads.

- Keys are projected once a sentence, and the words' share of the gates for all steps at once;
  `RNN._advance` is the only loop body, and `step` and `forward` both call it.
- The conditional decoder (Sennrich et al. 2017, Nematus, section 2) reads
  the word before it attends, so its attention knows which word it follows.
"""

from collections.abc import Collection
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.config import RNNConfig
from seq2seq.models.attention import AdditiveAttention
from seq2seq.models.base import Seq2Seq, Step, length_mask
from seq2seq.models.cells import CELLS
from seq2seq.symbols import PAD

__all__ = ["RNN", "RNNMemory", "RNNState"]


class RNNMemory(NamedTuple):
    """The encoder's states, the keys projected from them, and where there are tokens."""

    states_BSM: Tensor
    keys_BHSA: Tensor
    mask_BS: Tensor


class RNNState(NamedTuple):
    """The decoder's recurrent state."""

    state_BD: Tensor


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
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, embedded_BSE: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor]:
        """states_BSM (0 on padding), and the backward direction's state at the first word, (B, M/2)."""
        size = mask_BS.shape[1]
        place_S = torch.arange(size, device=mask_BS.device)
        reversed_BS = torch.where(mask_BS, mask_BS.sum(dim=1, keepdim=True) - 1 - place_S, place_S)  # its own inverse
        states = embedded_BSE
        for ahead, back in zip(self.forward_layers, self.backward_layers, strict=True):
            onward = ahead(states)[0]
            backward = _reorder(back(_reorder(states, reversed_BS))[0], reversed_BS)
            states = self.dropout(torch.cat([onward, backward], dim=-1))
        states_BSM = states * mask_BS[:, :, None]
        return states_BSM, states_BSM[:, 0, states_BSM.shape[-1] // 2 :]


def _reorder(states_BSM: Tensor, place_BS: Tensor) -> Tensor:
    """Row b's states in the order of its places."""
    row_B1 = torch.arange(len(states_BSM), device=states_BSM.device)[:, None]
    flat = (row_B1 * states_BSM.shape[1] + place_BS).flatten()
    return states_BSM.flatten(0, 1).index_select(0, flat).view_as(states_BSM)


class Readout(nn.Module):
    """Features before the vocabulary from state, word and context (Bahdanau et al. 2014, appendix A.2.2).

    t̃ = U s_i + V y_{i-1} + C c_i, then maxout over pairs, or tanh. s_i is the state after the word's
    step, as in the paper's eq. 4 (its appendix prints s_{i-1}).
    """

    def __init__(self, config: RNNConfig, state_dim: int, memory_dim: int) -> None:
        super().__init__()
        self.maxout = config.readout == "maxout"
        width = config.embedding_dim * (2 if self.maxout else 1)
        self.linear = nn.Linear(state_dim + config.embedding_dim + memory_dim, width)
        self.norm = nn.LayerNorm(config.embedding_dim) if config.layer_norm else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, state: Tensor, embedded: Tensor, context: Tensor) -> Tensor:
        """(…, D), (…, E) and (…, M) to (…, E)."""
        joined = self.linear(torch.cat([state, embedded, context], dim=-1))
        features = joined.unflatten(-1, (-1, 2)).amax(dim=-1) if self.maxout else torch.tanh(joined)
        output: Tensor = self.dropout(self.norm(features))
        return output


class RNN(Seq2Seq[RNNMemory, RNNState]):
    """See the module's docstring.

    Args:
        config: shape of the network.
        source_size: pieces of the source vocabulary.
        target_size: pieces of the target vocabulary; equal to `source_size` where ``tie`` is ``all``.
    """

    maps = ("cross",)

    def __init__(self, config: RNNConfig, source_size: int, target_size: int) -> None:
        super().__init__()
        memory_dim = 2 * config.encoder_dim
        cell = CELLS[config.cell]
        self.target_embedding = _embedding(target_size, config.embedding_dim)
        self.source_embedding = (
            self.target_embedding if config.tie == "all" else _embedding(source_size, config.embedding_dim)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = Encoder(config)
        self.cell = cell(config.embedding_dim, config.decoder_dim)
        self.update = cell(memory_dim, config.decoder_dim) if config.decoder == "conditional" else None
        self.context = None if self.update else nn.Linear(memory_dim, self.cell.input.out_features, bias=False)
        self.initial = nn.Linear(config.encoder_dim, self.cell.state_dim)
        self.attention = AdditiveAttention(config.decoder_dim, memory_dim, config.attention_dim)
        self.readout = Readout(config, config.decoder_dim, memory_dim)
        self.output = nn.Linear(config.embedding_dim, target_size)
        nn.init.zeros_(self.output.bias)
        if config.tie != "none":
            self.output.weight = self.target_embedding.weight

    def encode(self, src_BS: Tensor, lengths_B: Tensor) -> tuple[RNNMemory, RNNState]:
        """Encoder states with their keys, and s_0 = tanh(W ←h_1) (Bahdanau et al. 2014, appendix A.2.2)."""
        mask_BS = length_mask(lengths_B, src_BS.shape[1])
        states_BSM, first = self.encoder(self.dropout(self.source_embedding(src_BS)), mask_BS)
        memory = RNNMemory(states_BSM, self.attention.project(states_BSM), mask_BS)
        return memory, RNNState(torch.tanh(self.initial(first)))

    def step(self, token_B: Tensor, state: RNNState, memory: RNNMemory) -> Step[RNNState]:
        """One `_advance` and its readout."""
        embedded_BE = self.dropout(self.target_embedding(token_B))
        state_BD, context_BM, _ = self._advance(self.cell.gates(embedded_BE), state.state_BD, memory)
        features_BE = self.readout(self.cell.hidden(state_BD), embedded_BE, context_BM)
        return Step(self.logits(features_BE), RNNState(state_BD))

    def forward(
        self, src_BS: Tensor, lengths_B: Tensor, tgt_in_BT: Tensor, want: Collection[str] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `Seq2Seq.forward`; the one map is ``cross``, of one layer and the attention's heads."""
        if unknown := set(want) - set(self.maps):
            raise ValueError(f"this model has no map {sorted(unknown)[0]!r}, only {self.maps}")
        memory, state = self.encode(src_BS, lengths_B)
        embedded_BTE = self.dropout(self.target_embedding(tgt_in_BT))
        states, contexts, weights = [], [], []
        state_BD = state.state_BD
        for gates_BG in self.cell.gates(embedded_BTE).unbind(dim=1):
            state_BD, context_BM, weights_BHS = self._advance(gates_BG, state_BD, memory)
            states.append(self.cell.hidden(state_BD))
            contexts.append(context_BM)
            if want:
                weights.append(weights_BHS)
        features_BTE = self.readout(torch.stack(states, dim=1), embedded_BTE, torch.stack(contexts, dim=1))
        return features_BTE, {"cross": torch.stack(weights, dim=2)[:, None]} if want else {}

    def _advance(self, gates_BG: Tensor, state_BD: Tensor, memory: RNNMemory) -> tuple[Tensor, Tensor, Tensor]:
        """The next state, context_BM and weights_BHS, from the word's gates and the state before."""
        if self.update is not None:  # s'_i = cell(y_{i-1}, s_{i-1}); c_i = att(s'_i); s_i = update(c_i, s'_i)
            state_BD = self.cell(gates_BG, state_BD)
            context_BM, weights_BHS = self._attend(state_BD, memory)
            return self.update(self.update.gates(context_BM), state_BD), context_BM, weights_BHS
        assert self.context is not None
        context_BM, weights_BHS = self._attend(
            state_BD, memory
        )  # c_i = att(s_{i-1}); s_i = cell([y_{i-1}; c_i], s_{i-1})
        return self.cell(gates_BG + self.context(context_BM), state_BD), context_BM, weights_BHS

    def _attend(self, state_BD: Tensor, memory: RNNMemory) -> tuple[Tensor, Tensor]:
        context, weights = self.attention(
            self.cell.hidden(state_BD), memory.keys_BHSA, memory.states_BSM, memory.mask_BS
        )
        return context, weights

    def logits(self, features: Tensor) -> Tensor:
        """One linear layer, its weights those of the target embedding unless ``tie`` is ``none``."""
        logits: Tensor = self.output(features)
        return logits


def _embedding(size: int, dim: int) -> nn.Embedding:
    embedding = nn.Embedding(size, dim, padding_idx=PAD)
    with torch.no_grad():
        nn.init.normal_(embedding.weight, std=dim**-0.5)
        embedding.weight[PAD].zero_()
    return embedding
