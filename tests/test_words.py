"""One definition of a word, and everything that counts, aligns or samples words keeps to it."""

import gzip
import hashlib
import itertools
import random

import pytest

from seq2seq.corpus.inspection import summarise
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.words import SPLITTING, join_marks, split_words, word_spans


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t ", []),
        (" un  chien\tnoir ", ["un", "chien", "noir"]),
        ("20\u00a0% de\u202fplus\u00a0!", ["20\u00a0%", "de\u202fplus\u00a0!"]),
        ("a\u2028b\x85c\x0bd\x1ce\rf", ["a\u2028b\x85c\x0bd\x1ce\rf"]),
    ],
)
def test_words_are_what_spaces_and_tabs_separate(text, words):
    assert split_words(text) == words
    assert [text[begin:end] for begin, end in word_spans(text)] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("Two young, White males.", "Two young , White males ."),
        ("(the dog's T-shirt...)", "( the dog 's T-shirt ... )"),
        ("don't we're can’t I'm dogs'", "don't we 're can’t I 'm dogs '"),
        ("l'eau qu'il jusqu'à d'", "l' eau qu' il jusqu' à d'"),
        ("'hello' ?!!", "' hello ' ? !!"),
        ("20\u00a0% 3,5 «\u202fété\u202f» naïf?", "20 % 3,5 « été » naïf ?"),
        ("हिन्दी, שלום!", "हिन्दी , שלום !"),
        ("<b>a/b</b>", "< b > a / b < / b >"),
        ("p.m. -t-il", "p.m . - t-il"),
        ("red,white 1:30 1,5 a:b ٣,٥", "red , white 1:30 1,5 a : b ٣,٥"),
        ("a shirt.The U.S. node.js. Bleu.Été", "a shirt . The U.S . node.js . Bleu . Été"),
        ("aujourd'hui hors-d'œuvre entr'ouvert va-t'en", "aujourd' hui hors-d' œuvre entr' ouvert va-t' en"),
        ("rock'n'roll 6'2 grand'mère ain't", "rock'n'roll 6'2 grand'mère ain't"),
        ("do n't don 't 'til", "do n't don 't ' til"),
        ("co\u00adopérer ab\u200bc x\u200b, ", "co\u00adopérer ab\u200bc x\u200b ,"),
        ("\u200b le\x01la\nles\x85", "\u200b le la les"),
        ("❤\ufe0f👩\u200d💻!!", "❤\ufe0f 👩\u200d💻 !!"),
    ],
)
def test_punctuation_is_split_off(text, words):
    assert split_words(text, split_punctuation=True) == words.split()
    assert split_words(words, split_punctuation=True) == words.split()


def test_split_words_are_not_split_again():
    rng = random.Random(3)
    parts = [
        *"aTmdsLt09'’.,:-_&@! ",
        "qu",
        "É",
        "½",
        "\u0301",
        "\u200b",
        "\u200d",
        "❤",
        "👩",
        "漢",
        "\x85",
        "\xa0",
        "aujourd",
    ]
    for _ in range(5000):
        words = split_words("".join(rng.choices(parts, k=rng.randint(1, 12))), split_punctuation=True)
        assert split_words(" ".join(words), split_punctuation=True) == words


@pytest.mark.real_data
@pytest.mark.parametrize("corpus", ["multi30k", "tatoeba"])
def test_split_words_of_real_text_are_not_split_again(multi30k, corpus):
    for path in sorted((multi30k.parent / corpus).glob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
            for line in itertools.islice(stream, 3000):
                words = split_words(line, split_punctuation=True)
                assert split_words(" ".join(words), split_punctuation=True) == words


def test_other_rules_have_another_version():
    """Links that are kept are told from those of other rules by `SPLITTING`: raise it where these words change."""
    text = "(the dog's T-shirt...) l'eau: 3,5 p.m. red,white aujourd'hui rock'n'roll don 't shirt.The co\u00adop"
    digest = hashlib.sha256("\n".join(split_words(text, split_punctuation=True)).encode()).hexdigest()
    assert (SPLITTING, digest[:16]) == (2, "a5be8de91af29fe2")


@pytest.mark.parametrize(
    ("tokenised", "written"),
    [
        ("", ""),
        ("The dog 's ball , the girls ' one .", "The dog's ball, the girls' one."),
        ("they do n't say “ no ” ( or yes ) ...", "they don't say “no” (or yes)..."),
        ("Qu' il dise l' aujourd'hui d'  été , jusqu’ à là !", "Qu'il dise l'aujourd'hui d'été, jusqu’à là !"),
        (". , begins", "., begins"),
        ("ends in l' ", "ends in l' "),
        ("  a  b\t, c ", "  a  b, c "),
        ("Nothing to do here, l'eau (or) 5 - 3.", "Nothing to do here, l'eau (or) 5 - 3."),
        ("the ' red ' ball , the ' blue '", "the 'red' ball, the 'blue'"),
        ("' red ' and the girls ' ' blue '", "'red' and the girls' 'blue'"),
        (
            "the girls ' and the boys ' ball , l ' eau d ' été qu ' il a",
            "the girls' and the boys' ball, l' eau d' été qu' il a",
        ),
        ("a sign saying 'stop' , (a ' b", "a sign saying 'stop', (a' b"),
    ],
)
def test_tokenised_text_is_joined_and_its_words_keep_their_numbers(tokenised, written):
    text, spans = join_marks(tokenised, word_spans(tokenised), lambda mark: mark != "!")
    assert text == written
    assert [text[begin:end] for begin, end in spans] == split_words(tokenised)


def test_split_words_are_joined_to_what_they_were():
    for text in ("The dog's T-shirt (blue), isn't he'll...", "L'eau qu'il a jusqu'à d'ici, c'est 3,5 %."):
        split = " ".join(split_words(text, split_punctuation=True))
        assert join_marks(split, word_spans(split), lambda _: True)[0] == text.replace(" %", "%")


RAW = [
    "the 'red' ball",
    "a sign saying 'stop'",
    "'red' or 'blue'.",
    "a .5 ball",
    "a 'brown bear' sits",
    "it's 'all there'",
]


@pytest.mark.parametrize("text", RAW)
def test_text_that_is_not_tokenised_stays_as_it_is(text):
    for split in (False, True):
        spans = word_spans(text, split)
        assert join_marks(text, spans, lambda _: True) == (text, spans)


def test_text_stays_tokenised_where_stops_are_not_joined():
    text = "l' eau ."
    assert join_marks(text, word_spans(text), lambda _: False) == (text, word_spans(text))


def test_a_corpus_counts_the_same_words(tmp_path):
    (tmp_path / "x").write_text("20\u00a0% more ||| 20\u00a0% de plus\n", encoding="utf-8")
    summary = summarise(load_pairs(str(tmp_path / "x"), ["en", "fr"], Problems()))
    assert (summary.words, summary.longest) == ((2, 3), (2, 3))
