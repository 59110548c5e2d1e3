"""Measure word alignments against gold links: those of annotated captions, and those of the built-in corpus.

    python benchmarks/alignment.py --data DIR --out docs/alignment \\
        --captions hmm eflomal multi30k-rnn RUNS/rnn,RUNS/rnn-reverse \\
        --builtin hmm eflomal RUNS/demo,RUNS/demo-reverse

DIR holds multi30k/. A system is a run, whose links are those of its own direction; a run and the run of the opposite
direction with a comma between, which also gives the reverse links and every symmetrisation; `hmm`, the statistical
aligner of seq2seq; or `eflomal` (Östling and Tiedemann 2016), if its command eflomal-align is installed. A statistical
aligner learns from the training pairs of the corpus and the test pairs together, a run from whatever it was trained on.
The captions are 100 pairs of Multi30k's validation split, described in data/alignment/README.md; the built-in corpus
has the tests `test` and `long`. The script writes .json and prints the table.
"""

import gzip
import shutil
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from common import ROOT, run

from seq2seq.alignment import Gold, Link, parse_links
from seq2seq.words import split_words

CAPTIONS = ROOT / "data" / "alignment" / "multi30k-val.links"
BUILTIN = ROOT / "data" / "builtin"

Pair = tuple[str, str]


class Task(NamedTuple):
    """Hold sentence pairs with gold links, and the pairs that an aligner may learn from besides them."""

    pairs: list[Pair]
    gold: list[Gold]
    training: list[Pair]
    split_punctuation: bool


def lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        return stream.read().split("\n")[:-1]


def parallel(prefix: Path) -> list[Pair]:
    return list(zip(lines(Path(f"{prefix}.en.gz")), lines(Path(f"{prefix}.fr.gz")), strict=True))


def checksum(pair: Pair) -> str:
    """Return what tells a sentence pair from another edition of it: the CRC-32 of both lines with a tab between."""
    return f"{zlib.crc32(chr(9).join(pair).encode()):08x}"


def captions(data: Path) -> Task:
    """Return the annotated captions: the links are ours, the sentences are those of Multi30k under a directory."""
    valid = parallel(data / "multi30k" / "val")
    pairs, gold = [], []
    for row in CAPTIONS.read_text(encoding="utf-8").splitlines():
        line, crc, links = row.split("\t")
        pair = valid[int(line) - 1] if int(line) <= len(valid) else ("", "")
        if checksum(pair) != crc:
            sys.exit(f"{data}/multi30k/val: line {line} is not the sentence pair that was annotated: another edition?")
        pairs.append(pair)
        gold.append(parse_links(links, f"{CAPTIONS}:{line}"))
    return Task(pairs, gold, parallel(data / "multi30k" / "train"), split_punctuation=True)


def builtin(split: str) -> Task:
    """Return a split of the built-in corpus, whose links count the words that spaces separate."""
    gold = [parse_links(row, f"{split}.links:{i}") for i, row in enumerate(lines(BUILTIN / f"{split}.links.gz"), 1)]
    return Task(parallel(BUILTIN / split), gold, parallel(BUILTIN / "train"), split_punctuation=False)


def write_texts(pairs: Sequence[Pair], prefix: Path) -> tuple[Path, Path]:
    """Write the sources and the targets of pairs, and return both paths."""
    paths = Path(f"{prefix}.en"), Path(f"{prefix}.fr")
    for path, column in zip(paths, zip(*pairs, strict=True), strict=True):
        path.write_text("".join(f"{line}\n" for line in column), encoding="utf-8")
    return paths


def align(system: str, source: Path, target: Path, task: Task, *options: str) -> list[set[Link]]:
    """Return the links that the command `align` gives to two files, line by line."""
    units = ("--split-punctuation",) if task.split_punctuation else ()
    found = run("align", system, "--source", str(source), "--target", str(target), *units, *options)
    return [set(parse_links(row, system).possible) for row in found.split("\n")[:-1]]


def eflomal(task: Task, folder: Path) -> tuple[list[set[Link]], list[set[Link]]]:
    """Return the links of both directions by eflomal's command, with its defaults, of lowercased words."""
    command = shutil.which("eflomal-align") or sys.exit("eflomal-align is not installed: pip install eflomal")
    text = ""
    for pair in task.training + task.pairs:
        text += " ||| ".join(" ".join(split_words(side.lower(), task.split_punctuation)) for side in pair) + "\n"
    (folder / "text").write_text(text, encoding="utf-8")
    files = "-i", folder / "text", "-f", folder / "forward", "-r", folder / "reverse"
    subprocess.run([command, *files, "--overwrite"], check=True)
    forward, reverse = (
        [set(parse_links(row, "eflomal").possible) for row in (folder / name).read_text().split("\n")[:-1]]
        for name in ("forward", "reverse")
    )
    return forward[-len(task.pairs) :], reverse[-len(task.pairs) :]
