"""Sentences of two clauses, one of which says what is not so: conditions, the subjunctive; answers and commands."""

from dataclasses import replace

from grammar.clauses import is_state
from grammar.constructions import ConstructionWriter, are_distinct, has_subject, is_event
from grammar.lexicon import Agreement
from grammar.meaning import Clause, Fixed, Sentence, VerbPhrase

__all__ = ["ComplexWriter"]

# It is necessary that he eat: each in both languages, as parts of one role each, and the mood of the English clause.
_IMPERSONAL = (
    (("is necessary",), ("faut",), "base"),
    (("was necessary",), ("fallait",), "base"),
    (("will be necessary",), ("faudra",), "base"),
    (("is", "important"), ("est", "important"), "base"),
    (("is", "possible"), ("est", "possible"), "subjunctive"),
    (("is", "strange"), ("est", "étrange"), "subjunctive"),
)


class ComplexWriter(ConstructionWriter):
    """Draws sentences of every kind: those of its bases, and the ones that its module is about."""

    def _neutral(self, long: bool) -> Sentence:
        if long or not self.chance(0.13):
            return super()._neutral(long)
        kinds = {
            "condition": 3.0, "although": 1.2, "before": 1.2, "so that": 1, "impersonal": 2.5, "background": 1,
            "answer": 3, "command": 2.5,
        }  # fmt: skip
        kind = self.weighted(kinds)
        while _repeats_a_verb(sentence := self._complex(kind)):
            pass
        return sentence

    def _complex(self, kind: str) -> Sentence:
        match kind:
            case "condition":
                return self._condition()
            case "although":
                return self._although()
            case "before":
                return self._before()
            case "so that":
                return self._so_that()
            case "impersonal":
                return self._impersonal()
            case "background":
                return self._background()
            case "answer":
                return self._answer()
            case _:
                return self._joined_commands() if self.chance(0.4) else self._command()

    def _with_subordinate(self, main: Clause, name: str, subordinate: Clause) -> Sentence:
        """Join two clauses, either of which may come first; now and then the second has a pronoun for its subject."""
        first, second = (subordinate, main) if self.chance(0.5) else (main, subordinate)
        if first.subject is not None and self.chance(0.4):
            second = self._with_pronoun(first.subject, second)
        if first is subordinate:
            second = replace(second, time_first=False, time=None if second.time_first else second.time)
            return Sentence(
                clauses=(first, second), conjunctions=(self._conjunction(","),), leading=self._conjunction(name)
            )
        return Sentence(clauses=(first, second), conjunctions=(self._conjunction(name),))

    # -- conditions

    def _condition(self) -> Sentence:
        """Draw a condition: if Paul had a car, he would go to Paris."""

        def imaginable(drawn: Clause) -> bool:
            modal = "modal" in drawn.phrase.verb.notes and "present" in drawn.phrase.verb.notes
            return has_subject(drawn) and not drawn.passive and not modal and drawn.negation in ("", "not")

        condition = replace(self._embedded("present", imaginable), tense="hypothetical")
        result = self._embedded("future", lambda drawn: has_subject(drawn) and "modal" not in drawn.phrase.verb.notes)
        return self._with_subordinate(replace(result, tense="conditional"), "if", condition)

    # -- the subjunctive

    def _although(self) -> Sentence:
        """Draw a concession: although Paul is tired, he works."""
        time = self.weighted({"present": 1, "past": 1})
        main = self._embedded(time, lambda drawn: has_subject(drawn) and drawn.negation in ("", "not"))
        conceded = self._unreal(time, None, finite=True)
        if time == "past":
            conceded = replace(conceded, tense="past" if is_state(conceded) else "pluperfect")
        return self._with_subordinate(main, "although", replace(conceded, mood="subjunctive"))

    def _before(self) -> Sentence:
        """Draw what comes before something else: Paul leaves before Marie comes."""
        time = self.weighted({"present": 1, "past": 3, "future": 2})
        main = self._event(time)
        assert main.subject is not None
        subject = main.subject

        def follows(drawn: Clause) -> bool:
            if not is_event(drawn) or drawn.negation or not has_subject(drawn):
                return False
            return drawn.subject is not None and are_distinct(subject, drawn.subject)

        later = self._embedded("present", follows)
        later = replace(later, tense="past" if time == "past" else "present", mood="subjunctive")
        return Sentence(clauses=(main, later), conjunctions=(self._conjunction("before"),))

    def _so_that(self) -> Sentence:
        """Draw a purpose: Paul works so that Marie can eat."""
        time = self.weighted({"present": 2, "past": 2, "future": 1})
        main = self._event(time, "person")
        assert main.subject is not None
        helped = self._subject({"person"}, 0)
        while helped.is_negative or helped.determiner in ("few", "each") or not are_distinct(main.subject, helped):
            helped = self._subject({"person"}, 0)
        can = next(verb for verb in self._verbs["infinitive"] if verb.conjugation.infinitive == "pouvoir")
        purpose = Clause(
            key=self.key(), subject=helped, agreement=helped.whole_agreement, mood="subjunctive",
            tense="past" if time == "past" else "present",
            phrase=VerbPhrase(key=self.key(), verb=can, complement=self._inner(helped)),
        )  # fmt: skip
        return Sentence(clauses=(main, purpose), conjunctions=(self._conjunction("so that"),))

    def _impersonal(self) -> Sentence:
        """Draw what is necessary, possible or strange: it is necessary that Paul come."""
        english, french, mood = self.pick(_IMPERSONAL)
        clause = replace(self._unreal("present", None, finite=mood == "subjunctive"), mood=mood)
        roles = ("be", "adjective")
        leading = Fixed(
            key=self.key(),
            english=(("it", "it"), *zip(english, roles, strict=False), ("that", "that")),
            french=(("il", "it"), *zip(french, roles, strict=False), ("que", "that")),
        )
        return Sentence(clauses=(clause,), leading=leading)

    # -- what had been going on

    def _background(self) -> Sentence:
        """Draw what was going on: Paul had just eaten when Marie came; he had been working for two years when …."""
        first = self._recent("recent past") if self.chance(0.6) else self._lasting("lasting past")
        event = self._event("past")
        if first.subject is not None and self.chance(0.3):
            event = self._with_pronoun(first.subject, event)
        return Sentence(clauses=(first, event), conjunctions=(self._conjunction("when"),))

    # -- answers and commands

    def _answer(self) -> Sentence:
        """Draw an answer: no, he does not sleep."""
        negative = self.chance(0.65)
        time = self.weighted({"present": 3, "past": 3, "future": 1})
        while True:
            clause = self._clause(time, 0, nested=True)
            if isinstance(clause, Clause) and has_subject(clause) and bool(clause.negation) == negative:
                clause = replace(clause, time_first=False, time=None if clause.time_first else clause.time)
                return Sentence(clauses=(clause,), opening=self._conjunction("no" if negative else "yes"))

    def _command(self) -> Sentence:
        """Draw a command about somebody: help her, do not wait for me."""
        verbs = [
            verb for verb in self._verbs["object"]
            if verb.objects >= {"person"} and verb.subjects >= {"person"}
            and not verb.notes & {"stative", "generic", "swap", "copula", "simple", "strong"}
        ]  # fmt: skip
        verb = self.pick(verbs)
        someone = self._person([(1, False), (3, False), (3, False), (1, True), (3, True)])
        clause = self._commanded(VerbPhrase(key=self.key(), verb=verb, object=someone), self.chance(0.5))
        return Sentence(clauses=(clause,), end=self.pick((".", "!")))

    def _joined_commands(self) -> Sentence:
        """Draw two commands about one thing: take the key and do not lose it."""
        while True:
            first, second, _ = self._sequence("present")
            thing, recipient = first.phrase.object, second.phrase.recipient
            to_you = recipient is not None and recipient.agreement.person == 2
            if thing is not None and not to_you and "simple" not in first.phrase.verb.notes | second.phrase.verb.notes:
                break
        negative = self.chance(0.5)
        clauses = (
            self._commanded(replace(first.phrase, object=self._definite(thing)), False),
            self._commanded(second.phrase, negative),
        )
        joint = self._conjunction("but" if negative and self.chance(0.6) else "and with the same subject")
        return Sentence(clauses=clauses, conjunctions=(joint,), end=self.pick((".", "!")))

    def _commanded(self, phrase: VerbPhrase, negative: bool) -> Clause:
        return Clause(
            key=self.key(), subject=None, agreement=Agreement(2, True), phrase=phrase, tense="present",
            negation="not" if negative else "", imperative=True,
        )  # fmt: skip


def _repeats_a_verb(sentence: Sentence) -> bool:
    """Return whether two clauses say the same: he arrives although he is arriving."""
    phrases = [clause.phrase for clause in sentence.clauses if isinstance(clause, Clause)]
    verbs = [phrase.verb for phrase in phrases if phrase.verb.frame != "copula"]
    return len(set(verbs)) < len(verbs)
