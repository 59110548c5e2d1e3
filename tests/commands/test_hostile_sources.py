"""Corpora that are no corpora: each is one line, exit status 2, nothing written, and nobody waits for ever."""

import gzip
import os
import re
import signal

import pytest

ONE_PAIR = gzip.compress(b"a ||| b\n" * 1000)

# What stands in the directory. None is a directory, "|" a pipe, and "@" a link to itself.
FILES = {
    "folder": None, "pipe": "|", "pipe.csv": "|", "circle": "@", "circle.en": "@", "x.en": b"a\n", "x.fr": "|",
    "nothing": b"", "newlines": b"\n\n\n", "noise": bytes(range(256)) * 20, "noise.csv": bytes(range(256)) * 20,
    "noise.jsonl": bytes(range(256)) * 20, "noise.parquet": bytes(range(256)) * 20, "plain.gz": b"a ||| b\n",
    "cut.gz": ONE_PAIR[:-9], "flipped.gz": ONE_PAIR[:20] + b"zz" + ONE_PAIR[22:], "nul.tsv": b"\0" * 99,
    "utf16": "a ||| b\n".encode("utf-16"), "long": b"x" * (5 << 20), "digits.jsonl": b'{"en": ' + b"9" * 5000 + b"}\n",
    "deep.jsonl": b"[" * 5000, "digits.csv": b"9" * 5000 + b"\n", "twice.csv": b"en,fr,en\na,b,c\n", "l.en": b"a\n",
    "l.fr": b"b\n", "l.links": "|", "d.en": b"a\n", "d.fr": b"b\n", "d.labels": "@",
}  # fmt: skip

SOURCES = {
    "": r"no such corpus: looked for \. \(a directory\)",
    ",": r"a file name is missing beside the comma",
    ",x": r",x: a file name is missing beside the comma; two are expected, as in A\.en,B\.fr",
    "x.en,": r"a file name is missing beside the comma",
    "{,}": r"no such corpus",
    "folder": r"no such corpus: looked for folder \(a directory\), folder\.en, folder\.fr",
    "folder,folder": r"no such corpus: looked for folder,folder, folder \(a directory\), folder \(a directory\)",
    "pipe": r"pipe: is a pipe, not a file; save what it gives as a file, and name that",
    "pipe.csv": r"pipe\.csv: is a pipe, not a file",
    "x": r"x\.fr: is a pipe, not a file",
    "/dev/zero": r"/dev/zero: is a device, not a file",
    "x.en,/dev/null": r"/dev/null: is a device, not a file",
    "circle": r"circle: cannot be read: Too many levels of symbolic links",
    "circle/x": r"circle/x: cannot be read: Too many levels of symbolic links",
    "x.en/y": r"x\.en/y: no such corpus",
    "n" * 300: r"n: cannot be read: File name too long",
    "a/" * 3000: r"a: cannot be read: File name too long",
    "a\0b": r"cannot be read: .* NUL character",
    "a\udcffb": r"no such corpus",
    "a\nb": r"no such corpus",
    "nothing": r"nothing: holds no usable sentence pair",
    "newlines": r"newlines: holds no usable sentence pair",
    "noise": r"noise:1: expected source and target with one '\|\|\|' between",
    "noise.csv": r"noise\.csv:1: not a header of a CSV table|noise\.csv: no columns",
    "noise.jsonl": r"noise\.jsonl:1: not JSON",
    "noise.parquet": r"noise\.parquet: cannot be read as Parquet",
    "plain.gz": r"plain\.gz: damaged gzip file: Not a gzipped file",
    "cut.gz": r"cut\.gz: damaged gzip file: Compressed file ended before",
    "flipped.gz": r"flipped\.gz: damaged gzip file: ",
    "nul.tsv": r"nul\.tsv:1: expected source and target with one tab between",
    "utf16": r"utf16:1: text in UTF-16; save it as UTF-8$",
    "long": r"long:1: a line of more than 4 MiB; is this a text file\?",
    "digits.jsonl": r"digits\.jsonl: no columns 'en' and 'fr' .*; there are: en; name them",
    "deep.jsonl": r"deep\.jsonl:1: not JSON that can be read: its brackets are nested too deeply",
    "digits.csv": r"digits\.csv: no columns 'en' and 'fr' .*; there are: 9+…; name them",
    "twice.csv": r"twice\.csv: several columns are called 'en'",
    "hub:": r"hub: names no data set; hub:OWNER/NAME is expected",
    "hub:./folder": r"hub:\./folder: ",
    "nothing?source=a": r"only a table with named columns .* takes options",
    "twice.csv?colour=red": r"no option 'colour'",
}


@pytest.fixture
def hostile(tmp_path):
    for name, content in FILES.items():
        if content is None:
            (tmp_path / name).mkdir()
        elif content == "|":
            os.mkfifo(tmp_path / name)
        elif content == "@":
            (tmp_path / name).symlink_to(name)
        else:
            (tmp_path / name).write_bytes(content)
    signal.alarm(60)
    yield tmp_path
    signal.alarm(0)


@pytest.mark.parametrize("command", ["show", "export", "train", "valid"])
def test_a_source_that_is_none_is_one_line(cli, hostile, command):
    (hostile / "my.yaml").write_text("data: {train: good.gz, valid: good.gz}\n", encoding="utf-8")
    (hostile / "good.gz").write_bytes(ONE_PAIR)
    before = sorted(hostile.iterdir())
    for source, message in SOURCES.items():
        if command in ("train", "valid"):
            quoted = source.replace("\0", "\\0").replace("\n", "\\n")
            if "\udcff" in source:  # a surrogate has no form in YAML
                continue
            arguments = ["train", "my.yaml", "--out", "new", "--set", f'data.{command}="{quoted}"']
            expected = rf"^seq2seq: data\.{command}: .*({message})"
        else:
            arguments = ["data", command, "--", source, *(["out"] if command == "export" else [])]
            expected = rf"^seq2seq: .*({message})"
        result = cli(*arguments)
        assert result.code == 2, arguments
        assert re.search(expected, result.err), result.err
        assert sorted(hostile.iterdir()) == before, "something was left behind"


@pytest.mark.parametrize(
    ("source", "message"), [("l", r"l\.links: is a pipe, not a file"), ("d", r"d\.labels: cannot be")]
)
def test_links_that_are_none_are_one_line(cli, hostile, source, message):
    result = cli("data", "export", source, "out")
    assert result.code == 2
    assert re.search(message, result.err)
    assert not list(hostile.glob("*out*"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder", r"folder: cannot be read: Is a directory"),
        ("circle", r"circle: cannot be read: Too many levels of symbolic links"),
        ("n" * 300, r"n: cannot be read: File name too long"),
        ("plain.gz", r"plain\.gz: damaged gzip file"),
        ("cut.gz", r"cut\.gz: damaged gzip file"),
        ("/dev/zero", r"/dev/zero:1: a line of more than 4 MiB; is this a text file\?"),
        ("utf16", r"utf16:1: text in UTF-16; save it as UTF-8$"),
        ("long", r"long:1: a line of more than 4 MiB"),
    ],
)
def test_a_file_to_translate_that_is_none_is_one_line(cli, hostile, run, name, message):
    result = cli("translate", run, name, "-o", "out")
    assert result.code == 2
    assert re.search(message, result.err), result.err
    assert not list(hostile.glob("*out*"))
