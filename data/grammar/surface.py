"""From tokens to written words, and from what they express to word links.

A `Token` says which concepts it expresses; two words, one of each language, are linked when they
share one. Written words are what spaces separate: where elision or contraction makes one word of
two, it expresses what both did. Where punctuation and elisions are split off again (`split_links`),
each part expresses its own.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from seq2seq.words import word_spans

__all__ = ["Concept", "Token", "links", "phrase", "split_links", "write"]

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
        parts: of what was joined, how many letters of it express what; none of a token that is one whole.
    """

    text: str
    concepts: frozenset[Concept] = frozenset()
    before_vowel: str = ""
    article: bool = False
    aspirated: bool = False
    glued: bool = False
    attached: str = ""
    parts: tuple[tuple[int, frozenset[Concept]], ...] = ()


def phrase(text: str, *concepts: Concept, aspirated: bool = False) -> list[Token]:
    """Return a token for each word of a text, all of which express the same."""
    return [Token(word, frozenset(concepts), aspirated=aspirated and not i) for i, word in enumerate(text.split())]


def _vowel_sound(token: Token) -> bool:
    text = token.text.lower()
    first = unicodedata.normalize("NFD", text)[0]
    return not token.aspirated and (first in "aeiouhœ" or text == "y")


def _joined(first: Token, second: Token, text: str) -> Token:
    """Return two tokens as one word, which begins like the first."""
    concepts, end = first.concepts | second.concepts, second.attached or second.text
    if text.endswith(end):
        parts = ((len(text) - len(end), first.concepts), *(second.parts or ((len(end), second.concepts),)))
    else:  # a contraction
        parts = ((len(text), concepts),)
    return Token(text, concepts, aspirated=first.aspirated, glued=first.glued, parts=parts)


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


def links(source: Iterable["Token | _Unit"], target: Sequence["Token | _Unit"]) -> list[tuple[int, int]]:
    """Return the pairs of indices, source first, of words that express something in common."""
    return [(i, j) for i, left in enumerate(source) for j, right in enumerate(target) if left.concepts & right.concepts]


class _Unit(NamedTuple):
    text: str
    concepts: frozenset[Concept]


def split_links(source: Sequence[Token], target: Sequence[Token]) -> list[tuple[int, int]]:
    """Return the links of words with punctuation and elisions split off (`seq2seq.words.word_spans`).

    They are those that express something in common; and of marks that express nothing, commas say, the first of one
    sentence and the first of the other, the second and the second, …, if both have equally many.
    """
    units = _units(source), _units(target)
    found = set(links(*units))
    for mark in sorted({unit.text for unit in units[0] if not unit.concepts and not unit.text.isalnum()}):
        places = [[i for i, unit in enumerate(side) if unit == (mark, frozenset())] for side in units]
        if len(places[0]) == len(places[1]):
            found |= set(zip(*places, strict=True))
    return sorted(found)


def _units(words: Sequence[Token]) -> list[_Unit]:
    """Return the units of a sentence: each expresses what the parts of words do that it has letters of."""
    letters = [
        concepts
        for word in words
        for length, concepts in (*(word.parts or ((len(word.text), word.concepts),)), (1, frozenset[Concept]()))
        for _ in range(length)
    ]
    text = " ".join(word.text for word in words)
    return [
        _Unit(text[begin:end], frozenset().union(*letters[begin:end]))
        for begin, end in word_spans(text, split_punctuation=True)
    ]
