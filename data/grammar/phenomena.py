"""Names for what makes a sentence hard to translate, read off its tree."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from grammar.french_verbs import CAUSATIVES, is_compound, participle_agreement, takes_clitic
from grammar.lexicon import Name
from grammar.meaning import (
    AdjectivePhrase,
    Adjunct,
    Clause,
    Existential,
    Fixed,
    NounPhrase,
    Relative,
    Sentence,
    VerbPhrase,
)

__all__ = ["phenomena"]

_POSSESSIVES = {"my", "your", "his", "her", "our", "their", "'s"}
_SIMPLE_TENSES = {"present", "progressive", "past"}


def phenomena(sentence: Sentence) -> set[str]:
    """The phenomena of a sentence. Elision and contraction are seen only when it is written: see `write`."""
    found = {"joined-clauses"} if len(sentence.clauses) > 1 else set()
    for node in _nodes(sentence):
        match node:
            case NounPhrase():
                found |= _of_noun_phrase(node)
            case AdjectivePhrase(degree=degree) if degree:
                found.add("comparative")
            case VerbPhrase():
                found |= _of_verb_phrase(node)
            case Clause():
                found |= _of_clause(node)
            case Existential():
                found |= {"existential"} | ({"negation"} if node.negated else set())
            case Adjunct():
                found.add("infinitive-adjunct")
            case Relative():
                found.add("relative")
            case Fixed(english=english):
                roles = {role for _, role in english}
                found |= {"weather", "answer", "since"} & roles
                found |= {"time-or-date"} if roles & {"hour", "year", "month", "day"} else set()
                found |= {"number"} if "years" in roles else set()
    return found


def _nodes(node: Any) -> Iterator[Any]:
    """A node and all below it; words of the lexicon are leaves, and have no key."""
    yield node
    for field in fields(node):
        value = getattr(node, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part) and hasattr(part, "key"):
                yield from _nodes(part)


def _of_noun_phrase(np: NounPhrase) -> set[str]:
    found = {f"adjective-{'after' if node.adjective.position == 'after' else 'before'}" for node in np.adjectives}
    if np.determiner in _POSSESSIVES:
        found.add("possessive")
    if np.determiner == "number":
        found.add("number")
    if np.determiner == "no":
        found.add("negation")
    if np.other is not None:
        found.add("coordination")
    if isinstance(np.head, Name) and np.head.kind not in ("m", "f"):
        found.add("place-name")
    return found


def _of_verb_phrase(vp: VerbPhrase) -> set[str]:
    found, verb = set(), vp.verb
    if verb.reflexive:
        found.add("reflexive")
    if verb.english_rest and verb.french_rest:
        found.add("idiom")
    if "swap" in verb.notes:
        found.add("swapped-arguments")
    if isinstance(vp.complement, VerbPhrase):
        found.add("infinitive")
    if isinstance(vp.complement, Clause):
        found.add("subordinate")
    if verb.frame in CAUSATIVES:
        found.add("causative")
    if vp.negated:
        found |= {"negation", "negated-infinitive"}
    pronouns = (vp.object if takes_clitic(verb) else None, vp.recipient)
    if any(np is not None and np.is_pronoun for np in pronouns):
        found.add("clitic")
    return found


def _of_clause(clause: Clause) -> set[str]:
    found = set()
    if clause.negation:
        found.add("negation")
    if clause.passive:
        found.add("passive")
    if clause.question:
        found.add("question")
    if clause.imperative:
        found |= {"request", "prohibition"} if clause.negation else {"request"}
    if clause.tense not in _SIMPLE_TENSES:
        found.add("tense")
    if clause.tense == "hypothetical":
        found.add("condition")
    if clause.tense.startswith("recent"):
        found.add("recent-past")
    if clause.mood:
        found.add("subjunctive")
    if clause.tense == "past" and isinstance(clause.phrase.complement, Clause) and not clause.phrase.complement.mood:
        found.add("reported-speech")
    agreement = participle_agreement(clause)
    compound = is_compound(clause) and not clause.passive
    if compound and not clause.phrase.verb.with_etre and (agreement.plural or agreement.feminine):
        found.add("participle-agreement")
    return found
