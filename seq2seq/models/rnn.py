"""Recurrent encoder–decoder with attention (Bahdanau et al. 2014); `decoders` has its three decoders.

Shapes: B batch, S source, T target, E embedding, M memory (both directions), P pooled, D decoder,
G gates, V vocabulary, H heads, K learned queries.

Keys are projected once a sentence, and the words' share of the gates for all steps at once. `Decoder.advance` is the
only loop body: `RNN.step` and `RNN.forward` both call it.
"""

from collections.abc import Collection

import torch
from torch import Tensor, nn

from seq2seq.config import RNNConfig
from seq2seq.models.aligner import EncodedSource, aligner
from seq2seq.models.attention import find_scorer
from seq2seq.models.base import Seq2Seq, Step, length_mask
from seq2seq.models.cells import Cell
from seq2seq.models.decoders import DECODERS, RNNMemory, RNNState
from seq2seq.models.dropout import Dropout
from seq2seq.models.embedding import draw_word_vectors, embedding, output_layer
from seq2seq.models.encoder import Encoder
from seq2seq.models.pooling import POOLINGS
from seq2seq.symbols import PAD

__all__ = ["RNN"]


class RNN(Seq2Seq[RNNMemory, RNNState]):
    """A bidirectional recurrent encoder, and one of `DECODERS`.

    Maps: ``cross`` unless the pooled vector is all there is to attend to; ``pooling`` where the pooling has weights;
    ``alignment`` where it has an alignment head.

    Args:
        config: shape of the network.
        source_size: pieces of the source vocabulary.
        target_size: pieces of the target vocabulary; equal to `source_size` where ``tie`` is ``all``.

    Raises:
        ConfigError: there is no such attention, or not for these widths.
    """

    def __init__(self, config: RNNConfig, source_size: int, target_size: int) -> None:
        super().__init__()
        self.target_size = target_size
        self.target_embedding = embedding(target_size, config.embedding_dim)
        self.source_embedding = (
            self.target_embedding if config.tie == "all" else embedding(source_size, config.embedding_dim)
        )
        self.dropout = Dropout(config.dropout)
        self.encoder = Encoder(
            nn.GRU if config.cell == "gru" else nn.LSTM,
            config.embedding_dim,
            config.encoder_dim,
            config.encoder_layers,
            config.dropout,
        )
        self.pooling = POOLINGS[config.pooling](2 * config.encoder_dim, config.pooling_queries)
        fixed = find_scorer(config.attention).fixed_vector
        self.decoder = DECODERS[config.decoder](config, self.pooling.dim if fixed else 2 * config.encoder_dim)
        self.initial = nn.Linear(self.pooling.dim, self.decoder.cell.state_dim)
        self.output = output_layer(
            config.embedding_dim, target_size, None if config.tie == "none" else self.target_embedding
        )
        self.aligner = aligner(2 * config.encoder_dim, config.embedding_dim, config.alignment_dim)

    @torch.no_grad()
    def initialise(self) -> None:
        """Draw every weight.

        - Word vectors: N(0, 1/E), so that they are about 1 long; padding's is 0.
        - Recurrent matrices: orthogonal, gate by gate (Saxe et al. 2014).
        - The output's bias: 0; normalisation: gains of 1, shifts of 0.
        - Multi-head attention: Xavier's bound.
        - All else, as PyTorch draws it: U(±1/√n) for layers of n inputs, for n units of the encoder's GRU or LSTM, and
          for the vector of n numbers with which additive attention or a pooling's query scores.
        """
        super().initialise()
        for part in (*self.encoder.modules(), *self.decoder.modules()):
            if isinstance(part, Cell):
                _make_orthogonal(part.recurrent.weight, part.dim)
            elif isinstance(part, nn.RNNBase):
                _make_orthogonal(part.get_parameter("weight_hh_l0"), part.hidden_size)
        draw_word_vectors(self.source_embedding, self.target_embedding)
        nn.init.zeros_(self.output.bias)

    @property
    def maps(self) -> tuple[str, ...]:
        """Return ``cross``, ``pooling`` and ``alignment``, each if this model has it."""
        has = {
            "cross": self.cross_heads > 0,
            "pooling": self.pooling.has_weights,
            "alignment": self.aligner is not None,
        }
        return tuple(name for name, there in has.items() if there)

    @property
    def cross_heads(self) -> int:
        """Return the heads of the attention, or 0 where it has one fixed vector to attend to."""
        attention = self.decoder.attention
        return 0 if attention.fixed_vector else attention.heads

    def encode(self, src_BS: Tensor, lengths_B: Tensor) -> tuple[RNNMemory, RNNState]:
        """Return the encoder's states with their keys, and s_0 = tanh(W pooled) (Bahdanau et al. 2014, A.2.2)."""
        memory, state, _, _ = self._encode(src_BS, lengths_B)
        return memory, state

    def step(self, token_B: Tensor, state: RNNState, memory: RNNMemory) -> Step[RNNState]:
        """Advance the decoder by one token and read out; see `Seq2Seq.step`."""
        embedded_BE = self.dropout(self.target_embedding(token_B))
        state, context_BM, _ = self.decoder.advance(self.decoder.cell.gates(embedded_BE), state, memory, want=False)
        return Step(self.logits(self.decoder.features(state, embedded_BE, context_BM)), state)

    def forward(
        self, src_BS: Tensor, lengths_B: Tensor, tgt_in_BT: Tensor, want: Collection[str] = ()
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return features and maps by teacher forcing; see `Seq2Seq.forward`. Every map is of one layer."""
        self.check_maps(want)
        memory, state, source, pooling_BKS = self._encode(src_BS, lengths_B)
        embedded_BTE = self.dropout(self.target_embedding(tgt_in_BT))
        states, contexts, weights = [], [], []
        for gates_BG in self.decoder.cell.gates(embedded_BTE).unbind(dim=1):
            state, context_BM, weights_BHS = self.decoder.advance(gates_BG, state, memory, "cross" in want)
            states.append(state)
            contexts.append(context_BM)
            if weights_BHS is not None:
                weights.append(weights_BHS)
        all_states = RNNState(*(torch.stack(parts, dim=1) for parts in zip(*states, strict=True)))
        features_BTE = self.decoder.features(all_states, embedded_BTE, torch.stack(contexts, dim=1))
        maps = {}
        if "cross" in want:
            maps["cross"] = torch.stack(weights, dim=2)[:, None]
        if "pooling" in want and pooling_BKS is not None:
            maps["pooling"] = pooling_BKS[:, None, None]
        if "alignment" in want and self.aligner is not None:
            maps["alignment"] = self.aligner(source, embedded_BTE, tgt_in_BT != PAD)
        return features_BTE, maps

    def logits(self, features: Tensor) -> Tensor:
        """Apply one linear layer, its weights those of the target embedding unless ``tie`` is ``none``."""
        logits: Tensor = self.output(features)
        return logits

    def _encode(self, src_BS: Tensor, lengths_B: Tensor) -> tuple[RNNMemory, RNNState, EncodedSource, Tensor | None]:
        """Return the memory, the first state, the encoded source, and the pooling's weights_BKS where it has any."""
        mask_BS = length_mask(lengths_B, src_BS.shape[1])
        words_BSE = self.dropout(self.source_embedding(src_BS))
        states_BSM = self.encoder(words_BSE, mask_BS)
        source = EncodedSource(words_BSE, states_BSM, mask_BS)
        pooled_BP, weights_BKS = self.pooling(states_BSM, mask_BS)
        state = self.decoder.begin(torch.tanh(self.initial(pooled_BP)))
        attention = self.decoder.attention
        if attention.fixed_vector:
            states_BSM, mask_BS = pooled_BP[:, None], mask_BS[:, :1]
        return RNNMemory(attention.project(states_BSM), mask_BS), state, source, weights_BKS


def _make_orthogonal(weight: Tensor, dim: int) -> None:
    """Draw each (D, D) matrix of a stack of gates as an orthogonal one."""
    for gate in torch.split(weight, dim):
        nn.init.orthogonal_(gate)
