"""Where sentence pairs come from: a SOURCE string to `SentencePair`s, and on to memory-mapped Arrow.

A SOURCE is one of

- a prefix: ``DIR/train`` with the config's languages (``DIR/train.en[.gz]`` and ``DIR/train.fr[.gz]``),
  or with its own, ``DIR/train.{en,fr}``;
- two paths: ``A.en,B.fr``;
- a TSV (``.tsv``, ``.tsv.gz``): source, tab, target;
- a table with named columns, ``.csv``, ``.json`` or ``.jsonl`` (one object a line; each also ``.gz``),
  ``.parquet``, with ``?source=COLUMN&target=COLUMN`` where the names are not the usual ones (see `tables`);
- a data set of the Hugging Face hub: ``hub:OWNER/NAME?config=CONFIG&split=SPLIT``, also with ``revision``,
  ``source`` and ``target``; the split is ``train`` by default;
- any other file: ``source ||| target`` lines.

A relative SOURCE that is not found from the working directory is looked for under ``$SEQ2SEQ_DATA``,
then among the corpora fetched by name (`fetch`) and those that come with the program (``builtin``).
"""

import hashlib
import itertools
import os
import re
import stat
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seq2seq.corpus.cache import cached_table
from seq2seq.corpus.fetch import CATALOGUE, corpora_directory
from seq2seq.corpus.lines import Problems, open_binary, read_blocks, read_lines
from seq2seq.corpus.tables import TABLES, column_pairs, hub_dataset, hub_table
from seq2seq.errors import DataError
from seq2seq.files import bundled, input_mode
from seq2seq.words import counted

if TYPE_CHECKING:
    from datasets import Dataset
    from datasets.arrow_writer import ArrowWriter

__all__ = [
    "Origin",
    "Pairs",
    "SentencePair",
    "Source",
    "existing_file",
    "find_corpus",
    "find_file",
    "find_source",
    "load_pairs",
    "parallel_lines",
    "required_file",
]

_FORMAT = "pairs-9"  # part of every cache's name: change it when reading changes


class SentencePair(NamedTuple):
    """A sentence and its translation."""

    source: str
    target: str


class Origin(NamedTuple):
    """A file or data set, the number of pairs from it, and how many it holds together with those left out."""

    path: str
    pairs: int
    held: int


@dataclass(frozen=True)
class Pairs:
    """Sentence pairs in memory-mapped Arrow.

    Attributes:
        dataset: columns ``source`` and ``target``; ``line``, the pair's line number in its file; and ``number``, its
            place among all pairs that its file holds, from 1, those that were left out counted.
        fingerprint: changes when a sentence does, and only then; a run recognises its data by it.
        origins: where the pairs are from, in the order of the rows.
    """

    dataset: "Dataset"
    fingerprint: str
    origins: tuple[Origin, ...]

    def __len__(self) -> int:
        return len(self.dataset)

    def where(self, row: int) -> str:
        """Return the ``path:line`` of a pair."""
        first = 0
        for origin in self.origins:
            if row < first + origin.pairs:
                return f"{origin.path}:{self.dataset[row]['line']}"
            first += origin.pairs
        raise IndexError(row)


@dataclass(frozen=True)
class Source:
    """What a SOURCE string stands for.

    Attributes:
        kind: ``parallel`` files; ``.tsv`` or ``|||``, two columns without names; ``hub``, or the ending of a table.
        names: of the files (two parallel ones, or one), or of the data set.
        options: what stood behind the ``?``.
        languages: of the source and the target, which are also what a table's columns are called by convention.
    """

    kind: str
    names: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()

    @cached_property
    def dataset(self) -> "Dataset":
        """The data set of a ``hub`` SOURCE, asked for once."""
        options = self.options
        name = self.names[0].removeprefix("hub:")
        return hub_dataset(name, options.get("config"), options.get("split", "train"), options.get("revision"))


_SEPARATORS = {".tsv": ("\t", "tab"), "|||": ("|||", "'|||'")}  # with what a message calls them
_OPTIONS = ("source", "target")  # of any table
_HUB_OPTIONS = ("config", "split", "revision")


def find_source(source: str, languages: Sequence[str]) -> Source:
    """Resolve a SOURCE string to files.

    Raises:
        DataError: Nothing fits; the message lists what was looked for.
    """
    path, options = _split_options(source)
    if path.startswith("hub:"):
        return Source("hub", (path,), options, tuple(languages))
    looked_for: list[str] = []
    cache = corpora_directory()  # nothing a user put there by hand, so not worth telling
    for root in _roots(path):
        one = root / path
        if _is_file(one):
            ending = Path(path.removesuffix(".gz")).suffix
            if ending in TABLES:
                return Source(ending, (str(one),), options, tuple(languages))
            if options:
                raise DataError(f"{source}: only a table with named columns ({', '.join(TABLES)}) takes options")
            return Source(ending if ending in _SEPARATORS else "|||", (str(one),))
        names = _two_names(path, languages)
        found = [existing_file(root / name) for name in names]
        if found[0] and found[1]:
            return Source("parallel", (str(found[0]), str(found[1])))
        if not root.is_relative_to(cache):
            missing = [one, *(root / name for name, there in zip(names, found, strict=True) if there is None)]
            looked_for += [f"{path} (a directory)" if path.is_dir() else str(path) for path in missing]
    ways = (
        [] if os.environ.get("SEQ2SEQ_DATA") else ["set SEQ2SEQ_DATA to a directory of corpora to name them from there"]
    )
    if (name := path.split("/")[0]) in CATALOGUE:
        ways.insert(0, f"fetch it with `seq2seq data fetch {name}`")
    hint = f"; {', or '.join(ways)}" if ways else ""
    raise DataError(f"{path}: no such corpus: looked for {', '.join(looked_for)} (also .gz){hint}")


def _split_options(source: str) -> tuple[str, dict[str, str]]:
    """Return the part of a SOURCE before ``?``, and the options behind it."""
    path, _, query = source.partition("?")
    options = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    known = (*_OPTIONS, *_HUB_OPTIONS) if path.startswith("hub:") else _OPTIONS
    for name in options:
        if name not in known:
            raise DataError(f"{source}: no option '{name}'; there are: {', '.join(known)}")
    if options.get("source") and options.get("source") == options.get("target"):
        raise DataError(f"{source}: source and target are one column")
    return path, options


def _roots(name: str) -> Iterator[Path]:
    """Yield the directories in which a corpus or a file of that name may stand, the first choice first."""
    yield Path()
    if named := os.environ.get("SEQ2SEQ_DATA"):
        yield Path(named)
    yield bundled("data") if name.startswith("builtin/") else corpora_directory()


def find_file(name: str) -> Path:
    """Return the path of a file, or of the same compressed (``.gz``), under the first place that has it.

    The places are those where corpora are looked for. The name itself is returned where none has such a file.

    Raises:
        DataError: The system refuses to look there (see `input_mode`).
    """
    for root in _roots(name):
        for candidate in (root / name, root / f"{name}.gz"):
            if input_mode(candidate) is not None:
                return candidate
    return Path(name)


def required_file(name: str) -> Path:
    """Return what `find_file` does of a file that must be there.

    Raises:
        DataError: It is not; the message lists where it was looked for. Or the system refuses to look there.
    """
    path = find_file(name)
    if input_mode(path) is None:
        places = dict.fromkeys(str(root / name) for root in _roots(name) if root != corpora_directory())
        raise DataError(f"{name}: no such file: looked for {', '.join(places)} (also .gz)")
    return path


def find_corpus(name: str) -> Path | None:
    """Return the directory that holds all files of a corpus which can be fetched, or None if there is none.

    Raises:
        DataError: The system refuses to look there (see `input_mode`).
    """
    files = [find_file(f"{name}/{file.removesuffix('.gz')}") for file in CATALOGUE[name].files]
    return files[0].parent if all(_is_file(file) for file in files) else None


def _two_names(source: str, languages: Sequence[str]) -> list[str]:
    braces = re.fullmatch(r"(.*)\{([^{},]+),([^{},]+)\}(.*)", source)
    if braces:
        head, first, second, tail = braces.groups()
        return [head + first + tail, head + second + tail]
    if source.count(",") == 1:
        first, second = source.split(",")
        if not first or not second:
            raise DataError(f"{source}: a file name is missing beside the comma; two are expected, as in A.en,B.fr")
        return [first, second]
    return [f"{source}.{language}" for language in languages]


def existing_file(path: Path) -> Path | None:
    """Return the path of a file, or of the same compressed (``.gz``), or None."""
    for candidate in (path, Path(f"{path}.gz")):
        if _is_file(candidate):
            return candidate
    return None


def _is_file(path: Path) -> bool:
    """Whether something other than a directory stands there; `open_readable` refuses what is no regular file."""
    mode = input_mode(path)
    return mode is not None and not stat.S_ISDIR(mode)


def parallel_lines(first: Path, second: Path, problems: Problems) -> Iterator[tuple[int, str, str, bool]]:
    """Yield line number, both lines, and whether both were valid UTF-8, of two files read side by side.

    Raises:
        DataError: One file has more lines than the other.
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
        f"{longer} has {counted(number + rest, 'line')} but {shorter} has {number - 1:,}: "
        "line i of one must translate line i of the other; nothing was read"
    )


def _column_lines(path: Path, kind: str, problems: Problems) -> Iterator[tuple[int, str, str, bool]]:
    separator, shown = _SEPARATORS[kind]
    for number, (text, valid) in enumerate(read_lines(path, problems), 1):
        columns = [column.strip(" ") for column in text.split(separator)] if text.strip() else ["", ""]
        if len(columns) != 2:
            found = counted(len(columns), "column")
            raise DataError(f"{path}:{number}: expected source and target with one {shown} between, found {found}")
        yield number, columns[0], columns[1], valid


def _lines(source: Source, problems: Problems) -> Iterator[tuple[int, str, str, bool]]:
    """Yield line number, source, target, and whether both were valid UTF-8, of all that a SOURCE holds."""
    path = Path(source.names[0])
    if source.kind == "parallel":
        return parallel_lines(path, Path(source.names[1]), problems)
    if source.kind in _SEPARATORS:
        return _column_lines(path, source.kind, problems)
    table = hub_table(source.dataset, source.names[0]) if source.kind == "hub" else TABLES[source.kind](path, problems)
    named = (source.options.get("source"), source.options.get("target"))
    return column_pairs(table, source.names[0], named, source.languages, problems)


def read_pairs(source: Source, problems: Problems) -> Iterator[tuple[int, SentencePair | None]]:
    """Yield the line number of each pair that a SOURCE holds, and the pair, or None where it is left out.

    Pairs with an empty side or invalid UTF-8 are left out, both sides together, and counted.

    Raises:
        DataError: The files have different numbers of lines, or a line does not have two columns.
    """
    for number, left, right, valid in _lines(source, problems):
        if not left.strip() or not right.strip():
            problems.add("pair with an empty side (left out)", f"{source.names[0]}:{number}")
            valid = False  # noqa: PLW2901
        yield number, SentencePair(left, right) if valid else None


def _cache_name(source: Source) -> str:
    """Return a digest of what a SOURCE says about reading and of all its bytes."""
    how = [_FORMAT, source.kind, *sorted(source.options.items()), *source.languages]
    digest = hashlib.sha256(repr(how).encode())
    if source.kind == "hub":
        digest.update(source.dataset._fingerprint.encode())  # of its revision, config and split
        return digest.hexdigest()[:32]
    for name in source.names:
        digest.update(b"\0file\0")
        with open_binary(Path(name)) as stream:
            for block in read_blocks(stream, name):
                digest.update(block)
    return digest.hexdigest()[:32]


def load_pairs(sources: str | Sequence[str], languages: Sequence[str], problems: Problems) -> Pairs:
    """Return all pairs of one SOURCE or several.

    Each SOURCE is converted once into the cache; what was found wrong with it is kept beside it and
    reported every time.

    Raises:
        DataError: A SOURCE does not exist, is malformed or holds no usable pair, or the cache cannot be written or is
            damaged.
    """
    from datasets import Features, Value, concatenate_datasets

    text, integer = Value("string"), Value("int64")
    features = Features({"source": text, "target": text, "line": integer, "number": integer})
    parts, fingerprints, origins = [], [], []
    for name in [sources] if isinstance(sources, str) else sources:
        source = find_source(name, languages)
        part, facts = cached_table("pairs", _cache_name(source), features, partial(_convert, source))
        parts.append(part)
        fingerprints.append(facts["sha256"])
        for kind, count, file, line in facts["problems"]:
            problems.add(kind, f"{source.names[file]}:{line}", count)
        origins.append(Origin(source.names[0], len(part), facts["held"]))
        if not len(part):
            raise DataError(f"{name}: holds no usable sentence pair")
    if not parts:
        raise DataError("an empty list of SOURCEs holds no sentence pair")
    fingerprint = hashlib.sha256(" ".join(fingerprints).encode()).hexdigest()[:32]
    return Pairs(concatenate_datasets(parts), fingerprint, tuple(origins))


def _convert(source: Source, writer: "ArrowWriter") -> dict[str, Any]:
    """Write the pairs of a SOURCE as rows of Arrow, and return the digest of the pairs and what was wrong."""
    problems, digest = Problems(invalid="their pairs are left out"), hashlib.sha256()
    number = 0
    for number, (line, pair) in enumerate(read_pairs(source, problems), 1):
        if pair is not None:
            writer.write({**pair._asdict(), "line": line, "number": number})
            digest.update("\n".join((*pair, "")).encode())
    # Not the files' names: the same content may be found at another place tomorrow.
    rows = []
    for kind, (count, where) in problems.found.items():
        name, first = where.rsplit(":", 1)
        rows.append((kind, count, source.names.index(name), int(first)))
    return {"sha256": digest.hexdigest(), "problems": rows, "held": number}
