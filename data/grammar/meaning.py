"""What a sentence of the built-in corpus says, before any language: trees that both realisers read.

Every node has a key of its own; a word of either language expresses a node in one of its roles.
"""

from dataclasses import dataclass

from grammar.lexicon import Adjective, Agreement, Name, Noun, Pair, Verb

__all__ = [
    "AdjectivePhrase",
    "Adjunct",
    "Clause",
    "Existential",
    "Fixed",
    "NounPhrase",
    "Place",
    "Relative",
    "Sentence",
    "VerbPhrase",
]


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """A ready phrase: words of each language with the role each expresses; a comma is a part of its own."""

    key: int
    english: tuple[tuple[str, str], ...]
    french: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class AdjectivePhrase:
    """An adjective with its degree: an adverb, or ``more``, ``less``, ``as`` (with ``than``) or ``most``."""

    key: int
    adjective: Adjective
    adverb: Pair | None = None
    degree: str = ""
    than: "NounPhrase | None" = None


@dataclass(frozen=True, kw_only=True)
class NounPhrase:
    """A noun, a name or (no head) a pronoun.

    ``determiner`` is English: "the", "a", "" (bare), "this", "my" and its like, "each", "many", "'s" (with a
    ``possessor``), "number" (with ``number``), "whose", "how many" and so on.
    """

    key: int
    head: Noun | Name | None
    agreement: Agreement
    determiner: str = ""
    number: int = 0
    thing: bool = False
    adjectives: tuple[AdjectivePhrase, ...] = ()
    possessor: "NounPhrase | None" = None
    place: "Place | None" = None
    relative: "Relative | None" = None
    other: "NounPhrase | None" = None

    @property
    def is_pronoun(self) -> bool:
        """Whether it is one pronoun."""
        return self.head is None and self.other is None

    @property
    def whole_agreement(self) -> Agreement:
        """Of the coordination with ``other``, where there is one; else its own."""
        if self.other is None:
            return self.agreement
        return Agreement(3, True, self.agreement.feminine and self.other.whole_agreement.feminine)


@dataclass(frozen=True, kw_only=True)
class Relative:
    """A relative clause, whose missing part is its ``role``: subject, object, place or (possessor) whose."""

    key: int
    role: str
    clause: "Clause"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A preposition and what follows; towards or in a named place the French one depends on the name."""

    key: int
    preposition: Pair
    noun: NounPhrase


@dataclass(frozen=True, kw_only=True)
class VerbPhrase:
    """A verb and what belongs to it.

    ``negated`` is for infinitives: *not to eat*. With a causative verb the ``object`` is who does what the
    ``complement`` says, or what it is done to: *makes Marie laugh*, *has the car repaired*.
    """

    key: int
    verb: Verb
    object: NounPhrase | None = None
    recipient: NounPhrase | None = None
    complement: "VerbPhrase | Clause | None" = None
    predicate: AdjectivePhrase | NounPhrase | None = None
    manner: Pair | None = None
    places: tuple[Place | Fixed, ...] = ()
    negated: bool = False


@dataclass(frozen=True, kw_only=True)
class Adjunct:
    """What the subject of a clause does besides: without eating, before leaving, in order to buy bread."""

    key: int
    preposition: Pair
    phrase: VerbPhrase


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A subject and what is said of it.

    Attributes:
        key: of the node.
        subject: None where it is a gap (relative), is shared with the clause before, or the clause is imperative.
        agreement: what the verb agrees with.
        phrase: the verb phrase.
        tense: present, progressive, past, imperfect, used, perfect, pluperfect, future, going or conditional;
            recent or recent past (has or had just eaten), lasting or lasting past (has or had been eating, of what
            still goes on), hypothetical (if he ate, he would …).
        mood: nothing, or where French has a subjunctive what English has: "subjunctive" (the ``tense``, as ever),
            "infinitive" (I want him *to eat*) or "base" (it is necessary that he *eat*).
        negation: nothing, or "not", "never", "no longer", "nothing", "nobody".
        frequency: an adverb of it.
        time: when; ``time_first`` puts it before the subject.
        question: nothing, or "yes", "what", "who", "subject", "where", "when", "why", "how", "object".
        gap: what the missing or fronted object agrees with.
        fronted: the object that a question begins with.
        agent: of a passive clause.
        passive: whether it is one.
        imperative: whether it is one.
        adjunct: an infinitive that says how, before what or what for.
    """

    key: int
    subject: NounPhrase | None
    agreement: Agreement
    phrase: VerbPhrase
    tense: str
    mood: str = ""
    negation: str = ""
    frequency: Pair | None = None
    time: Fixed | None = None
    time_first: bool = False
    question: str = ""
    gap: Agreement | None = None
    fronted: NounPhrase | None = None
    passive: bool = False
    agent: NounPhrase | None = None
    imperative: bool = False
    adjunct: Adjunct | None = None


@dataclass(frozen=True, kw_only=True)
class Existential:
    """There is something somewhere."""

    key: int
    noun: NounPhrase
    tense: str
    negated: bool
    place: Place | None


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """Clauses and the conjunctions between them.

    ``opening`` and a comma stand before all (*fortunately*, *no*), then ``leading``, the first clause's conjunction.
    """

    clauses: tuple[Clause | Existential | Fixed, ...]
    conjunctions: tuple[Fixed, ...] = ()
    opening: Fixed | None = None
    leading: Fixed | None = None
    end: str = "."
