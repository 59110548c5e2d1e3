"""Sampling against SentencePiece where it must agree, by hand where it can be worked, and across processes."""

import collections
import math
import random
import subprocess
import sys

import pytest

from seq2seq.config import TokenizerConfig
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.corpus.tokenizer import Tokenizer, Vocabulary
from tests.conftest import ROOT

LINES = [
    "Un homme joue de l'accordéon.",
    "Les deux hommes  jouent\u00a0… du 漢字 homme",
    "hommehomme joueaccordéon",
    "",
    "½ \u200b l'homme",
    "un\x1chomme\x85deux\u2028joue\tun\x0bun",
]


@pytest.fixture(params=["bpe", "unigram"])
def vocabulary(request, tmp_path) -> Vocabulary:
    text = "Un homme joue de l'accordéon.\tA man plays the accordion.\nLes deux hommes jouent.\tTwo men are playing…\n"
    parts = "homme homm hom me mm ho pomme gomme sommes\thomme omme om lhomme mme jou\n"
    (tmp_path / "x.tsv").write_text((text + parts) * 30, encoding="utf-8")
    pairs = load_pairs(str(tmp_path / "x.tsv"), ["fr", "en"], Problems())
    config = TokenizerConfig(kind=request.param, vocabulary_size=50, character_coverage=1.0)
    return Tokenizer.train(pairs, config).source


def no_noise(vocabulary: Vocabulary) -> float:
    return 0.0 if vocabulary.kind == "bpe" else 1e-6


def noise(vocabulary: Vocabulary) -> float:
    return 0.3 if vocabulary.kind == "bpe" else 5.0


def test_larger_is_wilder_and_the_limits_are_the_best_and_any_segmentation(vocabulary):
    """One meaning for both kinds: samples agree with the best segmentation less often, the larger the strength."""
    lines = ["homme sommes pomme jouent accordéon"] * 200
    best = vocabulary.encode(lines)
    strengths = (1e-300, 0.05, 0.3, 1.0) if vocabulary.kind == "bpe" else (1e-300, 1.0, 5.0, 1000.0)
    agree = [
        sum(a == b for a, b in zip(vocabulary.sampler.sample(lines, strength, seed=3), best, strict=True))
        for strength in strengths
    ]
    assert agree[0] == len(lines)
    assert agree == sorted(agree, reverse=True)
    assert agree[0] > agree[1] > agree[2]


def test_without_noise_it_is_sentencepieces_own_segmentation(vocabulary):
    assert vocabulary.sampler.sample(LINES, no_noise(vocabulary), seed=1) == vocabulary.encode(LINES)


def test_every_sample_spells_the_text(vocabulary):
    lines = LINES[:1] * 50
    drawn = vocabulary.sampler.sample(lines, noise(vocabulary), seed=1)
    assert {vocabulary.decode(ids) for ids in drawn} == set(lines)
    assert len({tuple(ids) for ids in drawn}) > 5


def test_dropping_every_merge_leaves_letters(vocabulary):
    if vocabulary.kind == "bpe":
        (ids,) = vocabulary.sampler.sample(["homme joue"], 1.0, seed=1)
        assert [vocabulary._processor.id_to_piece(i) for i in ids] == list("▁homme▁joue")


def test_unigram_frequencies_are_the_smoothed_probabilities(vocabulary):
    if vocabulary.kind != "unigram":
        return
    sampler, processor, alpha = vocabulary.sampler, vocabulary._processor, 0.2  # the temperature is 5
    segmentations = processor.nbest_encode("homme", nbest_size=64)
    weights = [math.exp(alpha * sum(processor.get_score(i) for i in ids)) for ids in segmentations]
    assert len(weights) > 2
    generator = random.Random(0)
    counts = collections.Counter(tuple(sampler.word("homme", 1 / alpha, generator)) for _ in range(20_000))
    for ids, weight in zip(segmentations, weights, strict=True):
        assert counts[tuple(ids)] / 20_000 == pytest.approx(weight / sum(weights), abs=0.015)


class Letters:
    """The processor of a three-letter world, to work BPE-dropout by hand."""

    pieces = ("<pad>", "<unk>", "<s>", "</s>", "ab", "bc", "a", "b", "c")

    def get_piece_size(self):
        return len(self.pieces)

    def id_to_piece(self, i):
        return self.pieces[i]

    def get_score(self, i):
        return -float(i)

    def normalize(self, text):
        return text


def test_bpe_dropout_worked_by_hand():
    """abc: ab is the better merge; bc comes if ab is left out and bc is not; else three letters."""
    from seq2seq.corpus.sampling import BPESampler

    sampler, generator, p, n = BPESampler(Letters()), random.Random(0), 0.3, 20_000
    counts = collections.Counter(tuple(sampler.word("abc", p, generator)) for _ in range(n))
    ab_c, a_bc, a_b_c = (4, 8), (6, 5), (6, 7, 8)
    assert counts[ab_c] / n == pytest.approx(1 - p, abs=0.015)
    assert counts[a_bc] / n == pytest.approx(p * (1 - p), abs=0.015)
    assert counts[a_b_c] / n == pytest.approx(p * p, abs=0.015)
    assert sampler.word("xyaz", 0.0, generator) == [1, 6, 1], "a run of unknown letters is one unknown piece"


def test_equal_seeds_give_equal_samples_in_another_process(vocabulary, tmp_path):
    """What SentencePiece's own sampling does not do."""
    (tmp_path / "model").write_bytes(vocabulary.model)
    drawn = vocabulary.sampler.sample(LINES, noise(vocabulary), seed=7)
    assert drawn != vocabulary.sampler.sample(LINES, noise(vocabulary), seed=8)
    code = (
        "import sys, pathlib; from seq2seq.corpus.tokenizer import Vocabulary\n"
        "v = Vocabulary(pathlib.Path(sys.argv[1]).read_bytes(), sys.argv[2])\n"
        f"print(v.sampler.sample({LINES!a}, {noise(vocabulary)}, seed=7))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "model"), vocabulary.kind]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout == f"{drawn}\n"
