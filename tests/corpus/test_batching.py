import numpy as np
import pytest

from seq2seq.config import TokenizerConfig
from seq2seq.corpus.batching import Corpus, collate, pad
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.symbols import BOS, EOS


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


def test_an_epoch_holds_every_pair_once_within_the_budget(corpus):
    for seed in (None, 3):
        batches = corpus.epoch(100, seed)
        assert sorted(np.concatenate(batches).tolist()) == list(range(300))
        for rows in batches:
            batch = corpus.batch(rows)
            assert max(batch.src_BS.numel(), batch.tgt_out_BT.numel()) <= 100
    assert len(corpus.epoch(1)) == 300, "a pair beyond the budget is a batch of its own"


def test_batches_waste_little_on_padding(corpus):
    batches = [corpus.batch(rows) for rows in corpus.epoch(200, 3)]
    real = sum(int(batch.src_lengths_B.sum()) for batch in batches)
    assert real / sum(batch.src_BS.numel() for batch in batches) > 0.85


def test_the_order_is_a_function_of_seed_and_epoch(corpus):
    def order(seed, epoch):
        return [rows.tolist() for rows in corpus.epoch(100, seed, epoch)]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1) != order(2, 1)
    lengths = [corpus.batch(rows).src_BS.shape[1] for rows in corpus.epoch(100, 1, 0)]
    assert lengths != sorted(lengths), "batches must not come shortest first"


def test_ids_are_those_of_the_tokenizer_and_cached(corpus):
    batch = corpus.batch(np.array([7, 3]))
    source = corpus.tokenizer.source.encode([corpus.pairs.dataset[7]["source"]])[0]
    assert batch.src_BS[0, : len(source) + 1].tolist() == [*source, EOS]
    again = Corpus(corpus.pairs, corpus.tokenizer, max_length=100, problems=Problems())
    assert again.ids.cache_files == corpus.ids.cache_files != []


def test_sampling_depends_on_the_seed_alone(corpus):
    rows = np.arange(20)
    plain, drawn = corpus.batch(rows), corpus.batch(rows, 0.5, (1, 2, 3))
    assert drawn.src_BS.shape != plain.src_BS.shape
    assert corpus.batch(rows, 0.5, (1, 2, 3)).src_BS.tolist() == drawn.src_BS.tolist()
    assert corpus.batch(rows, 0.5, (1, 2, 4)).src_BS.tolist() != drawn.src_BS.tolist()
    assert (
        corpus.tokenizer.source.decode([i for i in drawn.src_BS[5].tolist() if i > EOS])
        == corpus.pairs.dataset[5]["source"]
    )


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
