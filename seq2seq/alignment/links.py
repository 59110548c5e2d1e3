"""Hard word links in the formats that aligners and annotators use.

Pharaoh: a line a sentence, such as ``0-0 1?2``: source index first, both from 0; ``?`` or ``p`` marks a possible link.
NAACL (Mihalcea and Pedersen 2003, section 3): a line a link, such as ``18 1 2 P``: sentence, source and target, all
from 1, and whether the link is sure (``S``, also where nothing is said) or possible (``P``); word 0 is the empty word.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from seq2seq.alignment.alignment import Alignment, Link
from seq2seq.errors import ConfigError, DataError
from seq2seq.words import counted

__all__ = [
    "Gold",
    "Link",
    "LinkLines",
    "check_base",
    "check_links",
    "check_range",
    "format_links",
    "links",
    "parse_links",
    "parse_weights",
    "read_links",
]

logger = logging.getLogger(__name__)


def links(alignment: Alignment, threshold: float | None = None) -> list[Link]:
    """Return the links of an alignment, (source, target) from 0, sorted; see `Alignment.links`."""
    return alignment.links(threshold)


def format_links(pairs: Iterable[Link], weight: Callable[[Link], float] | None = None) -> str:
    """Return the links of a sentence as a line in Pharaoh format, such as ``0-0 1-2``: source-target.

    Args:
        pairs: the links.
        weight: gives the weight that is to follow each link: ``0-0:0.9312``.
    """
    return " ".join(f"{link[0]}-{link[1]}" + (f":{weight(link):.4f}" if weight else "") for link in pairs)


@dataclass(frozen=True)
class Gold:
    """The links that people drew in a sentence.

    Attributes:
        sure: those of which they are sure.
        possible: all that they accept, the sure ones among them.
    """

    sure: frozenset[Link]
    possible: frozenset[Link]


_WEIGHT = r"(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?"
_LINK = re.compile(rf"(\d{{1,9}})([-?p])(\d{{1,9}})(?::({_WEIGHT}))?", re.ASCII | re.IGNORECASE)
_NAACL = re.compile(r"(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})(?:\s+([SP]))?(?:\s+[\d.]+)?", re.ASCII | re.IGNORECASE)
_MOST_SENTENCES = 1_000_000  # of a file in NAACL format, where one wrong number would make as many empty ones
_SHOWN = 40  # characters of what is no link: it may be a binary file's
_MANY = 10  # so many links from 0, none of which is of a first word, are not to be believed


def parse_links(line: str, where: str, one_based: bool = False, option: str = "--one-based") -> Gold:
    """Read a line in Pharaoh format: ``0-0`` is a sure link, ``1?2`` or ``1p2`` a possible one.

    A weight that follows a link, as in ``0-0:0.93``, is not read.

    Args:
        line: the links of a sentence, source index first, with spaces between.
        where: what an error calls the line: its file and number, say.
        one_based: whether the first word is number 1, not 0.
        option: what says so on the command line.

    Raises:
        DataError: a word of the line is no link, or an index of it has more than nine digits or is 0 where words are
            counted from 1.
    """
    found = list(_parsed(line, where, one_based, option))
    return Gold(frozenset(link for link, is_sure, _ in found if is_sure), frozenset(link for link, _, _ in found))


def parse_weights(line: str, where: str) -> dict[Link, float]:
    """Read a line in Pharaoh format, from 0: each link, be it sure or possible, has the weight that follows it, or 1.

    Args:
        line: the links of a sentence, source index first, with spaces between.
        where: what an error calls the line: its file and number, say.

    Raises:
        DataError: a word of the line is no link, or an index of it has more than nine digits.
    """
    return {link: weight for link, _, weight in _parsed(line, where)}


def _parsed(
    line: str, where: str, one_based: bool = False, option: str = "--one-based"
) -> Iterator[tuple[Link, bool, float]]:
    """Yield each link of a line, whether it is a sure one, and its weight."""
    for word in line.split():
        found = _LINK.fullmatch(word)
        if not found:
            raise DataError(f"{where}: {_shown(word)} is no link such as 0-0 (sure) or 0?0 (possible)")
        link = (int(found[1]) - one_based, int(found[3]) - one_based)
        if -1 in link:
            raise DataError(f"{where}: {word!r} has the index 0, but {option} says that words are counted from 1")
        yield link, found[2] == "-", float(found[4] or 1)


class LinkLines(NamedTuple):
    """The lines of a file of links, in either format.

    Attributes:
        name: what errors call the file.
        lines: its lines.
        one_based: whether words of Pharaoh links are counted from 1; None is from 0, which is checked. It is None for
            NAACL links, which count from 1 in any case.
        option: what says so on the command line.
    """

    name: str
    lines: Sequence[str]
    one_based: bool | None = None
    option: str = "--one-based"

    @property
    def naacl(self) -> bool:
        """Whether the first line that holds anything is a link in NAACL format."""
        first = next((line for line in self.lines if line.strip()), "")
        return _NAACL.fullmatch(first.strip()) is not None

    @property
    def base(self) -> int:
        """The number that the file gives the first word of a sentence."""
        return int(self.naacl or self.one_based or False)

    def place(self, sentence: int, link: Link) -> str:
        """Return the place of a link of a sentence, which is numbered from 1: the file's name and the line."""
        if not self.naacl:
            return f"{self.name}:{sentence}"
        wanted = (sentence, link[0] + 1, link[1] + 1)
        numbers = (re.findall(r"\d+", line)[:3] for line in self.lines)
        line = next(line for line, found in enumerate(numbers, 1) if tuple(map(int, found)) == wanted)
        return f"{self.name}:{line}"


def read_links(file: LinkLines, sentences: int | None = None) -> list[Gold]:
    """Return the links of each sentence of a file in Pharaoh or NAACL format.

    Args:
        file: its lines.
        sentences: how many sentences there are. A file in NAACL format does not tell: by default, the last one that
            has a link is the last; otherwise a warning says so if it names fewer.

    Raises:
        ConfigError: how words are counted is said of a file in NAACL format.
        DataError: a line holds something else; there is another number of sentences; or Pharaoh links that should be
            counted from 0 seem to be counted from 1 (see `check_base`).
    """
    if file.naacl:
        if file.one_based is not None:
            option = file.option if file.one_based else _zero_based(file.option)
            raise ConfigError(f"{option}: {file.name} is in NAACL format, which counts words from 1; leave it out")
        return _read_naacl(file, sentences)
    if sentences is not None and sentences != len(file.lines):
        raise DataError(
            f"{file.name} has {counted(len(file.lines), 'line')} for {counted(sentences, 'sentence')}: "
            "line i must hold the links of sentence i"
        )
    one_based = file.one_based or False
    found = [parse_links(line, f"{file.name}:{i}", one_based, file.option) for i, line in enumerate(file.lines, 1)]
    if file.one_based is None:
        advice = f"say so ({file.option}), or that they are not ({_zero_based(file.option)})"
        check_base(file.name, (link for gold in found for link in gold.possible), advice)
    return found


def _zero_based(option: str) -> str:
    return option.replace("one", "zero")


def check_base(name: str, drawn: Iterable[Link], advice: str) -> None:
    """Refuse links that should be counted from 0, if there are ten or more and none is of a first word.

    Args:
        name: what an error calls their file.
        drawn: the links, which are read up to the first link of a first word.
        advice: what an error says to do.

    Raises:
        DataError: they seem to be counted from 1.
    """
    count = 0
    for count, link in enumerate(drawn, 1):  # noqa: B007
        if 0 in link:
            return
    if count >= _MANY:
        raise DataError(
            f"{name}: none of {counted(count, 'link')} has the index 0, so words seem to be counted from 1; {advice}"
        )


def _read_naacl(file: LinkLines, sentences: int | None) -> list[Gold]:
    sure: dict[int, set[Link]] = {}
    possible: dict[int, set[Link]] = {}
    most = _MOST_SENTENCES if sentences is None else sentences
    named = set()
    for i, line in enumerate(file.lines, 1):
        if not line.strip():
            continue
        found = _NAACL.fullmatch(line.strip())
        where = f"{file.name}:{i}"
        if not found:
            raise DataError(f"{where}: {_shown(line)} is no link such as '1 1 2 S': sentence, source, target, S or P")
        sentence, source, target = (int(number) for number in found.groups()[:3])
        if not 1 <= sentence <= most:
            raise DataError(f"{where}: a link of sentence {sentence}, but sentences are numbered from 1 to {most:,}")
        named.add(sentence)
        if source and target:
            possible.setdefault(sentence, set()).add((source - 1, target - 1))
            if found[4] not in ("P", "p"):
                sure.setdefault(sentence, set()).add((source - 1, target - 1))
    if sentences is not None and len(named) < sentences:
        logger.warning(
            f"{file.name}: has links of {len(named):,} of {counted(sentences, 'sentence')}: the others count as having "
            "none"
        )
    last = sentences if sentences is not None else max(possible, default=0)
    return [Gold(frozenset(sure.get(i, ())), frozenset(possible.get(i, ()))) for i in range(1, last + 1)]


def check_links(file: LinkLines, found: Iterable[Gold], words: Iterable[tuple[int, int]], hint: str) -> None:
    """Refuse a file's links of words that its sentences do not have; see `check_range`.

    Args:
        file: the file.
        found: the links that `read_links` found in it.
        words: how many words the source and the target of each sentence have.
        hint: what an error advises.

    Raises:
        DataError: an index is too large; the link is told as the file has it, with its line.
    """
    for sentence, (gold, counts) in enumerate(zip(found, words, strict=True), 1):
        for link in sorted(gold.possible):
            if _is_beyond(link, counts):
                check_range([link], counts, file.place(sentence, link), hint, file.base)


def check_range(drawn: Iterable[Link], words: tuple[int, int], where: str, hint: str, base: int = 0) -> None:
    """Refuse links of words that a sentence does not have.

    Args:
        drawn: the links.
        words: how many words the source and the target have.
        where: what an error calls the line of links.
        hint: what an error advises.
        base: the number that the line gives the first word.

    Raises:
        DataError: an index is too large.
    """
    for link in drawn:
        if _is_beyond(link, words):
            side, count = ("source", words[0]) if link[0] >= words[0] else ("target", words[1])
            there = f"the {side} has {counted(count, 'word')}, counted from {base}"
            raise DataError(f"{where}: link {link[0] + base}-{link[1] + base}: {there}; {hint}")


def _is_beyond(link: Link, words: tuple[int, int]) -> bool:
    return link[0] >= words[0] or link[1] >= words[1]


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
