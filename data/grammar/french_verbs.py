"""The French verb and what clusters round it: tense, agreement, clitic pronouns, negation."""

from grammar.lexicon import Agreement, Conjugation, Verb, load_lexicon
from grammar.meaning import Clause, VerbPhrase
from grammar.subjunctive import subjunctive
from grammar.surface import Concept, Token, phrase

__all__ = [
    "CAUSATIVES", "clitics", "french_tense", "infinitive", "is_compound", "participle_agreement", "takes_clitic",
    "verb_cluster", "word", "words",
]  # fmt: skip

CAUSATIVES = ("making do", "having done")  # frames of verbs that are *faire* with an infinitive

_ELIDED = {"je": "j'", "me": "m'", "se": "s'", "le": "l'", "la": "l'", "ne": "n'", "de": "d'", "que": "qu'"}
_TENSES = {
    "progressive": "present",
    "lasting": "present",
    "used": "imperfect",
    "lasting past": "imperfect",
    "hypothetical": "imperfect",
    "past": "perfect",
}
# The tense of the auxiliary in each compound tense.
_AUXILIARY_TENSES = {"perfect": "present", "pluperfect": "imperfect", "past subjunctive": "subjunctive"}
_NEGATIONS = {"not": "pas", "never": "jamais", "no longer": "plus", "nothing": "rien"}
# Tenses made of another verb and an infinitive: that verb, its tense, and what joins them.
_PERIPHRASES = {
    "going": ("aller", "present", ""),
    "recent": ("venir", "present", "de"),
    "recent past": ("venir", "imperfect", "de"),
}
_DIRECT = {(1, False): "me", (1, True): "nous", (2, True): "vous", (3, True): "les"}
_INDIRECT = {(1, False): "me", (1, True): "nous", (2, True): "vous", (3, True): "leur", (3, False): "lui"}
_REFLEXIVE = {(1, False): "me", (1, True): "nous", (2, True): "vous", (3, True): "se", (3, False): "se"}


def word(text: str, *concepts: Concept) -> Token:
    """A grammatical word, which may elide."""
    return Token(text, frozenset(concepts), before_vowel=_ELIDED.get(text, ""))


def words(text: str, *concepts: Concept) -> list[Token]:
    """Several of them that express the same."""
    return [word(each, *concepts) for each in text.split()]


def french_tense(clause: Clause) -> str:
    """Return the French tense.

    It is present, imperfect, perfect, pluperfect, future, conditional, subjunctive or past subjunctive; or going,
    recent or recent past, which are *aller* or *venir de* and an infinitive.
    """
    if clause.mood:  # what English tells by its past, a present subjunctive leaves to the main clause
        return "past subjunctive" if clause.tense in ("perfect", "pluperfect") else "subjunctive"
    if clause.tense == "past" and clause.phrase.verb.notes & {"stative", "copula"} and not clause.passive:
        return "imperfect"
    return _TENSES.get(clause.tense, clause.tense)


def is_compound(clause: Clause) -> bool:
    """Return whether its tense is made of an auxiliary and a participle; every passive is besides."""
    return french_tense(clause) in _AUXILIARY_TENSES


def participle_agreement(clause: Clause) -> Agreement:
    """What a participle agrees with: the subject with être, with avoir the direct object where that comes first."""
    verb, thing = clause.phrase.verb, clause.phrase.object
    if verb.frame in CAUSATIVES:
        return Agreement()  # la voiture, il l'a fait réparer: it is the object of the infinitive
    if verb.with_etre:
        return clause.agreement
    if verb.direct and clause.gap is not None:
        return clause.gap
    if verb.direct and thing is not None and thing.head is None:
        return thing.agreement
    return Agreement()


def takes_clitic(verb: Verb) -> bool:
    """Whether a pronoun as its object goes before it: le voit, lui obéit, but pense à lui."""
    return verb.direct or (verb.french_particle == "à" and "strong" not in verb.notes)


def clitics(vp: VerbPhrase, agreement: Agreement) -> list[Token]:
    """Pronouns before the verb, in their order: me te se nous vous, then le la les, then lui leur."""
    verb = vp.verb
    found: list[tuple[int, Token]] = []
    if verb.reflexive:
        found.append((0, word(_REFLEXIVE[agreement.person, agreement.plural], (vp.key, "verb"))))
    if vp.object is not None and vp.object.is_pronoun and takes_clitic(verb):
        person, plural, feminine = vp.object.agreement
        direct = _DIRECT.get((person, plural)) or ("la" if feminine else "le")
        text = direct if verb.direct else _INDIRECT[person, plural]
        found.append((0 if person < 3 else 1 if verb.direct else 2, word(text, (vp.object.key, "noun"))))
    if vp.recipient is not None and vp.recipient.is_pronoun:
        person, plural, _ = vp.recipient.agreement
        concepts = ((vp.recipient.key, "noun"), (vp.key, "to"))
        found.append((0 if person < 3 else 2, word(_INDIRECT[person, plural], *concepts)))
    return [token for _, token in sorted(found, key=lambda item: item[0])]


def infinitive(vp: VerbPhrase, agreement: Agreement) -> list[Token]:
    """An infinitive with its clitics, after *ne pas* where it is negated; `agreement` is its unsaid subject's."""
    negation = words("ne pas", (vp.key, "not")) if vp.negated else []
    return [*negation, *clitics(vp, agreement), *phrase(vp.verb.conjugation.infinitive, (vp.key, "verb"))]


def verb_cluster(clause: Clause) -> list[Token]:
    """The finite verb with its clitics, negation and adverbs, and the participle or infinitive that follows."""
    vp, key, agreement = clause.phrase, clause.key, clause.agreement
    tense, meaning = (key, "tense"), (vp.key, "verb")
    before, conjugation = clitics(vp, agreement), vp.verb.conjugation
    if clause.imperative:
        return _imperative(clause, before)
    name, compound = french_tense(clause), is_compound(clause)
    if name in _PERIPHRASES:
        auxiliary, simple, joint = _PERIPHRASES[name]
        just = (key, "just")
        finite = phrase(_simple(load_lexicon().conjugation(auxiliary), simple, agreement), tense, just)
        return [*_ne(clause), *finite, *_middle(clause), *words(joint, just), *infinitive(vp, agreement)]
    simple = _AUXILIARY_TENSES.get(name, name)
    if clause.passive:
        auxiliary = "avoir" if compound else "être"
        rest = phrase("été" if compound else "", tense) + phrase(conjugation.agreed_participle(agreement), meaning)
    elif compound:
        auxiliary = "être" if vp.verb.with_etre else "avoir"
        rest = phrase(conjugation.agreed_participle(participle_agreement(clause)), meaning)
    else:
        finite = phrase(_simple(conjugation, simple, agreement), tense, meaning)
        return [*_ne(clause), *before, *finite, *_middle(clause)]
    finite = phrase(_simple(load_lexicon().conjugation(auxiliary), simple, agreement), tense)
    return [*_ne(clause), *before, *finite, *_middle(clause), *rest]


def _simple(conjugation: Conjugation, tense: str, agreement: Agreement) -> str:
    match tense:
        case "present":
            return conjugation.present[agreement.person, agreement.plural]
        case "imperfect":
            return conjugation.imperfect(agreement)
        case "future":
            return conjugation.future(agreement)
        case "subjunctive":
            return subjunctive(conjugation, agreement)
        case _:
            return conjugation.conditional(agreement)


def _imperative(clause: Clause, before: list[Token]) -> list[Token]:
    """Donnez-moi; ne me donnez pas."""
    verb = word(clause.phrase.verb.conjugation.present[2, True], (clause.phrase.key, "verb"))
    if clause.negation:
        return [*_ne(clause), *before, verb, *_middle(clause)]
    for clitic in before:
        text = f"{verb.text}-{'moi' if clitic.text == 'me' else clitic.text}"
        verb = Token(text, verb.concepts | clitic.concepts)
    return [verb]


def _ne(clause: Clause) -> list[Token]:
    if clause.negation:
        return [word("ne", (clause.key, "not"))]
    if clause.subject is not None and clause.subject.determiner == "no":
        return [word("ne", (clause.subject.key, "determiner"))]
    return []


def _middle(clause: Clause) -> list[Token]:
    """What stands between the finite verb and its participle or infinitive."""
    between = phrase(_NEGATIONS.get(clause.negation, ""), (clause.key, "not"))
    if clause.frequency is not None:
        between += phrase(clause.frequency.french, (clause.key, "frequency"))
    return between
