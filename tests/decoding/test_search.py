"""Beam search against brute force, a naive greedy loop, and teacher forcing."""

import itertools
import random
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from seq2seq.corpus.batching import collate, pad
from seq2seq.decoding.search import Hypothesis, beam_search, length_normalised
from seq2seq.errors import CheckpointError
from seq2seq.models import Seq2Seq, Step
from seq2seq.symbols import BOS, EOS, PAD, UNK
from tests.conftest import random_ids

WORDS = (4, 5, 6)
V = 7


class Sentence(NamedTuple):
    id_B: Tensor


class Position(NamedTuple):
    place_B: Tensor


class TableModel(Seq2Seq[Sentence, Position]):
    """Next-token scores looked up in a table by sentence (its first token), place and last token."""

    maps = ()
    cross_heads = 0

    def __init__(self, seed: int = 0, places: int = 40) -> None:
        super().__init__()
        self.table = torch.randn(10, places, V, V, generator=torch.Generator().manual_seed(seed)) * 2

    def encode(self, src_BS, lengths_B):
        return Sentence(src_BS[:, 0]), Position(torch.zeros(len(src_BS), dtype=torch.long))

    def step(self, token_B, state, memory):
        return Step(self.table[memory.id_B, state.place_B, token_B], Position(state.place_B + 1))

    def forward(self, src_BS, lengths_B, tgt_in_BT, want=()):
        raise NotImplementedError

    def logits(self, features):
        return features

    def log_prob(self, sentence: int, tokens: tuple[int, ...]) -> float:
        total, last = 0.0, BOS
        for place, token in enumerate((*tokens, EOS)):
            total += float(torch.log_softmax(self.table[sentence, place, last], dim=-1)[token])
            last = token
        return total


def brute_force(model: TableModel, sentence: int, limit: int, alpha: float) -> list[Hypothesis]:
    """Every sequence of words that fits the limit with its end token, best first."""
    found = []
    for length in range(limit):
        for tokens in itertools.product(WORDS, repeat=length):
            log_prob = model.log_prob(sentence, tokens)
            found.append(Hypothesis(tokens, log_prob, log_prob / (length + 1) ** alpha))
    return sorted(found, key=lambda h: -h.score)


def assert_same(found: list[Hypothesis], expected: list[Hypothesis]) -> None:
    assert [h.tokens for h in found] == [h.tokens for h in expected]
    assert [h.score for h in found] == pytest.approx([h.score for h in expected], abs=1e-4)
    assert [h.log_prob for h in found] == pytest.approx([h.log_prob for h in expected], abs=1e-4)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_equals_brute_force(alpha, seed):
    model, limits = TableModel(seed), [4, 1, 3, 5]
    sources = torch.tensor([[7, 3], [2, 3], [9, 3], [0, 3]])
    found = beam_search(model, sources, limits, beam=200, alpha=alpha, nbest=200)
    for row, limit in enumerate(limits):
        expected = brute_force(model, int(sources[row, 0]), limit, alpha)
        assert_same(found[row], expected[:200])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("nbest", [2, 6])
def test_of_hypotheses_with_one_key_the_best_counts(seed, nbest):
    model = TableModel(seed)

    def key(tokens: tuple[int, ...]) -> int:
        return sum(tokens) % 9

    (found,) = beam_search(model, torch.tensor([[7]]), [5], beam=200, alpha=1.0, nbest=nbest, key=key)
    expected: dict[int, Hypothesis] = {}
    for hypothesis in brute_force(model, 7, 5, 1.0):
        expected.setdefault(key(hypothesis.tokens), hypothesis)
    assert_same(found, list(expected.values())[:nbest])


@pytest.mark.parametrize("seed", range(4))
def test_stopping_early_never_loses_the_best(seed):
    """nbest 1 stops as soon as no live hypothesis could win; the winner must be the one of the full search."""
    model, sources, limits = TableModel(seed), torch.tensor([[1], [3]]), [5, 5]
    for alpha in (0.0, 1.0):
        (first,), (second,) = beam_search(model, sources, limits, beam=200, alpha=alpha)
        assert_same([first, second], [brute_force(model, sentence, 5, alpha)[0] for sentence in (1, 3)])


@pytest.mark.parametrize("seed", range(6))
def test_beam_one_is_greedy(seed):
    model, limit = TableModel(seed), 12
    for sentence in range(10):
        tokens: list[int] = []
        while True:
            scores = model.table[sentence, len(tokens), tokens[-1] if tokens else BOS].clone()
            scores[[PAD, BOS, UNK]] = -torch.inf
            best = int(scores.argmax())
            if best == EOS or len(tokens) == limit - 1:
                break
            tokens.append(best)
        ((found,),) = beam_search(model, torch.tensor([[sentence]]), [limit], beam=1, alpha=1.0)
        assert found.tokens == tuple(tokens)


@pytest.mark.parametrize("beam", [2, 5, 20])
def test_poor_hypotheses_that_end_early_do_not_crowd_out_the_good_one(beam):
    """A model that is sure of ten words and their end, and gives the end a little at every place before."""
    model = TableModel()
    model.table[...] = 0.0
    model.table[..., EOS] = 4.0
    model.table[:, :10, :, 4] = 8.0
    model.table[:, 10, :, EOS] = 8.0
    ((best,),) = beam_search(model, torch.tensor([[1]]), [30], beam=beam, alpha=1.0)
    assert best.tokens == (4,) * 10


def rescored(model: Seq2Seq, source: list[int], hypothesis: Hypothesis) -> float:
    batch = collate([source], [list(hypothesis.tokens)])
    with torch.inference_mode():
        features, _ = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
        log_probs = torch.log_softmax(model.logits(features), dim=-1)
    return float(log_probs[0].gather(1, batch.tgt_out_BT[0, :, None]).sum())


def search(model: Seq2Seq, sources: list[list[int]], **options) -> list[list[Hypothesis]]:
    rows = [[*ids, EOS] for ids in sources]
    device = next(model.parameters()).device
    limits = [2 * len(ids) + 3 for ids in sources]
    return beam_search(model, pad(rows).to(device), limits, **{"beam": 4, "alpha": 1.0, "nbest": 4, **options})


def test_every_hypothesis_scores_what_teacher_forcing_gives(model):
    """The contract that catches a state that was not reordered with its beam."""
    rng = random.Random(1)
    sources = [random_ids(rng) for _ in range(8)]
    for source, hypotheses in zip(sources, search(model, sources), strict=True):
        assert len(hypotheses) == 4
        assert len({h.tokens for h in hypotheses}) == 4
        assert hypotheses == sorted(hypotheses, key=lambda h: -h.score)
        for hypothesis in hypotheses:
            assert hypothesis.log_prob == pytest.approx(rescored(model, source, hypothesis), abs=1e-4)
            assert hypothesis.score == length_normalised(hypothesis.log_prob, len(hypothesis.tokens) + 1, 1.0)


@pytest.mark.parametrize("beam", [1, 4])
def test_a_sentence_is_searched_the_same_alone_and_in_any_batch(model, beam):
    rng = random.Random(2)
    sources = [random_ids(rng) for _ in range(7)]
    together = search(model, sources, beam=beam, nbest=beam)
    for source, hypotheses in zip(sources, together, strict=True):
        (alone,) = search(model, [source], beam=beam, nbest=beam)
        assert_same(alone, hypotheses)


def test_a_model_that_never_ends_stops_at_each_sentences_own_limit():
    model = TableModel()
    model.table[..., EOS] = -50
    found = beam_search(model, torch.tensor([[1], [2], [3]]), [3, 9, 1], beam=3, alpha=1.0, nbest=2)
    assert [len(h.tokens) + 1 for row in found for h in row] == [3, 3, 9, 9, 1]  # a limit of 1 leaves one hypothesis


def test_a_model_with_impossible_words_ends():
    """Dead beams: every word but one has probability 0, so most hypotheses never live."""
    model = TableModel()
    model.table[...] = -torch.inf
    model.table[..., 4] = 0.0
    model.table[:, 2:, :, EOS] = 0.0
    ((best, *rest),) = beam_search(model, torch.tensor([[1]]), [6], beam=5, alpha=1.0, nbest=5)
    assert best.tokens == (4, 4)
    assert [h.tokens for h in rest] == [(4,) * 3, (4,) * 4, (4,) * 5]


def test_special_symbols_are_never_produced():
    model = TableModel()
    model.table[..., [PAD, BOS, UNK]] = 30
    ((best,),) = beam_search(model, torch.tensor([[1]]), [6], beam=3, alpha=0.0)
    assert set(best.tokens) <= set(WORDS)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("place", [0, 2, 3])
@pytest.mark.parametrize("beam", [1, 3])
def test_scores_that_are_not_finite_are_an_error_wherever_they_come(value, place, beam):
    """At the first step, in the middle, or at the length limit, where only the end token is looked at."""
    model = TableModel()
    model.table[..., EOS] = -9
    model.table[2, place] = value
    sources = torch.tensor([[1], [2]])
    with pytest.raises(CheckpointError, match="the model's scores are not finite numbers: its weights are damaged"):
        beam_search(model, sources, [4, 4], beam=beam, alpha=1.0)


def test_scores_that_stop_being_finite_are_an_error_even_where_there_are_hypotheses():
    model = TableModel()
    model.table[...] = 3.0
    model.table[..., EOS] = 4.0
    model.table[:, 1] = torch.nan
    with pytest.raises(CheckpointError, match="not finite numbers"):
        beam_search(model, torch.tensor([[1]]), [9], beam=3, alpha=1.0)


def test_an_end_that_is_impossible_is_an_error():
    model = TableModel()
    model.table[..., EOS] = -torch.inf
    with pytest.raises(CheckpointError, match="the model's scores are not finite numbers"):
        beam_search(model, torch.tensor([[1]]), [4], beam=3, alpha=1.0)


def test_no_sentence_no_hypothesis_and_misuse_is_refused():
    model = TableModel()
    assert beam_search(model, torch.zeros(0, 1, dtype=torch.long), [], beam=2, alpha=1.0) == []
    with pytest.raises(ValueError, match="nbest is 3"):
        beam_search(model, torch.tensor([[1]]), [4], beam=2, alpha=1.0, nbest=3)
    with pytest.raises(ValueError, match="limit below 1"):
        beam_search(model, torch.tensor([[1]]), [0], beam=2, alpha=1.0)
