"""Names for what makes a sentence hard to translate, read off its tree."""

from dataclasses import replace

from grammar.french_verbs import CAUSATIVES, clitics, is_compound, participle_agreement
from grammar.lexicon import Agreement, Indefinite, Name
from grammar.meaning import (
    AdjectivePhrase,
    Adjunct,
    Clause,
    Existential,
    Fixed,
    NounPhrase,
    Place,
    Relative,
    Sentence,
    VerbPhrase,
)
from grammar.trees import nodes

__all__ = ["phenomena"]

_POSSESSIVES = {"my", "your", "thy", "his", "her", "our", "their", "'s"}
_PREPOSITIONS = {"during", "before", "after", "between", "through", "against"}
_SIMPLE_TENSES = {"present", "progressive", "past"}


def phenomena(sentence: Sentence) -> set[str]:
    """Return the phenomena of a sentence, but for those that only `write` sees: elision and contraction."""
    found = {"joined-clauses"} if len(sentence.clauses) > 1 else set()
    for node in nodes(sentence):
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
            case Place(preposition=preposition) if preposition.english in _PREPOSITIONS:
                found.add("preposition")
            case Fixed(english=english):
                roles = {role for _, role in english}
                found |= {"weather", "or", "answer", "since"} & roles
                found |= {"time-or-date"} if roles & {"hour", "year", "month", "day"} else set()
                found |= {"number"} if "years" in roles else set()
    return found


def _of_noun_phrase(np: NounPhrase) -> set[str]:
    found = {f"adjective-{'after' if node.adjective.position == 'after' else 'before'}" for node in np.adjectives}
    if np.determiner in _POSSESSIVES:
        found.add("possessive")
    if np.determiner == "number":
        found.add("number")
    if np.is_negative:
        found.add("negation")
    if np.other is not None:
        found.add("coordination" if np.joint == "and" else "or")
    if isinstance(np.head, Indefinite):
        found.add("indefinite-pronoun")
    if np.determiner == "thy" or np.agreement[:2] == (2, False):
        found.add("informal-address")
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
    return found | _of_pronouns(vp)


def _of_pronouns(vp: VerbPhrase) -> set[str]:
    """Name what the pronouns before a French verb are; a reflexive one does not count."""
    before = clitics(replace(vp, verb=replace(vp.verb, reflexive=False)), Agreement())
    texts = [token.text for token in before]
    found = {f"pronoun-{text}" for text in texts if text in ("y", "en")}
    if len(texts) > 1:
        found.add("two-clitics")
    return found | ({"clitic"} if texts else set())


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
    if clause.agreement[:2] == (2, False):
        found.add("informal-address")
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
