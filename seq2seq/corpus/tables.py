"""Sentence pairs from tables with named columns: CSV, JSON lines, Parquet, and data sets of the Hugging Face hub.

Which two columns: those the SOURCE names (``?source=COLUMN&target=COLUMN``), else those named as the
languages, else ``source`` and ``target``, each at the top or inside a column ``translation`` (the hub's
convention, ``translation: {en: …, fr: …}``). A dot reaches into a nested column: ``translation.en``.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from seq2seq.corpus.lines import Problems, read_lines
from seq2seq.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["TABLES", "column_pairs", "hub_dataset", "hub_rows"]

_DELIMITERS = ",;\t"


class Row(NamedTuple):
    """One record: its line (or, where there are no lines, its row, from 1), columns, and whether it was valid UTF-8."""

    number: int
    columns: Mapping[str, Any]
    valid: bool


def _csv_rows(path: Path, problems: Problems) -> Iterator[Row]:
    """Records under a header; the delimiter is what the header has most of: comma, semicolon or tab."""
    valid = True

    def texts() -> Iterator[str]:
        nonlocal valid
        for text, good in read_lines(path, problems):
            valid = valid and good
            yield text + "\n"

    lines = texts()
    header = next(lines, "")
    rows = csv.reader([header], delimiter=max(_DELIMITERS, key=header.count))
    names = next(rows, [])
    rows = csv.reader(lines, delimiter=rows.dialect.delimiter, strict=True)
    number = 2
    try:
        for values in rows:
            if values and len(values) != len(names):
                raise DataError(f"{path}:{number}: {len(values)} column(s) where the header has {len(names)}")
            yield Row(number, dict(zip(names, values, strict=True)) if values else dict.fromkeys(names, ""), valid)
            number, valid = rows.line_num + 2, True
    except csv.Error as error:
        raise DataError(f"{path}:{number}: not a CSV record: {error}") from None


def _json_rows(path: Path, problems: Problems) -> Iterator[Row]:
    """One JSON object a line."""
    for number, (text, valid) in enumerate(read_lines(path, problems), 1):
        if not text.strip():
            continue
        try:
            record = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: not JSON: {error.msg} at column {error.colno}") from None
        if not isinstance(record, dict):
            raise DataError(f"{path}:{number}: one JSON object a line is expected, found {type(record).__name__}")
        yield Row(number, record, valid)


def _parquet_rows(path: Path, problems: Problems) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            yield from _arrow_rows(table.iter_batches())
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {_first_line(error)}") from None


def hub_dataset(name: str, config: str | None, split: str, revision: str | None) -> "Dataset":
    """A data set of the hub, or a local directory in the hub's layout, downloaded once by `datasets`.

    Raises:
        DataError: it cannot be had; the message tells which configs or splits there are.
    """
    import datasets

    try:
        return cast("Dataset", datasets.load_dataset(name, config, split=split, revision=revision))
    except Exception as error:  # the hub's client lets its own, httpx', fsspec's and the builders' errors through
        raise DataError(f"hub:{name}: {_first_line(error)}") from None


def hub_rows(dataset: "Dataset") -> Iterator[Row]:
    """The records of a data set."""
    yield from _arrow_rows(dataset.with_format("arrow").iter(batch_size=1000))


def _arrow_rows(batches: Iterable[Any]) -> Iterator[Row]:
    number = 0
    for batch in batches:
        for number, record in enumerate(batch.to_pylist(), number + 1):  # noqa: B020
            yield Row(number, record, True)


TABLES = {".csv": _csv_rows, ".json": _json_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}


def column_pairs(
    rows: Iterable[Row],
    where: str,
    columns: tuple[str | None, str | None],
    languages: Sequence[str],
    problems: Problems,
) -> Iterator[tuple[int, str, str, bool]]:
    """Number, both texts, and whether they were valid UTF-8, of each record.

    Args:
        rows: the records.
        where: the file's or data set's name, for messages.
        columns: names given by the user; None: by convention.
        languages: of the source and the target, which are the first convention.
        problems: gets line breaks inside a text, which become spaces: a sentence is one line everywhere else.

    Raises:
        DataError: there are no such columns, or one holds no text.
    """
    paths: list[tuple[str, ...]] = []
    for number, record, valid in rows:
        paths = paths or [
            _find(record, columns[side], (languages[side], ("source", "target")[side]), where) for side in (0, 1)
        ]
        texts = [_text(record, path, f"{where}:{number}") for path in paths]
        lines = [" ".join(text.splitlines()) if "\n" in text or "\r" in text else text for text in texts]
        if lines != texts:
            problems.add("pairs with a line break inside (made a space)", f"{where}:{number}")
        yield number, lines[0], lines[1], valid


def _find(record: Mapping[str, Any], named: str | None, conventions: Sequence[str], where: str) -> tuple[str, ...]:
    """The path of a column, from the first record."""
    known: list[tuple[str, ...]] = []
    for name, value in record.items():
        known += [(name, inner) for inner in value] if isinstance(value, dict) else [(name,)]
    if named is not None:
        wanted = [(named,), tuple(named.split(".", 1))]
    else:
        wanted = [path for name in conventions for path in ((name,), ("translation", name))]
    for path in wanted:
        if path in known:
            return path
    there = ", ".join(".".join(path) for path in known)
    sought = f"'{named}'" if named is not None else " or ".join(f"'{name}'" for name in conventions)
    raise DataError(f"{where}: no column {sought}; there are: {there}; name them: {where}?source=COLUMN&target=COLUMN")


def _text(record: Mapping[str, Any], path: tuple[str, ...], where: str) -> str:
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"{where}: column '{'.'.join(path)}' holds {type(value).__name__}, not text")
    return value


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
