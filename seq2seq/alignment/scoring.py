"""Scores of word links against those that people drew: alignment error rate, precision, recall and F1."""

from collections.abc import Iterable
from dataclasses import dataclass

from seq2seq.alignment.alignment import Link
from seq2seq.alignment.links import Gold, LinkLines, read_links
from seq2seq.errors import DataError
from seq2seq.words import counted

__all__ = ["LinkScores", "score_link_files", "score_links"]


@dataclass(frozen=True)
class LinkScores:
    """The scores of word links, in per cent, over all sentences together; see `score_links`.

    Attributes:
        aer: the alignment error rate; better when lower.
        precision: the share of the links found that are possible.
        recall: the share of the sure links that were found.
        f1: the harmonic mean of precision and recall.
        sentences: how many sentences were compared.
    """

    aer: float
    precision: float
    recall: float
    f1: float
    sentences: int


def score_links(
    found: Iterable[Iterable[Link]], gold: Iterable[Gold], *, names: tuple[str, str] = ("found", "gold")
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
    links_found = possible = sure = wanted = sentences = 0
    for drawn, true in zip(found, gold, strict=True):
        own = set(drawn)
        links_found, wanted = links_found + len(own), wanted + len(true.sure)
        possible, sure = possible + len(own & true.possible), sure + len(own & true.sure)
        sentences += 1
    if not links_found:
        raise DataError(f"{names[0]}: holds no link such as 0-0: there is nothing to score")
    if not wanted:
        raise DataError(f"{names[1]}: holds no sure link such as 0-0: there is nothing to score against")
    precision, recall = possible / links_found, sure / wanted
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    aer = 1 - (sure + possible) / (links_found + wanted)
    return LinkScores(100 * aer, 100 * precision, 100 * recall, 100 * f1, sentences)


def score_link_files(found: LinkLines, gold: LinkLines) -> LinkScores:
    """Compare two files of links, each in Pharaoh or NAACL format; see `read_links` and `score_links`.

    Raises:
        DataError: see these; or there are different numbers of sentences.
    """
    counts = [(file.name, len(file.lines)) for file in (found, gold) if not file.naacl]
    if len(counts) == 2 and counts[0][1] != counts[1][1]:
        (one, many), (other, few) = sorted(counts, key=lambda named: -named[1])
        raise DataError(
            f"{one} has {counted(many, 'line')} but {other} has {few:,}: line i of one must link the sentence of line "
            "i of the other; nothing was scored"
        )
    sentences = counts[0][1] if counts else max(len(read_links(file)) for file in (found, gold))
    drawn = [links.possible for links in read_links(found, sentences)]
    return score_links(drawn, read_links(gold, sentences), names=(found.name, gold.name))
