"""The commands under ``data``."""

import gzip
import re

import pytest


def test_data_show_and_list(cli, toy_files, tmp_path):
    toy_files("x", 5)
    (tmp_path / "y.tsv").write_bytes((tmp_path / "x.en").read_bytes().split(b"\n")[3] + b"\tmot\nautre\tmot\n")
    shown = cli("data", "show", "x", "y.tsv", "--first", "1").out
    assert re.search(r"^x: 5 pairs, \d+ words and \d+ words$", shown, re.MULTILINE)
    assert "source sentences of y.tsv that stand in x: 1, first at y.tsv:1\n" in shown
    (tmp_path / "z.tsv").write_text("mot\tmot\n", encoding="utf-8")
    assert cli("data", "show", "z.tsv").out.startswith("z.tsv: 1 pair, 1 word and 1 word\n")
    assert "  longest: 1 word and 1 word; sentences by length:" in cli("data", "show", "z.tsv").out
    listed = cli("data", "list").out
    assert listed.startswith("builtin    comes with the program: long 200, test 500, train 20,000, valid 500 pairs\n")
    assert "not here yet: seq2seq data fetch multi30k" in listed
    assert "europarl: no corpus of that name to fetch; there are: multi30k" in cli("data", "fetch", "europarl").err


def test_a_source_of_any_kind_becomes_two_text_files(cli, tmp_path):
    (tmp_path / "x.csv").write_text('fr,en\nun chat,a cat\n,a dog\n"un\nchien",a dog\n', encoding="utf-8")
    exported = cli("data", "export", "x.csv", "out")
    assert (tmp_path / "out.en").read_text(encoding="utf-8") == "a cat\na dog\n"
    assert (tmp_path / "out.fr").read_text(encoding="utf-8") == "un chat\nun chien\n"
    assert exported.err.startswith("out.en: 2 lines\nout.fr: 2 lines\nwarning: 1 pair with an empty side")
    cli("data", "export", "x.csv", "back", "--languages", "fr,en")
    assert (tmp_path / "back.fr").read_bytes() == (tmp_path / "out.fr").read_bytes()
    assert "out: 2 pairs" in cli("data", "show", "out").out


def test_links_and_labels_leave_with_their_pairs(cli, tmp_path):
    beside = {
        "en": "a\n\nb\nc\n",
        "fr": "A\nx\nB\n \n",
        "links": "0-0\n\n1-1 0-0\n2-2\n",
        "split.links": "1-1\n\n3-3\n\n",
        "labels": "one\ntwo\n\nfour\n",
    }
    for ending, text in beside.items():
        data = text.encode()
        name = f"d.{ending}.gz" if ending in ("en", "labels") else f"d.{ending}"
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    exported = cli("data", "export", "d", "out")
    assert exported.err.startswith(
        "out.en: 2 lines\nout.fr: 2 lines\n"
        "out.links: 2 lines, from d.links: those of the same pairs\n"
        "out.split.links: 2 lines, from d.split.links: those of the same pairs\n"
        "out.labels: 2 lines, from d.labels.gz: those of the same pairs\n"
        "warning: 2 pairs with an empty side (left out)"
    )
    assert [(tmp_path / f"out.{ending}").read_text(encoding="utf-8") for ending in beside] == [
        "a\nb\n", "A\nB\n", "0-0\n1-1 0-0\n", "1-1\n3-3\n", "one\n\n",
    ]  # fmt: skip
    cli("data", "export", "d.en.gz,d.fr", "two")
    assert (tmp_path / "two.links").read_bytes() == (tmp_path / "out.links").read_bytes()


@pytest.mark.parametrize(("lines", "lines_of"), [("0-0\n", "1 line"), ("0-0\n" * 3, "3 lines")])
def test_links_of_another_number_of_lines_export_nothing(cli, tmp_path, lines, lines_of):
    for ending, text in {"en": "a\nb\n", "fr": "A\nB\n", "links": "0-0\n1-1\n", "labels": lines}.items():
        (tmp_path / f"d.{ending}").write_text(text, encoding="utf-8")
    result = cli("data", "export", "d", "out")
    assert result.code == 2
    assert f"d.labels has {lines_of} but d.en has 2: line i of one must belong to line i of the other" in result.err
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize(("source", "prefix"), [("d", "d"), ("d", "./d"), ("d.en,d.fr", "d"), ("x.en", "x")])
def test_an_export_does_not_replace_what_it_reads(cli, tmp_path, source, prefix):
    for name, text in {"d.en": "a\n\n", "d.fr": "A\nB\n", "d.links": "0-0\n\n", "x.en": "a ||| A\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    mistake = cli("data", "export", source, prefix)
    assert mistake.code == 2
    assert re.search(r"\.en: is a file of SOURCE, which it would replace; choose another prefix", mistake.err)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_export_to_a_device_writes_nothing(cli, tmp_path):
    (tmp_path / "x.tsv").write_text("a\tb\n", encoding="utf-8")
    (tmp_path / "out.en").symlink_to("/dev/full")
    result = cli("data", "export", "x.tsv", "out")
    assert result.code == 2
    assert "out.en: a pipe or a device cannot be taken back if another file fails; name a file" in result.err
    assert not (tmp_path / "out.fr").exists()


def test_what_has_no_links_beside_it_exports_none(cli, tmp_path):
    for name in ("a.en", "b.fr", "a.links", "b.links", "a.tsv"):
        (tmp_path / name).write_text("x\ty\n", encoding="utf-8")
    for source in ("a.en,b.fr", "a.tsv"):
        assert cli("data", "export", source, "out").code == 0
    assert sorted(path.name for path in tmp_path.glob("*out*")) == ["out.en", "out.fr"]


def test_a_corpus_under_the_users_directory_is_listed_there(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_DATA", str(tmp_path / "mine"))
    (tmp_path / "mine" / "multi30k").mkdir(parents=True)
    for split in ("train", "val", "test_2016_flickr"):
        assert "not here yet" in cli("data", "list").out
        for name in (f"{split}.en.gz", f"{split}.fr"):
            (tmp_path / "mine" / "multi30k" / name).write_bytes(b"")
    assert f"; in {tmp_path / 'mine' / 'multi30k'}\n" in cli("data", "list").out
    fetched = cli("data", "fetch", "multi30k", "--url", "http://127.0.0.1:1")
    assert fetched.code == 0
    assert fetched.err == (
        f"{tmp_path / 'mine' / 'multi30k'}: is here already, so nothing was fetched; "
        "name it in a config: data.train: multi30k/train\n"
    )
