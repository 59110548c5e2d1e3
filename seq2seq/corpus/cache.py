"""Tables that are made once, and from then on memory-mapped from the cache as Arrow.

Each is a directory with the rows, facts about them, and a checksum of both, which is compared whenever the table is
loaded: a damaged cache would otherwise be trained on in silence.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.files import atomic_directory, cache_directory, reading_from_cache, writing_to_cache

if TYPE_CHECKING:
    from datasets import Dataset, Features
    from datasets.arrow_writer import ArrowWriter

__all__ = ["cached_table"]


def cached_table(
    kind: str, name: str, features: "Features", fill: Callable[["ArrowWriter"], dict[str, Any]]
) -> tuple["Dataset", dict[str, Any]]:
    """Return a table from the cache, and what `fill` told about it when it was made.

    Args:
        kind: The directory of the cache that holds all tables of a kind.
        name: Tells the table from all others of its kind.
        features: The columns and their types.
        fill: Writes the rows of a table that is not there yet, and returns facts about it that JSON can hold.

    Raises:
        DataError: The cache cannot be written, or the table in it is damaged.
    """
    from datasets import Dataset
    from datasets.arrow_writer import ArrowWriter

    folder = cache_directory(kind) / name
    rows, facts = "rows.arrow", "facts.json"
    if not folder.is_dir():
        # Another process may be first: its table is as good.
        with writing_to_cache(), contextlib.suppress(FileExistsError), atomic_directory(folder) as temporary:
            with ArrowWriter(path=str(temporary / rows), features=features) as writer:
                told = fill(writer)
                writer.finalize()
            checksum = _checksum(temporary / rows, told)
            (temporary / facts).write_text(json.dumps({"facts": told, "checksum": checksum}), encoding="utf-8")
    with reading_from_cache(folder):
        content = json.loads((folder / facts).read_text(encoding="utf-8"))
        if _checksum(folder / rows, content["facts"]) != content["checksum"]:
            raise ValueError("its checksum does not match")
        return Dataset.from_file(str(folder / rows)), content["facts"]


def _checksum(rows: Path, facts: dict[str, Any]) -> str:
    """Return the SHA-256 of a table's file and its facts."""
    with rows.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update(json.dumps(facts).encode())
    return digest.hexdigest()
