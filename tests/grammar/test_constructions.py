"""Conditions, reported speech, the subjunctive, infinitives, causatives, venir de, depuis, answers and commands."""

from collections import Counter
from itertools import islice

import pytest

from grammar import examples
from grammar.constructions import are_distinct
from grammar.english import english_sentence
from grammar.french import french_sentence
from grammar.lexicon import Agreement, Pair
from grammar.meaning import Adjunct, Clause, Fixed, Sentence
from grammar.phenomena import phenomena
from grammar.subordination import ComplexWriter
from grammar.surface import links, write
from tests.grammar.test_grammar import KEYS, LEXICON, adjective, clause, name, np, pronoun, said, verb, vp

WITHOUT, BEFORE = Pair("without", "sans", frozenset()), Pair("before", "avant de", frozenset())
IN_ORDER_TO, TO = Pair("in order to", "pour", frozenset()), Pair("to", "pour", frozenset())
YOU = Agreement(2, True)


def fixed(english: str, french: str, role: str = "word") -> Fixed:
    return Fixed(key=next(KEYS), english=((english, role),), french=((french, role),))


def whole(*clauses, **more) -> tuple[str, str, set[str], set[str]]:
    """What both languages say, the words that are linked, and the phenomena."""
    sentence = Sentence(clauses=clauses, **more)
    english, french = write(english_sentence(sentence))[0], write(french_sentence(sentence))[0]
    pairs = {f"{english[i].text}={french[j].text}" for i, j in links(english, french)}
    return " ".join(t.text for t in english), " ".join(t.text for t in french), pairs, phenomena(sentence)


# -- conditions and reported speech


def test_a_condition_is_past_in_english_and_imperfect_in_french():
    has = clause(name("Paul"), vp(verb("have"), object=np("car", "a")), "hypothetical")
    goes = clause(pronoun(3), vp(verb("sing", "intransitive")), "conditional")
    english, french, pairs, labels = whole(has, goes, leading=fixed("if", "si"), conjunctions=(fixed(",", ","),))
    assert (english, french) == ("If Paul had a car, he would sing.", "Si Paul avait une voiture, il chanterait.")
    assert pairs == {
        "If=Si", "Paul=Paul", "had=avait", "a=une", "car,=voiture,", "he=il", "would=chanterait.", "sing.=chanterait.",
    }  # fmt: skip
    assert labels == {"condition", "joined-clauses", "tense"}
    assert whole(goes, has, conjunctions=(fixed("if", "si"),))[1] == "Il chanterait si Paul avait une voiture."


@pytest.mark.parametrize(
    ("part", "english", "french"),
    [
        (lambda: clause(pronoun(1), vp(verb("be", "copula"), predicate=adjective("rich")), "hypothetical"), "I were rich.", "J'étais riche."),
        (lambda: clause(pronoun(3), vp(verb("sleep", "intransitive")), "hypothetical", negation="not"),
         "He did not sleep.", "Il ne dormait pas."),
        (lambda: clause(pronoun(3), vp(verb("can", "infinitive"), complement=vp(verb("sleep", "intransitive"))), "hypothetical"),
         "He could sleep.", "Il pouvait dormir."),
    ],
)  # fmt: skip
def test_verbs_of_a_condition(part, english, french):
    assert said(part())[:2] == (english, french)


@pytest.mark.parametrize(
    ("inner", "english", "french"),
    [
        (lambda: clause(pronoun(3, feminine=True), vp(verb("be", "copula"), predicate=adjective("tired")), "past"),
         "she was tired", "elle était fatiguée"),
        (lambda: clause(pronoun(3, feminine=True), vp(verb("come", "move")), "conditional"), "she would come", "elle viendrait"),
        (lambda: clause(pronoun(3, feminine=True), vp(verb("eat")), "pluperfect"), "she had eaten", "elle avait mangé"),
        (lambda: clause(pronoun(3, feminine=True), vp(verb("sleep", "intransitive")), "imperfect"), "she was sleeping", "elle dormait"),
    ],
)  # fmt: skip
def test_reported_speech_shifts_the_tense(inner, english, french):
    say = vp(verb("say", "clause", particle="that"), complement=inner())
    found = whole(clause(name("Marie"), say, "past"))
    assert found[:2] == (f"Marie said that {english}.", f"Marie a dit qu'{french}.")
    assert {"that=qu'elle", "she=qu'elle"} <= found[2]
    assert {"reported-speech", "subordinate"} <= found[3]


# -- the subjunctive


def test_somebody_wants_somebody_else_to_do_something():
    come = clause(name("Paul"), vp(verb("come", "move")), mood="infinitive")
    english, french, pairs, labels = whole(clause(pronoun(1), vp(verb("want", "wish", particle="to"), complement=come)))
    assert (english, french) == ("I want Paul to come.", "Je veux que Paul vienne.")
    assert pairs == {"I=Je", "want=veux", "Paul=Paul", "to=que", "come.=vienne."}
    assert labels == {"subjunctive", "subordinate"}


@pytest.mark.parametrize(
    ("inner", "english", "french"),
    [
        (lambda: clause(pronoun(3, feminine=True), vp(verb("sleep", "intransitive")), mood="infinitive", negation="not"),
         "I want her not to sleep.", "Je veux qu'elle ne dorme pas."),
        (lambda: clause(np("cake"), vp(verb("eat")), mood="infinitive", passive=True, agent=np("girl")),
         "I want the cake to be eaten by the girl.", "Je veux que le gâteau soit mangé par la fille."),
        (lambda: clause(np("child", plural=True), vp(verb("get", "intransitive", "up")), mood="infinitive"),
         "I want the children to get up.", "Je veux que les enfants se lèvent."),
        (lambda: clause(name("Paul"), vp(verb("be", rest="hungry", frame="intransitive")), mood="infinitive"),
         "I want Paul to be hungry.", "Je veux que Paul ait faim."),
    ],
)  # fmt: skip
def test_what_somebody_wants(inner, english, french):
    assert said(clause(pronoun(1), vp(verb("want", "wish", particle="to"), complement=inner())))[:2] == (
        english,
        french,
    )


def test_the_links_of_a_negated_wish():
    sleep = clause(pronoun(3), vp(verb("sleep", "intransitive")), mood="infinitive", negation="not")
    pairs = said(clause(pronoun(1), vp(verb("want", "wish", particle="to"), complement=sleep)))[2]
    assert pairs == {"I=Je", "want=veux", "him=qu'il", "not=ne", "not=pas.", "to=qu'il", "sleep.=dorme"}


def test_it_is_necessary_that():
    leading = Fixed(
        key=next(KEYS), english=(("it", "it"), ("is necessary", "be"), ("that", "that")),
        french=(("il", "it"), ("faut", "be"), ("que", "that")),
    )  # fmt: skip
    ready = clause(pronoun(3), vp(verb("be", "copula"), predicate=adjective("ready")), mood="base")
    english, french, pairs, labels = whole(ready, leading=leading)
    assert (english, french) == ("It is necessary that he be ready.", "Il faut qu'il soit prêt.")
    assert pairs == {"It=Il", "is=faut", "necessary=faut", "that=qu'il", "he=qu'il", "be=soit", "ready.=prêt."}
    assert labels == {"subjunctive"}
    stays = clause(name("Paul"), vp(verb("leave", "intransitive")), mood="base", negation="not")
    assert whole(stays, leading=leading)[:2] == (
        "It is necessary that Paul not leave.",
        "Il faut que Paul ne parte pas.",
    )


@pytest.mark.parametrize(
    ("joint", "later", "english", "french"),
    [
        (("before", "avant que"), lambda: clause(pronoun(3, feminine=True), vp(verb("leave", "intransitive")), "past", mood="subjunctive"),
         "I ate before she left.", "J'ai mangé avant qu'elle parte."),
        (("although", "bien que"), lambda: clause(pronoun(3, feminine=True), vp(verb("leave", "intransitive")), "pluperfect", mood="subjunctive"),
         "I ate although she had left.", "J'ai mangé bien qu'elle soit partie."),
        (("although", "bien que"), lambda: clause(np("cake"), vp(verb("be", "copula"), predicate=adjective("cold")), "past", mood="subjunctive"),
         "I ate although the cake was cold.", "J'ai mangé bien que le gâteau soit froid."),
        (("so that", "pour que"),
         lambda: clause(name("Marie"), vp(verb("can", "infinitive"), complement=vp(verb("sleep", "intransitive"))), "past", mood="subjunctive"),
         "I ate so that Marie could sleep.", "J'ai mangé pour que Marie puisse dormir."),
    ],
)  # fmt: skip
def test_conjunctions_with_the_subjunctive(joint, later, english, french):
    found = whole(clause(pronoun(1), vp(verb("eat")), "past"), later(), conjunctions=(fixed(*joint),))
    assert found[:2] == (english, french)
    assert "subjunctive" in found[3]


# -- infinitives


def test_an_infinitive_is_negated_by_both_words_before_it():
    prefer = vp(verb("prefer", "infinitive", particle="to"), complement=vp(verb("eat"), negated=True))
    english, french, pairs, labels = whole(clause(pronoun(1), prefer))
    assert (english, french) == ("I prefer not to eat.", "Je préfère ne pas manger.")
    assert pairs == {"I=Je", "prefer=préfère", "not=ne", "not=pas", "to=manger.", "eat.=manger."}
    assert labels == {"infinitive", "negation", "negated-infinitive"}
    see = vp(verb("see"), object=pronoun(3), negated=True)
    tried = clause(pronoun(3), vp(verb("try", "infinitive", particle="to"), complement=see), "past")
    assert said(tried)[:2] == ("He tried not to see him.", "Il a essayé de ne pas le voir.")


@pytest.mark.parametrize(
    ("preposition", "inner", "english", "french"),
    [
        (WITHOUT, lambda: vp(verb("eat")), "without eating", "sans manger"),
        (IN_ORDER_TO, lambda: vp(verb("buy"), object=np("bread")), "in order to buy the bread", "pour acheter le pain"),
        (TO, lambda: vp(verb("buy"), object=np("bread")), "to buy the bread", "pour acheter le pain"),
        (IN_ORDER_TO, lambda: vp(verb("fall", "intransitive"), negated=True), "in order not to fall", "pour ne pas tomber"),
        (BEFORE, lambda: vp(verb("leave", "intransitive")), "before leaving", "avant de partir"),
        (BEFORE, lambda: vp(verb("buy"), object=np("bread")), "before buying the bread", "avant d'acheter le pain"),
        (WITHOUT, lambda: vp(verb("see"), object=pronoun(3, feminine=True)), "without seeing her", "sans la voir"),
        (BEFORE, lambda: vp(verb("eat"), object=pronoun(3, True, True, True)), "before eating them", "avant de les manger"),
        (BEFORE, lambda: vp(verb("get", "intransitive", "up")), "before getting up", "avant de nous lever"),
    ],
)  # fmt: skip
def test_adjuncts(preposition, inner, english, french):
    adjunct = Adjunct(key=next(KEYS), preposition=preposition, phrase=inner())
    found = whole(clause(pronoun(1, True), vp(verb("sing", "intransitive")), "past", adjunct=adjunct))
    assert found[:2] == (f"We sang {english}.", f"Nous avons chanté {french}.")
    assert "infinitive-adjunct" in found[3]


def test_the_links_of_an_adjunct():
    fall = vp(verb("fall", "intransitive"), negated=True)
    adjunct = Adjunct(key=next(KEYS), preposition=IN_ORDER_TO, phrase=fall)
    pairs = said(clause(pronoun(1), vp(verb("wait", "intransitive")), adjunct=adjunct))[2]
    assert pairs == {
        "I=J'attends",
        "wait=J'attends",
        "in=pour",
        "order=pour",
        "to=pour",
        "not=ne",
        "not=pas",
        "fall.=tomber.",
    }
    eat = Adjunct(key=next(KEYS), preposition=BEFORE, phrase=vp(verb("eat"), object=pronoun(3, True, thing=True)))
    pairs = said(clause(name("Paul"), vp(verb("sing", "intransitive")), adjunct=eat))[2]
    assert pairs == {"Paul=Paul", "sings=chante", "before=avant", "before=de", "eating=manger.", "them.=les"}


# -- causatives


def test_faire_with_what_is_done_to_a_thing():
    repair = vp(verb("have", "having done"), object=np("car"), complement=vp(verb("repair")))
    english, french, pairs, labels = whole(clause(name("Paul"), repair))
    assert (english, french) == ("Paul has the car repaired.", "Paul fait réparer la voiture.")
    assert pairs == {"Paul=Paul", "has=fait", "the=la", "car=voiture.", "repaired.=réparer"}
    assert labels == {"causative", "infinitive"}


@pytest.mark.parametrize(
    ("part", "english", "french"),
    [
        (lambda laugh: clause(name("Paul"), laugh(name("Marie"))), "Paul makes Marie laugh.", "Paul fait rire Marie."),
        (lambda laugh: clause(name("Paul"), laugh(pronoun(3, feminine=True)), "past"), "Paul made her laugh.", "Paul l'a fait rire."),
        (lambda laugh: clause(name("Paul"), laugh(pronoun(3, True)), "past", negation="not"),
         "Paul did not make them laugh.", "Paul ne les a pas fait rire."),
        (lambda laugh: clause(np("film"), laugh(np("child", plural=True)), "going"),
         "The film is going to make the children laugh.", "Le film va faire rire les enfants."),
    ],
)  # fmt: skip
def test_faire_with_what_somebody_does(part, english, french):
    def laugh(someone):
        return vp(verb("make", "making do"), object=someone, complement=vp(verb("laugh", "intransitive")))

    assert said(part(laugh))[:2] == (english, french)


def test_the_participle_of_a_causative_agrees_with_nothing():
    her = vp(verb("make", "making do"), object=pronoun(3, feminine=True), complement=vp(verb("sing", "intransitive")))
    assert "participle-agreement" not in whole(clause(name("Paul"), her, "past"))[3]


# -- what has just been done, and what is still being done


def test_venir_de():
    cake = vp(verb("eat"), object=np("cake"))
    english, french, pairs, labels = whole(clause(name("Marie"), cake, "recent"))
    assert (english, french) == ("Marie has just eaten the cake.", "Marie vient de manger le gâteau.")
    assert pairs == {"Marie=Marie", "has=vient", "just=vient", "just=de", "eaten=manger", "the=le", "cake.=gâteau."}
    assert labels == {"recent-past", "tense"}
    them = vp(verb("buy"), object=pronoun(3, True, thing=True))
    assert said(clause(pronoun(1), them, "recent past"))[:2] == ("I had just bought them.", "Je venais de les acheter.")
    assert (
        said(clause(pronoun(1, True), vp(verb("get", "intransitive", "up")), "recent"))[1]
        == "Nous venons de nous lever."
    )


@pytest.mark.parametrize(
    ("which", "tense", "since", "english", "french"),
    [
        (("work", "intransitive"), "lasting", ("for three years", "depuis trois ans"),
         "He has been working for three years.", "Il travaille depuis trois ans."),
        (("work", "intransitive"), "lasting past", ("since Monday", "depuis lundi"),
         "He had been working since Monday.", "Il travaillait depuis lundi."),
        (("be", "intransitive", "hungry"), "lasting", ("since Monday", "depuis lundi"), "He has been hungry since Monday.", "Il a faim depuis lundi."),
    ],
)  # fmt: skip
def test_depuis(which, tense, since, english, french):
    time = fixed(*since, role="since")
    found = whole(clause(pronoun(3), vp(verb(*which), places=(time,)), tense))
    assert found[:2] == (english, french)
    assert "since" in found[3]


def test_the_links_of_depuis():
    since = Fixed(
        key=next(KEYS), english=(("for", "since"), ("three", "number"), ("years", "unit")),
        french=(("depuis", "since"), ("trois", "number"), ("ans", "unit")),
    )  # fmt: skip
    know = clause(pronoun(1), vp(verb("know"), object=name("Marie"), places=(since,)), "lasting")
    english, french, pairs = said(know)
    assert (english, french) == ("I have known Marie for three years.", "Je connais Marie depuis trois ans.")
    assert pairs == {"I=Je", "have=connais", "known=connais", "Marie=Marie", "for=depuis", "three=trois", "years.=ans."}


# -- answers and commands


def test_answers():
    sleeps = clause(pronoun(3), vp(verb("sleep", "intransitive")), negation="not")
    english, french, pairs, labels = whole(sleeps, opening=fixed("no", "non", "answer"))
    assert (english, french) == ("No, he does not sleep.", "Non, il ne dort pas.")
    assert "No,=Non," in pairs
    assert labels == {"answer", "negation"}


@pytest.mark.parametrize(
    ("what", "negation", "english", "french"),
    [
        (lambda: vp(verb("open"), object=np("door")), "not", "Do not open the door!", "N'ouvrez pas la porte !"),
        (lambda: vp(verb("eat"), object=pronoun(3, feminine=True, thing=True)), "not", "Do not eat it!", "Ne la mangez pas !"),
        (lambda: vp(verb("eat"), object=pronoun(3, feminine=True, thing=True)), "", "Eat it!", "Mangez-la !"),
        (lambda: vp(verb("help"), object=pronoun(1)), "", "Help me!", "Aidez-moi !"),
        (lambda: vp(verb("help"), object=pronoun(1)), "not", "Do not help me!", "Ne m'aidez pas !"),
        (lambda: vp(verb("get", "intransitive", "up")), "not", "Do not get up!", "Ne vous levez pas !"),
    ],
)  # fmt: skip
def test_commands(what, negation, english, french):
    found = whole(clause(None, what(), agreement=YOU, imperative=True, negation=negation), end="!")
    assert found[:2] == (english, french)
    assert ("prohibition" in found[3]) == bool(negation)


# -- samples


SAMPLES = 4000
LABELS = (
    "answer", "causative", "condition", "infinitive-adjunct", "negated-infinitive", "prohibition", "recent-past",
    "reported-speech", "since", "subjunctive",
)  # fmt: skip


@pytest.fixture(scope="module")
def samples():
    return list(islice(examples("constructions"), SAMPLES))


def test_every_construction_is_met_often_enough_and_none_too_often(samples):
    counts = Counter(label for pair in samples for label in pair.labels)
    assert all(0.005 <= counts[label] / SAMPLES <= 0.08 for label in LABELS), counts


@pytest.fixture(scope="module")
def trees():
    writer = ComplexWriter(LEXICON, "constructions")
    return [writer.sentence() for _ in range(SAMPLES)]


PAST = {"past", "imperfect", "used", "pluperfect", "recent past", "lasting past"}
NOW = {"present", "progressive", "future", "going", "recent", "lasting"}


def test_no_present_stands_beside_or_under_a_past(trees):
    for tree in trees:
        clauses = [part for part in tree.clauses if isinstance(part, Clause)]
        tenses = {part.tense for part in clauses if not part.mood}
        assert not (tenses & PAST and tenses & NOW), english_sentence(tree)
        for part in clauses:
            inner = part.phrase.complement
            if part.tense in PAST and isinstance(inner, Clause) and not inner.mood:
                assert inner.tense in PAST | {"conditional"}, english_sentence(tree)


def test_the_subject_of_a_wish_is_somebody_else(trees):
    wishes = [part for tree in trees for part in tree.clauses if isinstance(part, Clause)]
    wishes = [part for part in wishes if isinstance(part.phrase.complement, Clause) and part.phrase.complement.mood]
    assert len(wishes) > 20
    for part in wishes:
        assert are_distinct(part.subject, part.phrase.complement.subject)


def test_who_is_distinct():
    she, he = pronoun(3, feminine=True), pronoun(3)
    assert are_distinct(pronoun(1), name("Paul"))
    assert are_distinct(np("king"), name("Paul"))
    assert not are_distinct(he, name("Paul")), "he could be Paul"
    assert not are_distinct(she, he)
    assert not are_distinct(name("Paul"), name("Paul"))
    assert not are_distinct(pronoun(1), pronoun(1, True))


INDICATIVE = {"est", "a", "sont", "ont", "va", "peut", "fait", "sait", "vient", "prend", "doit", "veut"}


def test_no_indicative_follows_what_asks_for_the_subjunctive(samples):
    for pair in samples:
        for joint in ("avant que ", "bien que ", "pour que ", "faut que ", "faut qu'il ", "faut qu'elle "):
            after = pair.target.lower().partition(joint)[2].split()
            assert not INDICATIVE & set(after[:3]), pair
