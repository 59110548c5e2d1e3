"""The built-in corpus as files: four splits of the grammar's pairs, written once into the cache.

    train 20,000 · valid 500 · test 500 · long 200 (25 to 40 source words)

Beside the two texts stand ``SPLIT.links`` (gold word links, Pharaoh) and ``SPLIT.labels`` (the
phenomena of each pair). No sentence of one split stands in another.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from seq2seq.alignment.links import format_links
from seq2seq.corpus.grammar import Example, examples
from seq2seq.corpus.lines import write_lines
from seq2seq.errors import DataError
from seq2seq.files import atomic_directory, bundled, cache_directory

__all__ = ["SPLITS", "builtin_corpus", "generate"]

SPLITS = {"train": 20_000, "valid": 500, "test": 500, "long": 200}
_SHORTEST_LONG, _LONGEST = 25, 40  # source words
_GRAMMAR = Path(__file__).parent / "grammar"


def generate() -> dict[str, list[Example]]:
    """All splits, the same on every machine. Evaluation splits are drawn first, so that train can avoid them."""
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


@cache
def _fingerprint() -> str:
    digest = hashlib.sha256(repr((SPLITS, _SHORTEST_LONG, _LONGEST)).encode())
    for path in sorted([*bundled("data").glob("*.tsv"), *_GRAMMAR.glob("*.py")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def builtin_corpus() -> Path:
    """The directory of the corpus' files, generated where they are not there yet.

    Raises:
        DataError: the cache cannot be written to.
    """
    folder = cache_directory("builtin") / _fingerprint() / "builtin"
    if folder.is_dir():
        return folder
    try:
        with atomic_directory(folder.parent) as temporary:
            (temporary / folder.name).mkdir()
            for split, pairs in generate().items():
                stem = temporary / folder.name / split
                write_lines(stem.with_suffix(".en"), (pair.source for pair in pairs))
                write_lines(stem.with_suffix(".fr"), (pair.target for pair in pairs))
                write_lines(stem.with_suffix(".links"), (format_links(pair.links) for pair in pairs))
                write_lines(stem.with_suffix(".labels"), (" ".join(pair.labels) for pair in pairs))
    except OSError as error:
        raise DataError(f"{folder}: cannot be written: {error.strerror}") from None
    return folder
