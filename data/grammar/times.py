"""When: adverbs, days, dates, years and hours, each with the words of both languages that answer each other."""

from collections.abc import Sequence

from grammar.draws import Draws
from grammar.lexicon import Lexicon, Pair
from grammar.meaning import Fixed
from grammar.numbers import english_number, french_number

__all__ = ["Times"]

# Kinds of time that suit a tense.
_SUITABLE: dict[str, dict[str, float]] = {
    "present": {"habit": 5, "present": 1, "weekdays": 1, "hour": 1, "season": 1},
    "progressive": {"present": 1},
    "past": {"past": 6, "hour": 1.5, "clock": 0.5, "day": 1, "date": 1.5, "year": 1.5, "month": 1, "season": 0.5},
    "imperfect": {"past": 2, "hour": 1, "clock": 0.5},
    "used": {"habit": 1},
    "future": {"future": 6, "hour": 1, "clock": 0.5, "day": 1, "date": 1.5, "month": 1},
    "going": {"future": 5, "hour": 1, "day": 1, "date": 1},
    "conditional": {"future": 1},
    "perfect": {"today": 1},
    "pluperfect": {"year": 1, "date": 1},
}
# Each unit in which time is counted: its plural, the French words, their gender, and the most that are counted.
_UNITS = {
    "hour": ("hours", "heure", "heures", True, 9),
    "day": ("days", "jour", "jours", False, 9),
    "week": ("weeks", "semaine", "semaines", True, 9),
    "month": ("months", "mois", "mois", False, 11),
    "year": ("years", "an", "ans", False, 20),
}


class Times:
    """Draws times that suit a tense."""

    def __init__(self, lexicon: Lexicon, draws: Draws) -> None:
        self._draws = draws
        self._adverbs = lexicon.adverbs
        self._days = [pair for pair in lexicon.calendar if "day" in pair.kinds]
        self._months = [pair for pair in lexicon.calendar if "month" in pair.kinds]

    def draw(self, tense: str) -> Fixed:
        """Draw a time for a clause in this tense."""
        kind = self._draws.weighted(_SUITABLE[tense])
        match kind:
            case "hour":
                return self.hour("at", "à")
            case "day":
                day = self._draws.pick(self._days)
                return self._fixed([("on", "day"), (day.english, "day")], [(day.french, "day")])
            case "weekdays":
                day = self._draws.pick(self._days)
                return self._fixed([("on", "on"), (day.english + "s", "day")], [("le", "on"), (day.french, "day")])
            case "date":
                return self._date()
            case "year":
                year = str(self._draws.between(1900, 2020))
                return self._fixed([("in", "in"), (year, "year")], [("en", "in"), (year, "year")])
            case "month":
                month = self._draws.pick(self._months)
                return self._fixed([("in", "in"), (month.english, "month")], [("en", "in"), (month.french, "month")])
            case "today":
                return self._fixed([("today", "adverb")], [("aujourd'hui", "adverb")])
            case _:
                return self._adverb(kind)

    def _adverb(self, kind: str) -> Fixed:
        adverb: Pair = self._draws.pick([pair for pair in self._adverbs if kind in pair.kinds])
        return self._fixed([(adverb.english, "adverb")], [(adverb.french, "adverb")])

    def _fixed(self, english: Sequence[tuple[str, str]], french: Sequence[tuple[str, str]]) -> Fixed:
        return Fixed(key=self._draws.key(), english=tuple(english), french=tuple(french))

    def _date(self) -> Fixed:
        month, number = self._draws.pick(self._months), self._draws.between(1, 28)
        english = [(month.english, "month"), (str(number), "number")]
        french = [("1er" if number == 1 else str(number), "number"), (month.french, "month")]
        if self._draws.pick((True, False)):
            day = self._draws.pick(self._days)
            english = [(day.english, "day"), (",", ""), (month.english, "month"), (str(number), "number")]
            french = [(day.french, "day"), *french]
        return self._fixed([("on", "on"), *english], [("le", "on"), *french])

    def hour(self, english: str, french: str) -> Fixed:
        """Draw an hour: at three o'clock, it is half past ten. The arguments are what stands before it."""
        hour = self._draws.between(1, 11)
        said, heures = french_number(hour, feminine=True), "heure" if hour == 1 else "heures"
        number = english_number(hour)
        before, avant = (english, "before"), (french, "before")
        match self._draws.weighted({"o'clock": 4, "half": 2, "quarter": 1, "past": 2, "to": 1}):
            case "o'clock":
                return self._fixed(
                    [before, (number, "hour"), ("o'clock", "hours")], [avant, (said, "hour"), (heures, "hours")]
                )
            case "half":
                return self._fixed(
                    [before, ("half", "minute"), ("past", "past"), (number, "hour")],
                    [avant, (said, "hour"), (heures, "hour"), ("et", "past"), ("demie", "minute")],
                )
            case "quarter":
                return self._fixed(
                    [before, ("a quarter", "minute"), ("past", "past"), (number, "hour")],
                    [avant, (said, "hour"), (heures, "hour"), ("et", "past"), ("quart", "minute")],
                )
            case "past":
                minutes = self._draws.pick((5, 10, 20))
                return self._fixed(
                    [before, (english_number(minutes), "minute"), ("past", "hour"), (number, "hour")],
                    [avant, (said, "hour"), (heures, "hour"), (french_number(minutes), "minute")],
                )
            case _:
                minutes = self._draws.pick((5, 10, 20))
                return self._fixed(
                    [before, (english_number(minutes), "minute"), ("to", "to"), (number, "hour")],
                    [avant, (said, "hour"), (heures, "hour"), ("moins", "to"), (french_number(minutes), "minute")],
                )

    def years(self, age: int) -> Fixed:
        """Return an age: so many years old."""
        return self._fixed(
            [(english_number(age), "number"), ("years old", "years")],
            [(french_number(age), "number"), ("ans", "years")],
        )

    def since(self, past: bool) -> Fixed:
        """Draw how long something goes on: for three years, since Monday. Of the `past` nothing counts from today."""
        match self._draws.weighted({"for": 5, "year": 1} | ({} if past else {"day": 2, "start": 2})):
            case "for":
                return self._for()
            case "day":
                start = self._draws.pick(self._days)
            case "start":
                start = self._draws.pick([pair for pair in self._adverbs if "start" in pair.kinds])
            case _:
                year = str(self._draws.between(1950, 2020))
                return self._fixed([("since", "since"), (year, "year")], [("depuis", "since"), (year, "year")])
        role = "day" if start in self._days else "adverb"
        return self._fixed([("since", "since"), (start.english, role)], [("depuis", "since"), (start.french, role)])

    def _for(self) -> Fixed:
        unit = self._draws.pick(sorted(_UNITS))
        units, french, french_plural, feminine, most = _UNITS[unit]
        number = self._draws.between(1, most)
        said = french_number(number, feminine)
        if number == 1:
            english = [("for", "since"), ("an" if unit == "hour" else "a", "number"), (unit, "unit")]
            return self._fixed(english, [("depuis", "since"), (said, "number"), (french, "unit")])
        english = [("for", "since"), (english_number(number), "number"), (units, "unit")]
        return self._fixed(english, [("depuis", "since"), (said, "number"), (french_plural, "unit")])
