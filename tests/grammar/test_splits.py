import re
from collections import Counter

import pytest

from seq2seq.words import split_words
from tests.conftest import ROOT


def test_sizes_and_lengths(corpus):
    assert {split: len(pairs) for split, pairs in corpus.items()} == {
        "train": 20_000,
        "valid": 500,
        "test": 500,
        "long": 200,
    }
    assert all(25 <= len(pair.source.split()) <= 40 for pair in corpus["long"])
    assert max(len(pair.source.split()) for pair in corpus["train"]) <= 40


def test_no_sentence_stands_twice(corpus):
    sources = [pair.source.lower() for pairs in corpus.values() for pair in pairs]
    assert len(sources) == len(set(sources))


def test_links_lie_in_their_sentences_and_hardly_a_word_has_none(corpus):
    words = linked = crossing = 0
    for pair in corpus["test"] + corpus["long"]:
        source, target = pair.source.split(), pair.target.split()
        assert all(0 <= i < len(source) and 0 <= j < len(target) for i, j in pair.links)
        assert pair.links == tuple(sorted(set(pair.links)))
        words += len(source) + len(target)
        linked += len({i for i, _ in pair.links}) + len({j for _, j in pair.links})
        crossing += any(a < c and d < b for a, b in pair.links for c, d in pair.links)
    assert linked / words > 0.99
    assert crossing / 700 > 0.5, "the alignment must not be diagonal"


def test_links_of_split_words_are_those_of_the_words_they_are_parts_of(corpus):
    """They are finer: joined to words again, they are links of words; and only marks have some of their own."""
    unlinked = words = 0
    for pair in corpus["test"] + corpus["long"]:
        sides = [split_words(text, split_punctuation=True) for text in (pair.source, pair.target)]
        owners = [
            [n for n, word in enumerate(text.split()) for _ in split_words(word, split_punctuation=True)]
            for text in (pair.source, pair.target)
        ]
        joined = {(owners[0][i], owners[1][j]) for i, j in pair.split_links if sides[0][i] not in ",."}
        assert joined == set(pair.links)
        assert all(sides[0][i] == sides[1][j] for i, j in pair.split_links if sides[0][i] in ",.")
        for side, units in enumerate(sides):
            unlinked += len(set(range(len(units))) - {link[side] for link in pair.split_links})
            words += len(units)
    assert unlinked / words < 0.01


def test_every_phenomenon_can_be_tested(corpus):
    counts = Counter(label for pair in corpus["test"] for label in pair.labels)
    assert len(counts) >= 20
    assert min(counts.values()) >= 2, counts


def test_every_phenomenon_can_be_learned(corpus):
    counts = Counter(label for pair in corpus["train"] for label in pair.labels)
    assert min(counts.values()) >= 100, counts


@pytest.mark.parametrize(
    "label",
    [
        "english-contraction",
        "indefinite-pronoun",
        "informal-address",
        "or",
        "preposition",
        "pronoun-en",
        "pronoun-y",
        "two-clitics",
    ],
)
def test_a_phenomenon_of_words_is_in_one_training_pair_of_two_hundred(corpus, label):
    assert sum(label in pair.labels for pair in corpus["train"]) >= 100


@pytest.mark.parametrize(
    "word",
    ["after", "against", "before", "between", "during", "everyone", "everything", "no one", "nothing", "someone", "something", "through"],
)  # fmt: skip
def test_each_of_these_words_occurs_in_fifty_training_pairs(corpus, word):
    assert sum(f" {word} " in f" {pair.source.lower()} " for pair in corpus["train"]) >= 50


def test_tu_and_vous_never_meet_and_a_name_tells_which_is_meant(corpus):
    tu = re.compile(r"\b((tu|te|toi|ton|ta|tes)\b|t')", re.IGNORECASE)
    vous = re.compile(r"\b(vous|votre|vos)\b", re.IGNORECASE)
    called = re.compile(r"^[A-ZÉ]\w+, |, [A-ZÉ]\w+[.?!]$")
    for pair in [pair for pairs in corpus.values() for pair in pairs]:
        informal = "informal-address" in pair.labels
        assert not vous.search(pair.target) if informal else not tu.search(pair.target), pair
        assert not informal or called.search(pair.source), pair


def test_the_readme_lists_every_phenomenon(corpus):
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    listed = readme.partition("The labels are:")[2].partition("##")[0]
    names = {
        name.strip(" .\n") for name in re.sub(r"\(.*?\)", "", listed, flags=re.DOTALL).replace("\n", " ").split(",")
    }
    assert names == {label for pairs in corpus.values() for pair in pairs for label in pair.labels}


ASPIRATED = "héros|hibou|hiboux|haricot|haricots|hache|haches|homard|homards|huit|onze"


def test_the_french_elides_and_contracts(corpus):
    vowel = re.compile(rf"\b(je|me|te|se|ne|de|que|la|le) (?!({ASPIRATED})\b)[aeiouhéèêâîôûœ]", re.IGNORECASE)
    contraction = re.compile(r"\b(de|à) les? (?!(lui|leur|y)\b|\w+(er|ir|re|oir)\b)", re.IGNORECASE)  # but: de les voir
    doubled = re.compile(r"\b(?!(?:had|nous|vous|roses?)\b)(\w+) \1\b", re.IGNORECASE)
    for pair in [pair for pairs in corpus.values() for pair in pairs]:
        assert not vowel.search(pair.target), pair
        assert not contraction.search(pair.target), pair
        assert not re.search(r"  |' |\bsi ils?\b", pair.target), pair
        assert not re.search(r"\ba (?!useful|univ)[aeiouAEIOU]|\ban (?![aeiouAEIOU]|ho(ur|nest))", pair.source), pair
        assert not doubled.search(pair.source), pair
        assert not doubled.search(pair.target), pair
