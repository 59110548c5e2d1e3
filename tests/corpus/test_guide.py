"""What attention is taught: pieces against SentencePiece's own offsets, targets against numbers worked by hand."""

import random
import re

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

# Each pair, the letters of its words, and its links; then the same with punctuation split off. One has no link.
PAIRS = {
    "words": [
        ("▁l'homme ▁dort, ▁dit-il", "▁the ▁man ▁sleeps, ▁he ▁says", "0-1 1-2 2-4 2?3"),
        ("▁dit ▁dort", "▁says ▁sleeps", "0-0 1p1"),
        ("▁en ▁30.", "▁in ▁30.", "1-1"),
        ("▁homme", "▁he", ""),
    ],
    "split": [
        ("▁l' homme ▁dort , ▁dit-il", "▁the ▁man ▁sleeps , ▁he ▁says", "1-1 2-2 3-3 4-5 4?4 0-1"),
        ("▁dit ▁dort", "▁says ▁sleeps", "0-0 1p1"),
        ("▁en ▁30 .", "▁in ▁30 .", "0-0 1-1 2-2"),
        ("▁homme", "▁he", ""),
    ],
}


def text_of(units: str) -> str:
    return units.replace(" ", "").replace("▁", " ").strip()


def make_corpus(folder, kind: str, units: str) -> Corpus:
    pairs = [(text_of(source), text_of(target)) for source, target, _ in PAIRS[units]]
    (folder / "x.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs) * 20, encoding="utf-8")
    (folder / "x.links").write_text("".join(f"{line}\n" for *_, line in PAIRS[units]) * 20, encoding="utf-8")
    data = DataConfig(
        train=str(folder / "x.tsv"), valid="none", alignment=str(folder / "x.links"), alignment_units=units
    )
    text = load_pairs(data.train, ["fr", "en"], Problems())
    config = TokenizerConfig(kind=kind, vocabulary_size=44, character_coverage=1.0)
    corpus = Corpus(text, Tokenizer.train(text, config), 100, Problems()).guided_by(load_links(data, text))
    assert corpus.links.split == (units == "split")
    return corpus


@pytest.fixture(params=["bpe", "unigram"])
def corpus(request, tmp_path) -> Corpus:
    return make_corpus(tmp_path, request.param, "words")


def covered(vocabulary, ids, units: str) -> np.ndarray:
    """Whether each piece has a letter of each unit (pieces, units)."""
    letters = [n for n, unit in enumerate(units.split()) for _ in unit]
    ends = np.cumsum([len(vocabulary._processor.id_to_piece(i)) for i in ids])
    assert ends[-1] == len(letters)
    owners = [letters[end - len(vocabulary._processor.id_to_piece(i)) : end] for i, end in zip(ids, ends, strict=True)]
    return np.array([[n in own for n in range(len(units.split()))] for own in owners])


def taught(source: np.ndarray, target: np.ndarray, links: set[tuple[int, int]]) -> np.ndarray:
    """The targets of a pair, one number at a time."""
    expected = np.zeros((len(target) + 1, len(source) + 1))
    for t, own in enumerate(target):
        linked = sorted({s for s, unit in links if own[unit]})
        for s in linked:
            for piece in np.flatnonzero(source[:, s]):
                expected[t, piece] += 1 / len(linked) / source[:, s].sum()
        expected[t, -1] = not linked
    expected[-1, -1] = 1
    return expected


@pytest.mark.parametrize("sampling", [0.0, 0.4])
@pytest.mark.parametrize("units", PAIRS)
@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_links_follow_their_words_into_the_pieces_of_each_epoch(tmp_path, kind, units, sampling):
    corpus = make_corpus(tmp_path, kind, units)
    known = {text_of(target): (source, target, line) for source, target, line in PAIRS[units]}
    vocabulary, seen, of_two_units = corpus.tokenizer.source, set(), 0
    strength = sampling * (10 if kind == "unigram" else 1)
    for epoch in range(3):
        for batch in corpus.batches(corpus.pools(1, epoch)[0], 200, strength, (1, epoch, 0)):
            for guide_TS, src, tgt in zip(batch.guide_BTS, batch.src_BS, batch.tgt_out_BT, strict=True):
                source, target = ([i for i in row.tolist() if i > EOS] for row in (src, tgt))
                seen.add((*source, EOS, *target))
                *texts, line = known[vocabulary.decode(target)]
                both = [covered(vocabulary, *side) for side in zip((source, target), texts, strict=True)]
                of_two_units += sum((side.sum(axis=1) > 1).sum() for side in both)
                links = {tuple(map(int, re.split(r"\D", link))) for link in line.split()}
                expected = np.zeros(guide_TS.shape)
                if links:
                    expected[: len(target) + 1, : len(source) + 1] = taught(*both, links)
                np.testing.assert_allclose(guide_TS, expected, atol=1e-6)
    assert len(seen) > 10 if sampling else len(seen) == len(known)
    assert bool(of_two_units) == (units == "split" and kind == "bpe"), "such as 30."


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
