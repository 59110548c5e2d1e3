"""The files of the built-in corpus: four splits of the grammar's pairs.

    train 20,000 · valid 500 · test 500 · long 200 (25 to 40 source words)

Beside the two texts stand ``SPLIT.links`` (gold word links, Pharaoh), ``SPLIT.split.links`` (the same of words with
punctuation split off) and ``SPLIT.labels`` (the phenomena of each pair). No sentence of one split stands in another.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from grammar import Example, examples
from seq2seq.alignment.links import format_links
from seq2seq.corpus.lines import read_text_lines, write_lines
from seq2seq.errors import DataError

__all__ = ["SPLITS", "generate", "write_splits"]

SPLITS = {"train": 20_000, "valid": 500, "test": 500, "long": 200}
_SHORTEST_LONG, _LONGEST = 25, 40  # source words


def generate() -> dict[str, list[Example]]:
    """Return all splits, the same on every machine.

    Evaluation splits are drawn first, so that train can avoid their sentences.
    """
    seen: set[str] = set()
    order = ("test", "long", "valid", "train")
    splits = {split: list(_unseen(split, SPLITS[split], seen)) for split in order}
    return {split: splits[split] for split in SPLITS}


def _unseen(split: str, count: int, seen: set[str]) -> Iterator[Example]:
    for example in examples(split, long=split == "long"):
        words = len(example.source.split())
        text = example.source.lower()
        if words > _LONGEST or (split == "long" and words < _SHORTEST_LONG) or text in seen:
            continue
        seen.add(text)
        yield example
        count -= 1
        if not count:
            return


def write_splits(splits: Mapping[str, Sequence[Example]], folder: Path) -> list[Path]:
    """Write the files of each split, and return those that changed.

    A file that already holds its lines is left alone: zlib compresses differently on different machines.

    Raises:
        DataError: A file cannot be written.
    """
    changed = []
    for split, pairs in splits.items():
        files = {
            "en": [pair.source for pair in pairs],
            "fr": [pair.target for pair in pairs],
            "links": [format_links(pair.links) for pair in pairs],
            "split.links": [format_links(pair.split_links) for pair in pairs],
            "labels": [" ".join(pair.labels) for pair in pairs],
        }
        for ending, lines in files.items():
            path = folder / f"{split}.{ending}.gz"
            if not _holds(path, lines):
                write_lines(path, lines)
                changed.append(path)
    return changed


def _holds(path: Path, lines: list[str]) -> bool:
    try:
        return read_text_lines(path) == lines
    except DataError:  # missing, or damaged
        return False
