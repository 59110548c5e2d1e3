"""Who is meant: what a reader of the English would take differently than the tree means it."""

from collections.abc import Iterator
from typing import Any

from grammar.lexicon import Adjective, Name, Noun, Verb
from grammar.meaning import AdjectivePhrase, Clause, NounPhrase
from grammar.trees import nodes

__all__ = ["contradicts_gender", "repeats_a_name", "says_it_twice"]


def contradicts_gender(sentence: Any) -> bool:
    """Return whether a pronoun seems to stand for somebody whose French noun has the other gender.

    In "the doctor ... her" the reader takes her for the doctor, who is *le médecin*, where nobody else is mentioned
    before that she can be. English leaves the gender of such nouns open: their kind is ``neutral``.
    """
    told: set[bool] = set()  # genders of those who can be meant; True is feminine
    untold: set[bool] = set()  # genders that only French tells
    for np in _noun_phrases(sentence):
        _, plural, feminine = np.agreement
        pronoun = np.head is None and not plural and np.agreement.person == 3 and not np.thing
        genders = [feminine] * pronoun + [np.determiner == "her"] * (np.determiner in ("his", "her"))
        for gender in genders:
            if (not gender) in untold and gender not in told | untold:
                return True
            told.add(gender)
        if isinstance(np.head, Name) and np.head.kind in ("m", "f"):
            told.add(feminine)
        elif isinstance(np.head, Noun) and "person" in np.head.kinds and not plural:
            (untold if "neutral" in np.head.kinds else told).add(feminine)
    return False


def repeats_a_name(sentence: Any) -> bool:
    """Return whether somebody is named twice: Paul hears Paul."""
    names = [np.head for np in _noun_phrases(sentence) if isinstance(np.head, Name) and np.head.kind in ("m", "f")]
    return len(names) > len(set(names))


def says_it_twice(sentence: Any) -> bool:
    """Return whether something is said of a noun that was said of it already: the old house is old, what fell fell."""
    for node in nodes(sentence):
        if isinstance(node, NounPhrase) and len(said := _said_of(node)) > len(set(said)):
            return True
        if isinstance(node, Clause) and node.subject is not None:
            said = _said_of(node.subject) + _predicates(node)
            if len(said) > len(set(said)):
                return True
    return False


def _said_of(np: NounPhrase) -> list[Adjective | Verb]:
    relative = np.relative
    told = _predicates(relative.clause) if relative is not None and relative.role == "subject" else []
    return [node.adjective for node in np.adjectives] + told


def _predicates(clause: Clause) -> list[Adjective | Verb]:
    phrase = clause.phrase
    verb = [phrase.verb] if phrase.verb.frame != "copula" and not clause.passive else []
    return verb + ([phrase.predicate.adjective] if isinstance(phrase.predicate, AdjectivePhrase) else [])


def _noun_phrases(node: Any) -> Iterator[NounPhrase]:
    """Yield the noun phrases of a tree."""
    return (part for part in nodes(node) if isinstance(part, NounPhrase))
