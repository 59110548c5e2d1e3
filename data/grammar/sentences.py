"""Whole sentences: statements, clauses joined up to a length, questions, requests."""

from collections.abc import Collection
from dataclasses import replace

from grammar.address import contracted, informal, speaks_to_somebody
from grammar.clauses import is_state
from grammar.conjunctions import CONJUNCTIONS
from grammar.lexicon import Agreement, Indefinite, Noun, Pair, Verb
from grammar.meaning import Clause, Existential, Fixed, NounPhrase, Sentence, VerbPhrase
from grammar.pronouns import PronounWriter
from grammar.trees import nodes

__all__ = ["SentenceWriter"]


class SentenceWriter(PronounWriter):
    """Draws sentences. The same lexicon and seed give the same ones on any machine."""

    def sentence(self, long: bool = False) -> Sentence:
        """Return the next sentence; a `long` one joins three to five clauses."""
        sentence = self._neutral(long)
        if self.chance(0.3 if speaks_to_somebody(sentence) else 0.01):
            sentence = self._said_to_a_friend(sentence)
        return contracted(sentence) if self.chance(0.3) else sentence

    def _said_to_a_friend(self, sentence: Sentence) -> Sentence:
        """Return the same, said to somebody by first name, who is *tu*."""
        clause = sentence.clauses[0]
        begun = sentence.opening is not None or (isinstance(clause, Clause) and clause.time_first)
        first = not begun and self.chance(0.8 if len(sentence.clauses) > 1 else 0.4)
        return informal(sentence, self._name(self.pick(self._persons)), first)

    def _neutral(self, long: bool) -> Sentence:
        """Draw a sentence before it is decided to whom and how it is said."""
        if long:
            return self._joined(self.between(3, 5))
        kinds = {"statement": 50, "joined": 25, "sequence": 6, "question": 14, "request": 5, "hour": 0.7}
        match self.weighted(kinds):
            case "statement":
                return self._statement()
            case "joined":
                return self._joined(int(self.weighted({"2": 8, "3": 2, "4": 1})))
            case "sequence":
                return Sentence(
                    clauses=(first_second := self._sequence(self._any_time()))[:2], conjunctions=first_second[2:]
                )
            case "question":
                return self._question()
            case "request":
                return self._request()
            case _:
                return Sentence(clauses=(self._times.hour("it is", "il est"),))

    def _any_time(self) -> str:
        return self.weighted({"present": 5, "past": 5, "future": 3, "other": 2})

    def _statement(self) -> Sentence:
        time = self._any_time()
        clause = self._clause("past alone" if time == "past" else time, 1)
        return Sentence(clauses=(clause,), opening=self._opening(clause))

    def _opening(self, clause: Clause | Existential | Fixed) -> Fixed | None:
        if (isinstance(clause, Clause) and clause.time_first) or isinstance(clause, Fixed) or not self.chance(0.06):
            return None
        if isinstance(clause, Clause) and clause.tense == "used":
            return None  # an outcome is no habit
        if not isinstance(clause, Clause) or clause.negation or clause.time or clause.tense != "past":
            return self._adverb("sentence")
        state = clause.phrase.verb.notes & {"stative", "copula"}
        return self._adverb("sentence" if state or self.chance(0.5) else "sudden")

    def _conjunction(self, name: str) -> Fixed:
        english, french = CONJUNCTIONS[name]
        return Fixed(key=self.key(), english=english, french=french)

    def _joined(self, count: int) -> Sentence:
        time = self.weighted({"present": 5, "past": 5, "future": 3})
        clauses: list[Clause | Existential | Fixed] = [self._clause(time, 1)]
        conjunctions: list[str] = []
        subordinate = False
        while len(clauses) < count:
            name = self._suitable_conjunction(time, subordinate, conjunctions)
            if name == "when" and isinstance(clauses[-1], Clause) and clauses[-1].tense == "progressive":
                name = "while"
            if name in ("when", "while") and not _is_a_moment(clauses[-1]):
                name = "because"
            subordinate = name not in ("and", "but", "so", "or") or (subordinate and name == "and")
            clauses.append(self._second(clauses[-1], name, time))
            if name == "or" and not all(_is_deed(clause) for clause in clauses[-2:]):
                name = "and"
            conjunctions.append(name)
        joints = tuple(self._conjunction(name) for name in conjunctions)
        return Sentence(clauses=tuple(clauses), conjunctions=joints, opening=self._opening(clauses[0]))

    def _suitable_conjunction(self, time: str, subordinate: bool, used: Collection[str]) -> str:
        """Draw a conjunction; none follows a subordinate clause that would go on with it, as in quand … et que."""
        weights: dict[str, float] = {"but": 3, "so": 1}
        if not subordinate:
            weights |= {"and": 4, "or": 1, "because": 3}
            if time in ("present", "past"):
                weights |= {"while": 1, "when": 1}
            if time == "future":
                weights |= {"if": 2}
        return self.weighted({name: weight / (1 + 9 * (name in used)) for name, weight in weights.items()})

    def _second(self, first: Clause | Existential | Fixed, name: str, time: str) -> Clause | Existential | Fixed:
        """Draw a clause to join, now and then with a pronoun for the subject of the one before."""
        clause = self._clause({"if": "present", "while": f"{time} while", "when": f"{time} when"}.get(name, time), 1)
        if name == "if" and isinstance(clause, Clause):
            clause = replace(clause, time=None)
        if isinstance(clause, Clause):
            clause = replace(clause, time_first=False, time=None if clause.time_first else clause.time)
            clause = replace(clause, frequency=None if name in ("when", "while") else clause.frequency)
            if name == "while" and clause.tense == "past" and not is_state(clause):
                clause = replace(clause, tense="imperfect")  # while she promised: pendant qu'elle promettait
        earlier = first.subject if isinstance(first, Clause) else None
        if not isinstance(clause, Clause) or earlier is None or not self.chance(0.4):
            return clause
        return self._with_pronoun(earlier, clause)

    def _sequence(self, time: str) -> "tuple[Clause, Clause, Fixed]":
        """Draw somebody who does one thing and then another to the same thing: a pronoun that has to agree."""
        transitive = [
            v
            for v in self._verbs["object"]
            if v.direct and not v.notes & {"swap", "definite", "stative", "generic", "same"}
        ]
        while True:
            first = self.pick(transitive)
            kinds = sorted(first.objects - {"person"})
            if not kinds:
                continue
            thing = self._noun_phrase({self.pick(kinds)}, 0)
            assert isinstance(thing.head, Noun)
            seconds = [
                v for v in transitive if v is not first and v.objects & thing.head.kinds and v.subjects >= {"person"}
            ]
            if (
                seconds
                and "person" in first.subjects
                and thing.determiner in ("the", "a", "this", "my", "his", "her", "number", "")
            ):
                break
        giving = [v for v in self._verbs["recipient"] if v.objects & thing.head.kinds and "same" not in v.notes]
        second = self.pick(giving if giving and self.chance(0.3) else seconds)
        subject = self._subject({"person"}, 0)
        while subject.determiner in ("no", "each") or (subject.determiner == "" and isinstance(subject.head, Noun)):
            subject = self._subject({"person"}, 0)
        tense = self.weighted(
            {"present": {"present": 2.0}, "past": {"past": 2.0}, "future": {"future": 2.0}}.get(
                time, {"perfect": 1.0, "conditional": 1.0}
            )
        )
        one = Clause(
            key=self.key(), subject=subject, agreement=subject.whole_agreement, tense=tense,
            phrase=VerbPhrase(key=self.key(), verb=first, object=thing),
        )  # fmt: skip
        pronoun = self._referring(thing)
        two = Clause(
            key=self.key(), subject=None, agreement=one.agreement, tense=tense,
            phrase=VerbPhrase(
                key=self.key(), verb=second, object=pronoun,
                recipient=self._person_object(subject) if second.frame == "recipient" else None,
            ),
        )  # fmt: skip
        return one, two, self._conjunction("and with the same subject")

    def _question(self) -> Sentence:
        kind = self.weighted(
            {
                "yes": 5,
                "what": 2,
                "who": 1.5,
                "subject": 2,
                "where": 2,
                "when": 1.5,
                "why": 2,
                "how": 0.7,
                "object": 1.5,
                "choice": 1.5,
            }
        )
        time = self.weighted({"present": 4, "past": 4, "future": 2})
        match kind:
            case "what" | "who" | "object":
                clause = self._object_question(kind, time)
            case "subject":
                clause = self._subject_question(time)
            case "choice":
                asked = self._pronoun(2, True) if self.chance(0.6) else self._subject({"person"}, 0)
                clause = replace(self._choosing(time, asked), question="yes", time=None, time_first=False)
            case _:
                clause = self._adverb_question(kind, time)
        return Sentence(clauses=(clause,), end="?")

    def _object_question(self, kind: str, time: str) -> Clause:
        direct = [v for v in self._verbs["object"] if v.direct and not v.notes & {"swap", "definite"}]
        if kind == "object":
            verb = self.pick([v for v in direct if not v.notes & {"generic"}])
            fronted = self._of_noun(self._noun(verb.objects - {"person"} or {"person"}), 0, False, False)
            plural = fronted.agreement.plural
            mass = isinstance(fronted.head, Noun) and fronted.head.mass
            determiner = "how many" if plural and not mass and self.chance(0.6) else "which"
            fronted = replace(
                fronted, determiner=determiner, number=0, possessor=None, adjectives=(), relative=None, place=None
            )
            clause = self._asked_of_somebody(verb, fronted.agreement, time)
            return replace(clause, question="object", fronted=fronted)
        verb = self.pick([v for v in direct if ("person" in v.objects) == (kind == "who")])
        return replace(self._asked_of_somebody(verb, Agreement(), time), question=kind)

    def _asked_of_somebody(self, verb: Verb, gap: Agreement, time: str) -> Clause:
        """Draw a clause whose object is asked for: what did the king eat, but not what did no king eat."""
        while True:
            clause = self._with_gap(verb, gap, time)
            if clause.subject is not None and not clause.subject.is_negative:
                return clause

    def _subject_question(self, time: str) -> Clause:
        verb = self.pick([v for v in self._verbs["object"] if "person" in v.subjects and "swap" not in v.notes])
        thing = self._object_of(verb, None, 0)
        phrase = VerbPhrase(key=self.key(), verb=verb, object=thing)
        clause = self._finished(None, Agreement(), phrase, time, plain=True)
        return replace(clause, question="subject")

    def _adverb_question(self, kind: str, time: str) -> Clause:
        while True:
            clause = self._clause(time, 0, nested=True)
            if not isinstance(clause, Clause) or clause.passive or "swap" in clause.phrase.verb.notes:
                continue
            subject = clause.subject
            if subject is None or subject.determiner in ("no", "few") or subject.relative is not None:
                continue
            if any(isinstance(node, NounPhrase) and isinstance(node.head, Indefinite) for node in nodes(clause)):
                continue  # a question asks for anyone and anything
            if clause.negation not in ("", "not") or (clause.negation and kind != "why"):
                continue
            verb, phrase = clause.phrase.verb, clause.phrase
            if kind != "yes" and (clause.time is not None or clause.frequency is not None):
                clause = replace(clause, time=None, frequency=None)
            if kind == "where" and (
                phrase.places or "stative" in verb.notes or phrase.predicate is not None or verb.frame == "move"
            ):
                continue
            if kind in ("how", "when") and (
                verb.notes & {"stative", "copula", "modal"} or verb.frame in ("copula", "infinitive") or phrase.manner
            ):
                continue
            return replace(clause, question=kind, time_first=False)

    def _asking(self) -> VerbPhrase:
        """Draw what somebody is asked to do."""
        kind = self.weighted({"intransitive": 2, "object": 3, "recipient": 2})
        usable = [
            v for v in self._verbs[kind]
            if "person" in v.subjects and not v.notes & {"stative", "generic", "copula", "swap"}
            and (kind != "intransitive" or "command" in v.notes)
        ]  # fmt: skip
        verb: Verb = self.pick(usable)
        phrase = VerbPhrase(key=self.key(), verb=verb)
        if kind != "intransitive":
            thing = self._noun_phrase(verb.objects, 0, definite=True)
            if "definite" in verb.notes:
                thing = self._the_one(thing)
            phrase = replace(phrase, object=thing)
        if kind == "recipient":
            recipient = (
                self._pronoun(1, self.chance(0.2))
                if self.chance(0.7)
                else self._noun_phrase({"person"}, 0, definite=True)
            )
            phrase = replace(phrase, recipient=recipient)
        if "manner" in verb.notes and self.chance(0.5):
            manner: Pair = self.pick(self._adverbs["manner"])
            phrase = replace(phrase, manner=manner)
        return phrase

    def _request(self) -> Sentence:
        phrase = self._asking_for_it() if self.chance(0.3) else self._asking()
        negation = "not" if self.chance(0.3) else ""
        if negation and phrase.object is not None:
            phrase = replace(phrase, object=self._in_negation(phrase.object, phrase.verb))
        clause = Clause(
            key=self.key(),
            subject=None,
            agreement=Agreement(2, True),
            phrase=phrase,
            tense="present",
            negation=negation,
            imperative=True,
        )
        return Sentence(clauses=(clause,), end=self.pick((".", "!")))


def _is_a_moment(clause: Clause | Existential | Fixed) -> bool:
    """Return whether "when" can follow: not after another clause, nor after a stretch of time that ends now."""
    if not isinstance(clause, Clause):
        return True
    return not isinstance(clause.phrase.complement, Clause) and not clause.tense.startswith(("recent", "lasting"))


def _is_deed(clause: Clause | Existential | Fixed) -> bool:
    """Return whether it says that somebody does something, so that "or" can join it."""
    if not isinstance(clause, Clause) or clause.negation or (clause.subject is not None and clause.subject.is_negative):
        return False
    return not clause.phrase.verb.notes & {"copula", "stative"} and clause.phrase.predicate is None
