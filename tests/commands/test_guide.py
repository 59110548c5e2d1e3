"""What docs/guide.md says to type for text of one's own, typed on a small corpus."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from seq2seq.checkpoint import Run
from seq2seq.config_file import load_config
from tests.conftest import ROOT

QUICK = "training.max_updates=2 training.valid_every=2 model.embedding_dim=16 model.encoder_dim=16 model.decoder_dim=16"


def blocks(title: str) -> list[list[str]]:
    """The lines of each indented block of a section, without comments."""
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    found = re.findall(r"(?:^ {4}.*\n)+", section, re.MULTILINE)
    return [[line.split(" # ")[0].strip() for line in block.strip("\n").split("\n")] for block in found]


def follow(cli, line: str, folder: Path):
    program, *arguments = shlex.split(line)
    assert program == "seq2seq", line
    arguments, _, into = " ".join(map(shlex.quote, arguments)).partition(" '>' ")
    arguments, _, given = arguments.partition(" '<' ")
    arguments = shlex.split(arguments)
    if arguments[0] == "train":
        arguments += [part for option in QUICK.split() for part in ("--set", option)]
    result = cli(*arguments, stdin=(folder / given).read_bytes() if given else b"")
    assert result.code == 0, result.err
    if into:
        (folder / into).write_text(result.out, encoding="utf-8")
    return result


def test_your_own_data_as_it_is_written(cli, toy_files, tmp_path):
    (tmp_path / "corpus").mkdir()
    for name, count in (("train", 60), ("valid", 10)):
        for path in toy_files(name, count, seed=count):
            path.rename(tmp_path / "corpus" / path.name)
    shutil.copy(tmp_path / "corpus" / "valid.en", tmp_path / "input.en")
    commands, _ = blocks("Your own data")
    results = [follow(cli, line, tmp_path) for line in commands]
    assert "corpus/train: 60 pairs" in results[0].out
    config = Run(tmp_path / "checkpoints" / "mine").config()
    size = config.tokenizer.vocabulary_size
    assert f"tokenizer.vocabulary_size: this text fills {size} pieces, not 8000; using {size}\n" in results[2].err
    assert results[3].out.count("\n") == 10


def test_pairs_are_held_out_as_it_is_written(cli, toy_files, tmp_path):
    if not all(map(shutil.which, ("sh", "paste", "shuf", "head", "tail"))):
        pytest.skip("needs the POSIX tools and shuf")
    toy_files("all", 1050)
    _, commands = blocks("Your own data")
    subprocess.run(["sh", "-ec", "\n".join(commands)], cwd=tmp_path, check=True)
    shown = cli("data", "show", "train.tsv", "valid.tsv", "--first", "0").out
    assert "train.tsv: 50 pairs" in shown
    assert "valid.tsv: 1,000 pairs" in shown


def test_a_config_that_keeps_the_example_of_validation_says_what_to_set(cli, toy_files, tmp_path):
    toy_files("train", 60)
    (tmp_path / "my.yaml").write_text(cli("config").out, encoding="utf-8")
    assert load_config(tmp_path / "my.yaml").data.valid == "multi30k/val"
    error = cli("train", "my.yaml", "--set", "data.train=train", "--out", "new").err
    assert error.startswith("seq2seq: data.valid: multi30k/val: no such corpus: looked for multi30k/val, ")
    assert "; fetch it with `seq2seq data fetch multi30k`, or set SEQ2SEQ_DATA to" in error


def test_pictures_as_they_are_written(cli, run, tmp_path):
    (tmp_path / "run").rename(tmp_path / "RUN")
    for name, text in {
        "a.en": "le chat\nun chien\n",
        "a.fr": "chat le\nchien un\n",
        "gold.links": "0-1 1?0\n0-0\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    pictures, pages = blocks("Pictures of attention")
    for line in pictures + pages:
        follow(cli, line, tmp_path)
    names = {
        "map.png",
        "map.pdf",
        "maps.pdf",
        "heads.pdf",
        "figure.pdf",
        "weights.json",
        "maps",
        "page.html",
        "nbest.html",
        "gold.html",
        "pieces.html",
    }
    assert names <= {path.name for path in tmp_path.iterdir()}
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["1.svg", "2.svg"]
