import pytest

from grammar.lexicon import Agreement, load_lexicon
from grammar.numbers import english_number, french_number

LEXICON = load_lexicon()
JE, IL, NOUS, VOUS, ILS = Agreement(1), Agreement(3), Agreement(1, True), Agreement(2, True), Agreement(3, True)


def test_the_lexicon_is_large_and_its_kinds_exist():
    assert len(LEXICON) >= 600
    kinds = set().union(*(noun.kinds for noun in LEXICON.nouns))
    for verb in LEXICON.verbs:
        assert (verb.subjects | verb.objects) <= kinds, verb.english["base"]
    for adjective in LEXICON.adjectives:
        assert adjective.kinds <= kinds | {"*"}, adjective.english
    for preposition in LEXICON.prepositions:
        assert preposition.kinds <= kinds | {"companion", "time", "pair", "path", "contact"}, preposition.english


def test_no_entry_stands_twice():
    for table in (
        LEXICON.nouns,
        LEXICON.names,
        LEXICON.indefinites,
        LEXICON.prepositions,
        LEXICON.adverbs,
        LEXICON.adjectives,
    ):
        english = [entry.english for entry in table]
        assert len(english) == len(set(english))
    verbs = [(v.english["base"], v.english_rest, v.english_particle, v.frame) for v in LEXICON.verbs]
    twice = {verb for verb in verbs if verbs.count(verb) > 1}
    assert twice <= {("play", "", "", "object")}, "an English verb must not have two translations in one frame"


@pytest.mark.parametrize(
    ("infinitive", "present", "others"),
    [
        # infinitive: je, il, nous, vous, ils; then nous imparfait, il futur, je conditionnel, participle
        ("manger", "mange mange mangeons mangez mangent", "mangions mangera mangerais mangé"),
        ("lancer", "lance lance lançons lancez lancent", "lancions lancera lancerais lancé"),
        ("préférer", "préfère préfère préférons préférez préfèrent", "préférions préférera préférerais préféré"),
        ("dépêcher", "dépêche dépêche dépêchons dépêchez dépêchent", "dépêchions dépêchera dépêcherais dépêché"),
        ("nettoyer", "nettoie nettoie nettoyons nettoyez nettoient", "nettoyions nettoiera nettoierais nettoyé"),
        ("acheter", "achète achète achetons achetez achètent", "achetions achètera achèterais acheté"),
        ("appeler", "appelle appelle appelons appelez appellent", "appelions appellera appellerais appelé"),
        ("étudier", "étudie étudie étudions étudiez étudient", "étudiions étudiera étudierais étudié"),
        ("finir", "finis finit finissons finissez finissent", "finissions finira finirais fini"),
        ("vendre", "vends vend vendons vendez vendent", "vendions vendra vendrais vendu"),
        ("être", "suis est sommes êtes sont", "étions sera serais été"),
        ("aller", "vais va allons allez vont", "allions ira irais allé"),
        ("faire", "fais fait faisons faites font", "faisions fera ferais fait"),
        ("envoyer", "envoie envoie envoyons envoyez envoient", "envoyions enverra enverrais envoyé"),
        ("peindre", "peins peint peignons peignez peignent", "peignions peindra peindrais peint"),
        ("asseoir", "assieds assied asseyons asseyez asseyent", "asseyions assiéra assiérais assis"),
    ],
)
def test_conjugation(infinitive, present, others):
    verb = LEXICON.conjugation(infinitive)
    persons = [(a.person, a.plural) for a in (JE, IL, NOUS, VOUS, ILS)]
    assert " ".join(verb.present[person] for person in persons) == present
    assert f"{verb.imperfect(NOUS)} {verb.future(IL)} {verb.conditional(JE)} {verb.participle}" == others


def test_imperfect_of_stems_in_g_and_c():
    assert LEXICON.conjugation("manger").imperfect(IL) == "mangeait"
    assert LEXICON.conjugation("lancer").imperfect(ILS) == "lançaient"


@pytest.mark.parametrize(
    ("participle", "feminine", "plural", "form"),
    [
        ("prendre", True, True, "prises"), ("prendre", False, True, "pris"), ("vendre", True, False, "vendue"),
        ("manger", False, True, "mangés"), ("devoir", True, False, "due"), ("devoir", False, False, "dû"),
    ],
)  # fmt: skip
def test_participles_agree(participle, feminine, plural, form):
    assert LEXICON.conjugation(participle).agreed_participle(Agreement(3, plural, feminine)) == form


def forms(base: str) -> str:
    (verb, *_) = [v for v in LEXICON.verbs if v.english["base"] == base]
    return " ".join(verb.english[name] for name in ("s", "past", "participle", "gerund"))


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("cry", "cries cried cried crying"), ("see", "sees saw seen seeing"), ("stop", "stops stopped stopped stopping"),
        ("be", "is was been being"), ("describe", "describes described described describing"),
        ("go", "goes went gone going"), ("watch", "watches watched watched watching"),
        ("play", "plays played played playing"), ("lie", "lies lied lied lying"), ("have", "has had had having"),
    ],
)  # fmt: skip
def test_english_verbs(base, expected):
    assert forms(base) == expected


@pytest.mark.parametrize(
    ("english", "comparative", "superlative"),
    [
        ("big", "bigger", "biggest"), ("happy", "happier", "happiest"), ("simple", "simpler", "simplest"),
        ("gray", "", ""), ("slow", "slower", "slowest"), ("good", "better", "best"),
        ("tired", "more tired", "most tired"), ("shy", "shier", "shiest"),
    ],
)  # fmt: skip
def test_degrees(english, comparative, superlative):
    (adjective,) = [a for a in LEXICON.adjectives if a.english == english]
    assert (adjective.comparative, adjective.superlative) == (comparative, superlative)


@pytest.mark.parametrize(
    ("number", "english", "french"),
    [
        (2, "two", "deux"), (16, "sixteen", "seize"), (17, "seventeen", "dix-sept"), (20, "twenty", "vingt"),
        (21, "twenty-one", "vingt et un"), (22, "twenty-two", "vingt-deux"), (60, "sixty", "soixante"),
        (70, "seventy", "soixante-dix"), (71, "seventy-one", "soixante et onze"), (77, "seventy-seven", "soixante-dix-sept"),
        (80, "eighty", "quatre-vingts"), (81, "eighty-one", "quatre-vingt-un"), (91, "ninety-one", "quatre-vingt-onze"),
        (99, "ninety-nine", "quatre-vingt-dix-neuf"), (100, "one hundred", "cent"), (200, "two hundred", "deux cents"),
        (201, "two hundred and one", "deux cent un"),
    ],
)  # fmt: skip
def test_numbers(number, english, french):
    assert (english_number(number), french_number(number)) == (english, french)


def test_one_agrees():
    assert french_number(21, feminine=True) == "vingt et une"
    assert french_number(81, feminine=True) == "quatre-vingt-une"
