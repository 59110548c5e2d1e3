"""What a sentence of the built-in corpus says, before any language: trees that both realisers read.

Every node has a key of its own; a word of either language expresses a node in one of its roles.
"""

from dataclasses import dataclass

from grammar.lexicon import Adjective, Agreement, Indefinite, Name, Noun, Pair, Verb

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
    """A noun, a name, an indefinite pronoun or (without a head) a personal pronoun.

    ``determiner`` is English: "the", "a", "" (bare), "this", "my" and the other possessives, "each", "many", "'s" (with
    a ``possessor``), "number" (with ``number``), "whose", "how many" and so on; "thy" is the *your* of somebody who is
    called *tu*. With a personal pronoun it says how many of them are meant: "number" is *three of them*, "some" and
    "any" stand alone. ``joint``, "and" or "or", is what joins ``other``.
    """

    key: int
    head: Noun | Name | Indefinite | None
    agreement: Agreement
    determiner: str = ""
    number: int = 0
    thing: bool = False
    adjectives: tuple[AdjectivePhrase, ...] = ()
    possessor: "NounPhrase | None" = None
    place: "Place | None" = None
    relative: "Relative | None" = None
    other: "NounPhrase | None" = None
    joint: str = "and"

    @property
    def is_pronoun(self) -> bool:
        """Return whether it is one personal pronoun."""
        return self.head is None and self.other is None

    @property
    def is_quantity(self) -> bool:
        """Return whether it is a pronoun that tells how many are meant: *three of them*, French *en … trois*."""
        return self.is_pronoun and self.determiner != ""

    @property
    def is_negative(self) -> bool:
        """Return whether it denies, as *no child*, *no one* and *nothing* do, which French answers with *ne*."""
        return self.determiner == "no" or (isinstance(self.head, Indefinite) and "negative" in self.head.kinds)

    @property
    def whole_agreement(self) -> Agreement:
        """Return the agreement of the coordination with ``other``, where there is one; else its own.

        What "or" joins is plural only where a part is: *Paul or Marie sleeps*.
        """
        if self.other is None:
            return self.agreement
        _, plural, feminine = self.other.whole_agreement
        plural = plural or self.agreement.plural or self.joint == "and"
        return Agreement(3, plural, self.agreement.feminine and feminine)


@dataclass(frozen=True, kw_only=True)
class Relative:
    """A relative clause, whose missing part is its ``role``: subject, object, place or (possessor) whose."""

    key: int
    role: str
    clause: "Clause"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A preposition and what follows it; the French for *to* or *in* a named place depends on the name.

    A pronoun as its noun makes it *there*, French *y*.
    """

    key: int
    preposition: Pair
    noun: NounPhrase

    @property
    def is_pronoun(self) -> bool:
        """Return whether it is said in one word, *there* and *y*."""
        return self.noun.is_pronoun and self.noun.thing and self.preposition.french == "à"


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
        time: when, an adverb or a preposition and its noun; ``time_first`` puts it before the subject.
        question: nothing, or "yes", "what", "who", "subject", "where", "when", "why", "how", "object".
        gap: what the missing or fronted object agrees with.
        fronted: the object that a question begins with.
        agent: of a passive clause.
        passive: whether it is one.
        imperative: whether it is one.
        adjunct: an infinitive that says how, before what or what for.
        contracted: whether English writes its auxiliary and what stands beside it as one word: don't, he's.
    """

    key: int
    subject: NounPhrase | None
    agreement: Agreement
    phrase: VerbPhrase
    tense: str
    mood: str = ""
    negation: str = ""
    frequency: Pair | None = None
    time: "Fixed | Place | None" = None
    time_first: bool = False
    question: str = ""
    gap: Agreement | None = None
    fronted: NounPhrase | None = None
    passive: bool = False
    agent: NounPhrase | None = None
    imperative: bool = False
    adjunct: Adjunct | None = None
    contracted: bool = False


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

    Attributes:
        clauses: in the order in which they are said.
        conjunctions: what stands between them.
        opening: stands before all, with a comma: *fortunately*, *no*.
        leading: the conjunction of the first clause, where it has one.
        end: the mark that ends it.
        vocative: who is spoken to by name, at the end or, with ``vocative_first``, at the beginning.
    """

    clauses: tuple[Clause | Existential | Fixed, ...]
    conjunctions: tuple[Fixed, ...] = ()
    opening: Fixed | None = None
    leading: Fixed | None = None
    end: str = "."
    vocative: NounPhrase | None = None
    vocative_first: bool = False
