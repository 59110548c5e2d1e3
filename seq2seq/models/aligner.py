"""The alignment head: which source tokens each target token says, with both sentences in view.

Shapes: B batch, S source, T target, M encoder states, E word vectors, A width of the head.

- Attention is where a translation looks before it knows the next token. An alignment may know that token, and all
  that follow it (Zenkel et al. 2020; Chen et al. 2020), so this head is no part of translating: it reads what the
  model computes anyway, and lets no gradient through to it. A model translates the same with it and without.
- It is taught by word links (``data.alignment``): see `training.objective`.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.models.attention import normalised
from seq2seq.models.encoder import Encoder

__all__ = ["Aligner", "EncodedSource", "aligner"]


class EncodedSource(NamedTuple):
    """A source sentence as an encoder leaves it: its word vectors, its states, and a mask that is True on tokens."""

    words_BSE: Tensor
    states_BSM: Tensor
    mask_BS: Tensor


class Aligner(nn.Module):
    """Weights of each target token over the source's, for which both sides have a choice to make.

    With a score a_ts for each pair of tokens (query · key / √A), a source token chooses among the target's, and the
    target token chooses among the source's in the light of that:

        c_ts = log softmax_t a_ts (0 for the source's end token)      α_ts = softmax_s (a_ts + c_ts)

    so that, but for a row's normalisation, α is the product of both directions' probabilities, in which they have to
    agree (Liang et al. 2006, section 3). A token that says nothing of the other side chooses its end token.

    A query is a word vector and a bidirectional GRU's state, which has read the words on both sides of it; a key is a
    word vector and the encoder's state. Parameters: A·(5·E + 2.5·A + M) and 8·A of biases. It costs as many
    multiply–adds a token, and S·A for a query's scores.

    Args:
        memory_dim: M.
        word_dim: E.
        dim: A, of which each direction of the GRU has half.
    """

    def __init__(self, memory_dim: int, word_dim: int, dim: int) -> None:
        super().__init__()
        half = (dim + 1) // 2
        self.context = Encoder(nn.GRU, word_dim, half)
        self.query = nn.Linear(2 * half + word_dim, dim)
        self.key = nn.Linear(memory_dim + word_dim, dim)

    def forward(self, source: EncodedSource, words_BTE: Tensor, mask_BT: Tensor) -> Tensor:
        """Return weights_B11TS of target tokens over source tokens, end tokens counted; see `Seq2Seq.forward`.

        Args:
            source: the encoded source.
            words_BTE: word vectors of the target tokens that were read: the begin token, which stands for the end
                token here, then the words.
            mask_BT: True on them.
        """
        words_BTE = words_BTE.detach()
        context_BTA = self.context(words_BTE, mask_BT)
        queries_BTA = _end_last(self.query(torch.cat([context_BTA, words_BTE], dim=-1)), mask_BT)
        keys_BSA = self.key(torch.cat([source.words_BSE, source.states_BSM], dim=-1).detach())
        scores_BTS = queries_BTA @ keys_BSA.transpose(1, 2) / keys_BSA.shape[-1] ** 0.5
        choice_BTS = torch.log_softmax(scores_BTS.masked_fill(~mask_BT[:, :, None], -torch.inf), dim=1)
        free_BTS = ~mask_BT[:, :, None] | _is_last(source.mask_BS)[:, None]
        return normalised(scores_BTS + choice_BTS.masked_fill(free_BTS, 0), source.mask_BS[:, None])[:, None, None]


def aligner(memory_dim: int, word_dim: int, dim: int) -> Aligner | None:
    """Return an alignment head, or None if its width is 0."""
    return Aligner(memory_dim, word_dim, dim) if dim else None


def _end_last(states_BTA: Tensor, mask_BT: Tensor) -> Tensor:
    """Return the states with each sentence's first one behind its last."""
    next_BT = torch.arange(1, states_BTA.shape[1] + 1, device=states_BTA.device).expand_as(mask_BT)
    place_BT = next_BT.masked_fill(next_BT >= mask_BT.sum(dim=1, keepdim=True), 0)
    return states_BTA.gather(1, place_BT[:, :, None].expand_as(states_BTA))


def _is_last(mask_BS: Tensor) -> Tensor:
    """Return a mask that is True on the last token of each sentence."""
    return mask_BS & (mask_BS.cumsum(dim=1) == mask_BS.sum(dim=1, keepdim=True))
