"""French sentences from trees: agreement, clitics, negation, and the forms that depend on the next word."""

from collections.abc import Sequence
from dataclasses import replace

from grammar.french_verbs import CAUSATIVES, everything, infinitive, takes_clitic, verb_cluster, word, words
from grammar.lexicon import Agreement, Indefinite, Name, Noun, Verb
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
from grammar.numbers import french_number
from grammar.surface import Concept, Token, phrase

__all__ = ["french_sentence"]

_ASPIRATED = ("huit", "onze")
# Masculine and feminine singular, masculine and feminine plural.
_FORMS = {
    "a": ("un", "une", "", ""),
    "this": ("ce", "cette", "ces", "ces"),
    "all": ("tout", "toute", "tous", "toutes"),
    "each": ("chaque", "chaque", "", ""),
    "several": ("", "", "plusieurs", "plusieurs"),
    "no": ("aucun", "aucune", "", ""),
    "which": ("quel", "quelle", "quels", "quelles"),
    "my": ("mon", "ma", "mes", "mes"),
    "thy": ("ton", "ta", "tes", "tes"),
    "your": ("votre", "votre", "vos", "vos"),
    "his": ("son", "sa", "ses", "ses"),
    "her": ("son", "sa", "ses", "ses"),
    "our": ("notre", "notre", "nos", "nos"),
    "their": ("leur", "leur", "leurs", "leurs"),
}
_BEFORE_VOWEL = {"ce": "cet", "ma": "mon", "ta": "ton", "sa": "son"}
_JOINTS = {"and": "et", "or": "ou"}
_QUANTITIES = {"many": "beaucoup", "a lot of": "beaucoup", "few": "peu", "too many": "trop", "how many": "combien"}
_QUESTIONS = {
    "yes": "",
    "what": "qu'est-ce",
    "who": "qui est-ce",
    "where": "où est-ce",
    "when": "quand est-ce",
    "why": "pourquoi est-ce",
    "how": "comment est-ce",
}
_SUBJECTS = {(1, False): "je", (2, False): "tu", (1, True): "nous", (2, True): "vous"}
_STRONG = {(1, False): "moi", (2, False): "toi", (1, True): "nous", (2, True): "vous"}


def french_sentence(sentence: Sentence) -> list[Token]:
    """Return the tokens of a whole sentence."""
    said = [*_fixed(sentence.opening), Token(",", glued=True)] if sentence.opening else []
    said += _fixed(sentence.leading) if sentence.leading else []
    for i, clause in enumerate(sentence.clauses):
        if i:
            said += _fixed(sentence.conjunctions[i - 1])
        said += _clause(clause)
    if sentence.vocative is not None:
        comma, name = [Token(",", glued=True)], _noun_phrase(sentence.vocative)
        said = [*name, *comma, *said] if sentence.vocative_first else [*said, *comma, *name]
    if sentence.end == ".":
        return [*said, Token(".", glued=True)]
    return said + phrase(sentence.end, (sentence.clauses[0].key, "end"))  # with a space, by French typography


def _fixed(node: Fixed) -> list[Token]:
    said: list[Token] = []
    for text, role in node.french:
        said += [Token(",", glued=True)] if text == "," else words(text, (node.key, role))
    return said


# -- noun phrases


def _noun_phrase(np: NounPhrase, context: str = "", before: Sequence[Token] = ()) -> list[Token]:
    """`context` is "generic", "negated" or "de", which change or drop the indefinite article.

    A preposition `before` it stands before each part of a coordination: à Paul et à Marie.
    """
    said = [*before, *_one_noun_phrase(np, context)]
    if np.other is not None:
        said += phrase(_JOINTS[np.joint], (np.key, "and")) + _noun_phrase(np.other, context, before)
    return said


def _one_noun_phrase(np: NounPhrase, context: str) -> list[Token]:
    own = (np.key, "noun")
    if np.head is None:
        return phrase(_strong_pronoun(np), own)
    if isinstance(np.head, Name):
        article = [] if np.head.kind in ("m", "f", "-") else [replace(word(np.head.kind, own), article=True)]
        said = article + phrase(np.head.french, own)
    elif isinstance(np.head, Indefinite):
        said = phrase(np.head.french, own)
        for node in np.adjectives:
            said += [word("de", own), *_adjective(node, np.agreement)]
    else:
        said = _determiner(np, np.head, context) + _adjectives_and_noun(np, np.head)
    if np.possessor is not None:
        said += _noun_phrase(np.possessor, "de", [word("de", (np.key, "of"))])
    if np.place is not None:
        said += _place(np.place)
    if np.relative is not None:
        said += _relative(np.relative)
    return said


def _quantity(np: NounPhrase) -> list[Token]:
    """Return what follows the verb when *en* stands before it: en a trois, en veut beaucoup, en mange."""
    if np.determiner == "number":
        return phrase(french_number(np.number), (np.key, "number"))
    text = _QUANTITIES.get(np.determiner) or ("plusieurs" if np.determiner == "several" else "")
    return phrase(text, (np.key, "determiner"))


def _strong_pronoun(np: NounPhrase) -> str:
    person, plural, feminine = np.agreement
    if person == 3:
        return ("elle" if feminine else "eux" if plural else "lui") + "s" * (plural and feminine)
    return _STRONG[person, plural]


def _article(agreement: Agreement, *concepts: Concept) -> Token:
    return replace(word(_definite(agreement), *concepts), article=True)


def _definite(agreement: Agreement) -> str:
    return "les" if agreement.plural else "la" if agreement.feminine else "le"


def _determiner(np: NounPhrase, noun: Noun, context: str) -> list[Token]:
    concept, own = (np.key, "determiner"), (np.key, "noun")
    agreement, feminine, plural = np.agreement, np.agreement.feminine, np.agreement.plural
    match np.determiner:
        case "the":
            return [_article(agreement, concept)]
        case "'s" | "whose":
            return [_article(agreement, own)]
        case "all":
            every = _FORMS["all"][feminine + 2 * plural]
            return [*phrase(every, (np.key, "all")), _article(agreement, concept)]
        case "":
            return _bare(np, noun, context)
        case "any":
            return [word("de", concept)]
        case "a" if context == "negated":
            return [word("de", concept)]
        case "number":
            numerals = phrase(french_number(np.number, feminine), (np.key, "number"))
            return [replace(token, aspirated=token.text.startswith(_ASPIRATED)) for token in numerals]
        case quantity if quantity in _QUANTITIES:
            return [*phrase(_QUANTITIES[quantity], concept), word("de", concept)]
        case other:
            form = _FORMS[other][feminine + 2 * plural]
            return [Token(form, frozenset([concept]), before_vowel=_BEFORE_VOWEL.get(form, ""))]


def _bare(np: NounPhrase, noun: Noun, context: str) -> list[Token]:
    """Return what French says where English has no article: it belongs to the noun."""
    concept = (np.key, "noun")
    if context == "generic":
        return [_article(np.agreement, concept)]
    if context == "de":
        return []
    if context == "negated":
        return [word("de", concept)]
    if noun.mass:
        return [word("de", concept), _article(np.agreement, concept)]
    if any(adjective.adjective.position in ("before", "ordinal") for adjective in np.adjectives):
        return [word("de", concept)]  # de beaux jardins
    return phrase("des", concept)


def _adjectives_and_noun(np: NounPhrase, noun: Noun) -> list[Token]:
    before: list[Token] = []
    after: list[Token] = []
    for node in np.adjectives:
        if node.adjective.position in ("before", "ordinal"):
            before += _adjective(node, np.agreement, before_noun=True)
            continue
        if after:
            after += phrase("et", (node.key, "and"))
        if node.degree == "most":
            after.append(word(_definite(np.agreement), (node.key, "degree")))
        after += _adjective(node, np.agreement)
    text = noun.french_plural if np.agreement.plural else noun.french
    return before + phrase(text, (np.key, "noun"), aspirated=noun.aspirated) + after


def _adjective(node: AdjectivePhrase, agreement: Agreement, before_noun: bool = False) -> list[Token]:
    adjective, own, degree = node.adjective, (node.key, "adjective"), (node.key, "degree")
    text = adjective.french(agreement)
    if node.degree in ("more", "most") and adjective.masculine in ("bon", "mauvais"):
        better = "meilleur" + "e" * agreement.feminine if adjective.masculine == "bon" else "pire"
        said = phrase(better + "s" * agreement.plural, own, degree)
    else:
        adverb = {"more": "plus", "most": "plus", "less": "moins", "as": "aussi", "": ""}[node.degree]
        if node.adverb is not None:
            adverb = node.adverb.french
        masculine = not (agreement.feminine or agreement.plural)
        special = adjective.before_vowel if before_noun and masculine else None  # un bel ami, but beau et fort
        form = [Token(text, frozenset([own]), before_vowel=special)] if special else phrase(text, own)
        said = phrase(adverb, degree) + form
    if node.than is not None:
        said += [word("que", (node.key, "than")), *_noun_phrase(node.than)]
    return said


def _relative(node: Relative) -> list[Token]:
    pronoun = {"subject": "qui", "object": "que", "place": "où", "whose": "dont"}[node.role]
    return [word(pronoun, (node.key, "relative")), *_clause(node.clause)]


def _place(node: Place | Fixed) -> list[Token]:
    if isinstance(node, Fixed):
        return _fixed(node)
    if node.is_pronoun:
        return []  # y, before the verb
    concept, name = (node.key, "preposition"), node.noun.head
    if isinstance(name, Name) and node.preposition.french == "à":
        own = (node.noun.key, "noun")
        feminine = name.kind == "la"
        preposition = [word("en" if feminine else "à", concept)]
        article = [replace(word(name.kind, own), article=True)] if name.kind in ("le", "les") else []
        return [*preposition, *article, *phrase(name.french, own)]
    *first, last = words(node.preposition.french, concept)
    return [*first, last, *_noun_phrase(node.noun, "de" if last.text == "de" else "")]


# -- clauses


def _clause(clause: Clause | Existential | Fixed) -> list[Token]:
    if isinstance(clause, Fixed):
        return _fixed(clause)
    if isinstance(clause, Existential):
        return _existential(clause)
    if "swap" in clause.phrase.verb.notes:
        clause = _swapped(clause)
    said = _asked(clause) + _subject(clause) + verb_cluster(clause) + _rest(clause)
    if clause.time is not None:
        time = _place(clause.time)
        said = [*time, Token(",", glued=True), *said] if clause.time_first else said + time
    return said + (_adjunct(clause.adjunct, clause.agreement) if clause.adjunct else [])


def _adjunct(node: Adjunct, agreement: Agreement) -> list[Token]:
    said = words(node.preposition.french, (node.key, "preposition")) + infinitive(node.phrase, agreement)
    return said + _after_verb(node.phrase, "", agreement)


def _swapped(clause: Clause) -> Clause:
    """Return the clause with subject and object exchanged: Paul misses Marie, Marie manque à Paul."""
    subject, missed = clause.subject, clause.phrase.object
    assert missed is not None
    return replace(
        clause, subject=missed, agreement=missed.whole_agreement, phrase=replace(clause.phrase, object=subject)
    )


def _asked(clause: Clause) -> list[Token]:
    question, asked = (clause.key, "question"), (clause.key, "asked")
    if not clause.question:
        return []
    if clause.question == "subject":
        return phrase("qui", asked)
    if clause.fronted is not None:
        said = _noun_phrase(clause.fronted) + phrase("est-ce", question)
    elif clause.question == "yes":
        said = phrase("est-ce", question)
    else:
        said = phrase(_QUESTIONS[clause.question], asked, question)
        if len(said) == 2:
            said = [*phrase(said[0].text, asked), *phrase(said[1].text, question)]
    return [*said, word("que", question)]


def _subject(clause: Clause) -> list[Token]:
    np = clause.subject
    if np is None:
        return []
    if np.head is not None:
        return _noun_phrase(np, "generic")
    person, plural, feminine = np.agreement
    text = _SUBJECTS.get((person, plural)) or ("elle" if feminine else "il") + "s" * plural
    return [word(text, (np.key, "noun"))]


def _existential(node: Existential) -> list[Token]:
    there = (node.key, "there")
    verb = {"present": "a", "past": "avait", "future": "aura"}[node.tense]
    said = phrase("il", there)
    if node.negated:
        said.append(word("ne", (node.key, "not")))
    elif node.noun.is_negative:
        said.append(word("ne", (node.noun.key, "noun")))
    said += phrase("y", there) + phrase("en" if node.noun.is_quantity else "", (node.noun.key, "noun"))
    said += phrase(verb, there)
    if node.negated:
        said += phrase("pas", (node.key, "not"))
    if node.noun.is_quantity:
        said += _quantity(node.noun)
    else:
        said += _noun_phrase(node.noun, "negated" if node.negated else "")
    return said + (_place(node.place) if node.place else [])


def _rest(clause: Clause) -> list[Token]:
    negated = clause.negation or (clause.subject is not None and clause.subject.is_negative)
    said = _after_verb(clause.phrase, "negated" if negated and not clause.passive else "", clause.agreement)
    if clause.negation == "nobody":
        said = phrase("personne", (clause.key, "not")) + said
    if clause.agent is not None:
        said += phrase("par", (clause.key, "by")) + _noun_phrase(clause.agent)
    return said


def _after_verb(vp: VerbPhrase, context: str, agreement: Agreement) -> list[Token]:
    """Return what follows the verb's last form: fixed words, manner, objects and places."""
    verb = vp.verb
    both = verb.english_rest and verb.french_rest
    said = phrase(verb.french_rest, (vp.key, "rest" if both else "verb"))
    if vp.manner is not None:
        said += phrase(vp.manner.french, (vp.key, "manner"))
    if isinstance(vp.predicate, AdjectivePhrase):
        said += _adjective(vp.predicate, agreement)
    elif vp.predicate is not None and isinstance(vp.predicate.head, Noun):  # est médecin: without article
        text = vp.predicate.head.french_plural if agreement.plural else vp.predicate.head.french
        said += phrase(text, (vp.predicate.key, "noun"), (vp.predicate.key, "determiner"))
    particle = _particle(verb, vp)
    thing = [] if vp.object is None else _object(vp, vp.object, context, particle)
    if verb.frame not in CAUSATIVES:
        said += thing
    if vp.recipient is not None and (vp.recipient.head is not None or vp.recipient.other is not None):
        said += _noun_phrase(vp.recipient, "", [word("à", (vp.key, "to"))])
    if isinstance(vp.complement, VerbPhrase):
        inner = vp.complement
        said += [*particle, *infinitive(inner, agreement), *_after_verb(inner, context, agreement)]
    elif vp.complement is not None:
        said += [*particle, *_clause(vp.complement)]
    if verb.frame in CAUSATIVES:
        said += thing  # fait rire Marie
    return said + [token for place in vp.places for token in _place(place)]


def _particle(verb: Verb, vp: VerbPhrase) -> list[Token]:
    role = "particle" if verb.english_particle else "verb"
    return words(verb.french_particle, (vp.key, role))


def _object(vp: VerbPhrase, thing: NounPhrase, context: str, particle: list[Token]) -> list[Token]:
    verb = vp.verb
    if takes_clitic(verb, thing):
        return _quantity(thing) if thing.is_quantity else []
    if everything(vp):
        return []  # before the participle
    if verb.direct:
        return _noun_phrase(thing, "generic" if "generic" in verb.notes and thing.determiner == "" else context)
    generic = "generic" in verb.notes and thing.determiner == ""  # peur des chiens, but besoin de pommes
    return _noun_phrase(thing, "generic" if generic else "de" if verb.french_particle == "de" else "", particle)
