import errno
import gzip
import os
from pathlib import Path

import pytest

from seq2seq.config import TokenizerConfig
from seq2seq.corpus.batching import Corpus
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import find_file, find_source, load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.errors import DataError
from seq2seq.files import cache_directory
from tests.conftest import ROOT

LANGUAGES = ["en", "fr"]
PAIRS = [("a cat", "un chat"), ("a dog", "un chien")]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def pairs_of(source: str | list[str]) -> list[tuple[str, str]]:
    dataset = load_pairs(source, LANGUAGES, Problems()).dataset
    return list(zip(dataset["source"], dataset["target"], strict=True))


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_every_form_of_a_source(tmp_path, monkeypatch, ending):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / f"d/x.en{ending}", "a cat\na dog\n")
    write(tmp_path / f"d/x.fr{ending}", "un chat\nun chien\n")
    write(tmp_path / f"d/x.tsv{ending}", "a cat\tun chat\na dog\tun chien\n")
    write(tmp_path / f"d/x.txt{ending}", "a cat ||| un chat\na dog ||| un chien\n")
    forms = [
        "d/x",
        "d/x.{en,fr}",
        "d/x.en,d/x.fr",
        f"d/x.en{ending},d/x.fr{ending}",
        f"d/x.tsv{ending}",
        f"d/x.txt{ending}",
    ]
    for source in forms:
        assert pairs_of(source) == PAIRS, source
    assert pairs_of(["d/x", f"d/x.tsv{ending}"]) == PAIRS * 2


def test_a_name_is_looked_up_under_seq2seq_data_and_a_path_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(write(tmp_path / "here/mark", "").parent)
    write(tmp_path / "corpora/m/train.en", "a cat\n")
    write(tmp_path / "corpora/m/train.fr", "un chat\n")
    with pytest.raises(
        DataError, match=r"^m/train: no such corpus: looked for m/train, m/train\.en, m/train\.fr .*set SEQ2SEQ_DATA"
    ):
        pairs_of("m/train")
    with pytest.raises(DataError, match=r"; fetch it with `seq2seq data fetch multi30k`, or set SEQ2SEQ_DATA to"):
        pairs_of("multi30k/train")
    monkeypatch.setenv("SEQ2SEQ_DATA", str(tmp_path / "corpora"))
    assert pairs_of("m/train") == PAIRS[:1]
    write(tmp_path / "here/m/train.tsv", "x\ty\n")
    assert pairs_of("m/train.tsv") == [("x", "y")]


def test_lines_that_python_would_split_stay_paired(tmp_path):
    write(tmp_path / "x.en", "one\u2028still one\ntwo\x0cstill two\x85\n")
    write(tmp_path / "x.fr", "un\ndeux\n")
    assert pairs_of(str(tmp_path / "x")) == [("one\u2028still one", "un"), ("two\x0cstill two\x85", "deux")]


@pytest.mark.parametrize(("english", "french"), [("a\nb\nc\n", "a\nb\n"), ("a\nb\n", "a\nb\nc\n\n\n")])
def test_different_line_counts_are_an_error_and_leave_no_cache(tmp_path, english, french):
    write(tmp_path / "x.en", english)
    write(tmp_path / "x.fr", french)
    counts = sorted([(english.count("\n"), "en"), (french.count("\n"), "fr")])
    message = rf"x\.{counts[1][1]} has {counts[1][0]} lines but \S*x\.{counts[0][1]} has {counts[0][0]}"
    for _ in range(2):  # the second time from what the first left behind
        with pytest.raises(DataError, match=message):
            pairs_of(str(tmp_path / "x"))


def test_bad_pairs_are_left_out_together_counted_and_reported_every_time(tmp_path):
    (tmp_path / "x.en").write_bytes(b"\xef\xbb\xbfa\r\n\nb\nc\xff\nd\n  \ne\n")
    (tmp_path / "x.fr").write_bytes(b"A\nB\n\nC\nD\nE\nF\n")
    for _ in range(2):  # from the file, then from the cache
        problems = Problems()
        dataset = load_pairs(str(tmp_path / "x"), LANGUAGES, problems).dataset
        assert list(zip(dataset["source"], dataset["target"], strict=True)) == [("a", "A"), ("d", "D"), ("e", "F")]
        assert set(problems.messages()) == {
            f"1 file with a byte-order mark (removed), first at {tmp_path}/x.en:1",
            f"1 line ending in CRLF (CR removed), first at {tmp_path}/x.en:1",
            f"3 pairs with an empty side (left out), first at {tmp_path}/x.en:2",
            f"1 line with invalid UTF-8 (their pairs are left out), first at {tmp_path}/x.en:4",
        }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.tsv", "a\tb\nno tab\n", r"x\.tsv:2: expected source and target with one tab between, found 1 column"),
        ("x.tsv", "a\tb\tc\n", r"x\.tsv:1: expected source and target with one tab between, found 3 column"),
        ("x.txt", "a ||| b\na || b\n", r"x\.txt:2: expected source and target with one '\|\|\|' between"),
        ("x.tsv", "\t\n", r"x\.tsv: holds no usable sentence pair"),
        ("x.tsv", "", r"x\.tsv: holds no usable sentence pair"),
    ],
)
def test_malformed_columns(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message):
        pairs_of(str(write(tmp_path / name, text)))


def test_blank_lines_and_missing_spaces_in_columns_are_empty_sides(tmp_path):
    for name, text in (("x.txt", "a ||| b\n\nc |||\n||| d\ne ||| f\n"), ("x.tsv", "a\tb\n\nc\t\n\td\ne\tf\n")):
        problems = Problems()
        pairs = load_pairs(str(write(tmp_path / name, text)), LANGUAGES, problems)
        assert pairs.dataset["source"][:] == ["a", "e"]
        assert problems.messages() == [f"3 pairs with an empty side (left out), first at {tmp_path / name}:2"]


def test_a_problem_is_placed_in_the_file_that_has_it(tmp_path):
    write(tmp_path / "a/t.en", "a\nb\n")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/t.fr").write_bytes(b"c\nd\xff\n")
    for _ in range(2):
        problems = Problems()
        load_pairs(f"{tmp_path}/a/t.en,{tmp_path}/b/t.fr", LANGUAGES, problems)
        assert problems.messages() == [
            f"1 line with invalid UTF-8 (their pairs are left out), first at {tmp_path}/b/t.fr:2"
        ]


def test_the_cache_goes_by_content(tmp_path):
    path = write(tmp_path / "x.tsv", "a\tb\n")
    first = load_pairs(str(path), LANGUAGES, Problems()).fingerprint
    folders = set(cache_directory("pairs").iterdir())
    write(path, "a\tb\n")
    assert load_pairs(str(path), LANGUAGES, Problems()).fingerprint == first
    assert set(cache_directory("pairs").iterdir()) == folders
    write(path, "a\tc\n")
    changed = load_pairs(str(path), LANGUAGES, Problems())
    assert changed.fingerprint != first
    assert changed.dataset["target"][0] == "c"


def test_a_fingerprint_is_of_the_sentences_however_they_are_kept(tmp_path, monkeypatch):
    """So that a run can go on after its corpus moved into another form, or the program reads it in another way."""
    write(tmp_path / "x.tsv", "a cat\tun chat\na dog\tun chien\n")
    write(tmp_path / "x.en", "a cat\n\na dog\n")
    write(tmp_path / "x.fr", "un chat\nseul\nun chien\n")
    prints = [load_pairs(str(tmp_path / name), LANGUAGES, Problems()).fingerprint for name in ("x.tsv", "x")]
    monkeypatch.setattr("seq2seq.corpus.sources._FORMAT", "another")
    prints.append(load_pairs(str(tmp_path / "x"), LANGUAGES, Problems()).fingerprint)
    write(tmp_path / "x.fr", "un chat\nseul\nun chien \n")
    prints.append(load_pairs(str(tmp_path / "x"), LANGUAGES, Problems()).fingerprint)
    assert prints[0] == prints[1] == prints[2] != prints[3]


def test_the_same_bytes_of_another_kind_are_read_anew(tmp_path):
    write(tmp_path / "x.tsv", "a cat\tun chat\n")
    write(tmp_path / "x.txt", "a cat\tun chat\n")
    assert pairs_of(str(tmp_path / "x.tsv")) == PAIRS[:1]
    with pytest.raises(DataError, match=r"x\.txt:1: expected source and target with one '\|\|\|' between"):
        pairs_of(str(tmp_path / "x.txt"))


def test_a_cache_that_cannot_be_is_one_line(tmp_path, monkeypatch):
    path = write(tmp_path / "x.tsv", "a\tb\n")
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(path / "inside a file"))
    with pytest.raises(
        DataError,
        match=r"pairs: cannot be made: Not a directory; check the path, a part of which is a file, or set SEQ2SEQ_CACHE to another",
    ):
        load_pairs(str(path), LANGUAGES, Problems())


def test_a_cache_that_cannot_be_written_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    path = write(tmp_path / "x.tsv", "a\tb\n" * 1000)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    message = r"the cache cannot be written to: No space left on device; make room, or set SEQ2SEQ_CACHE to another"
    for function in (
        "datasets.arrow_writer.ArrowWriter.write",
        "datasets.arrow_writer.ArrowWriter.finalize",
        "pathlib.Path.write_text",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(function, full)
            with pytest.raises(DataError, match=message):
                load_pairs(str(path), LANGUAGES, Problems())
        assert list(cache_directory("pairs").iterdir()) == []
    pairs = load_pairs(str(path), LANGUAGES, Problems())
    tokenizer = Tokenizer.train(pairs, TokenizerConfig())
    with monkeypatch.context() as patch:
        patch.setattr("datasets.arrow_writer.ArrowWriter.write_batch", full)
        patch.setattr("datasets.arrow_writer.ArrowWriter.write_table", full)
        with pytest.raises(DataError, match=message):
            Corpus(pairs, tokenizer, 200, Problems())
    assert list(cache_directory("ids").iterdir()) == []


def test_a_damaged_cache_is_named_so_that_it_can_be_deleted(tmp_path):
    path = write(tmp_path / "x.tsv", "a\tb\n" * 1000)
    pairs = load_pairs(str(path), LANGUAGES, Problems())
    tokenizer = Tokenizer.train(pairs, TokenizerConfig())
    Corpus(pairs, tokenizer, 200, Problems())
    (folder,), (ids,) = cache_directory("pairs").iterdir(), cache_directory("ids").iterdir()
    for file in (part / name for part in (folder, ids) for name in ("facts.json", "rows.arrow")):
        content = file.read_bytes()
        flipped = [
            content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
            for place in range(0, len(content), 1 + len(content) // 9)
        ]
        for damaged in (b"", content[:20], content[: len(content) // 2], b"{}" + content, content + b"\0", *flipped):
            file.write_bytes(damaged)
            with pytest.raises(
                DataError, match=rf"^{file.parent}: a damaged part of the cache \(.*\); delete it, and it is made"
            ):
                Corpus(load_pairs(str(path), LANGUAGES, Problems()), tokenizer, 200, Problems())
        file.write_bytes(content)
    Corpus(load_pairs(str(path), LANGUAGES, Problems()), tokenizer, 200, Problems())


def test_what_is_cached_is_on_the_disk_before_it_is_found(tmp_path, monkeypatch):
    pairs = load_pairs(str(write(tmp_path / "x.tsv", "a\tb\n" * 9)), LANGUAGES, Problems())
    tokenizer, flushed = Tokenizer.train(pairs, TokenizerConfig()), []
    monkeypatch.setattr("seq2seq.files.flush", lambda path: flushed.append(path.name))
    Corpus(pairs, tokenizer, 200, Problems())
    assert sorted(flushed) == ["facts.json", "rows.arrow"]


def test_pairs_are_memory_mapped(tmp_path):
    import pyarrow as pa

    path = write(tmp_path / "x.tsv", "".join(f"{'a' * 100} {i}\t{'b' * 100} {i}\n" for i in range(50_000)))
    load_pairs(str(path), LANGUAGES, Problems())
    before = pa.total_allocated_bytes()
    dataset = load_pairs(str(path), LANGUAGES, Problems()).dataset
    assert dataset[49_999]["target"].endswith("49999")
    assert pa.total_allocated_bytes() - before < 1_000_000 < path.stat().st_size


def test_find_source_prefers_the_file_itself(tmp_path):
    for ending in ("", ".en", ".fr"):
        write(tmp_path / f"x{ending}", "a ||| b\n")
    assert find_source(str(tmp_path / "x"), LANGUAGES).names == (str(tmp_path / "x"),)


@pytest.mark.real_data
def test_multi30k_is_read_whole(multi30k):
    problems = Problems()
    dataset = load_pairs(str(multi30k / "train"), LANGUAGES, problems).dataset
    assert len(dataset) == 29_000
    assert problems.messages() == []
    assert dataset[28_999]["source"].startswith("A man")


def test_a_pair_knows_its_file_and_line(tmp_path):
    a, b = write(tmp_path / "a.tsv", "\t\nx\ty\n"), write(tmp_path / "b.tsv", "u\tv\n\tz\nw\tz\n")
    pairs = load_pairs([str(a), str(b)], LANGUAGES, Problems())
    assert [pairs.where(row) for row in range(3)] == [f"{a}:2", f"{b}:1", f"{b}:3"]
    with pytest.raises(IndexError):
        pairs.where(3)


def test_the_builtin_corpus_is_read_like_any_other(tmp_path, monkeypatch):
    folder = ROOT / "data" / "builtin"
    assert find_source("builtin/test", ["en", "fr"]).names == (str(folder / "test.en.gz"), str(folder / "test.fr.gz"))
    assert find_file("builtin/test.labels") == folder / "test.labels.gz"
    assert find_file("builtin/test.en.gz") == folder / "test.en.gz"
    problems = Problems()
    assert len(load_pairs("builtin/test", ["en", "fr"], problems)) == 500
    assert not problems.found
    monkeypatch.chdir(tmp_path)
    (tmp_path / "builtin").mkdir()
    (tmp_path / "builtin" / "test.labels").write_text("mine\n", encoding="utf-8")
    assert find_file("builtin/test.labels") == Path("builtin/test.labels")
    assert find_file("builtin/nothing") == Path("builtin/nothing")
