"""The annotated captions of data/alignment, and the benchmark that scores aligners on them and on the built-in corpus."""

import gzip
import importlib

import pytest

from seq2seq.words import split_words
from tests.conftest import ROOT


@pytest.fixture
def bench(monkeypatch):
    """A script finds its neighbours."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.reload(importlib.import_module("alignment"))


def write_corpus(folder, sources, targets):
    (folder / "multi30k").mkdir()
    for split in ("val", "train"):
        for side, column in (("en", sources), ("fr", targets)):
            text = "".join(f"{line}\n" for line in column)
            (folder / "multi30k" / f"{split}.{side}.gz").write_bytes(gzip.compress(text.encode()))


def test_the_annotated_captions_are_whole(bench):
    rows = [row.split("\t") for row in bench.CAPTIONS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 100
    numbers = [int(line) for line, _, _ in rows]
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= 1
    assert numbers[-1] <= 1014
    gold = [bench.parse_links(links, line) for line, _, links in rows]
    assert (sum(len(one.sure) for one in gold), sum(len(one.possible - one.sure) for one in gold)) == (1198, 301)
    for (_, _, links), one in zip(rows, gold, strict=True):
        drawn = [tuple(map(int, word.replace("?", "-").split("-"))) for word in links.split()]
        assert drawn == sorted(one.possible), "each link once, in order"


@pytest.mark.real_data
def test_the_annotated_captions_count_the_words_of_multi30k(bench, multi30k):
    task = bench.captions(multi30k.parent)
    assert (len(task.pairs), len(task.training), task.split_punctuation) == (100, 29000, True)
    for pair, gold in zip(task.pairs, task.gold, strict=True):
        source, target = (split_words(side, split_punctuation=True) for side in pair)
        assert max(s for s, _ in gold.possible) < len(source)
        assert max(t for _, t in gold.possible) < len(target)
        if source[-1] == target[-1] == ".":
            assert (len(source) - 1, len(target) - 1) in gold.sure


def test_another_edition_of_the_captions_is_refused(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "CAPTIONS", tmp_path / "gold.links")
    write_corpus(tmp_path, ["A dog .", "A cat ."], ["Un chien .", "Un chat ."])
    row = f"2\t{bench.checksum(('A cat .', 'Un chat .'))}\t0-0 1-1 2?2\n"
    bench.CAPTIONS.write_text(row, encoding="utf-8")
    task = bench.captions(tmp_path)
    assert task.pairs == [("A cat .", "Un chat .")]
    assert (task.gold[0].sure, task.gold[0].possible) == ({(0, 0), (1, 1)}, {(0, 0), (1, 1), (2, 2)})
    for line in ("1", "3"):
        bench.CAPTIONS.write_text(row.replace("2", line, 1), encoding="utf-8")
        with pytest.raises(SystemExit, match=rf"multi30k/val: line {line} is not the sentence pair that was annotated"):
            bench.captions(tmp_path)
