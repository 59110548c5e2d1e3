"""From tokens to written words, and from what they express to word links.

A `Token` says which concepts it expresses; two words, one of each language, are linked when they
share one. Written words are what spaces separate: where elision or contraction makes one word of
two, it expresses what both did.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

__all__ = ["Concept", "Token", "links", "phrase", "write"]

Concept = tuple[int, str]  # a node of the tree, and its role there

_SHORTENED = {"can": "ca", "will": "wo"}  # before n't: can't, won't
_CONTRACTIONS = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}


@dataclass(frozen=True)
class Token:
    """A word, or part of one.

    Attributes:
        text: as it stands before a consonant.
        concepts: what it expresses.
        before_vowel: what it becomes before a vowel; with an apostrophe at its end it joins the next word.
        article: whether ``de`` and ``à`` contract with it.
        aspirated: begins with a consonant in speech, whatever its letter: the h of "house", the u of "useful".
        glued: belongs to the word before it, as a comma does.
        attached: what it is written as when it joins the word before it: "n't" of "do not", "'s" of "he is".
    """

    text: str
    concepts: frozenset[Concept] = frozenset()
    before_vowel: str = ""
    article: bool = False
    aspirated: bool = False
    glued: bool = False
    attached: str = ""


def phrase(text: str, *concepts: Concept, aspirated: bool = False) -> list[Token]:
    """Return a token for each word of a text, all of which express the same."""
    return [Token(word, frozenset(concepts), aspirated=aspirated and not i) for i, word in enumerate(text.split())]


def _vowel_sound(token: Token) -> bool:
    text = token.text.lower()
    first = unicodedata.normalize("NFD", text)[0]
    return not token.aspirated and (first in "aeiouhœ" or text == "y")


def _joined(first: Token, second: Token, text: str) -> Token:
    """Return two tokens as one word, which begins like the first."""
    return Token(text, first.concepts | second.concepts, aspirated=first.aspirated, glued=first.glued)


def write(sentence: Sequence[Token]) -> tuple[list[Token], set[str]]:
    """Return the written words, the first with a capital, and the names of what joined words on the way."""
    words: list[Token] = []
    seen: set[str] = set()
    for token in reversed(sentence):  # from the end: what a word becomes depends on the one after it
        text, joins, change = _written(token, words[-1]) if words else (token.text, False, "")
        if joins:
            words[-1] = _joined(token, words[-1], text)
        else:
            words.append(replace(token, text=text))
        seen |= {change} - {""}
    words.reverse()
    words[0] = replace(words[0], text=words[0].text[0].upper() + words[0].text[1:])
    return words, seen


def _written(token: Token, following: Token) -> tuple[str, bool, str]:
    """Return what a word becomes before another, whether the two are one word then, and what that is called."""
    if following.glued:
        return token.text + following.text, True, ""
    if following.attached:
        return _SHORTENED.get(token.text, token.text) + following.attached, True, "english-contraction"
    if token.text == "si" and following.text in ("il", "ils"):
        return "s'" + following.text, True, "elision"
    if token.before_vowel and _vowel_sound(following):
        elided = token.before_vowel.endswith("'")
        return token.before_vowel + following.text * elided, elided, "elision" * elided
    if following.article and (token.text, following.text) in _CONTRACTIONS:
        return _CONTRACTIONS[token.text, following.text], True, "contraction"
    return token.text, False, ""


def links(source: Iterable[Token], target: Sequence[Token]) -> list[tuple[int, int]]:
    """Return the pairs of indices, source first, of words that express something in common."""
    return [(i, j) for i, left in enumerate(source) for j, right in enumerate(target) if left.concepts & right.concepts]
