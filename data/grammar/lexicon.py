"""The words of the built-in corpus: tables under ``tables/``, and their inflection.

A row of a table is an entry; an empty cell is the regular form. What is regular is computed here.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "Adjective",
    "Agreement",
    "Conjugation",
    "Indefinite",
    "Lexicon",
    "Name",
    "Noun",
    "Pair",
    "Verb",
    "load_lexicon",
]

_PARTICLES_ENGLISH = {"at", "to", "for", "of", "with", "about", "that"}
_PARTICLES_FRENCH = {"à", "de", "avec", "que"}


class Agreement(NamedTuple):
    """What a verb, an adjective or a participle agrees with."""

    person: int = 3
    plural: bool = False
    feminine: bool = False


class Pair(NamedTuple):
    """An invariable entry: an adverb, a preposition, a day, a month."""

    english: str
    french: str
    kinds: frozenset[str]


class Name(NamedTuple):
    """A person (``kind`` is the gender) or a place (``kind`` is the French article, or ``-``)."""

    english: str
    french: str
    kind: str


class Indefinite(NamedTuple):
    """An indefinite pronoun: someone, everything, nothing. ``kinds`` are "person" or "thing", "all", "negative"."""

    english: str
    french: str
    kinds: frozenset[str]


@dataclass(frozen=True)
class Noun:
    """A noun; ``mass`` nouns have no plural. An asterisk in the table marks an h that forbids elision."""

    english: str
    english_plural: str
    french: str
    french_plural: str
    feminine: bool
    kinds: frozenset[str]
    aspirated: bool
    mass: bool

    @classmethod
    def read(cls, row: dict[str, str]) -> "Noun":
        """Read a row of ``nouns.tsv``."""
        french = row["french"].lstrip("*")
        return cls(
            row["english"],
            row["english_plural"] or row["english"] + "s",
            french,
            row["french_plural"] or french + "s",
            row["gender"] == "f",
            frozenset([*row["kinds"].split(), row["english"]]),
            row["french"].startswith("*"),
            row["english_plural"] == "-",
        )


@dataclass(frozen=True)
class Adjective:
    """An adjective; ``comparative`` and ``superlative`` hold the English forms, or nothing where it takes none."""

    english: str
    comparative: str
    superlative: str
    masculine: str
    feminine: str
    masculine_plural: str
    position: str
    kinds: frozenset[str]

    @classmethod
    def read(cls, row: dict[str, str]) -> "Adjective":
        """Read a row of ``adjectives.tsv``."""
        return cls(
            row["english"],
            *_degrees(row["english"], row["comparative"]),
            row["masculine"],
            row["feminine"],
            row["masculine_plural"] or row["masculine"] + "s",
            row["position"],
            frozenset(row["kinds"].split()),
        )

    def french(self, agreement: Agreement) -> str:
        """Return the form that agrees."""
        if " " in self.masculine:  # a phrase, such as 'en bois'
            return self.masculine
        if agreement.feminine:
            return self.feminine + "s" * agreement.plural
        return self.masculine_plural if agreement.plural else self.masculine

    @property
    def before_vowel(self) -> str | None:
        """Return the masculine singular before a noun that begins with a vowel, where it differs."""
        return {"beau": "bel", "nouveau": "nouvel", "vieux": "vieil"}.get(self.masculine)


def _degrees(english: str, how: str) -> tuple[str, str]:
    if how == "-":
        return "", ""
    if how == "more":
        return f"more {english}", f"most {english}"
    if how != "er":
        comparative, superlative = how.split()
        return comparative, superlative
    if english.endswith("e"):
        stem = english[:-1]
    elif re.search(r"[^aeiou]y$", english):
        stem = english[:-1] + "i"
    elif re.fullmatch(r"[^aeiou]*[aeiou][bdgmnpt]", english):
        stem = english + english[-1]
    else:
        stem = english
    return stem + "er", stem + "est"


@dataclass(frozen=True)
class Conjugation:
    """The forms of a French verb, by person and whether it is plural."""

    infinitive: str
    present: dict[tuple[int, bool], str]
    participle: str
    future_stem: str

    def imperfect(self, agreement: Agreement) -> str:
        """Return the imparfait: j'étais, je mangeais."""
        stem = "ét" if self.infinitive == "être" else self._imperfect_stem
        ending = _IMPERFECT[agreement.person, agreement.plural]
        if ending.startswith("i"):  # nous mangions, nous commencions, but je mangeais
            stem = re.sub("ge$", "g", stem) if self.infinitive.endswith("ger") else stem.replace("ç", "c")
        return stem + ending

    @cached_property
    def _imperfect_stem(self) -> str:
        if self.infinitive == "pleuvoir":
            return "pleuv"
        return self.present[1, True].removesuffix("ons")

    def future(self, agreement: Agreement) -> str:
        """Return the future: je mangerai."""
        return self.future_stem + _FUTURE[agreement.person, agreement.plural]

    def conditional(self, agreement: Agreement) -> str:
        """Return the conditional: je mangerais."""
        return self.future_stem + _IMPERFECT[agreement.person, agreement.plural]

    def imperative(self, agreement: Agreement, before_pronoun: bool = False) -> str:
        """Return what asks *vous* or *tu*: mangez, mange, va; before *y* and *en* with its -s: manges-en, vas-y."""
        form = self.present[agreement.person, agreement.plural]
        drops_s = not agreement.plural and form.endswith(("es", "as")) and not before_pronoun
        return form.removesuffix("s") if drops_s else form

    def agreed_participle(self, agreement: Agreement) -> str:
        """Return the past participle that agrees: mangé, mangée, mangés, mangées."""
        if not (agreement.feminine or agreement.plural):
            return self.participle
        participle = {"dû": "du"}.get(self.participle, self.participle) + "e" * agreement.feminine
        return participle if participle.endswith("s") else participle + "s" * agreement.plural


_PERSONS = ((1, False), (2, False), (3, False), (1, True), (2, True), (3, True))
_IMPERFECT = dict(zip(_PERSONS, ("ais", "ais", "ait", "ions", "iez", "aient"), strict=True))
_FUTURE = dict(zip(_PERSONS, ("ai", "as", "a", "ons", "ez", "ont"), strict=True))
_TU = {"être": "es", "avoir": "as", "aller": "vas"}


def _with_tu(row: dict[str, str]) -> dict[str, str]:
    """Return the row with the form of *tu*, nearly always that of *je* with an s: peux, dors, ouvres."""
    je = row["je"]
    return row | {"tu": _TU.get(row["infinitive"]) or (je if je.endswith(("s", "x")) else je + "s")}


def _regular(infinitive: str) -> Conjugation:
    """Return the forms of a regular verb in -er, with its changes of spelling, in -ir or in -re."""
    stem, ending = infinitive[:-2], infinitive[-2:]
    if ending == "er":
        soft = {"g": stem + "e", "c": stem[:-1] + "ç"}.get(stem[-1], stem)  # nous mangeons, nous lançons
        # nettoyer: nettoie; but ennuyer alike, payer too; préférer: préfère; the future keeps é
        strong = stem[:-1] + "i" if stem.endswith("y") else re.sub(r"é([bcdfghjklmnpqrstvxz]+)$", r"è\1", stem)
        endings = (strong + "e", strong + "es", strong + "e", soft + "ons", stem + "ez", strong + "ent")
        future = (strong if stem.endswith("y") else stem) + "er"
        participle = stem + "é"
    elif ending == "ir":
        endings = (stem + "is", stem + "is", stem + "it", stem + "issons", stem + "issez", stem + "issent")
        participle, future = stem + "i", infinitive
    else:
        third = stem if stem.endswith("d") else stem + "t"
        endings = (stem + "s", stem + "s", third, stem + "ons", stem + "ez", stem + "ent")
        participle, future = stem + "u", infinitive[:-1]
    return Conjugation(infinitive, dict(zip(_PERSONS, endings, strict=True)), participle, future)


@dataclass(frozen=True)
class Verb:
    """A verb with what it governs, in both languages.

    Attributes:
        english: forms by name: ``base``, ``s``, ``past``, ``participle``, ``gerund``.
        english_rest: fixed words after it ("be *afraid* of", "get *up*").
        english_particle: the preposition of its object, or "to", "that"; or nothing.
        conjugation: of the French verb.
        reflexive: whether that is pronominal.
        french_rest: fixed words after it ("avoir *besoin* de").
        french_particle: "à", "de", "avec", "que", or nothing.
        frame: what it takes: intransitive, object, recipient, move, infinitive or clause.
        subjects, objects: kinds of nouns.
        notes: see ``data/README.md``.
    """

    english: dict[str, str]
    english_rest: str
    english_particle: str
    conjugation: Conjugation
    reflexive: bool
    french_rest: str
    french_particle: str
    frame: str
    subjects: frozenset[str]
    objects: frozenset[str]
    notes: frozenset[str]

    def __hash__(self) -> int:
        return id(self)

    @property
    def with_etre(self) -> bool:
        """Return whether its compound tenses are made with être."""
        return self.reflexive or "être" in self.notes

    @property
    def direct(self) -> bool:
        """Return whether its French object is direct."""
        return not self.french_particle


def _english_verb(base: str, past: str, participle: str, gerund: str) -> dict[str, str]:
    stem = base[:-1] if base.endswith("e") else base
    ied = re.search(r"[^aeiou]y$", base)
    ing = base if base == "be" or base.endswith("ee") else stem
    return {
        "base": base,
        "s": {"have": "has", "be": "is"}.get(base)
        or (base[:-1] + "ies" if ied else base + "es" if re.search(r"(s|sh|ch|x|o)$", base) else base + "s"),
        "past": past or (base[:-1] + "ied" if ied else stem + "ed"),
        "participle": participle or past or (base[:-1] + "ied" if ied else stem + "ed"),
        "gerund": gerund or ing + "ing",
    }


def _split(words: str, particles: set[str]) -> tuple[str, str, str]:
    """Return the head, the fixed words after it, and the particle, of a verb in a table."""
    head, *rest = words.split()
    particle = rest.pop() if rest and rest[-1] in particles else ""
    return head, " ".join(rest), particle


class Lexicon:
    """The entries of all tables in a folder."""

    def __init__(self, folder: Path) -> None:
        persons = ("je", "tu", "il", "nous", "vous", "ils")
        self.conjugations = {
            row["infinitive"]: Conjugation(
                row["infinitive"],
                {person: row[name] for person, name in zip(_PERSONS, persons, strict=True)},
                row["participle"],
                row["future_stem"],
            )
            for row in map(_with_tu, _rows(folder / "conjugations.tsv"))
        }
        self.nouns = [Noun.read(row) for row in _rows(folder / "nouns.tsv")]
        self.adjectives = [Adjective.read(row) for row in _rows(folder / "adjectives.tsv")]
        self.verbs = [self._verb(row) for row in _rows(folder / "verbs.tsv")]
        self.names = [Name(row["english"], row["french"], row["kind"]) for row in _rows(folder / "names.tsv")]
        self.indefinites = [
            Indefinite(row["english"], row["french"], frozenset(row["kinds"].split()))
            for row in _rows(folder / "indefinites.tsv")
        ]
        self.adverbs = _pairs(folder / "adverbs.tsv")
        self.calendar = _pairs(folder / "calendar.tsv")
        self.prepositions = _pairs(folder / "prepositions.tsv")
        self.weather = _pairs(folder / "weather.tsv")

    def __len__(self) -> int:
        content = len(self.nouns) + len(self.adjectives) + len(self.verbs) + len(self.names) + len(self.indefinites)
        return content + len(self.adverbs) + len(self.calendar) + len(self.prepositions) + len(self.weather)

    def conjugation(self, infinitive: str) -> Conjugation:
        """Return the forms of a French verb: those listed, or else the regular ones."""
        return self.conjugations.get(infinitive) or _regular(infinitive)

    def _verb(self, row: dict[str, str]) -> Verb:
        base, english_rest, english_particle = _split(row["english"], _PARTICLES_ENGLISH)
        french = re.sub(r"^s(e |')", "", row["french"])
        infinitive, french_rest, french_particle = _split(french, _PARTICLES_FRENCH)
        forms = _english_verb(base, row["past"], row["participle"], row["gerund"])
        return Verb(
            forms,
            english_rest,
            english_particle,
            self.conjugation(infinitive),
            french != row["french"],
            french_rest,
            french_particle,
            row["frame"],
            frozenset(row["subjects"].split()),
            frozenset(row["objects"].split()),
            frozenset(row["notes"].split()),
        )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)


def _pairs(path: Path) -> list[Pair]:
    return [
        Pair(row["english"], row["french"], frozenset((row.get("kinds") or row["kind"]).split())) for row in _rows(path)
    ]


@cache
def load_lexicon() -> Lexicon:
    """Return the lexicon of the tables beside this module."""
    return Lexicon(Path(__file__).parent / "tables")
