import pytest

from grammar.lexicon import Agreement, load_lexicon
from grammar.subjunctive import subjunctive

PERSONS = [Agreement(1), Agreement(2), Agreement(3), Agreement(1, True), Agreement(2, True), Agreement(3, True)]


@pytest.mark.parametrize(
    ("infinitive", "forms"),
    [
        # je, tu, il, nous, vous, ils
        ("être", "sois sois soit soyons soyez soient"), ("avoir", "aie aies ait ayons ayez aient"),
        ("aller", "aille ailles aille allions alliez aillent"), ("faire", "fasse fasses fasse fassions fassiez fassent"),
        ("pouvoir", "puisse puisses puisse puissions puissiez puissent"),
        ("savoir", "sache saches sache sachions sachiez sachent"),
        ("vouloir", "veuille veuilles veuille voulions vouliez veuillent"),
        ("venir", "vienne viennes vienne venions veniez viennent"),
        ("prendre", "prenne prennes prenne prenions preniez prennent"),
        ("devoir", "doive doives doive devions deviez doivent"), ("boire", "boive boives boive buvions buviez boivent"),
        ("voir", "voie voies voie voyions voyiez voient"), ("finir", "finisse finisses finisse finissions finissiez finissent"),
        ("manger", "mange manges mange mangions mangiez mangent"), ("lancer", "lance lances lance lancions lanciez lancent"),
        ("acheter", "achète achètes achète achetions achetiez achètent"), ("rire", "rie ries rie riions riiez rient"),
        ("étudier", "étudie étudies étudie étudiions étudiiez étudient"),
        ("nettoyer", "nettoie nettoies nettoie nettoyions nettoyiez nettoient"),
    ],
)  # fmt: skip
def test_the_present_subjunctive(infinitive, forms):
    verb = load_lexicon().conjugation(infinitive)
    assert " ".join(subjunctive(verb, person) for person in PERSONS) == forms


def test_every_verb_has_forms_that_look_like_a_subjunctive():
    for verb in load_lexicon().verbs:
        forms = [subjunctive(verb.conjugation, person) for person in PERSONS]
        assert forms[0][-1] in "es", forms
        assert forms[3].endswith("ons"), forms
        assert forms[4].endswith("ez"), forms
        assert forms[5].endswith("ent"), forms
