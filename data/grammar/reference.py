"""Who is meant: what a reader of the English would take differently than the tree means it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from grammar.lexicon import Adjective, Indefinite, Name, Noun, Verb
from grammar.meaning import AdjectivePhrase, Clause, NounPhrase, Place, VerbPhrase
from grammar.trees import nodes

__all__ = ["contradicts_gender", "has_bound_their", "repeats_a_name", "says_it_twice"]


def contradicts_gender(sentence: Any) -> bool:
    """Return whether a pronoun seems to stand for something whose French noun has the other gender.

    In "the doctor ... her" the reader takes her for the doctor, who is *le médecin*, where nobody else is mentioned
    before that she can be. English leaves the gender of such nouns open: their kind is ``neutral``. It leaves that of
    things and of several persons open too: "it" after no other thing than a chair must be *elle* or *la*.
    """
    told: set[bool] = set()  # genders of single persons who can be meant; True is feminine
    untold: set[bool] = set()  # genders that only French tells
    mentioned: dict[str, set[bool]] = {"one": set(), "many": set()}  # genders of single things, and of all plurals
    for np in _mentions(sentence):
        _, plural, feminine = np.whole_agreement
        if np.head is None and np.agreement.person == 3 and (plural or np.thing):
            genders = mentioned["many" if plural else "one"]
            if genders and feminine not in genders:
                return True
        for gender in _told_genders(np):
            if (not gender) in untold and gender not in told | untold:
                return True
            told.add(gender)
        if isinstance(np.head, Name) and np.head.kind in ("m", "f"):
            told.add(feminine)
        if plural and np.head is not None:
            mentioned["many"].add(feminine)
        if isinstance(np.head, Noun) and not np.agreement.plural:
            of_persons = untold if "neutral" in np.head.kinds else told
            (of_persons if "person" in np.head.kinds else mentioned["one"]).add(np.agreement.feminine)
    return False


def _told_genders(np: NounPhrase) -> list[bool]:
    """Return the genders that he or she, his or her tell of somebody."""
    pronoun = np.is_pronoun and np.agreement[:2] == (3, False) and not np.thing
    return [np.agreement.feminine] * pronoun + [np.determiner == "her"] * (np.determiner in ("his", "her"))


def _mentions(sentence: Any) -> Iterator[NounPhrase]:
    """Yield the noun phrases of a tree whose gender can be heard: neither *y* nor *en* has one."""
    silent = {node.noun.key for node in nodes(sentence) if isinstance(node, Place) and node.is_pronoun}
    phrases = (node for node in nodes(sentence) if isinstance(node, VerbPhrase))
    silent |= {phrase.object.key for phrase in phrases if phrase.object is not None and _has_no_gender(phrase)}
    return (np for np in _noun_phrases(sentence) if np.key not in silent)


def _has_no_gender(phrase: VerbPhrase) -> bool:
    """Return whether the object is *y* or *en*."""
    thing = phrase.object
    return thing is not None and thing.is_pronoun and (thing.is_quantity or (thing.thing and not phrase.verb.direct))


def has_bound_their(sentence: Any) -> bool:
    """Return whether a reader takes *their* for the subject, which is one person at a time: everyone ... their mother.

    French would say *tout le monde … sa mère*, and *leur* of others only.
    """
    clauses = (node for node in nodes(sentence) if isinstance(node, Clause))
    told = (
        replace(clause, subject=None) for clause in clauses if clause.subject and _counts_one_by_one(clause.subject)
    )
    return any(np.determiner == "their" for clause in told for np in _noun_phrases(clause))


def _counts_one_by_one(np: NounPhrase) -> bool:
    if isinstance(np.head, Indefinite):
        return "person" in np.head.kinds
    return np.determiner in ("each", "no")


def repeats_a_name(sentence: Any) -> bool:
    """Return whether somebody is named twice: Paul hears Paul."""
    names = [np.head for np in _noun_phrases(sentence) if isinstance(np.head, Name) and np.head.kind in ("m", "f")]
    return len(names) > len(set(names))


def says_it_twice(sentence: Any) -> bool:
    """Return whether something is said of a noun that was said of it already: the old house is old, the king's king."""
    for node in nodes(sentence):
        if isinstance(node, NounPhrase):
            said = _said_of(node)
            if len(said) > len(set(said)) or (node.possessor is not None and node.possessor.head is node.head):
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
