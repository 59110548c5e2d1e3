"""The statistical aligner's links have a version, by which kept ones are told from those of other rules."""

import gzip
import hashlib
import itertools

import numpy as np
import pytest

from seq2seq.alignment.hmm import VERSION, WordAligner
from seq2seq.words import split_words
from tests.conftest import ROOT


def test_other_links_have_another_version():
    """Raise `VERSION` where this text gets other links, or its sums change, which means other links in other text.

    All of this is the same on every machine: sums in another order differ by some 1e-15 of themselves, while no
    probability here is nearer than 1e-4 to the threshold, as is asserted, and the sums that are compared may differ by
    1e-6 of themselves.
    """
    texts = []
    for language in ("en", "fr"):
        with gzip.open(ROOT / "data" / "builtin" / f"valid.{language}.gz", "rt", encoding="utf-8") as stream:
            texts.append([split_words(line, split_punctuation=True) for line in itertools.islice(stream, 200)])
    pairs = list(zip(*texts, strict=True))
    text = hashlib.sha256(repr(pairs).encode()).hexdigest()[:16]
    assert text == "02dcc50cb35e8f8c", "another text: no reason for another VERSION, but for other numbers below"
    aligner = WordAligner.fit(pairs)
    found = list(aligner.align(pairs))
    probabilities = np.concatenate([one.mean_TS.ravel() for one in found])
    assert np.abs(probabilities - 0.5).min() > 1e-4
    links = hashlib.sha256(repr([one.links() for one in found]).encode()).hexdigest()[:16]
    assert (VERSION, links) == ("2", "0fef25c241a105ad"), "raise VERSION"
    sums = [*aligner.log_likelihoods[-1], probabilities.sum(dtype=np.float64)]
    assert sums == pytest.approx([-4617.90985, -3897.33970, 2198.34382], rel=1e-6), "raise VERSION"
