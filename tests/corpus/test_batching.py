import numpy as np
import pytest

from seq2seq.config import TokenizerConfig
from seq2seq.corpus import batching
from seq2seq.corpus.batching import Corpus, collate, pad
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.symbols import BOS, EOS, PAD


def test_collate_worked_by_hand():
    batch = collate([[5, 6], [7]], [[8], [9, 10]])
    assert batch.src_BS.tolist() == [[5, 6, EOS], [7, EOS, 0]]
    assert batch.src_lengths_B.tolist() == [3, 2]
    assert batch.tgt_in_BT.tolist() == [[BOS, 8, 0], [BOS, 9, 10]]
    assert batch.tgt_out_BT.tolist() == [[8, EOS, 0], [9, 10, EOS]]
    assert pad([]).shape == (0, 0)


@pytest.fixture
def corpus(toy_files, tmp_path):
    toy_files("x", 300)
    pairs = load_pairs(str(tmp_path / "x"), ["en", "fr"], Problems())
    tokenizer = Tokenizer.train(pairs, TokenizerConfig(vocabulary_size=40, character_coverage=1.0))
    return Corpus(pairs, tokenizer, max_length=100, problems=Problems())


def epoch(corpus, batch_tokens, seed=None, number=0, sampling=0.0):
    """The batches of an epoch, and the pairs in them as text."""
    batches = [
        batch
        for place, rows in enumerate(corpus.pools(seed, number))
        for batch in corpus.batches(rows, batch_tokens, sampling, None if seed is None else (seed, number, place))
    ]
    return batches, [pair for batch in batches for pair in zip(*map(corpus_text(corpus), batch[::3]), strict=True)]


def corpus_text(corpus):
    return lambda rows: [corpus.tokenizer.source.decode([i for i in row if i > EOS]) for row in rows.tolist()]


@pytest.fixture(params=[50_000, 70])
def pool(request, monkeypatch):
    """One pool, or several."""
    monkeypatch.setattr(batching, "POOL", request.param)


@pytest.mark.parametrize("sampling", [0.0, 0.3])
@pytest.mark.parametrize("seed", [None, 3])
def test_an_epoch_holds_every_pair_once_within_the_budget(corpus, pool, seed, sampling):
    batches, pairs = epoch(corpus, 100, seed, sampling=sampling)
    text = corpus.pairs.dataset[:]
    assert sorted(pairs) == sorted(zip(text["source"], text["target"], strict=True))
    for batch in batches:
        assert max(batch.src_BS.numel(), batch.tgt_out_BT.numel()) <= 100
    assert len(epoch(corpus, 1, seed)[0]) == 300, "a pair beyond the budget is a batch of its own"


@pytest.mark.parametrize("sampling", [0.0, 0.3])
def test_batches_waste_little_on_padding(corpus, sampling):
    batches, _ = epoch(corpus, 200, 3, sampling=sampling)
    for side in (0, 3):
        real = sum(int((batch[side] != PAD).sum()) for batch in batches)
        assert real / sum(batch[side].numel() for batch in batches) > 0.85


def test_the_order_is_a_function_of_seed_and_epoch(corpus, pool):
    def order(seed, number):
        return epoch(corpus, 100, seed, number)[1]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1) != order(2, 1)
    widths = [batch.src_BS.shape[1] for batch in epoch(corpus, 100, 1)[0]]
    assert widths != sorted(widths), "batches must not come shortest first"


def test_ids_are_those_of_the_tokenizer_and_cached(corpus):
    (batch,) = corpus.batches(np.array([7]), 100)
    source = corpus.tokenizer.source.encode([corpus.pairs.dataset[7]["source"]])[0]
    assert batch.src_BS.tolist() == [[*source, EOS]]
    again = Corpus(corpus.pairs, corpus.tokenizer, 100, Problems())
    assert again.ids.cache_files == corpus.ids.cache_files != []


def test_sampling_depends_on_the_seed_alone(corpus):
    def ids(seed, sampling=0.5):
        return [batch.src_BS.tolist() for batch in corpus.batches(np.arange(20), 100, sampling, seed)]

    assert ids((1, 2, 3)) == ids((1, 2, 3)) != ids((1, 2, 4))
    assert ids((1, 2, 3)) != ids((1, 2, 3), sampling=0.0)


def test_long_pairs_are_left_out_and_counted(corpus, tmp_path):
    problems = Problems()
    short = Corpus(corpus.pairs, corpus.tokenizer, 9, problems)
    longest = [max(len(ids["source"]), len(ids["target"])) for ids in corpus.ids]
    assert 0 < len(short) == sum(length <= 9 for length in longest) < 300
    first = next(line for line, length in enumerate(longest, 1) if length > 9)
    assert problems.messages() == [
        f"{300 - len(short)} pairs longer than data.max_length = 9 tokens (left out), first at {tmp_path}/x.en:{first}"
    ]
    for batch in short.in_order(1000):
        assert batch.src_BS.shape[1] <= 10
        assert batch.tgt_in_BT.shape[1] <= 10
    sources, targets = short.texts()
    assert len(sources) == len(targets) == len(short)
    assert targets[0].split() == sources[0].split()[::-1]
