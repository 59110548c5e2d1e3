"""Noun phrases and places whose words suit each other, drawn at random; the base of what draws clauses."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from grammar.draws import Draws
from grammar.lexicon import Adjective, Agreement, Lexicon, Name, Noun, Pair, Verb
from grammar.meaning import (
    AdjectivePhrase,
    Fixed,
    NounPhrase,
    Place,
    Relative,
)
from grammar.times import Times

__all__ = ["NounWriter"]

_POSSESSIVES = ("my", "your", "his", "her", "our", "their")
_SPECIAL = {"companion", "time", "pair", "path", "contact"}  # prepositions that only some verbs or nouns suit
_PRONOUNS = ((1, False), (3, False), (3, False), (1, True), (2, True), (3, True))


class NounWriter(Draws, ABC):
    """Draws noun phrases. The same lexicon and seed give the same ones on any machine.

    Args:
        lexicon: the words.
        seed: of the draws; any string.
    """

    def __init__(self, lexicon: Lexicon, seed: str) -> None:
        super().__init__(seed)
        self._times = Times(lexicon, self)
        self._nouns: dict[str, list[Noun]] = {}
        self._cached: dict[tuple[str, ...], list[Noun]] = {}  # nouns of any of several kinds
        for noun in lexicon.nouns:
            for kind in sorted(noun.kinds):
                self._nouns.setdefault(kind, []).append(noun)
        self._adjectives = lexicon.adjectives
        self._persons = [name for name in lexicon.names if name.kind in ("m", "f")]
        self._places = [name for name in lexicon.names if name.kind not in ("m", "f")]
        self._verbs: dict[str, list[Verb]] = {}
        for verb in lexicon.verbs:
            self._verbs.setdefault(verb.frame, []).append(verb)
        self._be, self._become, self._seem = self._verbs["copula"]
        self._adverbs: dict[str, list[Pair]] = {}
        for adverb in lexicon.adverbs:
            for kind in sorted(adverb.kinds):
                self._adverbs.setdefault(kind, []).append(adverb)
        self._prepositions = lexicon.prepositions
        self._indefinites = lexicon.indefinites
        self._weather = lexicon.weather

    # -- noun phrases

    def _of_kinds(self, kinds: Iterable[str]) -> list[Noun]:
        key = tuple(sorted(kinds))
        if key not in self._cached:
            self._cached[key] = list(dict.fromkeys(noun for kind in key for noun in self._nouns[kind]))
        return self._cached[key]

    def _noun(self, kinds: Iterable[str]) -> Noun:
        return self.pick(self._of_kinds(kinds))

    def _noun_phrase(
        self, kinds: Collection[str], depth: int = 1, subject: bool = False, definite: bool = False
    ) -> NounPhrase:
        """Draw a noun of one of these kinds with what belongs to it, or a person's name."""
        if "person" in kinds and self.chance(0.15):
            return self._name(self.pick(self._persons))
        return self._of_noun(self._noun(kinds), depth, subject, definite)

    def _name(self, name: Name) -> NounPhrase:
        return NounPhrase(
            key=self.key(), head=name, agreement=Agreement(feminine=name.kind in ("f", "la"), plural=name.kind == "les")
        )

    def _of_noun(self, noun: Noun, depth: int, subject: bool, definite: bool) -> NounPhrase:
        plural = not noun.mass and "parent" not in noun.kinds and self.chance(0.3)
        determiner = self._determiner(noun, plural, subject, definite)
        plural = plural and determiner not in ("each", "no")
        np = NounPhrase(
            key=self.key(),
            head=noun,
            agreement=Agreement(3, plural, noun.feminine),
            determiner=determiner,
            number=self._number() if determiner == "number" else 0,
        )
        if determiner == "'s":
            np = replace(np, possessor=self._owner())
        if noun.kinds & {"parent", "sky"}:
            return np
        np = replace(np, adjectives=self._modifiers(np, noun))
        superlative = any(adjective.degree for adjective in np.adjectives)
        if depth and determiner in ("the", "a") and not superlative and self.chance(0.14):
            np = replace(np, relative=self._relative(noun, np.agreement))
        elif (
            depth
            and determiner == "the"
            and noun.kinds & {"person", "animal", "thing", "furniture"}
            and self.chance(0.1)
        ):
            np = replace(np, place=self._place(0))
        return np

    def _determiner(self, noun: Noun, plural: bool, subject: bool, definite: bool) -> str:
        if "parent" in noun.kinds:
            return "'s" if self.chance(0.25) else self.pick(_POSSESSIVES)
        if "sky" in noun.kinds:
            return "the"
        unowned = "unowned" in noun.kinds  # ma femme is my wife, ma fille my daughter
        if definite:
            return self.weighted({"the": 6, "this": 1} | ({} if unowned else {"'s": 1, "my": 1, "his": 1, "her": 1}))
        if noun.mass:
            return self.weighted({"the": 4, "": 4, "a lot of": 1} | dict.fromkeys(_POSSESSIVES, 0.15))
        weights: dict[str, float] = {"the": 8, "this": 1}
        if not unowned:
            weights |= {"'s": 1.2} | dict.fromkeys(_POSSESSIVES, 0.35)
        if plural:
            weights |= {"": 3, "number": 4, "many": 1, "several": 1, "few": 0.5, "too many": 0.5, "all": 0.8}
        else:
            weights |= {"a": 5} | ({"each": 0.6, "no": 0.4} if subject else {})
        return self.weighted(weights)

    def _number(self) -> int:
        kind = self.weighted({"small": 6, "tens": 4, "hundreds": 1})
        if kind == "small":
            return self.between(2, 16)
        return self.between(17, 99) if kind == "tens" else self.between(1, 9) * 100

    def _owner(self) -> NounPhrase:
        if self.chance(0.4):
            return self._name(self.pick(self._persons))
        noun = self._noun({"person"})
        determiner = self.pick(_POSSESSIVES) if noun.kinds & {"parent", "relative"} else "the"
        plural = "parent" not in noun.kinds and self.chance(0.2)
        return NounPhrase(
            key=self.key(), head=noun, agreement=Agreement(3, plural, noun.feminine), determiner=determiner
        )

    def _suitable(self, kinds: Collection[str], predicate: bool) -> list[Adjective]:
        return [
            adjective
            for adjective in self._adjectives
            if adjective.kinds & set(kinds) and (predicate or adjective.position != "predicate")
        ]

    def _modifiers(self, np: NounPhrase, noun: Noun) -> tuple[AdjectivePhrase, ...]:
        if np.determiner in ("many", "few", "too many", "several") or not self.chance(0.32):
            return ()
        suitable = self._suitable(noun.kinds, predicate=False)
        if np.determiner in ("the", *_POSSESSIVES) and not noun.mass and self.chance(0.12):
            ordinals = [a for a in self._adjectives if a.position == "ordinal"]
            if np.agreement.plural:
                ordinals = [a for a in ordinals if a.english not in ("second", "third")]
            return (AdjectivePhrase(key=self.key(), adjective=self.pick(ordinals)),)
        if not suitable:
            return ()
        first = self.pick(suitable)
        if np.determiner == "the" and first.superlative and self.chance(0.2):
            return (AdjectivePhrase(key=self.key(), adjective=first, degree="most"),)
        if self.chance(0.15) and not first.english.istitle():
            # Qualities can be joined by "and"; a nationality cannot be joined to them.
            others = [a for a in suitable if a.position == "after" and a is not first and not a.english.istitle()]
            if others and (first.position == "before" or "person" in noun.kinds):
                both = (first, self.pick(others))
                return tuple(AdjectivePhrase(key=self.key(), adjective=adjective) for adjective in both)
        return (AdjectivePhrase(key=self.key(), adjective=first),)

    def _pronoun(self, person: int, plural: bool, feminine: bool = False, thing: bool = False) -> NounPhrase:
        return NounPhrase(key=self.key(), head=None, agreement=Agreement(person, plural, feminine), thing=thing)

    def _person(self, options: Sequence[tuple[int, bool]]) -> NounPhrase:
        """Draw a pronoun for somebody, of one of these persons and numbers; she is drawn as often as he."""
        person, plural = self.pick(options)
        return self._pronoun(person, plural, feminine=(person, plural) == (3, False) and self.chance(0.5))

    def _referring(self, np: NounPhrase) -> NounPhrase:
        """Return the pronoun that stands for a noun phrase."""
        _, plural, feminine = np.whole_agreement
        person = isinstance(np.head, Name) or (np.head is not None and "person" in np.head.kinds)
        return self._pronoun(3, plural, feminine, thing=not person)

    def _subject(self, kinds: Collection[str], depth: int = 1) -> NounPhrase:
        if "person" in kinds and self.chance(0.32):
            return self._person(_PRONOUNS)
        np = self._noun_phrase(kinds, depth, subject=True)
        specific = np.determiner in ("the", "my", "his", "her") or isinstance(np.head, Name)
        if specific and self.chance(0.1):
            return self._alternative(np, kinds) if self.chance(0.25) else self._with_another(np, kinds)
        return np

    def _the_one(self, np: NounPhrase) -> NounPhrase:
        """Return the same with a definite article, in the singular."""
        return replace(np, determiner="the", possessor=None, number=0, agreement=np.agreement._replace(plural=False))

    def _alternative(self, np: NounPhrase, kinds: Collection[str]) -> NounPhrase:
        """Join another of the same number and gender by *or*, so that what agrees with one agrees with both."""
        plural, feminine = np.agreement.plural, np.agreement.feminine
        if isinstance(np.head, Name):
            names = [name for name in self._persons if name.kind == np.head.kind and name is not np.head]
            return replace(np, other=self._name(self.pick(names)), joint="or")
        others = [
            noun
            for noun in self._of_kinds(kinds)
            if noun is not np.head and noun.feminine == feminine and not noun.mass and "parent" not in noun.kinds
        ]
        if not others:
            return np
        other = NounPhrase(
            key=self.key(), head=self.pick(others), agreement=Agreement(3, plural, feminine), determiner="the"
        )
        return replace(np, relative=None, place=None, other=other, joint="or")

    def _with_another(self, np: NounPhrase, kinds: Collection[str]) -> NounPhrase:
        """Join another noun of these kinds by *and*, where there is one."""
        others = [noun for noun in self._of_kinds(kinds) if noun is not np.head]
        if not others:
            return np
        other = self._of_noun(self.pick(others), 0, subject=False, definite=True)
        return replace(np, relative=None, place=None, other=other)

    def _person_object(self, subject: NounPhrase | None) -> NounPhrase:
        """Draw a pronoun for a person that is not the subject."""
        taken = None if subject is None else subject.agreement.person
        options = [option for option in _PRONOUNS if option[0] == 3 or option[0] != taken]
        return self._person(options)

    # -- places

    def _place(self, depth: int) -> Place:
        options = [p for p in self._prepositions if not p.kinds & _SPECIAL]
        preposition = self.pick(options)
        noun = self._of_noun(self._noun(preposition.kinds), depth, subject=False, definite=True)
        return Place(key=self.key(), preposition=preposition, noun=replace(noun, relative=None))

    def _location(self) -> Place | Fixed:
        kind = self.weighted({"place": 5, "name": 2, "here": 1.5, "between": 1.2})
        if kind == "place":
            return self._place(1)
        if kind == "between":
            return self._between()
        if kind == "here":
            return self._adverb("here")
        return Place(key=self.key(), preposition=Pair("in", "à", frozenset()), noun=self._name(self.pick(self._places)))

    def _special_place(self, use: str, kinds: Collection[str] = ()) -> Place:
        """Draw a preposition of this use, and a noun that suits it or is of these kinds."""
        preposition = self.pick([p for p in self._prepositions if use in p.kinds])
        noun = self._of_noun(self._noun(kinds or preposition.kinds - {use}), 0, subject=False, definite=True)
        return Place(key=self.key(), preposition=preposition, noun=noun)

    def _between(self) -> Place:
        """Draw a place between two things of a kind."""
        (preposition,) = [p for p in self._prepositions if "pair" in p.kinds]
        kinds = [self.pick(sorted(preposition.kinds - {"pair"}))]
        noun = self._with_another(self._of_noun(self._noun(kinds), 0, subject=False, definite=True), kinds)
        return Place(key=self.key(), preposition=preposition, noun=noun)

    def _adverb(self, kind: str) -> Fixed:
        adverb = self.pick(self._adverbs[kind])
        return Fixed(key=self.key(), english=((adverb.english, "adverb"),), french=((adverb.french, "adverb"),))

    def _companion(self, subject: NounPhrase | None) -> Place:
        preposition = self.pick([p for p in self._prepositions if "companion" in p.kinds])
        if self.chance(0.3):
            noun = self._person_object(subject)
        else:
            noun = self._noun_phrase({"person"}, 0, definite=True)
        return Place(key=self.key(), preposition=preposition, noun=noun)

    def _destination(self) -> Place:
        if self.chance(0.4):
            noun = self._name(self.pick(self._places))
        else:
            buildings = [noun for noun in self._of_kinds({"building"}) if "room" not in noun.kinds]
            noun = self._of_noun(self.pick(buildings), 0, subject=False, definite=True)
            noun = replace(noun, agreement=noun.agreement._replace(plural=False))
        return Place(key=self.key(), preposition=Pair("to", "à", frozenset()), noun=noun)

    @abstractmethod
    def _relative(self, noun: Noun, agreement: Agreement) -> Relative:
        """Draw a relative clause for a noun."""
