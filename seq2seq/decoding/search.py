"""Beam search: ids in, hypotheses out. It knows no text and no architecture, and sees no attention.

Shapes: B sentences, K beam, N = B·K rows, S source, V vocabulary.

- Greedy search is a beam of 1.
- Every hypothesis ends in EOS: one that reaches its length limit is closed by the EOS it then has
  to take, so each score is that of a whole sentence and can be recomputed by teacher forcing.
- A sentence is done at its own limit; or when none of its live hypotheses could still enter its best
  `nbest`; or when it has K finished ones and no live one scores better, as it stands, than the best
  `nbest` of them. (K finished ones alone do not do: where a model is sure, K poor and short ones end
  before the good one.) It then leaves the batch.
- Memory is expanded once and never reordered: beams never leave their sentence.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seq2seq.errors import CheckpointError
from seq2seq.models.base import Seq2Seq, select
from seq2seq.symbols import BOS, EOS, PAD, UNK

__all__ = ["NOT_FINITE", "Hypothesis", "beam_search", "length_normalised"]

NOT_FINITE = (
    "the model's scores are not finite numbers: its weights are damaged, or its training diverged; restore them from "
    "a copy, or train it again with a lower training.lr"
)


@dataclass(frozen=True)
class Hypothesis:
    """A finished output.

    Attributes:
        tokens: the target ids, without BOS and EOS.
        log_prob: their log-probability, that of EOS included.
        score: `log_prob` / length^α, see `length_normalised`.
    """

    tokens: tuple[int, ...]
    log_prob: float
    score: float


def length_normalised(log_prob: float, length: int, alpha: float) -> float:
    """Return log-probability / length^α, where `length` counts the end token.

    Wu et al. 2016 (equation 14) use ((5 + length) / 6)^α; without the constants, α = 1 is the mean of a token.
    """
    return float(log_prob / length**alpha)


@torch.inference_mode()
def beam_search(
    model: Seq2Seq[Any, Any],
    src_BS: Tensor,
    limits: list[int],
    *,
    beam: int,
    alpha: float,
    nbest: int = 1,
    key: Callable[[tuple[int, ...]], Hashable] = tuple,
) -> list[list[Hypothesis]]:
    """Return the `nbest` best hypotheses of each sentence, best first.

    There are fewer where the search ended before it had found so many with different keys, but at least one.

    Args:
        model: the network, in evaluation mode.
        src_BS: source ids, padded on the right with PAD.
        limits: the most tokens that the output of each sentence may have, end token counted. Each sentence has a
            limit of its own, so that a translation never depends on its neighbours.
        beam: the number of live hypotheses of a sentence.
        alpha: the exponent of the length normalisation, at least 0.
        nbest: how many hypotheses to return, at most `beam`.
        key: what makes two finished hypotheses different, given their tokens. Of several with one key, only the one
            with the best score is kept.

    Raises:
        ValueError: `nbest` is not between 1 and `beam`, or a limit is below 1.
        CheckpointError: the model's scores are not finite numbers.
    """
    if not 1 <= nbest <= beam:
        raise ValueError(f"nbest is {nbest}, but must lie between 1 and the beam, {beam}")
    if min(limits, default=1) < 1:
        raise ValueError("a limit below 1 leaves no room for the end token")
    if not limits:
        return []
    search = _Search(beam, alpha, nbest, limits, key, src_BS.device)
    memory, state = model.encode(src_BS, (src_BS != PAD).sum(dim=1))
    expand_N = torch.arange(len(limits), device=src_BS.device).repeat_interleave(beam)
    memory, state = select(memory, expand_N), select(state, expand_N)
    token_N = torch.full_like(expand_N, BOS)
    while True:
        logits_NV, state = model.step(token_N, state, memory)
        rows_N, kept_N = search.advance(torch.log_softmax(logits_NV, dim=-1))
        if not search.active:
            return search.results()
        state = select(state, rows_N)
        if kept_N is not None:
            memory = select(memory, kept_N)
        token_N = search.tokens_BKT[:, :, -1].flatten()


class _Search:
    """The live hypotheses of the sentences that are not yet done, and the finished ones of all sentences, by key."""

    def __init__(
        self, beam: int, alpha: float, nbest: int, limits: list[int], key: Callable[[tuple[int, ...]], Hashable],
        device: torch.device,
    ) -> None:  # fmt: skip
        self.beam, self.alpha, self.nbest, self.limits, self.key = beam, alpha, nbest, limits, key
        self.active = list(range(len(limits)))  # sentence of each row of the tensors below
        self.finished: list[dict[Hashable, Hypothesis]] = [{} for _ in limits]
        self.tokens_BKT = torch.empty(len(limits), beam, 0, dtype=torch.long, device=device)
        self.total_BK = torch.full((len(limits), beam), -math.inf, device=device)
        self.total_BK[:, 0] = 0.0  # all beams start equal: only one may count

    def advance(self, log_probs_NV: Tensor) -> tuple[Tensor, Tensor | None]:
        """Extend every live hypothesis by one token.

        Returns:
            The rows of the state that live on, and those of the memory to keep (None: all).
        """
        beam, length = self.beam, self.tokens_BKT.shape[-1] + 1
        vocabulary = log_probs_NV.shape[-1]
        log_probs_BKV = log_probs_NV.view(len(self.active), beam, vocabulary)
        log_probs_BKV[:, :, [PAD, BOS, UNK]] = -math.inf
        at_limit = [row for row, sentence in enumerate(self.active) if self.limits[sentence] == length]
        if at_limit:
            closing_BK = log_probs_BKV[at_limit, :, EOS]
            log_probs_BKV[at_limit] = -math.inf
            log_probs_BKV[at_limit, :, EOS] = closing_BK
        candidates = (self.total_BK[:, :, None] + log_probs_BKV).flatten(1)
        # Each live hypothesis has one way to end, so 2K candidates hold K that go on.
        top_scores, top = candidates.topk(min(2 * beam, candidates.shape[1]), dim=1)
        if top_scores[:, 0].isnan().any():  # topk takes NaN for the largest number
            raise CheckpointError(NOT_FINITE)
        origins, tokens = top.div(vocabulary, rounding_mode="floor"), top.remainder(vocabulary)
        self._finish(top_scores[:, :beam], origins[:, :beam], tokens[:, :beam], length)

        going_on = top_scores.masked_fill(tokens == EOS, -math.inf)
        self.total_BK, picks = _top(going_on, beam)
        origins, tokens = origins.gather(1, picks), tokens.gather(1, picks)
        history = self.tokens_BKT.gather(1, origins[:, :, None].expand(-1, -1, length - 1))
        self.tokens_BKT = torch.cat([history, tokens[:, :, None]], dim=2)

        rows = torch.arange(len(self.active), device=origins.device)
        keep = self._not_done(length)
        if len(keep) == len(self.active):
            return (rows[:, None] * beam + origins).flatten(), None
        kept = torch.tensor(keep, dtype=torch.long, device=origins.device)
        self.active = [self.active[row] for row in keep]
        self.total_BK, self.tokens_BKT = self.total_BK[kept], self.tokens_BKT[kept]
        rows_N = (kept[:, None] * beam + origins[kept]).flatten()
        kept_N = (kept[:, None] * beam + torch.arange(beam, device=origins.device)).flatten()
        return rows_N, kept_N

    def _finish(self, scores_BK: Tensor, origins_BK: Tensor, tokens_BK: Tensor, length: int) -> None:
        ends_BK = (tokens_BK == EOS) & scores_BK.isfinite()
        for row, place in ends_BK.nonzero().tolist():
            log_prob = float(scores_BK[row, place])
            tokens = tuple(self.tokens_BKT[row, int(origins_BK[row, place])].tolist())
            new = Hypothesis(tokens, log_prob, length_normalised(log_prob, length, self.alpha))
            known = self.finished[self.active[row]].setdefault(self.key(tokens), new)
            if new.score > known.score:
                self.finished[self.active[row]][self.key(tokens)] = new

    def results(self) -> list[list[Hypothesis]]:
        """Return the best finished hypotheses of each sentence, best first.

        Raises:
            CheckpointError: a sentence has none, because the end token never had a probability above 0.
        """
        if not all(self.finished):
            raise CheckpointError(NOT_FINITE)
        return [sorted(found.values(), key=lambda h: (-h.score, h.tokens))[: self.nbest] for found in self.finished]

    def _not_done(self, length: int) -> list[int]:
        """Return the rows of the sentences to go on with."""
        keep = []
        for row, best_live in enumerate(self.total_BK[:, 0].tolist()):
            sentence = self.active[row]
            found, limit = self.finished[sentence], self.limits[sentence]
            if length >= limit or best_live == -math.inf:
                continue
            if len(found) >= self.nbest:
                worst = sorted((h.score for h in found.values()), reverse=True)[self.nbest - 1]
                # A log-probability only falls, so at the limit's length is the best score it could still reach.
                reachable = length if len(found) >= self.beam else limit
                if worst >= length_normalised(best_live, reachable, self.alpha):
                    continue
            keep.append(row)
        return keep


def _top(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the `count` largest scores and their places; where there are fewer, the last place again, at -inf."""
    values, places = scores.topk(min(count, scores.shape[1]), dim=1)
    missing = count - values.shape[1]
    if missing:
        values = torch.cat([values, values.new_full((len(values), missing), -math.inf)], dim=1)
        places = torch.cat([places, places[:, -1:].expand(-1, missing)], dim=1)
    return values, places
