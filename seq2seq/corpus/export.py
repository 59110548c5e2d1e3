"""A SOURCE of any kind as parallel text files, together with the word links and labels that belong to its pairs."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from seq2seq.corpus.lines import Problems, is_same_file, open_outputs, read_lines
from seq2seq.corpus.sources import Pairs, Source, existing_file, find_source, load_pairs
from seq2seq.errors import DataError
from seq2seq.words import counted

__all__ = ["export"]

logger = logging.getLogger(__name__)

# The endings of files beside a prefix's texts whose line i belongs to pair i.
_ANNOTATIONS = ("links", "split.links", "labels")


def export(source: str, prefix: str | Path, languages: Sequence[str] = ("en", "fr")) -> None:
    """Write the usable pairs of a SOURCE as two text files, ``PREFIX.LANGUAGE``; warnings tell what was left out.

    A SOURCE that is a prefix, ``DIR/train``, may have word links and labels beside its texts
    (``DIR/train.links``, ``DIR/train.split.links`` and ``DIR/train.labels``, also ``.gz``). They are written as well,
    without the lines of pairs that are left out, so that line i of every file belongs to the same pair.
    No file appears before all are complete and on the disk; one that cannot be written is told before
    the SOURCE is read.

    Raises:
        DataError: The SOURCE cannot be read, its links or labels have another number of lines than
            its texts; or a file cannot be written, or is one of the SOURCE.
    """
    problems = Problems()
    found = find_source(source, languages)
    annotations = {ending: path for ending, path in _annotations(found).items() if ending not in languages}
    endings = (*languages, *annotations)
    outputs = [Path(f"{prefix}.{ending}") for ending in endings]
    for output, read in itertools.product(outputs, [*map(Path, found.names), *annotations.values()]):
        if is_same_file(output, read):
            raise DataError(f"{output}: is a file of SOURCE, which it would replace; choose another prefix")
    with open_outputs(outputs) as streams:
        pairs = load_pairs(source, languages, problems)
        beside = (_lines_of_pairs(path, pairs, problems) for path in annotations.values())
        for stream, lines in zip(streams, (_column(pairs, "source"), _column(pairs, "target"), *beside), strict=True):
            stream.writelines(f"{line}\n" for line in lines)
    for ending in endings:
        origin = f", from {annotations[ending]}: those of the same pairs" if ending in annotations else ""
        logger.info(f"{prefix}.{ending}: {counted(len(pairs), 'line')}{origin}")
    problems.log()


def _column(pairs: Pairs, name: str) -> Iterator[str]:
    return (value for batch in pairs.dataset.iter(1000) for value in batch[name])


def _annotations(source: Source) -> dict[str, Path]:
    """Return the files of links and of labels beside the two texts of a prefix, by their endings."""
    stems = {Path(name.removesuffix(".gz")).with_suffix("") for name in source.names}
    if source.kind != "parallel" or len(stems) != 1:
        return {}
    (stem,) = stems
    beside = {ending: existing_file(Path(f"{stem}.{ending}")) for ending in _ANNOTATIONS}
    return {ending: path for ending, path in beside.items() if path}


def _lines_of_pairs(path: Path, pairs: Pairs, problems: Problems) -> Iterator[str]:
    """Yield those lines of a file beside a text that belong to the pairs.

    Raises:
        DataError: The file has more lines than the text, or fewer.
    """
    origin = pairs.origins[0]
    kept = (number for batch in pairs.dataset.iter(1000) for number in batch["number"])
    wanted, number = next(kept), 0
    for number, (line, _) in enumerate(read_lines(path, problems), 1):
        if number == wanted:
            yield line
            wanted = next(kept, 0)
    if number != origin.held:
        raise DataError(
            f"{path} has {counted(number, 'line')} but {origin.path} has {origin.held:,}: "
            "line i of one must belong to line i of the other; nothing was written"
        )
