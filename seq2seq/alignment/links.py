"""Hard word links, their Pharaoh format (``0-0 1-2``: source index first, both from 0), and their error rate."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seq2seq.alignment.alignment import Alignment
from seq2seq.errors import DataError

__all__ = ["Gold", "Link", "LinkScores", "format_links", "links", "parse_links", "score_links"]

Link = tuple[int, int]


def links(alignment: Alignment) -> list[Link]:
    """Return hard links: each target word with the source word to which it gives most weight.

    Link (s, t) is drawn where s is the argmax of row t, so that each target word has one link at most
    (Garg et al. 2019 read attention as an alignment in this way). The end tokens take part on neither side. A target
    word without any weight has no link. Of equal weights, that of the first source word counts.

    Returns:
        (source, target) indices from 0, sorted.
    """
    words = alignment.without_end(renormalise=False)
    if not words.weights_TS.size:
        return []
    best = words.weights_TS.argmax(axis=1)
    return sorted((int(s), t) for t, s in enumerate(best) if words.weights_TS[t, s] > 0)


def format_links(pairs: Iterable[Link]) -> str:
    """Return the links of a sentence as a line in Pharaoh format, such as ``0-0 1-2``: source-target."""
    return " ".join(f"{source}-{target}" for source, target in pairs)


@dataclass(frozen=True)
class Gold:
    """The links that people drew in a sentence.

    Attributes:
        sure: those of which they are sure.
        possible: all that they accept, the sure ones among them.
    """

    sure: frozenset[Link]
    possible: frozenset[Link]


_LINK = re.compile(r"(\d{1,9})([-?p])(\d{1,9})", re.ASCII)
_SHOWN = 40  # characters of what is no link: it may be a binary file's


def parse_links(line: str, where: str) -> Gold:
    """Read a line in Pharaoh format: ``0-0`` is a sure link, ``1?2`` or ``1p2`` a possible one.

    Args:
        line: the links of a sentence, source index first, from 0, with spaces between.
        where: what an error calls the line: its file and number, say.

    Raises:
        DataError: a word of the line is no link, or an index of it has more than nine digits.
    """
    sure, possible = set(), set()
    for word in line.split():
        found = _LINK.fullmatch(word)
        if not found:
            shown = word if len(word) <= _SHOWN else f"{word[:_SHOWN]}…"
            raise DataError(f"{where}: {shown!r} is no link such as 0-0 (sure) or 0?0 (possible)")
        link = (int(found[1]), int(found[3]))
        possible.add(link)
        if found[2] == "-":
            sure.add(link)
    return Gold(frozenset(sure), frozenset(possible))


@dataclass(frozen=True)
class LinkScores:
    """The scores of word links, in per cent, over all sentences together; see `score_links`.

    Attributes:
        aer: the alignment error rate; better when lower.
        precision: the share of the links found that are possible.
        recall: the share of the sure links that were found.
        sentences: how many sentences were compared.
    """

    aer: float
    precision: float
    recall: float
    sentences: int


def score_links(
    found: Sequence[Iterable[Link]], gold: Sequence[Gold], *, names: tuple[str, str] = ("found", "gold")
) -> LinkScores:
    """Compare links with those that people drew, as Och and Ney 2003 do (section 5, Evaluation Methodology).

    With A the links found, S the sure and P the possible ones of the gold standard (S is a part of P), each counted
    over all sentences:

        AER = 1 - (|A∩S| + |A∩P|) / (|A| + |S|)      precision = |A∩P| / |A|      recall = |A∩S| / |S|

    Args:
        found: the links of each sentence; one that stands there twice counts once.
        gold: the gold standard of each sentence.
        names: what errors call the two: their files, say.

    Raises:
        ValueError: there are different numbers of sentences.
        DataError: no link was found at all, or the gold standard has no sure one.
    """
    links_found = possible = sure = wanted = 0
    for drawn, true in zip(found, gold, strict=True):
        own = set(drawn)
        links_found, wanted = links_found + len(own), wanted + len(true.sure)
        possible, sure = possible + len(own & true.possible), sure + len(own & true.sure)
    if not links_found:
        raise DataError(f"{names[0]}: holds no link such as 0-0: there is nothing to score")
    if not wanted:
        raise DataError(f"{names[1]}: holds no sure link such as 0-0: there is nothing to score against")
    return LinkScores(
        100 * (1 - (sure + possible) / (links_found + wanted)),
        100 * possible / links_found,
        100 * sure / wanted,
        len(gold),
    )
