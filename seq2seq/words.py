"""What a word is, everywhere in this package: a run of characters that holds neither a space nor a tab.

`str.split` would also split at no-break spaces, which French puts inside "20 %" and before "!", and at
separators such as U+2028 and U+0085. SentencePiece splits text at spaces alone once its normalisation has made
tabs into spaces. Word links, sampled segmentations and counts of words agree only if all of them use this module.
`counted` says a count in words for every message.
"""

import re

__all__ = ["counted", "split_words", "word_spans"]

_WORD = re.compile(r"[^ \t]+")


def split_words(text: str) -> list[str]:
    """Return the words of a text."""
    return _WORD.findall(text)


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where each word of a text begins and ends: ``text[begin:end]`` is the word."""
    return [match.span() for match in _WORD.finditer(text)]


def counted(number: int, what: str) -> str:
    """Return a number and what it counts: ``1 pair``, ``2,000 pairs``.

    Args:
        number: how many there are.
        what: begins with a noun in the singular whose plural ends in s; more words may follow.
    """
    noun, space, rest = what.partition(" ")
    return f"{number:,} {noun}{'' if number == 1 else 's'}{space}{rest}"
