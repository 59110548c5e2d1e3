"""What attention is taught: pieces against SentencePiece's own offsets, targets against numbers worked by hand."""

import random

import numpy as np
import pytest

from seq2seq.config import DataConfig, TokenizerConfig
from seq2seq.corpus.batching import Corpus
from seq2seq.corpus.guide import attention_targets
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.links import load_links
from seq2seq.corpus.sources import load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.symbols import EOS, UNK


@pytest.fixture(params=["bpe", "unigram"])
def corpus(request, tmp_path) -> Corpus:
    """Pairs whose second word is linked with the other side's first, whose last with the last; "the" has no link."""
    pairs = [("l'homme dort, dit-il", "the man sleeps, he says"), ("dit dort", "says sleeps"), ("homme", "he")]
    links = ["0-1 1-2 2-4 2?3", "0-0 1p1", ""]
    (tmp_path / "x.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs) * 20, encoding="utf-8")
    (tmp_path / "x.links").write_text("".join(f"{line}\n" for line in links) * 20, encoding="utf-8")
    data = DataConfig(train=str(tmp_path / "x.tsv"), valid="none", alignment=str(tmp_path / "x.links"))
    text = load_pairs(data.train, ["fr", "en"], Problems())
    config = TokenizerConfig(kind=request.param, vocabulary_size=40, character_coverage=1.0)
    return Corpus(text, Tokenizer.train(text, config), 100, Problems(), load_links(data, text))


def words_of(vocabulary, ids) -> list[int]:
    """The word of each piece, for text without odd characters: each begins with the mark of a space."""
    pieces = [vocabulary._processor.id_to_piece(i) for i in ids]
    return [n - 1 for n in np.cumsum([piece.startswith("▁") for piece in pieces]).tolist()]


@pytest.mark.parametrize("sampling", [0.0, 0.4])
def test_links_follow_their_words_into_the_pieces_of_each_epoch(corpus, sampling):
    links = {
        "the man sleeps, he says": {1: {0}, 2: {1}, 3: {2}, 4: {2}},
        "says sleeps": {0: {0}, 1: {1}},
    }
    vocabulary, seen = corpus.tokenizer.source, set()
    strength = sampling * (10 if vocabulary.kind == "unigram" else 1)
    for epoch in range(3):
        for batch in corpus.batches(corpus.pools(1, epoch)[0], 200, strength, (1, epoch, 0)):
            for guide_TS, src, tgt in zip(batch.guide_BTS, batch.src_BS, batch.tgt_out_BT, strict=True):
                source, target = ([i for i in row.tolist() if i > EOS] for row in (src, tgt))
                seen.add((*source, EOS, *target))
                linked = links.get(vocabulary.decode(target))
                expected = np.zeros(guide_TS.shape)
                if linked:
                    owners = np.array(words_of(vocabulary, source))
                    for t, word in enumerate(words_of(vocabulary, target)):
                        places = np.flatnonzero(np.isin(owners, list(linked[word]))) if word in linked else len(source)
                        expected[t, places] = 1 / np.size(places)  # all links here are of one source word
                    expected[len(target), len(source)] = 1
                np.testing.assert_allclose(guide_TS, expected, atol=1e-6)
    assert len(seen) > 10 if sampling else len(seen) == 3


def test_cached_and_sampled_pieces_have_equal_guides_where_they_are_equal(corpus):
    without_noise = 1e-300 if corpus.tokenizer.source.kind == "bpe" else 1e-6
    rows = np.arange(len(corpus))
    for cached, sampled in zip(corpus.batches(rows, 300), corpus.batches(rows, 300, without_noise), strict=True):
        for one, other in zip(cached, sampled, strict=True):
            assert one.tolist() == other.tolist()


def test_a_guide_changes_nothing_else_about_the_batches(corpus):
    without = Corpus(corpus.pairs, corpus.tokenizer, 100, Problems())
    both = (part.batches(np.arange(60), 200, 0.3, (1, 2, 3)) for part in (corpus, without))
    for guided, plain in zip(*both, strict=True):
        assert plain.guide_BTS is None
        assert [tensor.tolist() for tensor in guided[:4]] == [tensor.tolist() for tensor in plain[:4]]
        for batch in (guided, plain):
            assert [tensor is None for tensor in batch.to("cpu")] == [tensor is None for tensor in batch]


def alone(*units: int) -> list[tuple[int, int]]:
    """Pieces each of which spells one unit."""
    return [(unit, unit) for unit in units]


def test_targets_worked_by_hand():
    """Source words of 1, 2 and no pieces (normalisation left nothing), a target word without a link, one of two links."""
    targets = attention_targets(
        [[0, 0, 1, 0, 1, 2, 2, 2, 2, 3], []],
        [alone(0, 1, 1), alone(0)],
        [alone(0, 1, 2, 2, 3), alone(0)],
    )
    assert targets.dtype == np.float32
    assert targets.tolist() == [
        [
            [0.5, 0.25, 0.25, 0],  # of word 0, linked with both: each has half, and its pieces share that
            [0, 0, 0, 1],  # of word 1, which has no link: null
            [0, 0.5, 0.5, 0],  # of word 2: source word 2 is not there, so the other link has all
            [0, 0.5, 0.5, 0],
            [0, 0, 0, 1],  # of word 3, linked only with what is not there
            [0, 0, 0, 1],  # the end
        ],
        [[0, 0, 0, 0]] * 6,  # without links there is nothing to learn
    ]


def test_a_piece_of_two_words_looks_where_both_do():
    """Of "in 2013 ." the last two are one piece on either side; then on the target's side only; then without a link."""
    links = [0, 0, 1, 1, 2, 2]
    both, apart = [(0, 0), (1, 2)], alone(0, 1, 2)
    targets = attention_targets([links, links, links[:4]], [both, apart, apart], [both, both, both])
    assert targets.tolist() == [
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]],
        [[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1]],
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]],
    ]


def test_a_pair_whose_linked_words_have_no_pieces_teaches_nothing():
    assert not attention_targets([[0, 0], [0, 1]], [alone(1), alone(0)], [alone(0), alone(0)]).any()


def test_a_text_without_pieces_teaches_nothing():
    assert attention_targets([[0, 0]], [[]], [alone(0)]).tolist() == [[[0], [0]]]


ODD = [
    *"hommednl'.,! \t",
    "\u00a0",
    "\u202f",
    "½",
    "ﬁ",
    "…",
    "´",
    "\u0301",
    "\u200b",
    "\u3000",
    "\u2028",
    "\x85",
    "漢",
    "😀",
]


def test_the_word_of_a_piece_is_that_of_sentencepieces_offsets(corpus):
    vocabulary, rng = corpus.tokenizer.source, random.Random(1)
    texts = ["".join(rng.choices(ODD, k=rng.randint(1, 14))) for _ in range(3000)]
    units, unknown = vocabulary.units(split_punctuation=False), 0
    for text in texts:
        segmented = vocabulary.segment(text)
        assert units.units_of_pieces(text, segmented.ids) == alone(*segmented.word_of_piece), text
        unknown += UNK in segmented.ids
    assert 500 < unknown < 2900


@pytest.mark.parametrize(
    ("text", "pieces", "split", "words"),
    [
        ("l'homme, dit-il", "▁ l ' h o m m e , ▁ d i t - i l", [3, 5, 1, 7], [9, 7]),
        # A no-break space is a space; "½" is three letters then, none of which is a piece, as "☃☃" are two.
        ("dort\u00a0½,☃☃homme", "▁ d o r t ▁ <unk> , <unk> h o m m e", [5, 2, 1, 1, 5], [14]),
        ("homme \u200b dort", "▁ h o m m e ▁ d o r t", [6, 0, 5], [6, 0, 5]),  # there is nothing left of the second
    ],
)
def test_units_worked_by_hand(corpus, text, pieces, split, words):
    """How many pieces in a row belong to each unit."""
    vocabulary = corpus.tokenizer.source
    ids = [vocabulary._processor.piece_to_id(piece) for piece in pieces.split()]
    for split_punctuation, counts in ((True, split), (False, words)):
        expected = alone(*np.repeat(np.arange(len(counts)), counts).tolist())
        assert vocabulary.units(split_punctuation).units_of_pieces(text, ids) == expected
