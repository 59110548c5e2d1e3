"""The French verb and what clusters round it: tense, agreement, clitic pronouns, negation."""

from grammar.lexicon import Agreement, Conjugation, Indefinite, Verb, load_lexicon
from grammar.meaning import Clause, NounPhrase, Place, VerbPhrase
from grammar.subjunctive import subjunctive
from grammar.surface import Concept, Token, phrase

__all__ = [
    "CAUSATIVES",
    "clitics",
    "everything",
    "french_tense",
    "infinitive",
    "is_compound",
    "participle_agreement",
    "takes_clitic",
    "verb_cluster",
    "word",
    "words",
]

CAUSATIVES = ("making do", "having done")  # frames of verbs that are *faire* with an infinitive

_ELIDED = {"je": "j'", "me": "m'", "te": "t'", "se": "s'", "le": "l'", "la": "l'", "ne": "n'", "de": "d'", "que": "qu'"}
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
_DIRECT = {(1, False): "me", (2, False): "te", (1, True): "nous", (2, True): "vous", (3, True): "les"}
_INDIRECT = {
    (1, False): "me",
    (2, False): "te",
    (1, True): "nous",
    (2, True): "vous",
    (3, True): "leur",
    (3, False): "lui",
}
_REFLEXIVE = {
    (1, False): "me",
    (2, False): "te",
    (1, True): "nous",
    (2, True): "vous",
    (3, True): "se",
    (3, False): "se",
}


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
    if verb.direct and thing is not None and thing.head is None and not thing.is_quantity:
        return thing.agreement
    return Agreement()


def takes_clitic(verb: Verb, thing: NounPhrase) -> bool:
    """Return whether an object stands before its verb: le voit, lui obéit, en parle, but pense à lui."""
    if not thing.is_pronoun or verb.direct:
        return thing.is_pronoun
    if thing.thing:
        return verb.french_particle in ("à", "de")
    return verb.french_particle == "à" and "strong" not in verb.notes


def clitics(vp: VerbPhrase, agreement: Agreement) -> list[Token]:
    """Return the pronouns before the verb in their order: me te se nous vous, le la les, lui leur, y, en."""
    verb = vp.verb
    found: list[tuple[int, Token]] = []
    if verb.reflexive:
        found.append((0, word(_REFLEXIVE[agreement.person, agreement.plural], (vp.key, "verb"))))
    if vp.object is not None and takes_clitic(verb, vp.object):
        rank, text = _object_clitic(verb, vp.object)
        absorbed = [(vp.key, "particle")] if verb.english_particle and verb.french_particle else []  # think *of* it
        found.append((rank, word(text, (vp.object.key, "noun"), *absorbed)))
    if vp.recipient is not None and vp.recipient.is_pronoun:
        person, plural, _ = vp.recipient.agreement
        concepts = ((vp.recipient.key, "noun"), (vp.key, "to"))
        found.append((0 if person < 3 else 2, word(_INDIRECT[person, plural], *concepts)))
    found += [
        (3, word("y", (place.key, "preposition"), (place.noun.key, "noun")))
        for place in vp.places
        if isinstance(place, Place) and place.is_pronoun
    ]
    return [token for _, token in sorted(found, key=lambda item: item[0])]


def infinitive(vp: VerbPhrase, agreement: Agreement) -> list[Token]:
    """Return an infinitive with its clitics, after *ne pas* if negated; `agreement` is that of its unsaid subject."""
    negation = words("ne pas", (vp.key, "not")) if vp.negated else []
    before = [*negation, *everything(vp), *clitics(vp, agreement)]
    return before + phrase(vp.verb.conjugation.infinitive, (vp.key, "verb"))


def _object_clitic(verb: Verb, thing: NounPhrase) -> tuple[int, str]:
    """Return the place of a pronoun among others, and the pronoun; *en* stands for *de* and for a quantity."""
    person, plural, feminine = thing.agreement
    if thing.is_quantity or (thing.thing and verb.french_particle == "de"):
        return 4, "en"
    if verb.direct:
        return int(person == 3), _DIRECT.get((person, plural)) or ("la" if feminine else "le")
    if thing.thing:
        return 3, "y"
    return 2 * (person == 3), _INDIRECT[person, plural]


def everything(vp: VerbPhrase) -> list[Token]:
    """Return *tout* where it is a direct object, which stands before a participle or an infinitive."""
    thing = vp.object
    if thing is None or not isinstance(thing.head, Indefinite) or not vp.verb.direct or thing.other is not None:
        return []
    return phrase(thing.head.french, (thing.key, "noun")) if thing.head.kinds == {"thing", "all"} else []


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
        return [*_ne(clause), *finite, *_adverbs(clause), *words(joint, just), *infinitive(vp, agreement)]
    simple = _AUXILIARY_TENSES.get(name, name)
    if clause.passive:
        auxiliary = "avoir" if compound else "être"
        rest = phrase("été" if compound else "", tense) + phrase(conjugation.agreed_participle(agreement), meaning)
    elif compound:
        auxiliary = "être" if vp.verb.with_etre else "avoir"
        rest = phrase(conjugation.agreed_participle(participle_agreement(clause)), meaning)
    else:
        form = _simple(conjugation, simple, agreement)
        silent = [clitic for clitic in before if clitic.text == "y" and form.startswith("ir")]  # il ira, not il y ira
        before = [clitic for clitic in before if clitic not in silent]
        finite = phrase(form, tense, meaning, *(concept for clitic in silent for concept in clitic.concepts))
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
    """Return a request: Donnez-le-moi; ne me le donnez pas; vas-y; donne-m'en."""
    conjugation, meaning = clause.phrase.verb.conjugation, (clause.phrase.key, "verb")
    if clause.negation:
        verb = word(conjugation.imperative(clause.agreement), meaning)
        return [*_ne(clause), *before, verb, *_middle(clause)]
    after = sorted(before, key=lambda clitic: clitic.text not in ("le", "la", "les"))
    texts = [clitic.text for clitic in after]
    joined = conjugation.imperative(clause.agreement, before_pronoun=texts[:1] in (["y"], ["en"]))
    for i, text in enumerate(texts):
        before_vowel = texts[i + 1 : i + 2] in (["y"], ["en"])
        form = text[0] + ("'" if before_vowel else "oi") if text in ("me", "te") else text
        joined += form if joined.endswith("'") else f"-{form}"
    return [word(joined, meaning, *(concept for clitic in after for concept in clitic.concepts)), *_middle(clause)]


def _ne(clause: Clause) -> list[Token]:
    if clause.negation:
        return [word("ne", (clause.key, "not"))]
    for np in (clause.subject, clause.phrase.object):  # an object where manquer has turned them: ne manque à aucun ami
        if np is not None and np.is_negative:
            return [word("ne", (np.key, "determiner" if np.determiner == "no" else "noun"))]
    return []


def _middle(clause: Clause) -> list[Token]:
    """Return what stands between the finite verb and its participle."""
    return _adverbs(clause) + everything(clause.phrase)


def _adverbs(clause: Clause) -> list[Token]:
    """Return the second part of a negation, or an adverb of frequency."""
    between = phrase(_NEGATIONS.get(clause.negation, ""), (clause.key, "not"))
    if clause.frequency is not None:
        between += phrase(clause.frequency.french, (clause.key, "frequency"))
    return between
