"""Pronouns, forms of address, "or", contractions and prepositions, worked by hand from tree to text and links."""

from dataclasses import replace

import pytest

from grammar.address import informal
from grammar.english import english_sentence
from grammar.french import french_sentence
from grammar.lexicon import Agreement, Pair
from grammar.meaning import Clause, Existential, Fixed, NounPhrase, Place, Relative, Sentence, VerbPhrase
from grammar.phenomena import phenomena
from grammar.reference import contradicts_gender, has_bound_their, repeats_a_name, says_it_twice
from grammar.surface import links, write
from tests.grammar.test_grammar import KEYS, LEXICON, adjective, clause, name, np, pronoun, said, verb, vp

YOU = Agreement(2, True)


def spoken(sentence: Sentence) -> tuple[str, str, set[str]]:
    english, french = write(english_sentence(sentence))[0], write(french_sentence(sentence))[0]
    pairs = {f"{english[i].text}={french[j].text}" for i, j in links(english, french)}
    return " ".join(t.text for t in english), " ".join(t.text for t in french), pairs


def it(plural: bool = False, feminine: bool = False, **more: object) -> NounPhrase:
    return replace(pronoun(3, plural, feminine, thing=True), **more)  # type: ignore[arg-type]


def some(determiner: str, number: int = 0, plural: bool = True) -> NounPhrase:
    return it(plural, determiner=determiner, number=number)


def there(english: str = "to") -> Place:
    return Place(key=next(KEYS), preposition=Pair(english, "à", frozenset()), noun=it())


def place(english: str, noun: NounPhrase) -> Place:
    (preposition,) = [p for p in LEXICON.prepositions if p.english == english]
    return Place(key=next(KEYS), preposition=preposition, noun=noun)


def indefinite(english: str, **more: object) -> NounPhrase:
    (head,) = [entry for entry in LEXICON.indefinites if entry.english == english]
    return NounPhrase(key=next(KEYS), head=head, agreement=Agreement(), **more)  # type: ignore[arg-type]


def request(phrase: VerbPhrase, negation: str = "", agreement: Agreement = YOU, contracted: bool = False) -> Clause:
    return clause(None, phrase, agreement=agreement, imperative=True, negation=negation, contracted=contracted)


def go(**more: object) -> VerbPhrase:
    return vp(verb("go", "move"), places=(there(),), **more)


def give(thing: NounPhrase, recipient: NounPhrase) -> VerbPhrase:
    return vp(verb("give", "recipient"), object=thing, recipient=recipient)


BE = verb("be", "copula")


@pytest.mark.parametrize(
    ("part", "english", "french", "expected"),
    [
        (lambda: clause(pronoun(3), go()), "He goes there.", "Il y va.", "there.=y"),
        (lambda: clause(pronoun(3), go(), "past", negation="not"), "He did not go there.", "Il n'y est pas allé.", "there.=n'y not=n'y"),
        (lambda: clause(pronoun(3), go(), "going"), "He is going to go there.", "Il va y aller.", "there.=y"),
        (lambda: clause(pronoun(3), go(), "future"), "He will go there.", "Il ira.", "there.=ira. will=ira."),
        (lambda: clause(pronoun(1), go(), "conditional", negation="not"), "I would not go there.", "Je n'irais pas.", "there.=n'irais"),
        (lambda: clause(pronoun(3), vp(verb("want", "infinitive", particle="to"), complement=go())), "He wants to go there.", "Il veut y aller.", ""),
        (lambda: clause(pronoun(1), vp(verb("work", "intransitive"), places=(there("in"),))), "I work there.", "J'y travaille.", "there.=J'y"),
        (lambda: clause(pronoun(1), vp(verb("think", particle="of"), object=it())), "I think of it.", "J'y pense.", "it.=J'y of=J'y"),
        (lambda: clause(pronoun(3), vp(verb("answer"), object=it(True))), "He answers them.", "Il y répond.", "them.=y"),
        (lambda: clause(pronoun(3), vp(verb("talk", particle="about"), object=it()), "past"), "He talked about it.", "Il en a parlé.", "it.=en about=en"),
        (lambda: clause(pronoun(1, True), vp(verb("need"), object=it(True))), "We need them.", "Nous en avons besoin.", "them.=en"),
        (lambda: clause(pronoun(3), vp(verb("remember"), object=it()), negation="not"), "He does not remember it.", "Il ne s'en souvient pas.", "it.=s'en"),
        (lambda: clause(pronoun(3, feminine=True), vp(verb("have"), object=some("number", 3))), "She has three of them.", "Elle en a trois.",
         "three=trois. of=en them.=en has=a"),
        (lambda: clause(pronoun(3, feminine=True), vp(verb("eat"), object=some("number", 2)), "past"), "She ate two of them.", "Elle en a mangé deux.", ""),
        (lambda: clause(pronoun(1), vp(verb("want"), object=some("some"))), "I want some.", "J'en veux.", "some.=J'en"),
        (lambda: clause(pronoun(1), vp(verb("buy"), object=some("any")), negation="not"), "I do not buy any.", "Je n'en achète pas.", "any.=n'en"),
        (lambda: clause(pronoun(3), vp(verb("drink"), object=some("a lot of", plural=False))), "He drinks a lot of it.", "Il en boit beaucoup.",
         "a=beaucoup. lot=beaucoup. of=en it.=en"),
        (lambda: clause(pronoun(3), vp(verb("sell"), object=some("several"))), "He sells several of them.", "Il en vend plusieurs.", ""),
        (lambda: Existential(key=next(KEYS), noun=some("number", 4), tense="past", negated=False, place=None),
         "There were four of them.", "Il y en avait quatre.", "four=quatre. them.=en were=y were=avait"),
    ],
)  # fmt: skip
def test_y_and_en(part, english, french, expected):
    found = said(part())
    assert found[:2] == (english, french)
    assert set(expected.split()) <= found[2], found[2]


@pytest.mark.parametrize(
    ("part", "english", "french"),
    [
        (lambda: clause(pronoun(3), give(it(), pronoun(1))), "He gives it to me.", "Il me le donne."),
        (lambda: clause(pronoun(3, feminine=True), vp(verb("show", "recipient"), object=it(True), recipient=pronoun(3)), "past"),
         "She showed them to him.", "Elle les lui a montrés."),
        (lambda: clause(pronoun(1), give(it(True, True), pronoun(3, True)), "past", negation="not"),
         "I did not give them to them.", "Je ne les leur ai pas données."),
        (lambda: clause(pronoun(3), give(some("number", 2), pronoun(1, True)), "future"), "He will give two of them to us.", "Il nous en donnera deux."),
        (lambda: clause(pronoun(3), give(some("some"), pronoun(3))), "He gives some to him.", "Il lui en donne."),
        (lambda: request(give(it(), pronoun(1))), "Give it to me.", "Donnez-le-moi."),
        (lambda: request(give(it(True), pronoun(3))), "Give them to him.", "Donnez-les-lui."),
        (lambda: request(give(some("number", 3), pronoun(1))), "Give three of them to me.", "Donnez-m'en trois."),
        (lambda: request(give(it(), pronoun(3)), "not"), "Do not give it to him.", "Ne le lui donnez pas."),
        (lambda: request(go()), "Go there.", "Allez-y."),
        (lambda: request(go(), "not"), "Do not go there.", "N'y allez pas."),
        (lambda: request(vp(verb("eat"), object=some("some")), agreement=Agreement(2)), "Eat some.", "Manges-en."),
        (lambda: request(go(), agreement=Agreement(2)), "Go there.", "Vas-y."),
        (lambda: request(vp(verb("hurry", "intransitive")), agreement=Agreement(2)), "Hurry.", "Dépêche-toi."),
        (lambda: request(vp(verb("open"), object=np("door")), agreement=Agreement(2)), "Open the door.", "Ouvre la porte."),
        (lambda: request(vp(verb("take"), object=np("book")), agreement=Agreement(2)), "Take the book.", "Prends le livre."),
    ],
)  # fmt: skip
def test_two_clitics_and_requests(part, english, french):
    assert said(part())[:2] == (english, french)


def test_links_of_two_clitics():
    _, _, pairs = said(clause(pronoun(3), give(it(), pronoun(1))))
    assert pairs == {"He=Il", "gives=donne.", "it=le", "to=me", "me.=me"}
    _, _, pairs = said(request(give(it(), pronoun(1))))
    assert pairs == {"Give=Donnez-le-moi.", "it=Donnez-le-moi.", "to=Donnez-le-moi.", "me.=Donnez-le-moi."}


def either(first: NounPhrase, second: NounPhrase) -> NounPhrase:
    return replace(first, other=second, joint="or")


@pytest.mark.parametrize(
    ("part", "english", "french"),
    [
        (lambda: clause(pronoun(2, True), vp(verb("want"), object=either(np("tea", ""), np("coffee", ""))), question="yes"),
         "Do you want tea or coffee?", "Est-ce que vous voulez du thé ou du café ?"),
        (lambda: clause(either(name("Paul"), name("Marc")), vp(verb("sleep", "intransitive"))), "Paul or Marc sleeps.", "Paul ou Marc dort."),
        (lambda: clause(either(np("cow", plural=True), np("goat", plural=True)), vp(verb("be", "copula"), predicate=adjective("white"))),
         "The cows or the goats are white.", "Les vaches ou les chèvres sont blanches."),
        (lambda: clause(pronoun(3), give(np("book"), either(np("king"), name("Marie")))),
         "He gives the book to the king or Marie.", "Il donne le livre au roi ou à Marie."),
    ],
)  # fmt: skip
def test_or(part, english, french):
    part = part()
    found = said(part, "?" if part.question else ".")
    assert found[:2] == (english, french)
    assert "or=ou" in found[2]
    assert "or" in phenomena(Sentence(clauses=(part,)))


@pytest.mark.parametrize(
    ("part", "english", "french", "expected"),
    [
        (lambda: clause(indefinite("someone"), vp(verb("sleep", "intransitive")), "progressive"), "Someone is sleeping.", "Quelqu'un dort.", "Someone=Quelqu'un"),
        (lambda: clause(indefinite("everyone"), vp(BE, predicate=adjective("tired"))), "Everyone is tired.", "Tout le monde est fatigué.",
         "Everyone=Tout Everyone=le Everyone=monde"),
        (lambda: clause(indefinite("everything"), vp(BE, predicate=adjective("expensive"))), "Everything is expensive.", "Tout est cher.", ""),
        (lambda: clause(indefinite("no one"), vp(verb("come", "intransitive", "back")), "past"), "No one came back.", "Personne n'est revenu.",
         "No=Personne one=Personne No=n'est one=n'est"),
        (lambda: clause(indefinite("nothing"), vp(BE, predicate=adjective("easy"))), "Nothing is easy.", "Rien n'est facile.", ""),
        (lambda: clause(indefinite("no one"), vp(verb("eat"), object=np("apple", "any", True))), "No one eats any apples.", "Personne ne mange de pommes.", "any=de"),
        (lambda: clause(pronoun(3), vp(verb("find"), object=indefinite("something", adjectives=(adjective("interesting"),))), "past"),
         "He found something interesting.", "Il a trouvé quelque chose d'intéressant.", "something=quelque something=chose something=d'intéressant. interesting.=d'intéressant."),
        (lambda: clause(pronoun(3), vp(verb("meet"), object=indefinite("someone", adjectives=(adjective("new"),))), "past"),
         "He met someone new.", "Il a rencontré quelqu'un de nouveau.", ""),
        (lambda: clause(pronoun(3), vp(verb("eat"), object=indefinite("everything")), "past"), "He ate everything.", "Il a tout mangé.", "everything.=tout"),
        (lambda: clause(pronoun(3), vp(verb("want", "infinitive", particle="to"), complement=vp(verb("eat"), object=indefinite("everything")))),
         "He wants to eat everything.", "Il veut tout manger.", ""),
        (lambda: clause(pronoun(3), vp(verb("talk", particle="about"), object=indefinite("everything")), "past"), "He talked about everything.", "Il a parlé de tout.", ""),
        (lambda: clause(pronoun(3), vp(verb("know"), object=indefinite("everyone"))), "He knows everyone.", "Il connaît tout le monde.", ""),
        (lambda: clause(pronoun(3), give(indefinite("something"), indefinite("someone"))), "He gives something to someone.", "Il donne quelque chose à quelqu'un.", ""),
        (lambda: Existential(key=next(KEYS), noun=indefinite("no one"), tense="past", negated=False, place=None), "There was no one.", "Il n'y avait personne.", ""),
        (lambda: Existential(key=next(KEYS), noun=indefinite("something", adjectives=(adjective("strange"),)), tense="present", negated=False, place=None),
         "There is something strange.", "Il y a quelque chose d'étrange.", ""),
    ],
)  # fmt: skip
def test_indefinite_pronouns(part, english, french, expected):
    found = said(part())
    assert found[:2] == (english, french)
    assert set(expected.split()) <= found[2], found[2]


@pytest.mark.parametrize(
    ("part", "english", "french", "expected"),
    [
        (lambda: clause(pronoun(1), vp(verb("sleep", "intransitive")), negation="not", contracted=True), "I don't sleep.", "Je ne dors pas.",
         "I=Je don't=ne don't=dors don't=pas. sleep.=dors"),
        (lambda: clause(np("cat"), vp(BE, predicate=adjective("big")), negation="not", contracted=True), "The cat isn't big.", "Le chat n'est pas grand.", ""),
        (lambda: clause(pronoun(1), vp(BE, predicate=adjective("big")), negation="not", contracted=True), "I'm not big.", "Je ne suis pas grand.", "I'm=Je I'm=suis"),
        (lambda: clause(pronoun(3), vp(BE, predicate=adjective("big")), contracted=True), "He's big.", "Il est grand.", "He's=Il He's=est"),
        (lambda: clause(pronoun(1, True), vp(verb("eat")), "future", contracted=True), "We'll eat.", "Nous mangerons.", ""),
        (lambda: clause(pronoun(3), vp(verb("eat")), "perfect", contracted=True), "He's eaten.", "Il a mangé.", ""),
        (lambda: clause(pronoun(3), vp(verb("have"), object=np("car", "a")), contracted=True), "He has a car.", "Il a une voiture.", ""),
        (lambda: clause(pronoun(3), vp(verb("can", "infinitive"), complement=vp(verb("eat"))), negation="not", contracted=True), "He can't eat.", "Il ne peut pas manger.", ""),
        (lambda: clause(pronoun(3), vp(verb("eat")), "past", negation="not", contracted=True), "He didn't eat.", "Il n'a pas mangé.", "didn't=n'a didn't=pas"),
        (lambda: clause(pronoun(3), vp(verb("eat")), "future", negation="not", contracted=True), "He won't eat.", "Il ne mangera pas.", ""),
        (lambda: clause(np("man"), vp(verb("eat")), negation="not", question="why", contracted=True), "Why doesn't the man eat?", "Pourquoi est-ce que l'homme ne mange pas ?", ""),
        (lambda: request(vp(verb("open"), object=np("door")), "not", contracted=True), "Don't open the door.", "N'ouvrez pas la porte.", "Don't=N'ouvrez Don't=pas"),
        (lambda: clause(pronoun(3), vp(verb("eat")), "used", contracted=True), "He used to eat.", "Il mangeait.", ""),
        (lambda: clause(np("cat"), vp(verb("eat")), "future", contracted=True), "The cat will eat.", "Le chat mangera.", ""),
    ],
)  # fmt: skip
def test_english_contractions(part, english, french, expected):
    part = part()
    found = said(part, "?" if part.question else ".")
    assert found[:2] == (english, french)
    assert set(expected.split()) <= found[2], found[2]
    shortened = write(english_sentence(Sentence(clauses=(part,))))[1]
    assert shortened == ({"english-contraction"} if "'" in english else set())


@pytest.mark.parametrize(
    ("part", "who", "english", "french"),
    [
        (lambda: clause(pronoun(2, True), vp(BE, predicate=adjective("late"))), "Paul", "You are late, Paul.", "Tu es en retard, Paul."),
        (lambda: clause(pronoun(2, True), vp(BE, predicate=adjective("tired"))), "Marie", "You are tired, Marie.", "Tu es fatiguée, Marie."),
        (lambda: clause(pronoun(2, True), vp(verb("get", "intransitive", "up")), "past"), "Anne", "You got up, Anne.", "Tu t'es levée, Anne."),
        (lambda: clause(pronoun(3), vp(verb("see"), object=pronoun(2, True))), "Paul", "He sees you, Paul.", "Il te voit, Paul."),
        (lambda: clause(pronoun(3), vp(verb("think", particle="of"), object=pronoun(2, True))), "Paul", "He thinks of you, Paul.", "Il pense à toi, Paul."),
        (lambda: clause(np("friend", "your"), vp(verb("have"), object=np("dog", "your", True))), "Paul", "Your friend has your dogs, Paul.", "Ton ami a tes chiens, Paul."),
        (lambda: clause(np("axe", "your"), vp(BE, predicate=adjective("new"))), "Paul", "Your axe is new, Paul.", "Ta hache est nouvelle, Paul."),
        (lambda: clause(np("idea", "your"), vp(BE, predicate=adjective("good"))), "Paul", "Your idea is good, Paul.", "Ton idée est bonne, Paul."),
        (lambda: request(vp(verb("close"), object=np("door"))), "Paul", "Close the door, Paul.", "Ferme la porte, Paul."),
    ],
)  # fmt: skip
def test_who_is_called_by_a_first_name_is_tu(part, who, english, french):
    sentence = informal(Sentence(clauses=(part(),)), name(who), first=False)
    assert spoken(sentence)[:2] == (english, french)
    assert "informal-address" in phenomena(sentence)


def test_a_name_may_come_first():
    part = clause(pronoun(2, True), vp(verb("sleep", "intransitive")), "perfect")
    english, french, pairs = spoken(informal(Sentence(clauses=(part,)), name("Marie"), first=True))
    assert (english, french) == ("Marie, you have slept.", "Marie, tu as dormi.")
    assert pairs == {"Marie,=Marie,", "you=tu", "have=as", "slept.=dormi."}


@pytest.mark.parametrize(
    ("part", "english", "french", "expected"),
    [
        (lambda: clause(pronoun(3), vp(verb("sleep", "intransitive")), "past", time=place("after", np("meal"))),
         "He slept after the meal.", "Il a dormi après le repas.", "after=après"),
        (lambda: clause(pronoun(3), vp(verb("sleep", "intransitive")), "past", time=place("during", np("concert")), time_first=True),
         "During the concert, he slept.", "Pendant le concert, il a dormi.", "During=Pendant"),
        (lambda: clause(pronoun(3), vp(verb("work", "intransitive"), places=(place("between", replace(np("house"), other=np("church"))),))),
         "He works between the house and the church.", "Il travaille entre la maison et l'église.", "between=entre and=et"),
        (lambda: clause(pronoun(3), vp(verb("run", "intransitive"), places=(place("through", np("forest")),))),
         "He runs through the forest.", "Il court à travers la forêt.", "through=à through=travers"),
        (lambda: clause(pronoun(3), vp(verb("throw"), object=np("ball"), places=(place("against", np("wall")),))),
         "He throws the ball against the wall.", "Il lance le ballon contre le mur.", "against=contre"),
    ],
)  # fmt: skip
def test_prepositions(part, english, french, expected):
    part = part()
    found = said(part)
    assert found[:2] == (english, french)
    assert set(expected.split()) <= found[2]
    assert "preposition" in phenomena(Sentence(clauses=(part,)))


def test_a_form_before_a_vowel_stands_only_before_the_noun():
    beautiful = vp(
        BE,
        predicate=adjective("new"),
        places=(Fixed(key=next(KEYS), english=(("here", "x"),), french=(("ici", "x"),)),),
    )
    assert said(clause(np("plane"), beautiful))[1] == "L'avion est nouveau ici."
    assert (
        said(clause(np("plane", "a", adjectives=(adjective("new"),)), vp(BE, predicate=adjective("old"))))[1]
        == "Un nouvel avion est vieux."
    )


def test_an_article_under_aucun_is_de():
    eats = vp(verb("eat"), object=np("apple", "", True))
    assert said(clause(np("child", "no"), eats))[1] == "Aucun enfant ne mange de pommes."


@pytest.mark.parametrize(
    ("part", "contradicts"),
    [
        (lambda: clause(np("doctor"), vp(verb("see"), object=np("dog", "her"))), True),
        (lambda: clause(np("doctor"), vp(verb("see"), object=np("dog", "his"))), False),
        (lambda: clause(np("nurse"), vp(verb("see"), object=np("dog", "his"))), True),
        (lambda: clause(name("Marie"), vp(verb("give", "recipient"), object=np("dog", "her"), recipient=np("doctor"))), False),
        (lambda: clause(np("woman"), vp(verb("see"), object=np("dog", "his"))), False),
        (lambda: clause(np("chair"), vp(verb("fall", "intransitive"), places=(place("on", it()),))), True),
        (lambda: clause(np("chair"), vp(verb("fall", "intransitive"), places=(place("on", it(feminine=True)),))), False),
        (lambda: clause(np("nurse", plural=True), vp(verb("see"), object=pronoun(3, True))), True),
        (lambda: clause(np("queen", plural=True), vp(verb("give", "recipient"), object=np("key", plural=True), recipient=np("king", plural=True))), False),
        (lambda: clause(np("nurse", plural=True, other=np("king")), vp(verb("see"), object=pronoun(3, True))), False),
        (lambda: clause(np("chair"), vp(verb("think", particle="of"), object=it())), False),
        (lambda: clause(np("nurse"), vp(verb("go", "move"), places=(there(),))), False),
    ],
)  # fmt: skip
def test_no_pronoun_contradicts_the_gender_of_a_trade(part, contradicts):
    assert contradicts_gender(Sentence(clauses=(part(),))) == contradicts


@pytest.mark.parametrize(
    ("subject", "bound"),
    [
        (lambda: indefinite("everyone"), True), (lambda: np("child", "no"), True), (lambda: np("child", "each"), True),
        (lambda: np("child"), False), (lambda: pronoun(3, True), False), (lambda: indefinite("something"), False),
    ],
)  # fmt: skip
def test_their_is_not_of_one_person_at_a_time(subject, bound):
    """Everyone ... their dog is *son chien*; with any other possessor nothing is wrong."""
    for owner, found in (("their", bound), ("my", False)):
        part = clause(subject(), vp(verb("see"), object=np("dog", owner)))
        assert has_bound_their(Sentence(clauses=(part,))) == found
    assert not has_bound_their(Sentence(clauses=(clause(np("dog", "their"), vp(verb("see"), object=subject())),)))


def test_nobody_is_named_twice():
    assert repeats_a_name(Sentence(clauses=(clause(name("Paul"), vp(verb("hear"), object=name("Paul"))),)))
    assert repeats_a_name(
        Sentence(clauses=(clause(name("Paul"), vp(verb("sleep", "intransitive"))),), vocative=name("Paul"))
    )
    assert not repeats_a_name(Sentence(clauses=(clause(name("Paul"), vp(verb("hear"), object=name("Anne"))),)))


def test_nothing_is_said_twice_of_a_noun():
    fell = clause(None, vp(verb("fall", "intransitive")), "past")
    doll = np("doll", relative=Relative(key=next(KEYS), role="subject", clause=fell))
    assert says_it_twice(Sentence(clauses=(clause(doll, vp(verb("fall", "intransitive")), "past"),)))
    assert not says_it_twice(Sentence(clauses=(clause(doll, vp(verb("disappear", "intransitive")), "past"),)))
    old = np("house", adjectives=(adjective("old"),))
    assert says_it_twice(Sentence(clauses=(clause(old, vp(BE, predicate=adjective("old"))),)))
    assert not says_it_twice(Sentence(clauses=(clause(old, vp(BE, predicate=adjective("new"))),)))
    assert says_it_twice(
        Sentence(clauses=(clause(np("king", "'s", possessor=np("king")), vp(verb("sleep", "intransitive"))),))
    )
