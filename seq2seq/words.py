"""What a word is, everywhere in this package: a run of characters that holds neither a space nor a tab.

`str.split` would also split at no-break spaces, which French puts inside "20 %" and before "!", and at
separators such as U+2028 and U+0085. SentencePiece splits text at spaces alone once its normalisation has made
tabs into spaces. Word links, sampled segmentations and counts of words agree only if all of them use this module.
Where punctuation has to be apart, as in a picture of an alignment, words are split further here as well, and text that
comes split is joined as people write it.
`counted` says a count in words for every message.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

__all__ = ["counted", "join_marks", "split_words", "word_spans"]

_WORD = re.compile(r"[^ \t]+")

# Over a text in which what is beyond ASCII is written as "a" (letters, digits, combining marks) or a space (any space).
_ENDING = "['’](?:s|m|re|ve|ll|d)(?![0-9a-z])"  # dog's, we're
_CORE = "[0-9a-z]+(?:[-‐‑.,:·_&@][0-9a-z]+)*"  # also T-shirt and 3,5
_PART = re.compile(
    rf"{_ENDING}"
    rf"|{_CORE}['’]t(?![0-9a-z])"  # don't
    rf"|{_CORE}(?!{_ENDING})['’](?=[0-9a-z])"  # l'eau
    r"|(?:[a-z]{1,2}|[a-z]*qu)['’](?![0-9a-z])"  # l' and jusqu' by themselves
    rf"|{_CORE}"
    r"|([^ \t])\1*",  # a run of one mark
    re.IGNORECASE,
)


def split_words(text: str, split_punctuation: bool = False) -> list[str]:
    """Return the words of a text; see `word_spans`."""
    if not split_punctuation:
        return _WORD.findall(text)
    return [text[begin:end] for begin, end in word_spans(text, split_punctuation)]


def word_spans(text: str, split_punctuation: bool = False) -> list[tuple[int, int]]:
    """Return where each word of a text begins and ends: ``text[begin:end]`` is the word.

    Args:
        text: any text.
        split_punctuation: whether marks are words of their own: ``(the dog's T-shirt...)`` is then
            ``( the dog 's T-shirt ... )``, and ``l'eau`` is ``l' eau``. A run of one and the same mark is one word. A
            hyphen, stop or comma between letters or digits, as in ``T-shirt`` and ``3,5``, splits nothing. Text that is
            split already stays as it is, but for words that end in a mark, such as ``Mr.``. No-break spaces split too.
    """
    if not split_punctuation:
        return [match.span() for match in _WORD.finditer(text)]
    return [match.span() for match in _PART.finditer("".join(map(_shape, text)))]


def _shape(char: str) -> str:
    """Return the character that stands for another one in `_PART`'s text."""
    if char.isascii():
        return char
    category = unicodedata.category(char)[0]
    return "a" if category in "LMN" else " " if category == "Z" else char


_CLOSING = re.compile(
    r"[.,:;!?)\]}%…”]+|'|(?:['’](?:s|m|re|ve|ll|d|t)|n['’]t)", re.IGNORECASE
)  # what is written to the word before
_OPENING = re.compile(r"[(\[{“]|(?:[a-z]{1,2}|[a-z]*qu)['’]", re.IGNORECASE)  # what is written to the word after


def join_marks(
    text: str, spans: Sequence[tuple[int, int]], joined: Callable[[str], bool]
) -> tuple[str, list[tuple[int, int]]]:
    """Return a tokenised text without the spaces at its marks, and where its words are then.

    ``The dog 's ball , l' homme .`` becomes ``The dog's ball, l'homme.``; words keep their number and their spelling.

    Args:
        text: any text.
        spans: where its words begin and end.
        joined: whether a mark is to be joined to the word before. Where a full stop is not, the text stays as it is.
    """
    if not joined("."):
        return text, list(spans)
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    length = last = 0
    before = ""
    for begin, end in spans:
        word, gap = text[begin:end], text[last:begin]
        closes = _CLOSING.fullmatch(word) and joined(word)
        if before and (closes or _OPENING.fullmatch(before)):
            gap = ""
        parts += gap, word
        length += len(gap)
        places.append((length, length + len(word)))
        length += len(word)
        before, last = word, end
    return "".join([*parts, text[last:]]), places


def counted(number: int, what: str) -> str:
    """Return a number and what it counts: ``1 pair``, ``2,000 pairs``.

    Args:
        number: how many there are.
        what: begins with a noun in the singular whose plural ends in s; more words may follow.
    """
    noun, space, rest = what.partition(" ")
    return f"{number:,} {noun}{'' if number == 1 else 's'}{space}{rest}"
