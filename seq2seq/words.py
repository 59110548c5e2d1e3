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

__all__ = ["SPLITTING", "counted", "join_marks", "split_words", "word_spans"]

SPLITTING = 2  # the version of the rules by which punctuation is split off: what was made by others is made again

_WORD = re.compile(r"[^ \t]+")

# Over a text of stand-ins (see `_Shapes`): letters, digits and spaces are ASCII, marks stand for themselves.
_ENDING = "['’](?:s|m|re|ve|ll|d)(?![0-9a-z])"  # dog's, we're
_ELIDED = "(?:[a-z]+[-‐‑])*(?:[a-z]{1,2}|[a-z]*qu|aujourd|entr)"  # l'eau, jusqu'à, hors-d'œuvre
_JOINT = (
    rf"[-‐‑·_&@]|(?!{_ENDING})['’]"  # T-shirt, don't
    r"|(?<=[0-9])[,:](?=[0-9])"  # 3,5
    r"|(?-i:(?<![a-z]{2})\.|\.(?![A-Z]))"  # p.m., U.S., seq2seq.py, but not "a shirt.The"
)
_PART = re.compile(
    rf"{_ENDING}|(?<![^ \t])['’]t(?![0-9a-z])"  # both by themselves, too: do n't, don 't
    rf"|{_ELIDED}(?!{_ENDING}|['’]t(?![0-9a-z]))['’]"
    rf"|[0-9a-z]+(?:(?:{_JOINT})[0-9a-z]+)*"
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
            hyphen, stop or apostrophe between letters, as in ``T-shirt``, ``p.m`` and ``don't``, and a comma or colon
            between digits, as in ``3,5``, split nothing. No-break spaces and control characters split. Characters that
            change how another one looks, such as accents and joiners, stay with it.

            Words that were split off stay as they are when they are split again, and so do most of other tokenisers,
            but for those that end in a mark, such as ``Mr.``, or begin with an apostrophe, such as ``'clock``: units of
            text that another program has split are better counted by its spaces.
    """
    if not split_punctuation:
        return [match.span() for match in _WORD.finditer(text)]
    shape = text.translate(_SHAPES)
    if _ATTACHED not in shape and _JOINER not in shape:
        return [match.span() for match in _PART.finditer(shape)]
    shape = _UNATTACHED.sub("a", shape)
    shape = _JOINED.sub(_ATTACHED * 2, shape).replace(_JOINER, _ATTACHED)
    places = [place for place, char in enumerate(shape) if char != _ATTACHED]
    places.append(len(text))
    return [(places[a], places[b]) for a, b in (m.span() for m in _PART.finditer(shape.replace(_ATTACHED, "")))]


_ATTACHED, _JOINER = "\x00", "\x01"  # no text of stand-ins holds any other control character
_UNATTACHED = re.compile(rf"(?<![^ \t])[{_ATTACHED}{_JOINER}]")  # there is nothing before it
_JOINED = re.compile(rf"{_JOINER}[^\x00-\x7f]")  # the parts of an emoji


class _Shapes(dict[int, str]):
    """The stand-in of each character, found when it is first met.

    A capital, another letter, a number and a space are ``A``, ``a``, ``0`` and a space if they are not ASCII, and a
    control character is a space. A mark stands for itself.
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category[0] == "Z" or category == "Cc":
            shape = " "
        elif code == 0x200D:
            shape = _JOINER
        elif category[0] == "M" or category == "Cf":
            shape = _ATTACHED
        elif char.isascii() or category[0] not in "LN":
            shape = char
        else:
            shape = "0" if category[0] == "N" else "A" if category == "Lu" else "a"
        self[code] = shape
        return shape


_SHAPES = _Shapes()

# What is written to the word before, and what to the word after.
_CLOSING = re.compile(r"[.,:;!?)\]}%…”]+|'|(?:['’](?:s|m|re|ve|ll|d|t)|n['’]t)", re.IGNORECASE)
_OPENING = re.compile(rf"[(\[{{“]|{_ELIDED}['’]", re.IGNORECASE)
_SHORTENED = re.compile(r".*s|[cdjlmnt]|.*qu", re.IGNORECASE)  # the apostrophe of "girls '" and "l '" quotes nothing


def join_marks(
    text: str, spans: Sequence[tuple[int, int]], joined: Callable[[str], bool]
) -> tuple[str, list[tuple[int, int]]]:
    """Return a tokenised text without the spaces at its marks, and where its words are then.

    ``The dog 's ball , l' homme .`` becomes ``The dog's ball, l'homme.``; words keep their number and their spelling. A
    mark that is written to what follows it, as the first one of ``the 'red' ball``, is not joined to the word before.

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
    before, opened = "", False
    quotes = _apostrophes(text, spans)
    for begin, end in spans:
        word, gap = text[begin:end], text[last:begin]
        closes = _CLOSING.fullmatch(word) and _is_free(text, end) and joined(word)
        if before and (opened or quotes.get(begin, closes)):
            gap = ""
        parts += gap, word
        length += len(gap)
        places.append((length, length + len(word)))
        length += len(word)
        before, last, opened = word, end, quotes.get(begin) is False or _OPENING.fullmatch(word) is not None
    return "".join([*parts, text[last:]]), places


def _apostrophes(text: str, spans: Sequence[tuple[int, int]]) -> dict[int, bool]:
    """Return where the apostrophes are that quote, with spaces around them, and whether each closes a quotation."""
    marks = [number for number, (begin, end) in enumerate(spans) if text[begin:end] == "'"]
    found: dict[int, bool] = {}
    is_open = False
    for number in marks:
        begin, end = spans[number]
        if not (_is_free(text, begin - 1) and _is_free(text, end)):
            is_open = not _is_free(text, end)
        elif is_open or (number != marks[-1] and not _SHORTENED.fullmatch(text[slice(*spans[max(0, number - 1)])])):
            found[begin] = is_open
            is_open = not is_open
    return found


def _is_free(text: str, place: int) -> bool:
    """Return whether there is a space at a place of a text, or the text does not reach it."""
    return not 0 <= place < len(text) or text[place].isspace()


def counted(number: int, what: str) -> str:
    """Return a number and what it counts: ``1 pair``, ``2,000 pairs``.

    Args:
        number: how many there are.
        what: begins with a noun in the singular whose plural ends in s; more words may follow.
    """
    noun, space, rest = what.partition(" ")
    return f"{number:,} {noun}{'' if number == 1 else 's'}{space}{rest}"
