"""Word links of training pairs: from files of any aligner, or learned here from the pairs themselves.

Line i of a file of links belongs to pair i of its SOURCE as that is written: pairs that are left out when the SOURCE is
read have their lines too, so that nothing shifts.
"""

import hashlib
import itertools
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.alignment import Link, check_range, parse_links
from seq2seq.config import DataConfig
from seq2seq.corpus.cache import cached_table
from seq2seq.corpus.lines import Problems, open_binary, read_blocks, read_lines
from seq2seq.corpus.sources import Origin, Pairs, required_file
from seq2seq.errors import DataError
from seq2seq.words import SPLITTING, counted, split_words

if TYPE_CHECKING:
    from datasets import Dataset
    from datasets.arrow_writer import ArrowWriter

__all__ = ["LEARNED", "Links", "fingerprint_of_learned", "load_links"]

logger = logging.getLogger(__name__)

LEARNED = "-hmm-"  # is in the fingerprint of learned links, and in no other

_FORMAT = f"links-3-{SPLITTING}"  # part of the name of every file's cache: change it when reading changes
_TELLING = 20  # with so many pairs, the absence of any link to a mark, or to a first word, is no accident


@dataclass(frozen=True)
class Links:
    """The word links of sentence pairs, in memory-mapped Arrow.

    Attributes:
        dataset: row i has the ``links`` of pair i: source unit, target unit, source unit, …, from 0.
        split: whether the units are words with punctuation split off, rather than what spaces separate.
        fingerprint: a run recognises them by it. That of a file's links changes when a link does; that of learned links
            when the pairs, the aligner or the splitting of words do.
        digest: changes when a link does, also a learned one.
    """

    dataset: "Dataset"
    split: bool
    fingerprint: str
    digest: str

    def of_rows(self, rows: NDArray[np.int64]) -> list[list[int]]:
        """Return the links of the pairs in some rows, each as in `dataset`."""
        links: list[list[int]] = self.dataset[rows]["links"]
        return links


def load_links(config: DataConfig, pairs: Pairs) -> Links | None:
    """Return the links that ``data.alignment`` asks for, or None if it asks for none.

    Sure and possible links count alike. A pair without any link teaches nothing.

    Args:
        config: where the links are, and what they count.
        pairs: all pairs of ``data.train``.

    Raises:
        DataError: A file is missing, has another number of lines than its SOURCE has pairs, or has something that is
            no link, or a link of a word that is not there, or no link at all, or none of a first word, or none that
            counts punctuation where that should be split off; or the cache cannot be written or is damaged.
    """
    if config.alignment == "hmm":
        return _learned(pairs)
    files = [required_file(name) if name else None for name in config.links_files]
    if not any(files):
        return None
    dataset, facts = _table(_cache_name(files, config.alignment_units, pairs), partial(_convert, files, config, pairs))
    most = sum(origin.pairs for origin, path in zip(pairs.origins, files, strict=True) if path)
    _tell_linked(facts["linked"], most, len(pairs))
    return Links(dataset, config.alignment_units == "split", facts["sha256"], facts["sha256"])


def fingerprint_of_learned(pairs: Pairs) -> str:
    """Return the fingerprint that links learned from these pairs have; nothing is learned.

    They are recognised by what they are learned from, because sums may differ in the last digit by machine.
    """
    from seq2seq.alignment.hmm import VERSION

    return f"{pairs.fingerprint}{LEARNED}{VERSION}-{SPLITTING}"


def _learned(pairs: Pairs) -> Links:
    """Return links from the statistical aligner, which learns them from these very pairs, once."""
    from seq2seq.alignment.hmm import learn_links

    def learn(writer: "ArrowWriter") -> dict[str, Any]:
        started = time.monotonic()
        logger.info(f"data.alignment: hmm: learning the word links of {counted(len(pairs), 'pair')}")
        words = _split_pairs(pairs)
        facts = _write((own for own, _ in zip(learn_links(words), words, strict=True)), writer)
        logger.info(f"data.alignment: hmm: learned in {time.monotonic() - started:.0f} seconds; kept in the cache")
        return facts

    name = fingerprint_of_learned(pairs)
    dataset, facts = _table(name, learn)
    _tell_linked(facts["linked"], len(pairs), len(pairs))
    return Links(dataset, True, name, facts["sha256"])


def _tell_linked(linked: int, most: int, pairs: int) -> None:
    """Log how many of the pairs have links, of which ``most`` could have some; it is a warning if few of those have."""
    level, few = (logging.WARNING, "only ") if linked < most / 2 else (logging.INFO, "")
    logger.log(level, f"data.alignment: {few}{linked:,} of {counted(pairs, 'pair')} have word links")


def _split_pairs(pairs: Pairs) -> list[tuple[list[str], list[str]]]:
    """Return the words of all pairs, punctuation split off; equal words are one object, which saves much memory."""
    known: dict[str, str] = {}

    def words(text: str) -> list[str]:
        return [known.setdefault(word, word) for word in split_words(text, split_punctuation=True)]

    return [
        (words(source), words(target))
        for batch in pairs.dataset.iter(1000)
        for source, target in zip(batch["source"], batch["target"], strict=True)
    ]


def _table(name: str, fill: Callable[["ArrowWriter"], dict[str, Any]]) -> tuple["Dataset", dict[str, Any]]:
    from datasets import Features, List, Value

    return cached_table("links", name, Features({"links": List(Value("int32"))}), fill)


def _write(links: Iterable[Sequence[Link]], writer: "ArrowWriter") -> dict[str, Any]:
    """Write the links of all pairs, and return their digest and how many pairs have any."""
    digest, linked = hashlib.sha256(), 0
    for own in links:
        flat = list(itertools.chain.from_iterable(own))
        writer.write({"links": flat})
        digest.update(f"{flat}\n".encode())
        linked += bool(flat)
    return {"sha256": digest.hexdigest()[:32], "linked": linked}


def _cache_name(files: Sequence[Path | None], units: str, pairs: Pairs) -> str:
    """Return a digest of what the files hold, of the pairs, and of which of their SOURCEs' pairs those are."""
    numbers_N = pairs.dataset.with_format("numpy", columns=["number"])[:]["number"]
    counts = [(origin.pairs, origin.held) for origin in pairs.origins]
    digest = hashlib.sha256(repr([_FORMAT, units, pairs.fingerprint, counts]).encode())
    digest.update(np.ascontiguousarray(numbers_N).tobytes())
    for path in files:
        digest.update(b"\0file\0")
        if path:
            with open_binary(path) as stream:
                for block in read_blocks(stream, str(path)):
                    digest.update(block)
    return digest.hexdigest()[:32]


def _convert(files: Sequence[Path | None], config: DataConfig, pairs: Pairs, writer: "ArrowWriter") -> dict[str, Any]:
    """Write the links that the files hold of all pairs."""
    rows = (
        row
        for batch in pairs.dataset.iter(1000)
        for row in zip(batch["number"], batch["source"], batch["target"], strict=True)
    )

    def links() -> Iterator[list[Link]]:
        for path, origin in zip(files, pairs.origins, strict=True):
            own = itertools.islice(rows, origin.pairs)
            yield from _read(path, origin, own, config.alignment_units) if path else ([] for _ in own)

    return _write(links(), writer)


def _read(path: Path, origin: Origin, rows: Iterator[tuple[int, str, str]], units: str) -> Iterator[list[Link]]:
    """Yield the links of the pairs of one SOURCE, in order.

    Raises:
        DataError: See `load_links`.
    """
    count = sum(1 for _ in read_lines(path, Problems()))
    if count != origin.held:
        raise DataError(
            f"{path} has {counted(count, 'line')} but {origin.path} holds {counted(origin.held, 'pair')}: line i must "
            "hold the links of pair i, and be empty where there are none; pairs that are left out have their lines too"
        )
    split, linked, first, markable, marked = units == "split", 0, False, 0, False
    hint = f"do the links count from 1, or other words than data.alignment_units: {units}, or is the target first?"
    wanted, source, target = next(rows)
    for number, (line, _) in enumerate(read_lines(path, Problems()), 1):
        links = sorted(parse_links(line, f"{path}:{number}").possible)
        if number == wanted:
            words = len(split_words(source, split)), len(split_words(target, split))
            check_range(links, words, f"{path}:{number}", hint)
            yield links
            linked += bool(links)
            first = first or any(0 in link for link in links)
            if split and links:
                whole = len(split_words(source)), len(split_words(target))
                markable += words[0] > whole[0] or words[1] > whole[1]
                marked = marked or any(link[0] >= whole[0] or link[1] >= whole[1] for link in links)
            wanted, source, target = next(rows, (0, "", ""))
    if not linked:
        raise DataError(f"{path}: no pair of {origin.path} has a link; leave the file out ('' in a list)")
    if linked >= _TELLING and not first:
        raise DataError(f"{path}: no link is of a first word, so words seem to be counted from 1; count them from 0")
    if markable >= _TELLING and not marked:
        raise DataError(f"{path}: no link counts the punctuation that is split off; set data.alignment_units: words")
