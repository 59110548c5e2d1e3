"""One definition of a word, and everything that counts, aligns or samples words keeps to it."""

import pytest

from seq2seq.corpus.inspection import summarise
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.words import split_words, word_spans


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


def test_a_corpus_counts_the_same_words(tmp_path):
    (tmp_path / "x").write_text("20\u00a0% more ||| 20\u00a0% de plus\n", encoding="utf-8")
    summary = summarise(load_pairs(str(tmp_path / "x"), ["en", "fr"], Problems()))
    assert (summary.words, summary.longest) == ((2, 3), (2, 3))
