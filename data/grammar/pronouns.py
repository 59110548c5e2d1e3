"""Clauses about pronouns, drawn at random: there, it and some (y and en), two clitics, someone and nothing; choices."""

from collections.abc import Collection
from dataclasses import replace

from grammar.clauses import ClauseWriter
from grammar.lexicon import Adjective, Agreement, Indefinite, Pair
from grammar.meaning import AdjectivePhrase, Clause, Existential, Fixed, NounPhrase, Place, VerbPhrase

__all__ = ["PronounWriter"]

_SHARE = 0.1  # of clauses
_KINDS: dict[str, float] = {
    "there": 2, "of it": 2, "some": 2.5, "giving": 1.5, "somebody": 2.5, "something": 2.5, "choice": 1,
}  # fmt: skip
_UNWANTED = {"generic", "definite", "swap"}


class PronounWriter(ClauseWriter):
    """Draws clauses in which pronouns or a choice are what is hard to translate."""

    def _clause(self, time: str, depth: int, nested: bool = False) -> Clause | Existential | Fixed:
        if not self.chance(_SHARE):
            return super()._clause(time, depth, nested)
        self._time = time.split()[0]
        kinds = _KINDS | ({} if nested else {"existing": 1.0})
        match self.weighted(kinds):
            case "there":
                return self._going_there(time)
            case "of it":
                return self._about_it(time)
            case "some":
                return self._some_of_them(time)
            case "giving":
                return self._giving_it(time)
            case "somebody":
                return self._by_somebody(time)
            case "something":
                return self._doing_something(time)
            case "choice":
                return self._choosing(time)
            case _:
                return self._existing_pronoun(time)

    def _said_of(self, subject: NounPhrase, phrase: VerbPhrase, time: str) -> Clause:
        return self._finished(subject, subject.whole_agreement, phrase, time)

    # -- y

    def _there(self) -> Place:
        """Draw no place but *there*: y."""
        return Place(key=self.key(), preposition=Pair("to", "à", frozenset()), noun=self._pronoun(3, False, thing=True))

    def _going_there(self, time: str) -> Clause:
        frame = self.weighted({"move": 3, "intransitive": 3, "object": 2})
        verb = self.pick([v for v in self._verbs[frame] if "there" in v.notes])
        subject = self._subject({"person"}, 0)
        phrase = VerbPhrase(key=self.key(), verb=verb, places=(self._there(),))
        if frame == "object":
            phrase = replace(phrase, object=self._noun_phrase(verb.objects, 0, definite=True))
        return self._said_of(subject, phrase, time)

    # -- en, and y for things

    def _asking_for_it(self) -> VerbPhrase:
        """Draw a request with one or two pronouns: donnez-le-moi, allez-y, mangez-en."""
        kind = self.weighted({"giving": 3, "there": 1, "some": 1.5})
        if kind == "there":
            verb = self.pick([v for v in self._verbs["move"] if "there" in v.notes])
            return VerbPhrase(key=self.key(), verb=verb, places=(self._there(),))
        if kind == "some":
            wanted = ("eat", "drink", "take", "buy", "taste", "prepare")
            verb = self.pick([v for v in self._verbs["object"] if v.english["base"] in wanted and v.direct])
            return VerbPhrase(key=self.key(), verb=verb, object=self._quantity(verb.objects))
        thing = self._quantity({"thing"}) if self.chance(0.2) else self._pronoun(3, self.chance(0.4), thing=True)
        recipient = self._pronoun(1, self.chance(0.3)) if self.chance(0.7) else self._person(((3, False), (3, True)))
        return VerbPhrase(key=self.key(), verb=self.pick(self._verbs["recipient"]), object=thing, recipient=recipient)

    def _about_it(self, time: str) -> Clause:
        """Draw a verb with à or de whose object is a thing: y pense, en parle."""
        verbs = [
            v for v in self._verbs["object"] if v.french_particle in ("à", "de") and v.objects - {"person", "animal"}
        ]
        verb = self.pick(verbs)
        plural = "person" not in verb.objects and self.chance(0.4)  # "them" would be persons: pense à eux
        phrase = VerbPhrase(key=self.key(), verb=verb, object=self._pronoun(3, plural, thing=True))
        return self._said_of(self._subject({"person"}, 0), phrase, time)

    def _quantity(self, kinds: Collection[str]) -> NounPhrase:
        """Draw how many or how much of what was spoken of: three of them, a lot of it, some."""
        plural = not set(kinds) <= {"dish", "drink"}
        amounts = (
            {"number": 4.0, "many": 1, "several": 1, "a lot of": 1, "some": 3} if plural else {"a lot of": 1, "some": 2}
        )
        determiner = self.weighted(amounts)
        number = self.between(2, 12) if determiner == "number" else 0
        return replace(self._pronoun(3, plural, thing=True), determiner=determiner, number=number)

    def _some_of_them(self, time: str) -> Clause:
        goods = {"food", "dish", "drink", "thing", "clothes", "vehicle", "animal"}
        if self.chance(0.25):
            verb = self.pick([v for v in self._verbs["recipient"] if v.objects & goods])
        else:
            verb = self.pick(
                [v for v in self._verbs["object"] if v.objects & goods and v.direct and not v.notes & _UNWANTED
                 and "person" in v.subjects and "person" not in v.objects]
            )  # fmt: skip
        subject = self._subject({"person"}, 0)
        phrase = VerbPhrase(key=self.key(), verb=verb, object=self._quantity(verb.objects))
        if verb.frame == "recipient":
            phrase = replace(phrase, recipient=self._person_object(subject))
        return self._said_of(subject, phrase, time)

    def _giving_it(self, time: str) -> Clause:
        """Draw a clause with two clitics: me le donne, les lui a montrés."""
        subject = self._subject({"person"}, 0)
        thing = self._pronoun(3, self.chance(0.4), thing=True)
        phrase = VerbPhrase(
            key=self.key(),
            verb=self.pick(self._verbs["recipient"]),
            object=thing,
            recipient=self._person_object(subject),
        )
        return self._said_of(subject, phrase, time)

    # -- someone, everything, nothing

    def _indefinite(self, kind: str, negative: bool) -> NounPhrase:
        options = [
            entry for entry in self._indefinites
            if kind in entry.kinds and (negative or "negative" not in entry.kinds)
        ]  # fmt: skip
        return NounPhrase(key=self.key(), head=self.pick(options), agreement=Agreement())

    def _qualified(self, np: NounPhrase, kinds: Collection[str]) -> NounPhrase:
        """Add an adjective, where the pronoun takes one: something interesting."""
        assert isinstance(np.head, Indefinite)
        qualities = self._qualities(kinds)
        if "all" in np.head.kinds or not qualities or not self.chance(0.55):
            return np
        return replace(np, adjectives=(AdjectivePhrase(key=self.key(), adjective=self.pick(qualities)),))

    def _qualities(self, kinds: Collection[str]) -> list[Adjective]:
        """Return the adjectives that tell how somebody or something is; colors and nationalities would be odd."""
        suitable = self._suitable(kinds, predicate=True)
        return [a for a in suitable if a.comparative and a.position in ("after", "predicate")]

    def _by_somebody(self, time: str) -> Clause:
        """Draw a clause whose subject is someone, everything, no one and so on."""
        kind = self.weighted({"action": 4, "deed": 4, "person is": 2, "thing is": 3})
        if kind.endswith(" is"):
            return self._being_so(kind.removesuffix(" is"), time)
        frame = "intransitive" if kind == "action" else "object"
        verbs = [
            v for v in self._verbs[frame]
            if "person" in v.subjects and not v.notes & {"plural", "swap", "placeless"}
        ]  # fmt: skip
        verb = self.pick(verbs)
        subject = self._indefinite("person", negative=True)
        phrase = VerbPhrase(key=self.key(), verb=verb)
        if frame == "object":
            phrase = replace(phrase, object=self._object_of(verb, subject, 0))
        return self._said_of(subject, phrase, time)

    def _being_so(self, kind: str, time: str) -> Clause:
        subject = self._indefinite(kind, negative=True)
        qualities = self._qualities({"abstract" if kind == "thing" else "person"})
        predicate = AdjectivePhrase(key=self.key(), adjective=self.pick(qualities))
        verb = self.pick([self._be, self._be, self._become, self._seem])
        return self._said_of(subject, self._copula(verb, predicate), time)

    def _doing_something(self, time: str) -> Clause:
        """Draw a clause whose object is someone, something, everyone or everything."""
        subject = self._subject({"person"}, 0)
        while subject.is_negative:
            subject = self._subject({"person"}, 0)
        frame = self.weighted({"object": 4, "recipient": 1})
        verbs = [
            v for v in self._verbs[frame]
            if "person" in v.subjects and not v.notes & _UNWANTED and (v.direct or frame == "object")
            and v.objects & {"thing", "food", "text", "abstract", "person"}
        ]  # fmt: skip
        verb = self.pick(verbs)
        person = "person" in verb.objects
        thing = self._indefinite("person" if person else "thing", negative=False)
        thing = self._qualified(thing, {"person"} if person else verb.objects)
        phrase = VerbPhrase(key=self.key(), verb=verb, object=thing)
        if frame == "recipient":
            recipient = self._indefinite("person", negative=False) if self.chance(0.5) else self._person_object(subject)
            phrase = replace(phrase, recipient=recipient)
        return self._said_of(subject, phrase, time)

    def _existing_pronoun(self, time: str) -> Existential:
        """Draw that there is someone, something interesting or nothing, or that there are three of them."""
        tense = time.split()[0] if time != "other" else "present"
        if self.chance(0.3):
            noun = self._quantity({"thing"})
        else:
            kind = self.pick(("person", "thing"))
            options = [entry for entry in self._indefinites if kind in entry.kinds and "all" not in entry.kinds]
            noun = NounPhrase(key=self.key(), head=self.pick(options), agreement=Agreement())
            noun = self._qualified(noun, {"abstract"} if kind == "thing" else {kind})
        return Existential(key=self.key(), noun=noun, tense=tense, negated=False, place=self._place(0))

    # -- or

    def _choosing(self, time: str, subject: NounPhrase | None = None) -> Clause:
        """Draw a choice of two things of a kind: tea or coffee, a coat or a jacket."""
        goods = {"dish", "drink", "fruit", "clothes", "vehicle", "instrument"}
        verbs = [
            v for v in self._verbs["object"]
            if v.direct and v.objects & {"dish", "drink", "food", "clothes", "vehicle"} and "person" not in v.objects
            and not v.notes & {"same", "swap", "definite"}
        ]  # fmt: skip
        verb = self.pick(verbs)
        suited = verb.objects | ({"fruit"} if "food" in verb.objects else frozenset())
        first = self._noun({self.pick(sorted(goods & suited))} if goods & suited else verb.objects)
        alike = [noun for noun in self._of_kinds(first.kinds & goods) if noun is not first and noun.mass == first.mass]
        second = self.pick(alike)
        bare = first.mass or "generic" in verb.notes or self.chance(0.4)
        one, other = (
            NounPhrase(
                key=self.key(), head=noun, determiner="" if bare else "a",
                agreement=Agreement(3, bare and not noun.mass, noun.feminine),
            )
            for noun in (first, second)
        )  # fmt: skip
        phrase = VerbPhrase(key=self.key(), verb=verb, object=replace(one, other=other, joint="or"))
        return self._said_of(subject or self._subject({"person"}, 0), phrase, time)
