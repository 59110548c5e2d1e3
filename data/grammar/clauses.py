"""Main clauses of every kind, drawn at random, whose parts suit each other."""

from dataclasses import replace

from grammar.lexicon import Adjective, Indefinite, Name, Noun, Verb
from grammar.meaning import AdjectivePhrase, Clause, Existential, Fixed, NounPhrase, Place, VerbPhrase
from grammar.predicates import PredicateWriter, has_relative

__all__ = ["ClauseWriter", "is_state", "kinds_of"]


class ClauseWriter(PredicateWriter):
    """Draws clauses."""

    def _transitive(self, time: str, depth: int) -> Clause:
        verbs = self._verbs["object"]
        if self.chance(0.02):
            verbs = [verb for verb in verbs if "swap" in verb.notes]  # Paul misses Marie: too few to be met by chance
        verb = self.pick(verbs)
        subject = self._subject(verb.subjects, depth)
        phrase = VerbPhrase(key=self.key(), verb=verb, object=self._object_of(verb, subject, depth))
        passive = (
            verb.direct
            and not time.endswith("while")
            and not verb.notes & {"stative", "generic", "swap", "definite"}
            and self.chance(0.16)
        )
        if (
            passive
            and phrase.object is not None
            and phrase.object.head is not None
            and subject.head is not None
            and phrase.object.joint == "and"
            and not subject.is_negative
        ):
            return self._passive(verb, phrase.object, subject, time)
        if self.chance(0.1) and not verb.notes & {"stative", "generic"} and not has_relative(phrase.object):
            phrase = replace(phrase, manner=self.pick(self._adverbs["manner"]))
        elif (
            self.chance(0.6 if verb.notes & {"through", "against"} else 0.15)
            and not verb.notes & {"stative", "generic"}
            and phrase.object is not None
            and not phrase.object.relative
        ):
            phrase = replace(phrase, places=(self._where(verb),))
        return self._finished(subject, subject.whole_agreement, phrase, time)

    def _where(self, verb: Verb) -> Place | Fixed:
        """Draw where something is done; some verbs suit *through* or *against*."""
        if "through" in verb.notes and self.chance(0.8):
            return self._special_place("path")
        if "against" in verb.notes and self.chance(0.8):
            return self._special_place("contact", verb.subjects if "plural" in verb.notes else ())
        return self._location()

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
            if self.chance(0.6 if verb.notes & {"through", "against"} else 0.3) and "sky" not in verb.subjects:
                if self.chance(0.3) and verb.subjects == {"person"} and "alone" not in verb.notes:
                    phrase = replace(phrase, places=(self._companion(subject),))
                elif "placeless" not in verb.notes:  # to leave behind the house would be something else
                    phrase = replace(phrase, places=(_reached(verb, self._where(verb)),))
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
        """Draw what somebody wants or tries to do; objects are definite, so that a negation changes nothing."""
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
        verbs = self._verbs["infinitive"]
        if self._time == "past":
            verbs = [verb for verb in verbs if "present" not in verb.notes]
        if self.chance(0.2):
            verbs = [verb for verb in verbs if "modal" in verb.notes]  # can and must are more frequent than the others
        verb = self.pick(verbs)
        subject = self._subject({"person"}, depth)
        phrase = VerbPhrase(key=self.key(), verb=verb, complement=self._inner(subject))
        return self._finished(subject, subject.whole_agreement, phrase, time)

    def _thinking(self, time: str, depth: int) -> Clause:
        lasting = time.endswith("while")  # while he believed, but not while he said
        verb = self.pick([verb for verb in self._verbs["clause"] if "stative" in verb.notes or not lasting])
        subject = self._subject({"person"}, 0)
        past = self._time == "past"
        hoping, seeing = (verb.conjugation.infinitive == infinitive for infinitive in ("espérer", "voir"))
        weights = {"present": 2.0 * (not hoping), "past": 2.0 * (not hoping), "future": 2.0 * (not (past and seeing))}
        inner = self._reported(self.weighted(weights)) if past else self._clause(self.weighted(weights), 0, nested=True)
        assert isinstance(inner, Clause)
        if past and inner.subject is not None and self.chance(0.3):
            inner = self._with_pronoun(subject, inner)
        phrase = VerbPhrase(key=self.key(), verb=verb, complement=replace(inner, time_first=False))
        return self._finished(subject, subject.whole_agreement, phrase, "past" if past else "present")

    def _reported(self, time: str) -> Clause:
        """Draw what is told under a past verb: its present is told in the past, its past one step further back."""
        while True:
            clause = self._clause(time, 0, nested=True)
            if not isinstance(clause, Clause) or clause.tense == "going":
                continue
            verb = clause.phrase.verb
            state = is_state(clause)
            if "present" in verb.notes or clause.negation == "no longer" or (clause.passive and time == "present"):
                continue
            if "simple" in verb.notes and time == "present":  # neither was refusing nor refused
                continue
            simultaneous = "past" if state else "imperfect"
            tense = {"present": simultaneous, "past": simultaneous if state else "pluperfect", "future": "conditional"}
            if time == "future" and "modal" in verb.notes:
                continue
            self._time = "past"
            return replace(clause, tense=tense[time], time=None, time_first=False, frequency=None)

    def _describing(self, time: str, depth: int) -> Clause:
        """Draw how something is, seems or becomes, also compared with something else, or which trade somebody has."""
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
            place = self._special_place("contact") if pool == "thing" and self.chance(0.4) else self._location()
            phrase = replace(self._copula(self._be, None), places=(place,))
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
        if pool == "person" and self.chance(0.3):
            than = self._person_object(subject)
        else:
            than = self._noun_phrase({pool}, 0, definite=True)
            while than.head is subject.head:  # the plane is faster than the plane
                than = self._noun_phrase({pool}, 0, definite=True)
        degree = self.weighted({"more": 4, "as": 2, "less": 1.0 * adjective.comparative.startswith("more ")})
        return AdjectivePhrase(key=self.key(), adjective=adjective, degree=degree, than=than)

    def _being_somebody(self, kind: str, time: str) -> Clause:
        """Draw somebody's trade or age: Paul is a doctor; Marie is ten years old."""
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

    def _with_pronoun(self, earlier: NounPhrase, clause: Clause) -> Clause:
        """Return the clause with a pronoun for an earlier subject as its own, where nothing forbids that."""
        later, verb = clause.subject, clause.phrase.verb
        if later is None or later.head is None or later.is_negative:
            return clause
        if earlier.head is None or isinstance(earlier.head, Indefinite) or earlier.determiner in ("each", "no"):
            return clause
        if clause.passive or verb.frame == "copula" or verb.notes & {"swap", "plural"}:
            return clause
        if not kinds_of(earlier) & verb.subjects or _mentions_person(clause):  # he sees him would be somebody else
            return clause
        pronoun = self._referring(earlier)
        return replace(clause, subject=pronoun, agreement=pronoun.agreement)


def is_state(clause: Clause) -> bool:
    """Return whether something is so rather than happens, whose past is then the imparfait."""
    verb = clause.phrase.verb
    becomes = "once" in verb.notes  # to become is the one copula that happens
    return bool(verb.notes & {"stative", "copula", "modal"}) or (verb.frame == "copula" and not becomes)


def kinds_of(np: NounPhrase) -> frozenset[str]:
    """Return the kinds of what a noun phrase stands for; of a coordination, those that its parts share."""
    if np.other is not None:
        return kinds_of(replace(np, other=None)) & kinds_of(np.other)
    return np.head.kinds if isinstance(np.head, Noun | Indefinite) else frozenset(["person"])


def _reached(verb: Verb, place: Place | Fixed) -> Place | Fixed:
    """Return the place; one comes back *to* Geneva, since French *revient à Genève* tells where somebody comes."""
    if verb.conjugation.infinitive == "revenir" and isinstance(place, Place) and place.preposition.french == "à":
        return replace(place, preposition=place.preposition._replace(english="to"))
    return place


def _mentions_person(clause: Clause) -> bool:
    phrase = clause.phrase
    pronoun = any(np is not None and np.head is None for np in (phrase.object, phrase.recipient))
    return pronoun or phrase.complement is not None or clause.adjunct is not None
