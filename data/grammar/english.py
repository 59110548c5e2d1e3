"""English sentences from trees."""

from collections.abc import Sequence
from dataclasses import replace

from grammar.lexicon import Agreement, Indefinite, Name, Noun
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
from grammar.numbers import english_number
from grammar.surface import Concept, Token, phrase

__all__ = ["english_sentence"]

_PRONOUNS = {
    (1, False): ("I", "me"),
    (2, False): ("you", "you"),
    (1, True): ("we", "us"),
    (2, True): ("you", "you"),
    (3, True): ("they", "them"),
}
_ATTACHED = {"am": "'m", "is": "'s", "are": "'re", "will": "'ll", "have": "'ve", "has": "'s"}
_BE = {"present": {(1, False): "am", (3, False): "is"}, "past": {(1, False): "was", (3, False): "was"}}
_QUESTION_WORDS = {"what": "what", "who": "who", "where": "where", "when": "when", "why": "why", "how": "how"}


def english_sentence(sentence: Sentence) -> list[Token]:
    """Return the tokens of a whole sentence."""
    words = _fixed(sentence.opening) + [_glued(",")] if sentence.opening else []
    words += _fixed(sentence.leading) if sentence.leading else []
    for i, clause in enumerate(sentence.clauses):
        if i:
            words += _fixed(sentence.conjunctions[i - 1])
        words += _clause(clause)
    if sentence.vocative is not None:
        comma, name = [_glued(",")], _noun_phrase(sentence.vocative)
        words = [*name, *comma, *words] if sentence.vocative_first else [*words, *comma, *name]
    return [*words, _glued(sentence.end, _end_key(sentence))]


def _words(text: str, *concepts: Concept) -> list[Token]:
    """Return tokens, each of which knows whether it asks for "a" or "an"."""
    return [replace(token, aspirated=_consonant_sound(token.text)) for token in phrase(text, *concepts)]


def _consonant_sound(word: str) -> bool:
    return word.startswith(("uni", "use", "one", "h")) and not word.startswith(("hono", "hour", "hone"))


def _end_key(sentence: Sentence) -> int | None:
    return None if sentence.end == "." else sentence.clauses[0].key


def _glued(text: str, key: int | None = None) -> Token:
    return Token(text, frozenset() if key is None else frozenset([(key, "end")]), glued=True)


def _fixed(node: Fixed) -> list[Token]:
    words: list[Token] = []
    for text, role in node.english:
        words += [_glued(",")] if text == "," else _words(text, (node.key, role))
    return words


def _indefinite(*concepts: tuple[int, str]) -> Token:
    return Token("a", frozenset(concepts), before_vowel="an")


# -- noun phrases


def _noun_phrase(np: NounPhrase, case: int = 1) -> list[Token]:
    """Return its tokens; `case` is 0 for subjects, which matters for pronouns."""
    words = _one_noun_phrase(np, case)
    if np.other is not None:
        words += _words(np.joint, (np.key, "and")) + _noun_phrase(np.other, case)
    return words


def _one_noun_phrase(np: NounPhrase, case: int) -> list[Token]:
    if np.head is None:
        return _quantity(np) if np.is_quantity else _words(_pronoun(np, case), (np.key, "noun"))
    if isinstance(np.head, Name):
        words = _words(np.head.english, (np.key, "noun"))
    elif isinstance(np.head, Indefinite):
        words = _words(np.head.english, (np.key, "noun")) + _adjectives(np.adjectives)
    else:
        noun = np.head.english_plural if np.agreement.plural else np.head.english
        words = _determiner(np) + _adjectives(np.adjectives) + _words(noun, (np.key, "noun"))
    if np.place is not None:
        words += _place(np.place)
    if np.relative is not None:
        words += _relative(np.relative, np.head)
    return words


def _quantity(np: NounPhrase) -> list[Token]:
    """Return how many are meant: three of them, a lot of it, some."""
    if np.determiner in ("some", "any"):
        return _words(np.determiner, (np.key, "noun"))
    if np.determiner == "number":
        words = _words(english_number(np.number), (np.key, "number"))
    else:
        words = _words(np.determiner.removesuffix(" of"), (np.key, "determiner"))
    return words + _words(f"of {_pronoun(np, case=1)}", (np.key, "noun"))


def _pronoun(np: NounPhrase, case: int) -> str:
    person, plural, feminine = np.agreement
    if (person, plural) == (3, False):
        return "it" if np.thing else (("she", "her") if feminine else ("he", "him"))[case]
    return _PRONOUNS[person, plural][case]


def _determiner(np: NounPhrase) -> list[Token]:
    concept = (np.key, "determiner")
    match np.determiner:
        case "" | "whose":
            return []
        case "a":
            return [_indefinite(concept)]
        case "thy":
            return _words("your", concept)
        case "number":
            return _words(english_number(np.number), (np.key, "number"))
        case "this":
            return _words("these" if np.agreement.plural else "this", concept)
        case "all":
            return _words("all", (np.key, "all")) + _words("the", concept)
        case "'s":
            assert np.possessor is not None
            words = _noun_phrase(np.possessor)
            plural_s = words[-1].text.endswith("s") and np.possessor.whole_agreement.plural
            return [*words, Token("'" if plural_s else "'s", frozenset([(np.key, "of")]), glued=True)]
        case other:
            return _words(other, concept)


def _adjectives(adjectives: tuple[AdjectivePhrase, ...]) -> list[Token]:
    words: list[Token] = []
    for i, adjective in enumerate(adjectives):
        both_after = i and adjective.adjective.position == "after" == adjectives[i - 1].adjective.position
        words += (_words("and", (adjective.key, "and")) if both_after else []) + _adjective(adjective)
    return words


def _adjective(node: AdjectivePhrase) -> list[Token]:
    adjective, own, degree = node.adjective, (node.key, "adjective"), (node.key, "degree")
    match node.degree:
        case "":
            adverb = _words(node.adverb.english, degree) if node.adverb else []
            return adverb + _words(adjective.english, own)
        case "more" | "most":
            form = adjective.comparative if node.degree == "more" else adjective.superlative
            words = _words(form, own, degree)
            if len(words) == 2:
                words = _words(node.degree, degree) + _words(adjective.english, own)
            return words + _than(node, "than")
        case _:
            return (
                _words(node.degree, degree)
                + _words(adjective.english, own)
                + _than(node, "as" if node.degree == "as" else "than")
            )


def _than(node: AdjectivePhrase, word: str) -> list[Token]:
    return [] if node.than is None else _words(word, (node.key, "than")) + _noun_phrase(node.than)


def _relative(node: Relative, head: Noun | Name | Indefinite) -> list[Token]:
    person = isinstance(head, Name) or "person" in head.kinds
    word = {"subject": "who" if person else "that", "object": "that", "place": "where", "whose": "whose"}[node.role]
    return _words(word, (node.key, "relative")) + _clause(node.clause)


def _place(node: Place | Fixed) -> list[Token]:
    if isinstance(node, Fixed):
        return _fixed(node)
    if node.is_pronoun:
        return _words("there", (node.key, "preposition"), (node.noun.key, "noun"))
    return _words(node.preposition.english, (node.key, "preposition")) + _noun_phrase(node.noun)


# -- clauses


def _clause(clause: Clause | Existential | Fixed, to: Sequence[Token] = ()) -> list[Token]:
    """Return its tokens; `to` is for a clause in the infinitive: Paul to come."""
    if isinstance(clause, Fixed):
        return _fixed(clause)
    if isinstance(clause, Existential):
        return _existential(clause)
    first, rest = _verb_group(clause) if clause.mood in ("", "subjunctive") else ([], _nonfinite(clause, to))
    subject = _noun_phrase(clause.subject, case=clause.mood == "infinitive") if clause.subject is not None else []
    words = _verb_rest(clause.phrase, clause)
    if clause.question and clause.question != "subject":
        if rest and rest[0].attached:
            first, rest = [*first, rest[0]], rest[1:]  # why doesn't he, but why does he not
        words = _question_word(clause) + first + subject + rest + words
    else:
        if clause.contracted and first and clause.subject is not None and clause.subject.is_pronoun:
            first = _joining(first, rest)
        asked = _words("who", (clause.key, "asked")) if clause.question == "subject" else []
        words = asked + subject + first + rest + words
    if clause.time is not None:
        words = [*_place(clause.time), _glued(","), *words] if clause.time_first else words + _place(clause.time)
    return words + (_adjunct(clause.adjunct, clause) if clause.adjunct else [])


def _adjunct(node: Adjunct, clause: Clause) -> list[Token]:
    vp = node.phrase
    *before, last = _words(node.preposition.english, (node.key, "preposition"))
    negation = _words("not", (vp.key, "not")) if vp.negated else []
    form = vp.verb.english["base" if last.text == "to" else "gerund"]
    rest = _verb_rest(vp, replace(clause, negation="", agent=None))
    return [*before, *negation, last, *_words(form, (vp.key, "verb")), *rest]


def _joining(first: list[Token], rest: list[Token]) -> list[Token]:
    """Return an auxiliary that joins the pronoun before it, as in "he's", unless it takes "n't" itself."""
    if rest and rest[0].attached:
        return first
    return [replace(first[0], attached=_ATTACHED.get(first[0].text, "")), *first[1:]]


def _question_word(clause: Clause) -> list[Token]:
    if clause.question == "yes":
        return []
    if clause.fronted is not None:
        return _noun_phrase(clause.fronted)
    return _words(_QUESTION_WORDS[clause.question], (clause.key, "asked"))


def _existential(node: Existential) -> list[Token]:
    plural = node.noun.agreement.plural
    be = {"present": "are" if plural else "is", "past": "were" if plural else "was", "future": "will be"}[node.tense]
    words = _words("there", (node.key, "there")) + _words(be, (node.key, "there"))
    if node.negated:
        words += _words("no", (node.key, "not"))
    return words + _noun_phrase(node.noun) + (_place(node.place) if node.place else [])


def _be(tense: str, agreement: Agreement) -> str:
    return _BE.get(tense, {}).get((agreement.person, agreement.plural), "are" if tense == "present" else "were")


def _chain(clause: Clause) -> list[str]:
    """Return the verb and its auxiliaries, the finite one first."""
    verb, agreement = clause.phrase.verb, clause.agreement
    forms, third = verb.english, (agreement.person, agreement.plural) == (3, False)
    main = ["be", forms["participle"]] if clause.passive else [forms["base"]]
    match clause.tense:
        case "present" | "past" | "hypothetical" if main[0] == "be":
            return [_be(clause.tense, agreement), *main[1:]]
        case "present":
            return [forms["s"] if third and "modal" not in verb.notes else forms["base"]]
        case "past" | "hypothetical":
            return [forms["past"]]
        case "imperfect" if "simple" in verb.notes:
            return [forms["past"]]
        case "progressive":
            return [_be("present", agreement), forms["gerund"]]
        case "imperfect":
            return [_be("past", agreement), forms["gerund"]]
        case "perfect" | "recent" | "lasting":
            return ["has" if third else "have", *_after_have(clause)]
        case "pluperfect" | "recent past" | "lasting past":
            return ["had", *_after_have(clause)]
        case "used":
            return ["used to", *main]
        case "future":
            return ["will", *main]
        case "conditional":
            return ["would", *main]
        case _:
            return [_be("present", agreement), "going to", *main]


def _after_have(clause: Clause) -> list[str]:
    """Return what follows "has" and "had": eaten, been eaten, been eating."""
    verb = clause.phrase.verb
    if clause.tense.startswith("lasting") and not verb.notes & {"stative", "copula"}:
        return ["been", verb.english["gerund"]]
    return ["been"] * clause.passive + [verb.english["participle"]]


def _nonfinite(clause: Clause, to: Sequence[Token]) -> list[Token]:
    """Return the verb in its base form, negated or not: (that he) not eat, (want him) not to eat."""
    verb, tense, meaning = clause.phrase.verb.english, (clause.key, "tense"), (clause.phrase.key, "verb")
    negation = _words("not", (clause.key, "not")) if clause.negation == "not" else []
    if clause.passive:
        return [*negation, *to, *_words("be", tense), *_words(verb["participle"], meaning)]
    return [*negation, *to, *_words(verb["base"], tense, meaning)]


def _verb_group(clause: Clause) -> tuple[list[Token], list[Token]]:
    """Return what a question puts before the subject, and the rest of the verb with negation and frequency."""
    verb, tense, meaning = clause.phrase.verb, (clause.key, "tense"), (clause.phrase.key, "verb")
    negation = _words("not", (clause.key, "not")) if clause.negation == "not" else []
    if clause.contracted and negation and (clause.imperative or _chain(clause)[0] != "am"):
        negation = [replace(negation[0], attached="n't")]
    if clause.imperative:
        return [], (_words("do", (clause.key, "not")) + negation if negation else []) + _words(
            verb.english["base"], meaning
        )
    chain = _chain(clause)
    auxiliary = len(chain) > 1 or chain[0] in ("am", "is", "are", "was", "were") or "modal" in verb.notes
    asked = bool(clause.question) and clause.question != "subject"
    if not auxiliary and (negation or asked):
        third = (clause.agreement.person, clause.agreement.plural) == (3, False)
        do = "did" if clause.tense in ("past", "hypothetical", "imperfect") else "does" if third else "do"
        chain, auxiliary = [do, verb.english["base"]], True
    adverb = _words(clause.negation, (clause.key, "not")) if clause.negation in ("never", "no longer") else []
    if clause.frequency is not None:
        adverb = _words(clause.frequency.english, (clause.key, "frequency"))
    if clause.tense.startswith("recent"):
        adverb = _words("just", (clause.key, "just"))
    if len(chain) == 1:
        finite = _words(chain[0], tense, meaning, *([(clause.key, "question")] if asked else []))
        if chain[0] == "can" and negation and not asked and not clause.contracted:
            finite, negation = _words("cannot", tense, meaning, (clause.key, "not")), []
        return ([], adverb + finite) if not auxiliary else (finite, negation + adverb)
    first = _words(chain[0], tense, *([(clause.key, "question")] if asked else []))
    between = [token for text in chain[1:-1] for token in _words(text, tense)]
    return first, negation + adverb + between + _words(chain[-1], meaning)


def _particle(vp: VerbPhrase) -> list[Token]:
    """Return the preposition of the object, or what introduces the complement."""
    verb, inner = vp.verb, vp.complement
    if not isinstance(inner, VerbPhrase):
        return _words(verb.english_particle, (vp.key, "particle" if verb.french_particle else "verb"))
    negation = _words("not", (inner.key, "not")) if inner.negated else []
    role = (vp.key, "particle") if verb.french_particle else (inner.key, "verb")  # "to eat" is one word in French
    return negation + _words(verb.english_particle, role)


def _verb_rest(vp: VerbPhrase, clause: Clause) -> list[Token]:
    """Return what follows the verb's own forms."""
    verb, both = vp.verb, vp.verb.english_rest and vp.verb.french_rest
    words = _words(verb.english_rest, (vp.key, "rest" if both else "verb"))
    if isinstance(vp.predicate, AdjectivePhrase):
        words += _adjective(vp.predicate)
    elif vp.predicate is not None:
        words += _noun_phrase(vp.predicate)
    particle = _particle(vp)
    infinitive = isinstance(vp.complement, Clause) and vp.complement.mood == "infinitive"
    if not infinitive:
        words += particle
    if clause.negation in ("nothing", "nobody"):
        words += _words(clause.negation, (clause.key, "not"))
    if vp.object is not None:
        words += _noun_phrase(vp.object)
    if vp.recipient is not None:
        words += _words("to", (vp.key, "to")) + _noun_phrase(vp.recipient)
    if isinstance(vp.complement, VerbPhrase):
        form = "participle" if verb.frame == "having done" else "base"
        words += _words(vp.complement.verb.english[form], (vp.complement.key, "verb"))
        words += _verb_rest(vp.complement, clause)
    elif vp.complement is not None:
        words += _clause(vp.complement, particle if infinitive else ())
    if clause.agent is not None:
        words += _words("by", (clause.key, "by")) + _noun_phrase(clause.agent)
    if vp.manner is not None:
        words += _words(vp.manner.english, (vp.key, "manner"))
    return words + [token for place in vp.places for token in _place(place)]
