"""What a clause is made of, drawn at random: tense, negation, objects and, in noun phrases, relative clauses."""

from dataclasses import replace

from grammar.lexicon import Agreement, Indefinite, Noun, Verb
from grammar.meaning import (
    AdjectivePhrase,
    Clause,
    Fixed,
    NounPhrase,
    Place,
    Relative,
    VerbPhrase,
)
from grammar.nouns import NounWriter
from grammar.trees import nodes

__all__ = ["PredicateWriter", "has_relative", "suits_negation"]

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


class PredicateWriter(NounWriter):
    """Draws relative clauses, and finishes any clause with what suits its verb."""

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
        verbs = [
            v
            for v in self._verbs["object"]
            if v.objects & noun.kinds and v.direct and not v.reflexive and "swap" not in v.notes
        ]
        if role == "object" and not verbs:
            role = "subject"
        match role:
            case "subject":
                clause = self._predicate_of(noun, agreement, time)
            case "object":
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

    def _with_gap(self, verb: Verb, gap: Agreement, time: str) -> Clause:
        subject = self._subject(verb.subjects, 0)
        clause = self._simple(subject, verb, time)
        return replace(clause, gap=gap)

    def _predicate_of(self, noun: Noun, agreement: Agreement, time: str, subject: NounPhrase | None = None) -> Clause:
        """Draw a short clause said of a noun."""
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

    # -- any clause

    def _tense(self, verb: Verb, time: str, plain: bool) -> str:
        tenses = _TIMES[time]
        if plain:
            tenses = _PLAIN.get(time.split()[0], tenses)
        tense = self.weighted(tenses)
        if verb.notes & {"stative", "copula", "simple"} or verb.frame in ("clause", "copula"):
            tense = _STATIVE.get(tense, tense)
        if "modal" in verb.notes:
            tense = "past" if tense == "past" else "present"
        if "once" in verb.notes and tense == "used":
            tense = "past"
        if "same" in verb.notes and tense == "past":
            tense = "perfect" if plain else "imperfect"
        return tense

    def _finished(
        self, subject: NounPhrase | None, agreement: Agreement, phrase: VerbPhrase, time: str, plain: bool = False
    ) -> Clause:
        """Draw the tense of a clause and, unless it shall be plain, its negation, adverbs and time."""
        verb = phrase.verb
        tense = self._tense(verb, time, plain)
        kind = "generic" in verb.notes or (verb.frame == "copula" and not phrase.places)  # mice outside are some mice
        generic = tense == "present" and kind
        if subject is not None and subject.determiner == "" and isinstance(subject.head, Noun) and not generic:
            # Dogs like bones: les chiens; but of dogs that barked French says des chiens or les chiens.
            subject = replace(subject, determiner="the")
        if subject is not None and subject.is_negative and phrase.object is not None:
            phrase = replace(phrase, object=self._in_negation(phrase.object, verb))
        clause = Clause(key=self.key(), subject=subject, agreement=agreement, phrase=phrase, tense=tense)
        if plain:
            return clause
        negatable = tense != "used" and "affirmative" not in verb.notes
        negatable = negatable and (subject is None or suits_negation(subject))
        negatable = negatable and not (phrase.object is not None and isinstance(phrase.object.head, Indefinite))
        if negatable and self.chance(0.5 if "modal" in verb.notes else 0.2):
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
            first = self.chance(0.3) or compared or has_relative(phrase.object) or has_relative(phrase.recipient)
            clause = replace(clause, time=self._when(clause), time_first=first)
        return clause

    def _when(self, clause: Clause) -> Fixed | Place:
        """Draw a time that suits the tense, or an event before, during or after which it is, if there is none yet."""
        if clause.tense == "present" and clause.phrase.verb.notes & {"stative", "copula"}:
            return self._times.draw("progressive")  # nobody is famous every week or before the concert
        nouns = (node.head for node in nodes(clause) if isinstance(node, NounPhrase))
        if self.chance(0.24) and not any(isinstance(noun, Noun) and "event" in noun.kinds for noun in nouns):
            return self._special_place("time")
        return self._times.draw(clause.tense)

    def _negated(self, clause: Clause) -> Clause:
        verb, thing = clause.phrase.verb, clause.phrase.object
        options: dict[str, float] = {"not": 5}
        stative = bool(verb.notes & {"stative", "copula", "modal"})
        if clause.tense in ("present", "past", "perfect", "future", "conditional") and not (
            stative and clause.tense == "past"
        ):
            options["never"] = 1
        compared = isinstance(clause.phrase.predicate, AdjectivePhrase) and clause.phrase.predicate.degree
        # Not where "plus" would go with what follows: n'est plus plus grand, ne voit plus que, plus loin de.
        followed = compared or verb.frame == "clause" or any(_is_far(place) for place in clause.phrase.places)
        if not followed and (clause.tense in ("present", "future") or (stative and clause.tense == "past")):
            options["no longer"] = 1
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
        """Return an object that suits a negation: *any* if bare, and no quantity or coordination of unclear scope."""
        thing = replace(thing, other=None, joint="and")
        if thing.is_quantity:
            return replace(thing, determiner="any", number=0)
        if thing.determiner in ("a", "") and thing.relative is not None:
            thing = replace(thing, determiner="the")  # pas de cravate qui … would need a subjunctive
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


def suits_negation(subject: NounPhrase) -> bool:
    """Return whether it is clear what "not" denies after this subject, unlike after "all", "someone", "A or B"."""
    unclear = subject.determiner in ("no", "each", "all", "few") or subject.joint == "or"
    return not unclear and not isinstance(subject.head, Indefinite)


def _is_far(place: Place | Fixed) -> bool:
    return isinstance(place, Place) and place.preposition.french.startswith("loin")


def has_relative(np: NounPhrase | None) -> bool:
    """Return whether a relative clause stands in a noun phrase, however deep."""
    if np is None:
        return False
    inner = (np.other, np.possessor, np.place.noun if np.place else None)
    return np.relative is not None or any(has_relative(part) for part in inner)
