"""Where sentence pairs come from: a SOURCE string to `SentencePair`s, and on to memory-mapped Arrow.

A SOURCE is one of

- a prefix: ``DIR/train`` with the config's languages (``DIR/train.en[.gz]`` and ``DIR/train.fr[.gz]``),
  or with its own, ``DIR/train.{en,fr}``;
- two paths: ``A.en,B.fr``;
- a TSV (``.tsv``, ``.tsv.gz``): source, tab, target;
- any other file: ``source ||| target`` lines.

A relative SOURCE that is not found from the working directory is looked for under ``$SEQ2SEQ_DATA``,
then among the corpora fetched by name (`fetch`) and the one that comes with the program (`builtin`).
"""

import hashlib
import itertools
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seq2seq.corpus.builtin import builtin_corpus
from seq2seq.corpus.fetch import CATALOGUE, corpora_directory
from seq2seq.corpus.lines import Problems, open_binary, read_blocks, read_lines
from seq2seq.errors import DataError
from seq2seq.files import atomic_directory, cache_directory

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Pairs", "SentencePair", "Source", "find_file", "find_source", "load_pairs", "parallel_lines"]

_FORMAT = "pairs-3"  # part of every fingerprint: change it when reading changes


class SentencePair(NamedTuple):
    """A sentence and its translation."""

    source: str
    target: str


@dataclass(frozen=True)
class Pairs:
    """Sentence pairs in memory-mapped Arrow.

    Attributes:
        dataset: columns ``source``, ``target`` and ``line``, the pair's line number in its file.
        fingerprint: changes when the content does.
        origins: each file and the number of pairs from it, in the order of the rows.
    """

    dataset: "Dataset"
    fingerprint: str
    origins: tuple[tuple[Path, int], ...]

    def __len__(self) -> int:
        return len(self.dataset)

    def where(self, row: int) -> str:
        """``path:line`` of a pair."""
        first = 0
        for path, count in self.origins:
            if row < first + count:
                return f"{path}:{self.dataset[row]['line']}"
            first += count
        raise IndexError(row)


class Source(NamedTuple):
    """The files behind a SOURCE: two parallel ones, or one with a separator between its columns."""

    files: tuple[Path, ...]
    separator: str | None


def find_source(source: str, languages: Sequence[str]) -> Source:
    """Resolve a SOURCE string to files.

    Raises:
        DataError: nothing fits; the message lists what was looked for.
    """
    looked_for: list[Path] = []
    cache = corpora_directory()  # nothing a user put there by hand, so not worth telling
    for root in _roots(source):
        one = root / source
        if one.is_file():
            return Source((one,), "\t" if re.search(r"\.tsv(\.gz)?$", source) else "|||")
        names = _two_names(source, languages)
        found = [_existing(root / name) for name in names]
        if found[0] and found[1]:
            return Source((found[0], found[1]), None)
        if not root.is_relative_to(cache):
            looked_for += [one, *(root / name for name, path in zip(names, found, strict=True) if path is None)]
    ways = (
        [] if os.environ.get("SEQ2SEQ_DATA") else ["set SEQ2SEQ_DATA to a directory of corpora to name them from there"]
    )
    if (name := source.split("/")[0]) in CATALOGUE:
        ways.insert(0, f"fetch it with `seq2seq data fetch {name}`")
    hint = f"; {', or '.join(ways)}" if ways else ""
    raise DataError(f"{source}: no such corpus: looked for {', '.join(map(str, looked_for))} (also .gz){hint}")


def _roots(name: str) -> Iterator[Path]:
    """Where a corpus or a file of that name may stand, the first place first."""
    yield Path()
    if named := os.environ.get("SEQ2SEQ_DATA"):
        yield Path(named)
    if name.startswith("builtin/"):
        yield builtin_corpus().parent
    else:
        yield corpora_directory()


def find_file(name: str) -> Path:
    """A file by its path, or under one of the places where corpora are looked for; an existing path wins."""
    for root in _roots(name):
        if (root / name).exists():
            return root / name
    return Path(name)


def _two_names(source: str, languages: Sequence[str]) -> list[str]:
    braces = re.fullmatch(r"(.*)\{([^{},]+),([^{},]+)\}(.*)", source)
    if braces:
        head, first, second, tail = braces.groups()
        return [head + first + tail, head + second + tail]
    if source.count(",") == 1:
        return source.split(",")
    return [f"{source}.{language}" for language in languages]


def _existing(path: Path) -> Path | None:
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def parallel_lines(first: Path, second: Path, problems: Problems) -> Iterator[tuple[int, str, str, bool]]:
    """Line number, both lines, and whether both were valid UTF-8, of two files read side by side.

    Raises:
        DataError: one file has more lines than the other.
    """
    pairs = itertools.zip_longest(read_lines(first, problems), read_lines(second, problems))
    number = 0
    for number, (left, right) in enumerate(pairs, 1):
        if left is None or right is None:
            break
        yield number, left[0], right[0], left[1] and right[1]
    else:
        return
    rest = sum(1 for _ in pairs)
    shorter, longer = (first, second) if left is None else (second, first)
    raise DataError(
        f"{longer} has {number + rest} lines but {shorter} has {number - 1}: "
        "line i of one must translate line i of the other; nothing was read"
    )


def _column_lines(path: Path, separator: str, problems: Problems) -> Iterator[tuple[int, str, str, bool]]:
    for number, (text, valid) in enumerate(read_lines(path, problems), 1):
        columns = [column.strip(" ") for column in text.split(separator)] if text.strip() else ["", ""]
        if len(columns) != 2:
            shown = "tab" if separator == "\t" else "'|||'"
            raise DataError(
                f"{path}:{number}: expected source and target with one {shown} between, found {len(columns)} column(s)"
            )
        yield number, columns[0], columns[1], valid


def read_pairs(source: Source, problems: Problems) -> Iterator[tuple[int, SentencePair]]:
    """The usable pairs of a SOURCE with their line numbers.

    Pairs with an empty side or invalid UTF-8 are left out, both sides together, and counted.

    Raises:
        DataError: different line counts, or a line without its two columns.
    """
    where = source.files[0]
    if source.separator is None:
        lines = parallel_lines(source.files[0], source.files[1], problems)
    else:
        lines = _column_lines(where, source.separator, problems)
    for number, left, right, valid in lines:
        if not left.strip() or not right.strip():
            problems.add("pairs with an empty side (left out)", f"{where}:{number}")
        elif valid:
            yield number, SentencePair(left, right)


def _fingerprint(source: Source) -> str:
    digest = hashlib.sha256(f"{_FORMAT} {source.separator}".encode())
    for path in source.files:
        digest.update(b"\0file\0")
        with open_binary(path) as stream:
            for block in read_blocks(stream, str(path)):
                digest.update(block)
    return digest.hexdigest()[:32]


def load_pairs(sources: str | Sequence[str], languages: Sequence[str], problems: Problems) -> Pairs:
    """All pairs of one SOURCE or several.

    Each SOURCE is converted once into the cache, under a fingerprint of its content; what was found
    wrong with it is kept beside it and reported every time.

    Raises:
        DataError: a SOURCE does not exist, is malformed, or holds no usable pair.
    """
    from datasets import Dataset, concatenate_datasets

    parts, fingerprints, origins = [], [], []
    for name in [sources] if isinstance(sources, str) else sources:
        source = find_source(name, languages)
        folder = cache_directory("pairs") / _fingerprint(source)
        if not folder.is_dir():
            _convert(source, folder)
        for kind, count, file, line in json.loads((folder / "problems.json").read_text(encoding="utf-8")):
            problems.add(kind, f"{source.files[file]}:{line}", count)
        parts.append(Dataset.from_file(str(folder / "pairs.arrow")))
        fingerprints.append(folder.name)
        origins.append((source.files[0], len(parts[-1])))
        if not len(parts[-1]):
            raise DataError(f"{name}: holds no usable sentence pair")
    if not parts:
        raise DataError("an empty list of SOURCEs holds no sentence pair")
    fingerprint = hashlib.sha256(" ".join(fingerprints).encode()).hexdigest()[:32]
    return Pairs(concatenate_datasets(parts), fingerprint, tuple(origins))


def _convert(source: Source, folder: Path) -> None:
    """Write the Arrow file and the problems of a SOURCE into `folder`, all or nothing."""
    from datasets import Features, Value
    from datasets.arrow_writer import ArrowWriter

    with atomic_directory(folder) as temporary:
        problems = Problems()
        features = Features({"source": Value("string"), "target": Value("string"), "line": Value("int64")})
        with ArrowWriter(path=str(temporary / "pairs.arrow"), features=features) as writer:
            for number, pair in read_pairs(source, problems):
                writer.write({**pair._asdict(), "line": number})
            writer.finalize()
        # Not the files' names: the same content may be found at another place tomorrow.
        names, rows = list(map(str, source.files)), []
        for kind, (count, where) in problems.found.items():
            name, line = where.rsplit(":", 1)
            rows.append((kind, count, names.index(name), int(line)))
        (temporary / "problems.json").write_text(json.dumps(rows), encoding="utf-8")
