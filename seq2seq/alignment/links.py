"""Hard word links in the formats that aligners and annotators use.

Pharaoh: a line a sentence, such as ``0-0 1?2``: source index first, both from 0; ``?`` or ``p`` marks a possible link.
NAACL (Mihalcea and Pedersen 2003, section 3): a line a link, such as ``18 1 2 P``: sentence, source and target, all
from 1, and whether the link is sure (``S``, also where nothing is said) or possible (``P``); word 0 is the empty word.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from seq2seq.alignment.alignment import Alignment, Link
from seq2seq.errors import DataError
from seq2seq.words import counted

__all__ = ["Gold", "Link", "LinkLines", "check_range", "format_links", "links", "parse_links", "read_links"]


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


_LINK = re.compile(r"(\d{1,9})([-?p])(\d{1,9})(?::\d*\.?\d+(?:e[-+]?\d+)?)?", re.ASCII | re.IGNORECASE)
_NAACL = re.compile(r"(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})(?:\s+([SP]))?(?:\s+[\d.]+)?", re.ASCII)
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
    sure, possible = set(), set()
    for word in line.split():
        found = _LINK.fullmatch(word)
        if not found:
            raise DataError(f"{where}: {_shown(word)} is no link such as 0-0 (sure) or 0?0 (possible)")
        link = (int(found[1]) - one_based, int(found[3]) - one_based)
        if -1 in link:
            raise DataError(f"{where}: {word!r} has the index 0, but {option} says that words are counted from 1")
        possible.add(link)
        if found[2] == "-":
            sure.add(link)
    return Gold(frozenset(sure), frozenset(possible))


class LinkLines(NamedTuple):
    """The lines of a file of links, in either format.

    Attributes:
        name: what errors call the file.
        lines: its lines.
        one_based: whether words of Pharaoh links are counted from 1; None is from 0, which is checked.
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


def read_links(file: LinkLines, sentences: int | None = None) -> list[Gold]:
    """Return the links of each sentence of a file in Pharaoh or NAACL format.

    Args:
        file: its lines.
        sentences: how many sentences there are. A file in NAACL format does not tell: by default, the last one that
            has a link is the last.

    Raises:
        DataError: a line holds something else; there is another number of sentences; or Pharaoh links that should be
            counted from 0 seem to be counted from 1, since there are ten or more and none is of a first word.
    """
    if file.naacl:
        return _read_naacl(file, sentences)
    if sentences is not None and sentences != len(file.lines):
        raise DataError(
            f"{file.name} has {counted(len(file.lines), 'line')} but there are {counted(sentences, 'sentence')}: "
            "line i must hold the links of sentence i"
        )
    one_based = file.one_based or False
    found = [parse_links(line, f"{file.name}:{i}", one_based, file.option) for i, line in enumerate(file.lines, 1)]
    if file.one_based is None:
        _check_base(file, found)
    return found


def _check_base(file: LinkLines, found: Sequence[Gold]) -> None:
    drawn = sum(len(gold.possible) for gold in found)
    if drawn >= _MANY and not any(0 in link for gold in found for link in gold.possible):
        raise DataError(
            f"{file.name}: none of {counted(drawn, 'link')} has the index 0, so words seem to be counted from 1; say "
            f"so ({file.option}), or that they are not ({file.option.replace('one', 'zero')})"
        )


def _read_naacl(file: LinkLines, sentences: int | None) -> list[Gold]:
    sure: dict[int, set[Link]] = {}
    possible: dict[int, set[Link]] = {}
    most = _MOST_SENTENCES if sentences is None else sentences
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
        if source and target:
            possible.setdefault(sentence, set()).add((source - 1, target - 1))
            if found[4] != "P":
                sure.setdefault(sentence, set()).add((source - 1, target - 1))
    last = sentences if sentences is not None else max(possible, default=0)
    return [Gold(frozenset(sure.get(i, ())), frozenset(possible.get(i, ()))) for i in range(1, last + 1)]


def check_range(drawn: Iterable[Link], words: tuple[int, int], where: str, hint: str) -> None:
    """Refuse links of words that a sentence does not have.

    Args:
        drawn: the links.
        words: how many words the source and the target have.
        where: what an error calls the line of links.
        hint: what an error advises.

    Raises:
        DataError: an index is too large.
    """
    for link in drawn:
        for index, count, side in zip(link, words, ("source", "target"), strict=True):
            if index >= count:
                there = f"the {side} has {counted(count, 'word')}, counted from 0"
                raise DataError(f"{where}: link {link[0]}-{link[1]}: {there}; {hint}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
