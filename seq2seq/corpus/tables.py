"""Sentence pairs from tables with named columns: CSV, JSON lines, Parquet, and data sets of the Hugging Face hub.

The two columns are those that the SOURCE names (``?source=COLUMN&target=COLUMN``), else those named as the
languages, else ``source`` and ``target``, at the top or inside a column ``translation`` (the hub's
convention, ``translation: {en: …, fr: …}``). A dot reaches into a nested column: ``translation.en``.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from seq2seq.corpus.lines import Problems, read_lines
from seq2seq.errors import DataError
from seq2seq.words import counted

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["TABLES", "Table", "column_pairs", "hub_dataset", "hub_table"]

_DELIMITERS = ",;\t"
_ROWS = 1000
_LONGEST_LIST = 300  # characters of a message that names columns

Column = tuple[str, ...]  # a name, or one inside another


class Row(NamedTuple):
    """A record: its line (or, where there are no lines, its row, from 1), columns, and whether it was valid UTF-8."""

    number: int
    columns: Mapping[str, Any]
    valid: bool


class Table(NamedTuple):
    """Columns and records of a table.

    Attributes:
        columns: all there are, a repeated name as often as it stands there; None where only the records tell.
        rows: reads the records, with at least the top-level columns of these names.
    """

    columns: list[Column] | None
    rows: Callable[[Sequence[str]], Iterator[Row]]


def _csv(path: Path, problems: Problems) -> Table:
    """Read records under a header; the delimiter is what the header has most of: comma, semicolon or tab."""
    lines = read_lines(path, problems)
    header, valid = next(lines, ("", True))
    if not valid:
        raise DataError(f"{path}:1: the header is not valid UTF-8; save the table as UTF-8")
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        names = next(csv.reader([header], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise DataError(f"{path}:1: not a header of a CSV table: {_csv_reason(error)}") from None
    return Table([(name,) for name in names], lambda _: _csv_rows(path, names, delimiter, lines))


def _csv_rows(path: Path, names: list[str], delimiter: str, lines: Iterator[tuple[str, bool]]) -> Iterator[Row]:
    valid = True

    def texts() -> Iterator[str]:
        nonlocal valid
        for text, good in lines:
            valid = valid and good
            yield text + "\n"

    rows, number = csv.reader(texts(), delimiter=delimiter, strict=True), 2
    try:
        for values in rows:
            if values and len(values) != len(names):
                raise DataError(f"{path}:{number}: {counted(len(values), 'column')} where the header has {len(names)}")
            yield Row(number, dict(zip(names, values, strict=False)), valid)
            number, valid = rows.line_num + 2, True
    except csv.Error as error:
        raise DataError(f"{path}:{number}: not a CSV record: {_csv_reason(error)}") from None


def _csv_reason(error: csv.Error) -> str:
    if "new-line" in str(error):
        return "a carriage return stands in it; end lines with LF or CRLF"
    return str(error)


def _json(path: Path, problems: Problems) -> Table:
    """Read one JSON object a line."""
    return Table(None, lambda _: _json_rows(path, problems))


def _json_rows(path: Path, problems: Problems) -> Iterator[Row]:
    for number, (text, valid) in enumerate(read_lines(path, problems), 1):
        if not text.strip():
            continue
        try:
            record = json.loads(text, parse_int=_unread_number)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: not JSON: {error.msg} at column {error.colno}") from None
        except RecursionError:
            raise DataError(f"{path}:{number}: not JSON that can be read: its brackets are nested too deeply") from None
        if not isinstance(record, dict):
            raise DataError(f"{path}:{number}: one JSON object a line is expected, found {type(record).__name__}")
        yield Row(number, record, valid)


def _unread_number(_: str) -> int:
    """Stand for any whole number: none is ever used, and Python refuses to read one of thousands of digits."""
    return 0


def _parquet(path: Path, problems: Problems) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def rows(names: Sequence[str]) -> Iterator[Row]:
        try:
            with pq.ParquetFile(path) as table:
                yield from _arrow_rows(table.iter_batches(_ROWS, columns=list(names)), str(path))
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path}: cannot be read as Parquet: {_first_line(error)}") from None

    try:
        return Table(_arrow_columns(pq.read_schema(path)), rows)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {_first_line(error)}") from None


def hub_dataset(name: str, config: str | None, split: str, revision: str | None) -> "Dataset":
    """Load a data set of the hub, downloaded once by `datasets`, or a local directory in the hub's layout.

    Raises:
        DataError: It cannot be loaded; the message tells which configs or splits there are.
    """
    import datasets

    if not name:
        raise DataError("hub: names no data set; hub:OWNER/NAME is expected")
    if name.startswith((".", "/")) and not Path(name).is_dir():
        raise DataError(f"hub:{name}: no such directory; a data set of the hub is called OWNER/NAME")
    try:
        with _no_progress_bars():
            return cast("Dataset", datasets.load_dataset(name, config, split=split, revision=revision))
    except Exception as error:  # the hub's client lets its own, httpx', fsspec's and the builders' errors through
        raise DataError(f"hub:{name}: {_first_line(error)}") from None


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Keep `datasets` from drawing its bars, and leave them afterwards as the caller had them."""
    from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    before = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not before:
            enable_progress_bars()


def hub_table(dataset: "Dataset", where: str) -> Table:
    """Return the records of a data set; only the columns asked for are decoded (others may be images)."""

    def rows(names: Sequence[str]) -> Iterator[Row]:
        chosen = dataset.select_columns(list(names)).with_format("arrow")
        yield from _arrow_rows(chosen.iter(batch_size=_ROWS), where)

    return Table(_arrow_columns(dataset.features.arrow_schema), rows)


def _arrow_columns(schema: Any) -> list[Column]:
    import pyarrow as pa

    found: list[Column] = []
    for field in schema:
        nested = pa.types.is_struct(field.type)
        found += [(field.name, inner.name) for inner in field.type] if nested else [(field.name,)]
    return found


def _arrow_rows(batches: Iterable[Any], where: str) -> Iterator[Row]:
    number = 0
    for batch in batches:
        try:
            records = batch.to_pylist()
        except UnicodeDecodeError:
            last = number + batch.num_rows
            raise DataError(f"{where}: one of the records {number + 1} to {last} is not valid UTF-8") from None
        for number, record in enumerate(records, number + 1):  # noqa: B020
            yield Row(number, record, True)


TABLES: dict[str, Callable[[Path, Problems], Table]] = {
    ".csv": _csv, ".json": _json, ".jsonl": _json, ".parquet": _parquet,
}  # fmt: skip


def column_pairs(
    table: Table,
    where: str,
    named: tuple[str | None, str | None],
    languages: Sequence[str],
    problems: Problems,
) -> Iterator[tuple[int, str, str, bool]]:
    """Yield number, both texts, and whether they were valid UTF-8, of each record.

    Args:
        table: the records.
        where: the file's or data set's name, for messages.
        named: the columns of source and target that the user named; None leaves one to convention.
        languages: the languages of source and target, which are the first convention.
        problems: counts line breaks inside a text, which become spaces: a sentence is one line everywhere else.

    Raises:
        DataError: There are no such columns, a name stands for several, or a column does not hold text.
    """
    known: dict[Column, None] = dict.fromkeys(table.columns or ())
    chosen = _choose(known, named, languages)
    if table.columns and chosen is None:
        raise _no_columns(where, known, named, languages)
    for column in chosen or ():
        if (table.columns or []).count(column) > 1:
            raise DataError(
                f"{where}: several columns are called '{'.'.join(column)}'; rename the others, or choose two others "
                f"by name: {where}?source=COLUMN&target=COLUMN"
            )
    number = 0
    for number, record, valid in table.rows(sorted({column[0] for column in chosen or ()})):
        if chosen is None:  # as long as no record had them: these have an empty side
            known |= dict.fromkeys(_columns_of(record))
            chosen = _choose(known, named, languages)
        texts = [_text(record, column, f"{where}:{number}") for column in chosen or ()] or ["", ""]
        lines = [" ".join(text.splitlines()) if "\n" in text or "\r" in text else text for text in texts]
        if lines != texts:
            problems.add("pair with a line break inside (made a space)", f"{where}:{number}")
        if valid and any(_has_surrogate(line) for line in lines):
            problems.add("pair with half a character (a lone surrogate; left out)", f"{where}:{number}")
            valid = False  # noqa: PLW2901
        yield number, lines[0], lines[1], valid
    if number and chosen is None:
        raise _no_columns(where, known, named, languages)


def _choose(
    known: Mapping[Column, None], named: tuple[str | None, str | None], languages: Sequence[str]
) -> tuple[Column, Column] | None:
    """Return both columns by one convention, or as named; None where they are not, or not yet, known."""
    for convention in (languages, ("source", "target")):
        for parent in ((), ("translation",)):
            sides = []
            for name, default in zip(named, convention, strict=True):
                wanted = [(*parent, default)] if name is None else [(name,), tuple(name.split(".", 1))]
                sides += [column for column in wanted if column in known][:1]
            if len(sides) == 2 and sides[0] != sides[1]:
                return sides[0], sides[1]
    return None


def _no_columns(
    where: str, known: Iterable[Column], named: tuple[str | None, str | None], languages: Sequence[str]
) -> DataError:
    there = ", ".join(".".join(column) for column in known)
    there = there if len(there) <= _LONGEST_LIST else f"{there[:_LONGEST_LIST]}…"
    sought = " and ".join(f"'{name or default}'" for name, default in zip(named, languages, strict=True))
    usual = "" if any(named) else " (or 'source' and 'target')"
    return DataError(
        f"{where}: no columns {sought}{usual}; there are: {there}; name them: {where}?source=COLUMN&target=COLUMN"
    )


def _columns_of(record: Mapping[str, Any]) -> Iterator[Column]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from ((name, inner) for inner in value)
        elif value is not None:
            yield (name,)


def _text(record: Mapping[str, Any], column: Column, where: str) -> str:
    value: Any = record
    for name in column:
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"{where}: column '{'.'.join(column)}' holds {type(value).__name__}, not text")
    return value


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
