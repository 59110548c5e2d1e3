"""Clauses in which one verb leans on another: infinitives, causatives, what has just been or is still being done."""

from collections.abc import Callable
from dataclasses import replace

from grammar.clauses import is_state, kinds_of
from grammar.lexicon import Noun, Pair, Verb
from grammar.meaning import AdjectivePhrase, Adjunct, Clause, Existential, Fixed, NounPhrase, VerbPhrase
from grammar.predicates import suits_negation
from grammar.sentences import SentenceWriter

__all__ = ["ConstructionWriter", "are_distinct", "has_subject", "is_event"]

_WITHOUT = Pair("without", "sans", frozenset())
_BEFORE = Pair("before", "avant de", frozenset())
_IN_ORDER_TO = Pair("in order to", "pour", frozenset())
_TO = Pair("to", "pour", frozenset())
# States that began at some time, of a person and of a door.
_STATES = {
    "person": ("tired", "sick", "happy", "sad", "busy", "jealous", "famous", "lonely"),
    "opening": ("open", "closed", "broken"),
}


class ConstructionWriter(SentenceWriter):
    """Draws such clauses wherever a clause can stand alone."""

    def _clause(self, time: str, depth: int, nested: bool = False) -> Clause | Existential | Fixed:
        tense = time.removesuffix(" alone")
        if nested or tense not in ("present", "past", "future") or not self.chance(0.11):
            return super()._clause(time, depth, nested)
        self._time = tense
        kinds = {"adjunct": 3.0, "shared": 1.5, "avoiding": 2.5, "making do": 2.0, "having done": 1.5}
        match tense:
            case "present":
                kinds |= {"recent": 6, "lasting": 9, "wishing": 3}
            case "past":
                kinds |= {"wishing": 2, "reporting": 3}
        match self.weighted(kinds):
            case "adjunct":
                return self._with_adjunct(tense)
            case "shared":
                return self._with_shared_object(tense)
            case "avoiding":
                return self._avoiding(tense)
            case "making do":
                return self._making_do(tense)
            case "having done":
                return self._having_done(tense)
            case "recent":
                return self._recent("recent")
            case "lasting":
                return self._lasting("lasting")
            case "wishing":
                return self._wishing(tense)
            case _:
                return self._thinking(tense, depth)

    def _embedded(self, time: str, suits: Callable[[Clause], bool]) -> Clause:
        """Draw clauses without a time or an adverb of frequency until one suits."""
        while True:
            clause = self._clause(time, 0, nested=True)
            if isinstance(clause, Clause) and suits(clause):
                return replace(clause, time=None, time_first=False, frequency=None)

    def _event(self, time: str, kind: str = "") -> Clause:
        """Draw what happens once, by a subject of this kind, if any."""

        def suits(drawn: Clause) -> bool:
            told = time != "past" or "same" not in drawn.phrase.verb.notes  # they read: today or yesterday?
            return told and is_event(drawn) and has_subject(drawn, kind) and not drawn.negation

        clause = self._embedded(time, suits)
        return replace(clause, tense={"progressive": "present", "imperfect": "past"}.get(clause.tense, clause.tense))

    # -- infinitives

    def _avoiding(self, time: str) -> Clause:
        """Draw that somebody tries or prefers not to do something."""
        verb = self.pick([verb for verb in self._verbs["infinitive"] if "avoidable" in verb.notes])
        subject = self._subject({"person"}, 0)
        phrase = VerbPhrase(key=self.key(), verb=verb, complement=replace(self._inner(subject), negated=True))
        return self._finished(subject, subject.whole_agreement, phrase, time, plain=True)

    def _with_adjunct(self, time: str) -> Clause:
        """Draw that somebody does something without doing, before doing or in order to do something else."""
        clause = self._event(time, "person")
        subject = clause.subject
        assert subject is not None
        moving = clause.phrase.verb.frame == "move"
        preposition = self.pick((_BEFORE, _TO, _TO) if moving else (_BEFORE, _WITHOUT, _IN_ORDER_TO))
        inner = self._inner(subject)
        while inner.verb.conjugation == clause.phrase.verb.conjugation:
            inner = self._inner(subject)
        if preposition is _IN_ORDER_TO and self.chance(0.35):
            inner = replace(inner, negated=True)
        return replace(clause, adjunct=Adjunct(key=self.key(), preposition=preposition, phrase=inner))

    def _with_shared_object(self, time: str) -> Clause:
        """Draw two things done to one: somebody bought the cake without tasting it. The pronoun has to agree."""
        while True:
            first, second, _ = self._sequence(time)
            if first.phrase.verb.conjugation != second.phrase.verb.conjugation:
                break  # nobody explains it before explaining it to her
        preposition = self.pick((_WITHOUT, _BEFORE))
        return replace(first, adjunct=Adjunct(key=self.key(), preposition=preposition, phrase=second.phrase))

    # -- causatives

    def _making_do(self, time: str) -> Clause:
        """Draw that somebody, or a film, makes somebody laugh."""
        make = self._verbs["making do"][0]
        subject = self._subject({"show"} if self.chance(0.2) else {"person"}, 0)
        inner = self.pick([verb for verb in self._verbs["intransitive"] if "caused" in verb.notes])
        someone = self._person_object(subject) if self.chance(0.4) else self._noun_phrase({"person"}, 0, definite=True)
        phrase = VerbPhrase(
            key=self.key(), verb=make, object=someone, complement=VerbPhrase(key=self.key(), verb=inner)
        )
        return self._caused(subject, phrase, time)

    def _having_done(self, time: str) -> Clause:
        """Draw that somebody has something repaired."""
        have = self._verbs["having done"][0]
        subject = self._subject({"person"}, 0)
        inner = self.pick([verb for verb in self._verbs["object"] if "ordered" in verb.notes])
        kinds = inner.objects - {"person", "animal"}
        thing = self._noun_phrase(kinds, 0, definite=True)
        phrase = VerbPhrase(key=self.key(), verb=have, object=thing, complement=VerbPhrase(key=self.key(), verb=inner))
        return self._caused(subject, phrase, time)

    def _caused(self, subject: NounPhrase, phrase: VerbPhrase, time: str) -> Clause:
        clause = self._finished(subject, subject.whole_agreement, phrase, time)
        return replace(clause, negation="") if clause.negation not in ("", "not", "never") else clause

    # -- what has just been done, and what is still being done

    def _recent(self, tense: str) -> Clause:
        """Draw that somebody has (or had) just done something."""
        clause = self._embedded("past", lambda drawn: is_event(drawn) and not drawn.negation and has_subject(drawn))
        return replace(clause, tense=tense)

    def _lasting(self, tense: str) -> Clause:
        """Draw that somebody has (or had) been working for three years, or has not slept since Monday."""
        since = self._times.since(past=tense == "lasting past")
        kind = self.weighted({"event": 5, "state": 2, "negated": 1.5 * (tense == "lasting")})
        if kind == "state":
            pool = self.weighted({"person": 4, "opening": 1})
            subject = self._subject({pool}, 0)
            adjective = self.pick([one for one in self._adjectives if one.english in _STATES[pool]])
            phrase = self._copula(self._be, AdjectivePhrase(key=self.key(), adjective=adjective))
        else:
            subject, phrase = self._lasting_event()
        phrase = replace(phrase, places=(*phrase.places, since))
        if isinstance(subject.head, Noun) and subject.determiner in ("", "each", "no"):
            subject = replace(subject, determiner="the")
        clause = Clause(key=self.key(), subject=subject, agreement=subject.whole_agreement, phrase=phrase, tense=tense)
        if kind == "negated" and not is_state(clause) and suits_negation(subject):
            return replace(clause, tense="perfect", negation="not")
        return clause

    def _lasting_event(self) -> tuple[NounPhrase, VerbPhrase]:
        verbs: list[Verb] = self._verbs[self.weighted({"intransitive": 2, "object": 3})]
        verb = self.pick([verb for verb in verbs if "lasting" in verb.notes])
        subject = self._subject(verb.subjects, 0)
        if "plural" in verb.notes:
            subject = self._pronoun(3, True)
        phrase = VerbPhrase(key=self.key(), verb=verb)
        if verb.frame == "object":
            return subject, replace(phrase, object=self._definite(self._object_of(verb, subject, 0)))
        if not verb.notes & {"copula"} and self.chance(0.4):
            return subject, replace(phrase, places=(self._location(),))
        return subject, phrase

    def _definite(self, np: NounPhrase) -> NounPhrase:
        """Return the same with a definite article where it had a quantity or none."""
        if np.head is None or not isinstance(np.head, Noun) or np.determiner in ("the", "this", "my", "his", "her"):
            return np
        return replace(np, determiner="the", number=0, possessor=None)

    # -- wishes

    def _wishing(self, time: str) -> Clause:
        """Draw that somebody wants, or would like, somebody else to do something, or doubts that they do."""
        doubting = self.chance(0.25)
        want, like = self._verbs["wish"]
        verb = self._verbs["doubt"][0] if doubting else like if time == "present" and self.chance(0.4) else want
        subject = self._subject({"person"}, 0)
        while subject.is_negative:
            subject = self._subject({"person"}, 0)
        inner = self._unreal("present", subject, finite=doubting)
        if doubting and time == "past":
            inner = replace(inner, tense="past" if is_state(inner) else "conditional")
        elif doubting and is_event(inner) and self.chance(0.5):
            inner = replace(inner, tense="future")
        inner = replace(inner, mood="subjunctive" if doubting else "infinitive")
        phrase = VerbPhrase(key=self.key(), verb=verb, complement=inner)
        tense = "conditional" if verb is like else time  # would like
        negation = "not" if verb is want and suits_negation(subject) and self.chance(0.3) else ""
        return Clause(
            key=self.key(), subject=subject, agreement=subject.whole_agreement, phrase=phrase, tense=tense,
            negation=negation,
        )  # fmt: skip

    def _unreal(self, time: str, subject: NounPhrase | None, finite: bool) -> Clause:
        """Draw what another than `subject` does, without mood; unless it is `finite`, English has no modal there."""

        def suits(drawn: Clause) -> bool:
            verb = drawn.phrase.verb
            barred = {"swap", "affirmative", "present"} | (set() if finite else {"modal"})
            if verb.notes & barred or verb.frame == "age" or (drawn.passive and finite):
                return False
            if drawn.subject is None or not has_subject(drawn) or drawn.negation not in ("", "not"):
                return False
            return subject is None or are_distinct(subject, drawn.subject)

        return self._embedded(time, suits)


def is_event(clause: Clause) -> bool:
    """Return whether something happens in it, done by its subject, rather than being so."""
    verb = clause.phrase.verb
    barred = verb.notes & {"swap", "generic"} or verb.frame in ("clause", "copula", "infinitive", "age")
    return not (is_state(clause) or clause.passive or barred)


def are_distinct(one: NounPhrase, other: NounPhrase) -> bool:
    """Return whether no reader takes two subjects for the same: I and Paul, Paul and the king, but not Paul and he."""
    if one.is_pronoun or other.is_pronoun:
        return one.whole_agreement.person != other.whole_agreement.person
    return one.head is not other.head


def has_subject(clause: Clause, kind: str = "") -> bool:
    """Return whether its subject is of this kind, if any, and counts somebody in rather than out."""
    subject = clause.subject
    if subject is None or subject.is_negative or subject.determiner in ("few", "too many", "each"):
        return False
    return not kind or kind in kinds_of(subject)
