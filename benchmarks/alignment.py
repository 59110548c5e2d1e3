"""Measure word alignments against gold links: those of annotated captions, and those of the built-in corpus.

    python benchmarks/alignment.py --data DIR --out docs/alignment \\
        --captions hmm eflomal multi30k-rnn RUNS/rnn,RUNS/rnn-reverse \\
        --builtin hmm eflomal RUNS/demo,RUNS/demo-reverse

DIR holds multi30k/. A system is one of these:

- a run, which has the links of its own direction; RUN:2 is its cross-attention in layer 2, not its alignment head,
  and RUN:2.1 the first head of that;
- a run and, behind a comma, one of the opposite direction: also the reverse links and every symmetrisation of both;
- `hmm`, the statistical aligner of seq2seq: also the links on which its two directions agree;
- `eflomal` (Östling and Tiedemann 2016), whose command eflomal-align must be installed (--eflomal PATH).

A statistical aligner learns from a corpus' training pairs (of which --learn says how many) and its test pairs together,
and a run from whatever it was trained on. The captions are 100 pairs of Multi30k's validation split
(data/alignment/README.md); the built-in corpus has the tests `test` and `long`. With --everyday, systems are measured
on a domain that is strange to them: 450 everyday pairs of DIR/tatoeba beside Multi30k's training pairs. Nobody has
annotated these, so that what both statistical aligners draw when they learn from all of Tatoeba counts as sure, and
what one of them draws as possible. The script writes .json and prints the table.

With --guide FILE it only writes eflomal's forward links of Multi30k's training pairs, for `data.alignment: FILE` with
`data.alignment_units: split`.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import NamedTuple, get_args

from common import ROOT, environment, run, write

from seq2seq.alignment import Gold, Link, Method, format_links, parse_links, score_links, symmetrize
from seq2seq.alignment.hmm import WordAligner
from seq2seq.corpus.lines import read_text_lines, write_lines
from seq2seq.words import split_words

CAPTIONS = ROOT / "data" / "alignment" / "multi30k-val.links"
BUILTIN = ROOT / "data" / "builtin"

SYSTEM = re.compile(r"(.+?)(?::(\d+)(?:\.(\d+))?)?", re.DOTALL)  # a run, and perhaps a layer and a head of it

Pair = tuple[str, str]
Links = list[list[Link]]  # of each sentence pair
Scores = dict[str, dict[str, dict[str, dict[str, float]]]]  # by test, system and direction


class Task(NamedTuple):
    """Hold sentence pairs with gold links, and the pairs that an aligner may learn from besides them."""

    pairs: list[Pair]
    gold: list[Gold]
    training: list[Pair]
    split_punctuation: bool


def parallel(prefix: Path) -> list[Pair]:
    return list(zip(*(read_text_lines(Path(f"{prefix}.{language}.gz")) for language in ("en", "fr")), strict=True))


def checksum(pair: Pair) -> str:
    """Return what tells a sentence pair from another edition of it: the CRC-32 of both lines with a tab between."""
    return format(zlib.crc32("\t".join(pair).encode()), "08x")


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


def everyday(data: Path, command: str) -> Task:
    """Return longer pairs of Tatoeba; sure links are those that both aligners draw, knowing it all, others possible."""
    tatoeba, known = parallel(data / "tatoeba" / "train"), parallel(data / "multi30k" / "train")
    long = (pair for pair in tatoeba if 12 <= len(split_words(pair[0], split_punctuation=True)) <= 30)
    chosen = list(islice(long, 450))  # the file is in random order
    task = Task(chosen, [], [*tatoeba, *known], split_punctuation=True)
    with tempfile.TemporaryDirectory() as folder:
        sampled = by_direction("eflomal", task, Path(folder), command)["grow-diag"]
    agreed = hmm(task)["agreed"]
    both = [(frozenset(one), frozenset(other)) for one, other in zip(sampled, agreed, strict=True)]
    gold = [Gold(sure=one & other, possible=one | other) for one, other in both]
    return task._replace(gold=gold, training=known)


def builtin(split: str) -> Task:
    """Return a split of the built-in corpus, whose links count the words that spaces separate."""
    gold = [
        parse_links(row, f"{split}.links:{i}")
        for i, row in enumerate(read_text_lines(BUILTIN / f"{split}.links.gz"), 1)
    ]
    return Task(parallel(BUILTIN / split), gold, parallel(BUILTIN / "train"), split_punctuation=False)


def parsed(text: str, name: str) -> Links:
    return [sorted(parse_links(row, f"{name}:{i}").possible) for i, row in enumerate(text.split("\n")[:-1], 1)]


def swapped(links: Iterable[Iterable[Link]]) -> Links:
    """Return links of the opposite direction as source and target of this one."""
    return [sorted((s, t) for t, s in of_pair) for of_pair in links]


def aligned(system: str, task: Task, folder: Path, reverse: bool = False) -> Links:
    """Return the links of the command `align`, by a run of this direction, or (`reverse`) of the opposite one.

    A run whose name ends in ``:2`` is asked for its cross-attention in layer 2, in ``:2.1`` for the first head of that.
    """
    sides = folder / "0.txt", folder / "1.txt"
    for path, column in zip(sides, zip(*task.pairs, strict=True), strict=True):
        write_lines(path, column)
    source, target = reversed(sides) if reverse else sides
    name, layer, head = SYSTEM.fullmatch(system).groups()
    options = ["--split-punctuation"] * task.split_punctuation
    for part, number in (("layer", layer), ("head", head)):
        if number:
            options += ["--set", f"decoding.alignment_{part}={number}"]
    found = parsed(run("align", name, "--source", str(source), "--target", str(target), *options), system)
    return swapped(found) if reverse else found


def words(pairs: list[Pair], task: Task) -> list[tuple[list[str], ...]]:
    return [tuple(split_words(side, task.split_punctuation) for side in pair) for pair in pairs]


def hmm(task: Task) -> dict[str, Links]:
    """Return the links of each direction of the statistical aligner, and those on which both agree, its own choice."""
    aligner = WordAligner.fit(words([*task.training, *task.pairs], task))
    found = list(aligner.align(words(task.pairs, task)))
    return {
        "agreed": [one.links() for one in found],
        "forward": [one.forward().links() for one in found],
        "reverse": swapped(one.reverse().links() for one in found),
    }


def eflomal(command: str, task: Task, folder: Path) -> dict[str, Links]:
    """Return the links of each direction by eflomal, with its defaults, of lowercased words."""
    pairs = words([*task.training, *task.pairs], task)
    text, forward, reverse = (folder / name for name in ("text", "forward", "reverse"))
    write_lines(text, (" ||| ".join(map(" ".join, pair)).lower() for pair in pairs))
    subprocess.run([command, "-i", text, "-f", forward, "-r", reverse, "--overwrite"], check=True)
    return {
        path.name: parsed(path.read_text(encoding="utf-8"), command)[-len(task.pairs) :] for path in (forward, reverse)
    }


def write_guide(data: Path, command: str, path: Path) -> None:
    """Write the links that eflomal draws forward in Multi30k's training pairs, which are all that it learns from."""
    task = Task(parallel(data / "multi30k" / "train"), [], [], split_punctuation=True)
    with tempfile.TemporaryDirectory() as folder:
        write_lines(path, map(format_links, eflomal(command, task, Path(folder))["forward"]))


def by_direction(system: str, task: Task, folder: Path, command: str) -> dict[str, Links]:
    """Return a system's links in each direction that it has, and in every symmetrisation of both."""
    if system == "hmm":
        found = hmm(task)
    elif system == "eflomal":
        found = eflomal(command, task, folder)
    else:
        name, _, opposite = system.partition(",")
        found = {"forward": aligned(name, task, folder)}
        if opposite:
            found["reverse"] = aligned(opposite, task, folder, reverse=True)
    if "reverse" in found:
        both = list(zip(found["forward"], found["reverse"], strict=True))
        found |= {method: [symmetrize(*pair, method) for pair in both] for method in get_args(Method)}
    return found


def measure(system: str, task: Task, command: str) -> dict[str, dict[str, float]]:
    """Return the scores of each direction and symmetrisation of a system."""
    with tempfile.TemporaryDirectory() as folder:
        found = by_direction(system, task, Path(folder), command)
    return {name: asdict(score_links(links, task.gold, names=(system, "gold"))) for name, links in found.items()}


def table(results: Scores) -> str:
    """Tabulate the scores in per cent, with a row for each test, system and direction or symmetrisation."""
    rows = ["| test | system | links | AER | precision | recall | F1 |", f"| {'--- | ' * 7}"[:-1]]
    for test, systems in results.items():
        for system, found in systems.items():
            for name, scores in found.items():
                figures = " | ".join(f"{scores[key]:.1f}" for key in ("aer", "precision", "recall", "f1"))
                rows.append(f"| {test} | {system} | {name} | {figures} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the directory that holds multi30k/ (and tatoeba/)")
    parser.add_argument("--captions", nargs="*", default=[], metavar="SYSTEM", help="what to measure on the captions")
    parser.add_argument("--builtin", nargs="*", default=[], metavar="SYSTEM", help="and on the built-in corpus")
    parser.add_argument("--everyday", nargs="*", default=[], metavar="SYSTEM", help="and on everyday pairs")
    parser.add_argument("--learn", type=int, metavar="N", help="training pairs for the statistical aligners (all)")
    parser.add_argument("--eflomal", default="eflomal-align", metavar="PATH", help="eflomal's command")
    results_or_guide = parser.add_mutually_exclusive_group(required=True)
    results_or_guide.add_argument("--out", type=Path, help="without its ending: .json is added")
    results_or_guide.add_argument("--guide", type=Path, metavar="FILE", help="write eflomal's links of training pairs")
    arguments = parser.parse_args()
    if bool(arguments.guide) == bool(arguments.captions or arguments.builtin or arguments.everyday):
        parser.error("name what to measure with --captions, --builtin or --everyday; --guide FILE stands without them")
    if arguments.learn is not None and arguments.learn < 0:
        parser.error(f"--learn {arguments.learn}: a number of pairs is 0 or more")
    if (arguments.captions or arguments.everyday or arguments.guide) and not arguments.data:
        parser.error("--data DIR is missing, which holds multi30k/ and, for --everyday, tatoeba/")
    needs_eflomal = arguments.guide or arguments.everyday or "eflomal" in arguments.captions + arguments.builtin
    if needs_eflomal and not shutil.which(arguments.eflomal):
        parser.error(f"{arguments.eflomal} is no command: install eflomal, or say --eflomal PATH")
    if arguments.guide:
        write_guide(arguments.data, arguments.eflomal, arguments.guide)
        return
    made_on = environment()
    tests = [("captions", captions(arguments.data), arguments.captions)] if arguments.captions else []
    tests += [(split, builtin(split), arguments.builtin) for split in ("test", "long") if arguments.builtin]
    if arguments.everyday:
        tests.append(("everyday", everyday(arguments.data, arguments.eflomal), arguments.everyday))
    results: Scores = {}
    for name, task, systems in tests:
        learned = task._replace(training=task.training[: arguments.learn])
        for system in systems:
            results.setdefault(name, {})[system] = measure(system, learned, arguments.eflomal)
            print(
                name,
                system,
                *(f"{way} {one['aer']:.1f}" for way, one in results[name][system].items()),
                file=sys.stderr,
            )
    write(arguments.out.with_suffix(".json"), made_on, results)
    print(table(results), end="")


if __name__ == "__main__":
    main()
