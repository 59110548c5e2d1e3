from pathlib import Path

from seq2seq.corpus.inspection import shared_sources, summarise
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import Pairs, load_pairs


def pairs(folder: Path, name: str, *lines: str) -> Pairs:
    path = folder / name
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return load_pairs(str(path), ["en", "fr"], Problems())


def test_a_corpus_is_counted(tmp_path):
    lines = [
        "a cat ||| un chat",
        "a dog ||| un chien",
        "a cat ||| un chat",
        "a cat ||| le chat noir",
        f"{'w ' * 101}||| m",
    ]
    summary = summarise(pairs(tmp_path, "x", *lines), first=2)
    assert (summary.pairs, summary.words, summary.longest) == (5, (109, 10), (101, 3))
    assert (summary.duplicates, summary.repeated_sources) == (1, 2)
    assert [pair.target for pair in summary.first] == ["un chat", "un chien"]
    assert [row for row in summary.histogram if any(row[1:])] == [("up to 5", 4, 5), ("over 100", 1, 0)]


def test_what_two_corpora_share_is_found_whatever_its_case(tmp_path):
    train = pairs(tmp_path, "train", "a cat ||| un chat", "a dog ||| un chien")
    test = pairs(tmp_path, "test", "a bird ||| un oiseau", "A  Cat ||| Un chat", "a cat ||| la chatte")
    clean = pairs(tmp_path, "clean", "a fox ||| un renard")
    assert shared_sources(train, [test, clean]) == [(2, f"{tmp_path / 'test'}:2"), (0, "")]
