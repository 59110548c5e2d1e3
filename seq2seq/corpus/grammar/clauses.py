"""Clauses whose parts suit each other, drawn at random, with the names of the phenomena in them."""

from dataclasses import replace

from seq2seq.corpus.grammar.lexicon import Adjective, Agreement, Name, Noun, Verb
from seq2seq.corpus.grammar.meaning import (
    AdjectivePhrase,
    Clause,
    Existential,
    Fixed,
    NounPhrase,
    Relative,
    VerbPhrase,
)
from seq2seq.corpus.grammar.nouns import NounWriter

__all__ = ["ClauseWriter"]

# Tenses that can stand side by side in one sentence.
_TIMES: dict[str, dict[str, float]] = {
    "present": {"present": 5, "progressive": 3},
    "past": {"past": 6, "imperfect": 2},
    "past alone": {"past": 6, "imperfect": 2, "pluperfect": 1},
    "present when": {"present": 1},
    "past when": {"past": 3, "imperfect": 2},
    "future": {"future": 4, "going": 2},
    "past while": {"imperfect": 1},
    "present while": {"progressive": 1},
    "other": {"perfect": 3, "conditional": 2, "used": 1},
}
_PLAIN: dict[str, dict[str, float]] = {
    "present": {"present": 3, "progressive": 1},
    "past": {"past": 1},
}
# What a verb of state says instead.
_STATIVE = {
    "progressive": "present",
    "imperfect": "past",
    "pluperfect": "past",
    "going": "future",
    "perfect": "present",
}


class ClauseWriter(NounWriter):
    """Draws clauses."""

    _time = "present"  # of the main clause at hand; relative clauses in it suit it

    # -- relative clauses

    def _relative(self, noun: Noun, agreement: Agreement) -> Relative:
        roles = {"subject": 4.0}
        if noun.kinds & {
            "person",
            "thing",
            "animal",
            "food",
            "clothes",
            "vehicle",
            "text",
            "building",
            "dish",
            "drink",
        }:
            roles["object"] = 4
        if noun.kinds & {"building", "place"}:
            roles["place"] = 3
        if "person" in noun.kinds:
            roles["whose"] = 1.5
        role = self.weighted(roles)
        time = self.weighted({"past": 1} if self._time == "past" else {"present": 2, "past": 1})
        match role:
            case "subject":
                clause = self._predicate_of(noun, agreement, time)
            case "object":
                verbs = [
                    v
                    for v in self._verbs["object"]
                    if v.objects & noun.kinds and v.direct and not v.reflexive and "swap" not in v.notes
                ]
                if not verbs:
                    return replace(self._relative_subject(noun, agreement, time))
                clause = self._with_gap(self.pick(verbs), agreement, time)
            case "place":
                verb = self.pick([v for v in self._verbs["intransitive"] if "command" in v.notes and not v.with_etre])
                clause = self._simple(self._subject({"person"}, 0), verb, time)
            case _:
                owned = self._noun({"animal", "relative", "vehicle"})
                subject = NounPhrase(
                    key=self.key(), head=owned, agreement=Agreement(3, False, owned.feminine), determiner="whose"
                )
                clause = self._predicate_of(owned, subject.agreement, time, subject)
        return Relative(key=self.key(), role=role, clause=clause)

    def _relative_subject(self, noun: Noun, agreement: Agreement, time: str) -> Relative:
        return Relative(key=self.key(), role="subject", clause=self._predicate_of(noun, agreement, time))

    def _with_gap(self, verb: Verb, gap: Agreement, time: str) -> Clause:
        subject = self._subject(verb.subjects, 0)
        clause = self._simple(subject, verb, time)
        return replace(clause, gap=gap)

    def _predicate_of(self, noun: Noun, agreement: Agreement, time: str, subject: NounPhrase | None = None) -> Clause:
        """A short clause said of a noun."""
        adjectives = self._suitable(noun.kinds, predicate=True)
        adjectives = [a for a in adjectives if a.position in ("after", "predicate") and a.masculine != "en bois"]
        verbs = [
            v
            for v in self._verbs["intransitive"]
            if v.subjects & noun.kinds and not ("plural" in v.notes and not agreement.plural)
        ]
        transitive = [v for v in self._verbs["object"] if v.subjects & noun.kinds and "swap" not in v.notes]
        kinds: dict[str, float] = {
            "adjective": 2.0 * bool(adjectives),
            "verb": 2.0 * bool(verbs),
            "object": 2.0 * bool(transitive),
        }
        match self.weighted(kinds) if sum(kinds.values()) else "place":
            case "adjective":
                phrase = self._copula(self._be, AdjectivePhrase(key=self.key(), adjective=self.pick(adjectives)))
            case "verb":
                phrase = VerbPhrase(key=self.key(), verb=self.pick(verbs))
            case "object":
                verb = self.pick(transitive)
                phrase = VerbPhrase(key=self.key(), verb=verb, object=self._object_of(verb, subject, 0))
            case _:
                phrase = replace(self._copula(self._be, None), places=(self._place(0),))
        return self._finished(subject, agreement, phrase, time, plain=True)

    def _simple(self, subject: NounPhrase, verb: Verb, time: str) -> Clause:
        return self._finished(subject, subject.whole_agreement, VerbPhrase(key=self.key(), verb=verb), time, plain=True)

    # -- main clauses

    def _tense(self, verb: Verb, time: str, plain: bool) -> str:
        tenses = _TIMES[time]
        if plain:
            tenses = _PLAIN.get(time.split()[0], tenses)
        tense = self.weighted(tenses)
        if verb.notes & {"stative", "copula", "simple"} or verb.frame in ("clause", "copula"):
            tense = _STATIVE.get(tense, tense)
        if "modal" in verb.notes:
            tense = "past" if tense == "past" and verb.english["past"] == "could" else "present"
        if "same" in verb.notes and tense == "past":
            tense = "perfect" if plain else "imperfect"
        return tense

    def _finished(
        self, subject: NounPhrase | None, agreement: Agreement, phrase: VerbPhrase, time: str, plain: bool = False
    ) -> Clause:
        """A clause with its tense and, unless it shall be plain, negation, adverbs and a time."""
        verb = phrase.verb
        tense = self._tense(verb, time, plain)
        generic = tense == "present" and (verb.frame == "copula" or "generic" in verb.notes)
        if subject is not None and subject.determiner == "" and isinstance(subject.head, Noun) and not generic:
            # Dogs like bones: les chiens; but of dogs that barked French says des chiens or les chiens.
            subject = replace(subject, determiner="the")
        clause = Clause(key=self.key(), subject=subject, agreement=agreement, phrase=phrase, tense=tense)
        if plain:
            return clause
        negatable = tense != "used" and "affirmative" not in verb.notes
        negatable = negatable and (subject is None or subject.determiner not in ("no", "each", "all", "few"))
        if negatable and self.chance(0.2):
            clause = self._negated(clause)
        elif (
            negatable
            and tense in ("present", "past")
            and not ("modal" in verb.notes or verb.frame == "clause" or self.chance(0.85))
        ):
            # "Always" and "usually" of the past ask for the imperfect.
            adverbs = [a for a in self._adverbs["frequency"] if tense == "present" or "present-only" not in a.kinds]
            clause = replace(clause, frequency=self.pick(adverbs))
        if clause.frequency is None and clause.negation != "never" and verb.frame != "clause" and self.chance(0.25):
            # After a relative clause or a comparison a time would seem to belong to it.
            compared = isinstance(phrase.predicate, AdjectivePhrase) and phrase.predicate.than is not None
            first = self.chance(0.3) or compared or _has_relative(phrase.object) or _has_relative(phrase.recipient)
            clause = replace(clause, time=self._times.draw(tense), time_first=first)
        return clause

    def _negated(self, clause: Clause) -> Clause:
        verb, thing = clause.phrase.verb, clause.phrase.object
        options: dict[str, float] = {"not": 5}
        stative = bool(verb.notes & {"stative", "copula", "modal"})
        if clause.tense in ("present", "past", "perfect", "future", "conditional") and not (
            stative and clause.tense == "past"
        ):
            options["never"] = 1
        compared = isinstance(clause.phrase.predicate, AdjectivePhrase) and clause.phrase.predicate.degree
        if not compared and (clause.tense in ("present", "future") or (stative and clause.tense == "past")):
            options["no longer"] = 1  # not with a comparison: n'est plus plus grand
        if (
            verb.frame == "object"
            and verb.direct
            and not verb.notes & {"definite"}
            and not verb.reflexive
            and thing is not None
        ):
            options["nobody" if "person" in verb.objects else "nothing"] = 1
        negation = self.weighted(options)
        phrase = clause.phrase
        if isinstance(phrase.predicate, AdjectivePhrase) and phrase.predicate.adverb is not None:
            phrase = replace(phrase, predicate=replace(phrase.predicate, adverb=None))
        if negation in ("nothing", "nobody"):
            phrase = replace(phrase, object=None)
        elif thing is not None:
            phrase = replace(phrase, object=self._in_negation(thing, verb))
        return replace(clause, negation=negation, phrase=phrase)

    def _in_negation(self, thing: NounPhrase, verb: Verb) -> NounPhrase:
        """Bare objects get "any"; quantities and coordinations, whose scope would be unclear, become plain."""
        thing = replace(thing, other=None)
        if thing.determiner == "" and thing.head is not None and isinstance(thing.head, Noun):
            return thing if "generic" in verb.notes or not verb.direct else replace(thing, determiner="any")
        if thing.determiner in ("many", "several", "few", "too many", "all", "a lot of", "number"):
            return replace(thing, determiner="the", number=0)
        return thing

    def _object_of(self, verb: Verb, subject: NounPhrase | None, depth: int) -> NounPhrase:
        if "person" in verb.objects and self.chance(0.3):
            return self._person_object(subject)
        np = self._noun_phrase(verb.objects, depth, definite="definite" in verb.notes)
        if "definite" in verb.notes:
            np = self._the_one(np)
        if np.determiner == "the" and depth and self.chance(0.06):
            return self._with_another(np, verb.objects)
        return np

    def _copula(self, verb: Verb, predicate: AdjectivePhrase | NounPhrase | None) -> VerbPhrase:
        return VerbPhrase(key=self.key(), verb=verb, predicate=predicate)

    def _transitive(self, time: str, depth: int) -> Clause:
        verb = self.pick(self._verbs["object"])
        subject = self._subject(verb.subjects, depth)
        phrase = VerbPhrase(key=self.key(), verb=verb, object=self._object_of(verb, subject, depth))
        passive = verb.direct and not verb.notes & {"stative", "generic", "swap", "definite"} and self.chance(0.08)
        if (
            passive
            and phrase.object is not None
            and phrase.object.head is not None
            and subject.head is not None
            and subject.determiner != "no"
        ):
            return self._passive(verb, phrase.object, subject, time)
        if self.chance(0.1) and not verb.notes & {"stative", "generic"} and not _has_relative(phrase.object):
            phrase = replace(phrase, manner=self.pick(self._adverbs["manner"]))
        elif (
            self.chance(0.15)
            and not verb.notes & {"stative", "generic"}
            and phrase.object is not None
            and not phrase.object.relative
        ):
            phrase = replace(phrase, places=(self._location(),))
        return self._finished(subject, subject.whole_agreement, phrase, time)

    def _passive(self, verb: Verb, patient: NounPhrase, agent: NounPhrase, time: str) -> Clause:
        phrase = VerbPhrase(key=self.key(), verb=verb)
        tense = self.weighted(
            {"present": {"present": 1.0}, "past": {"past": 3.0, "pluperfect": 1}, "future": {"future": 1.0}}.get(
                time.split()[0], {"perfect": 1.0}
            )
        )
        patient = replace(patient, determiner="the", number=0) if patient.determiner == "" else patient
        return Clause(
            key=self.key(),
            subject=patient,
            agreement=patient.whole_agreement,
            phrase=phrase,
            tense=tense,
            passive=True,
            agent=agent,
        )

    def _intransitive(self, time: str, depth: int) -> Clause:
        verb = self.pick(self._verbs["intransitive"])
        subject = self._subject(verb.subjects, depth)
        if "plural" in verb.notes and not subject.whole_agreement.plural:
            subject = self._pronoun(3, True)
        phrase = VerbPhrase(key=self.key(), verb=verb)
        if not verb.notes & {"copula"}:
            if "manner" in verb.notes and self.chance(0.4):
                phrase = replace(phrase, manner=self.pick(self._adverbs["manner"]))
            if self.chance(0.3) and "sky" not in verb.subjects:
                place = (
                    self._companion(subject)
                    if self.chance(0.3) and verb.subjects == {"person"} and "alone" not in verb.notes
                    else self._location()
                )
                phrase = replace(phrase, places=(place,))
        return self._finished(subject, subject.whole_agreement, phrase, time)

    def _giving(self, time: str, depth: int) -> Clause:
        verb = self.pick(self._verbs["recipient"])
        subject = self._subject({"person"}, depth)
        thing = self._noun_phrase(verb.objects, 0)
        recipient = self._person_object(subject) if self.chance(0.45) else self._noun_phrase({"person"}, depth)
        phrase = VerbPhrase(key=self.key(), verb=verb, object=thing, recipient=recipient)
        return self._finished(subject, subject.whole_agreement, phrase, time)

    def _moving(self, time: str, depth: int) -> Clause:
        verb = self.pick(self._verbs["move"])
        subject = self._subject({"person"}, depth)
        phrase = VerbPhrase(key=self.key(), verb=verb, places=(self._destination(),))
        if self.chance(0.2):
            phrase = replace(phrase, places=(*phrase.places, self._companion(subject)))
        return self._finished(subject, subject.whole_agreement, phrase, time)

    def _inner(self, subject: NounPhrase) -> VerbPhrase:
        """What somebody wants, tries or refuses to do; objects are definite, so that negation above changes nothing."""
        frame = self.weighted({"object": 5, "intransitive": 2, "recipient": 1, "move": 1})
        verbs = [
            v
            for v in self._verbs[frame]
            if "person" in v.subjects and not v.notes & {"copula", "stative", "swap", "plural", "generic"}
        ]
        verb = self.pick(verbs)
        phrase = VerbPhrase(key=self.key(), verb=verb)
        match frame:
            case "object":
                thing = self._object_of(verb, subject, 0)
                if thing.head is not None and not isinstance(thing.head, Name):
                    thing = replace(thing, determiner="the", number=0, possessor=None)
                return replace(phrase, object=thing)
            case "recipient":
                thing = self._noun_phrase(verb.objects, 0, definite=True)
                return replace(phrase, object=thing, recipient=self._person_object(subject))
            case "move":
                return replace(phrase, places=(self._destination(),))
            case _:
                return phrase

    def _wanting(self, time: str, depth: int) -> Clause:
        verb = self.pick(self._verbs["infinitive"])
        subject = self._subject({"person"}, depth)
        phrase = VerbPhrase(key=self.key(), verb=verb, complement=self._inner(subject))
        return self._finished(subject, subject.whole_agreement, phrase, time)

    def _thinking(self, time: str, depth: int) -> Clause:
        verb = self.pick(self._verbs["clause"])
        subject = self._subject({"person"}, 0)
        hoping = verb.conjugation.infinitive == "espérer"
        inner = self._clause(
            "future" if hoping else self.weighted({"present": 2, "past": 2, "future": 2}), 0, nested=True
        )
        inner = replace(inner, time_first=False) if isinstance(inner, Clause) else inner
        assert isinstance(inner, Clause)
        phrase = VerbPhrase(key=self.key(), verb=verb, complement=inner)
        return self._finished(subject, subject.whole_agreement, phrase, "present")

    def _describing(self, time: str, depth: int) -> Clause:
        """Something is, seems or becomes somehow, or as somehow as something else, or somebody has a trade."""
        kind = self.weighted({"adjective": 6, "comparison": 4, "job": 2, "place": 2, "age": 1})
        if kind in ("job", "age"):
            return self._being_somebody(kind, time)
        pools = (
            "person",
            "animal",
            "thing",
            "building",
            "food",
            "vehicle",
            "clothes",
            "text",
            "event",
            "abstract",
            "show",
        )
        pool = self.pick(pools)
        subject = self._subject({pool}, depth)
        if kind == "place" and pool in ("person", "animal", "thing", "clothes"):
            phrase = replace(self._copula(self._be, None), places=(self._location(),))
            return self._finished(subject, subject.whole_agreement, phrase, time)
        kinds = subject.head.kinds if isinstance(subject.head, Noun) else frozenset(["person"])
        if subject.other is not None and isinstance(subject.other.head, Noun):
            kinds &= subject.other.head.kinds
        adjectives = [
            a for a in self._suitable(kinds or {pool}, True) if a.position != "ordinal" and a.masculine != "en bois"
        ]
        graded = [a for a in adjectives if a.comparative]
        adjective = self.pick(adjectives)
        if kind == "comparison" and graded:
            predicate = self._comparison(self.pick(graded), pool, subject)
        elif adjective.comparative and self.chance(0.35):
            predicate = AdjectivePhrase(key=self.key(), adjective=adjective, adverb=self.pick(self._adverbs["degree"]))
        else:
            predicate = AdjectivePhrase(key=self.key(), adjective=adjective)
        verb = self._be
        if pool == "person" and predicate.than is None and self.chance(0.2):
            verb = self.pick([self._become, self._seem])
        return self._finished(subject, subject.whole_agreement, self._copula(verb, predicate), time)

    def _comparison(self, adjective: Adjective, pool: str, subject: NounPhrase) -> AdjectivePhrase:
        than = (
            self._person_object(subject)
            if pool == "person" and self.chance(0.3)
            else self._noun_phrase({pool}, 0, definite=True)
        )
        degree = self.weighted({"more": 4, "as": 2, "less": 1.0 * adjective.comparative.startswith("more ")})
        return AdjectivePhrase(key=self.key(), adjective=adjective, degree=degree, than=than)

    def _being_somebody(self, kind: str, time: str) -> Clause:
        """Paul is a doctor; Marie is ten years old."""
        name = self.pick(self._persons)
        subject = self._name(name) if self.chance(0.5) else self._pronoun(3, False, feminine=name.kind == "f")
        if kind == "age":
            age = self.between(2, 99)
            years = self._times.years(age)
            verb = self._verbs["age"][0]
            phrase = VerbPhrase(key=self.key(), verb=verb, places=(years,))
            return self._finished(subject, subject.agreement, phrase, time, plain=True)
        jobs = [noun for noun in self._nouns["job"] if noun.feminine == subject.agreement.feminine]
        job = self.pick(jobs)
        predicate = NounPhrase(key=self.key(), head=job, agreement=subject.agreement, determiner="a")
        return self._finished(
            subject, subject.agreement, self._copula(self.pick([self._be, self._become]), predicate), time
        )

    def _existing(self, time: str) -> Existential:
        kinds = {"person", "animal", "thing", "food", "dish", "furniture", "vehicle", "plant"}
        np = self._of_noun(self._noun({self.pick(sorted(kinds))}), 0, False, False)
        negated = self.chance(0.2)
        if negated:
            np = replace(
                np,
                determiner="",
                number=0,
                possessor=None,
                adjectives=np.adjectives if np.determiner in ("", "a") else (),
            )
        elif np.determiner not in ("", "a", "number", "many", "several", "a lot of", "too many", "few"):
            determiner = "" if np.agreement.plural or (isinstance(np.head, Noun) and np.head.mass) else "a"
            np = replace(np, determiner=determiner, possessor=None, adjectives=())
        tense = time.split()[0] if time != "other" else "present"
        place = self._place(0) if self.chance(0.85) else None
        return Existential(
            key=self.key(), noun=replace(np, relative=None, place=None), tense=tense, negated=negated, place=place
        )

    def _clause(self, time: str, depth: int, nested: bool = False) -> Clause | Existential | Fixed:
        kinds: dict[str, float] = {
            "object": 10, "intransitive": 5, "describing": 6, "giving": 3, "moving": 2, "wanting": 3.5,
        }  # fmt: skip
        if not nested:
            kinds |= {"thinking": 1.5, "existing": 1.5, "weather": 0.6}
        self._time = time.split()[0]
        match self.weighted(kinds):
            case "object":
                return self._transitive(time, depth)
            case "intransitive":
                return self._intransitive(time, depth)
            case "describing":
                return self._describing(time, depth)
            case "giving":
                return self._giving(time, depth)
            case "moving":
                return self._moving(time, depth)
            case "wanting":
                return self._wanting(time, depth)
            case "thinking":
                return self._thinking(time, depth)
            case "existing":
                return self._existing(time)
            case _:
                return self._weather_of(time)

    def _weather_of(self, time: str) -> Fixed:
        fitting = [w for w in self._weather if ("present" if time == "other" else time.split()[0]) in w.kinds]
        weather = self.pick(fitting)
        return Fixed(key=self.key(), english=((weather.english, "weather"),), french=((weather.french, "weather"),))


def _has_relative(np: NounPhrase | None) -> bool:
    """Whether a relative clause stands in a noun phrase, however deep."""
    if np is None:
        return False
    inner = (np.other, np.possessor, np.place.noun if np.place else None)
    return np.relative is not None or any(_has_relative(part) for part in inner)
