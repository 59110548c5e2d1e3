"""The French subjunctive, of which only the present has forms of its own."""

import csv
from functools import cache
from pathlib import Path

from grammar.lexicon import Agreement, Conjugation

__all__ = ["subjunctive"]

_TABLE = Path(__file__).parent / "tables" / "subjunctives.tsv"
_PERSONS = ((1, False), (2, False), (3, False), (1, True), (2, True), (3, True))
_ENDINGS = {(1, False): "e", (2, False): "es", (3, False): "e", (3, True): "ent"}


def subjunctive(conjugation: Conjugation, agreement: Agreement) -> str:
    """Return the form of the present: que je prenne, que nous prenions.

    A regular verb has the stem of *ils prennent*, but before -ions and -iez the forms of the imperfect.
    """
    person = (agreement.person, agreement.plural)
    if conjugation.infinitive in _irregular():
        return _irregular()[conjugation.infinitive][person]
    if person in _ENDINGS:
        return conjugation.present[3, True].removesuffix("ent") + _ENDINGS[person]
    return conjugation.imperfect(agreement)


@cache
def _irregular() -> dict[str, dict[tuple[int, bool], str]]:
    with _TABLE.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        next(rows)
        return {infinitive: dict(zip(_PERSONS, forms, strict=True)) for infinitive, *forms in rows}
