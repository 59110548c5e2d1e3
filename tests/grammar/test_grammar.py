"""Sentences worked by hand: what each language says of one tree, and which words answer each other."""

import itertools
from dataclasses import replace

import pytest

from grammar import examples
from grammar.clauses import is_state
from grammar.constructions import is_event
from grammar.english import english_sentence
from grammar.french import french_sentence
from grammar.french_verbs import french_tense
from grammar.lexicon import Adjective, Agreement, Name, Noun, Verb, load_lexicon
from grammar.meaning import (
    AdjectivePhrase,
    Clause,
    Existential,
    NounPhrase,
    Place,
    Relative,
    Sentence,
    VerbPhrase,
)
from grammar.phenomena import phenomena
from grammar.subordination import ComplexWriter
from grammar.surface import Token, links, split_links, write
from seq2seq.words import split_words

LEXICON = load_lexicon()
KEYS = itertools.count()


def verb(base: str, frame: str = "object", rest: str = "", particle: str = "") -> Verb:
    (found, *_) = [
        v for v in LEXICON.verbs
        if (v.english["base"], v.frame, v.english_rest, v.english_particle) == (base, frame, rest, particle)
    ]  # fmt: skip
    return found


def noun(english: str) -> Noun:
    (found,) = [n for n in LEXICON.nouns if n.english == english]
    return found


def adjective(english: str, **more: object) -> AdjectivePhrase:
    (found,) = [a for a in LEXICON.adjectives if a.english == english]
    assert isinstance(found, Adjective)
    return AdjectivePhrase(key=next(KEYS), adjective=found, **more)  # type: ignore[arg-type]


def np(english: str, determiner: str = "the", plural: bool = False, **more: object) -> NounPhrase:
    head = noun(english)
    agreement = Agreement(3, plural, head.feminine)
    return NounPhrase(key=next(KEYS), head=head, agreement=agreement, determiner=determiner, **more)  # type: ignore[arg-type]


def name(english: str) -> NounPhrase:
    (found,) = [n for n in LEXICON.names if n.english == english]
    assert isinstance(found, Name)
    return NounPhrase(key=next(KEYS), head=found, agreement=Agreement(feminine=found.kind == "f"))


def pronoun(person: int, plural: bool = False, feminine: bool = False, thing: bool = False) -> NounPhrase:
    return NounPhrase(key=next(KEYS), head=None, agreement=Agreement(person, plural, feminine), thing=thing)


def clause(subject: NounPhrase | None, phrase: VerbPhrase, tense: str = "present", **more: object) -> Clause:
    agreement = more.pop("agreement", None) or (subject.whole_agreement if subject else Agreement())
    return Clause(key=next(KEYS), subject=subject, agreement=agreement, phrase=phrase, tense=tense, **more)  # type: ignore[arg-type]


def vp(which: Verb, **more: object) -> VerbPhrase:
    return VerbPhrase(key=next(KEYS), verb=which, **more)  # type: ignore[arg-type]


def said(part: Clause | Existential, end: str = ".") -> tuple[str, str, set[str]]:
    sentence = Sentence(clauses=(part,), end=end)
    english, french = write(english_sentence(sentence))[0], write(french_sentence(sentence))[0]
    pairs = {f"{english[i].text}={french[j].text}" for i, j in links(english, french)}
    return " ".join(t.text for t in english), " ".join(t.text for t in french), pairs


def test_an_adjective_after_its_noun_crosses_it():
    english, french, pairs = said(
        clause(np("cat", adjectives=(adjective("small"), adjective("black"))), vp(verb("sleep", "intransitive")))
    )
    assert (english, french) == ("The small black cat sleeps.", "Le petit chat noir dort.")
    assert pairs == {"The=Le", "small=petit", "black=noir", "cat=chat", "sleeps.=dort."}


def test_negation_elision_and_the_article_it_changes():
    english, french, pairs = said(clause(pronoun(1), vp(verb("buy"), object=np("apple", "a")), negation="not"))
    assert (english, french) == ("I do not buy an apple.", "Je n'achète pas de pomme.")
    assert pairs == {"I=Je", "do=n'achète", "not=n'achète", "not=pas", "buy=n'achète", "an=de", "apple.=pomme."}


def test_clitics_and_the_participle_that_agrees_with_them():
    apples = pronoun(3, plural=True, feminine=True, thing=True)
    english, french, pairs = said(clause(name("Paul"), vp(verb("eat"), object=apples), tense="past"))
    assert (english, french) == ("Paul ate them.", "Paul les a mangées.")
    assert pairs == {"Paul=Paul", "ate=a", "ate=mangées.", "them.=les"}


def test_the_order_of_two_clitics():
    give = vp(
        verb("give", "recipient"), object=pronoun(3, feminine=True, thing=True), recipient=pronoun(3, plural=True)
    )
    assert said(clause(pronoun(3), give))[1] == "Il la leur donne."
    to_me = vp(verb("give", "recipient"), object=pronoun(3, thing=True), recipient=pronoun(1))
    assert said(clause(pronoun(3), to_me))[1] == "Il me le donne."


def test_contraction_possessive_and_relative():
    owner = np(
        "man", relative=Relative(key=next(KEYS), role="subject", clause=clause(None, vp(verb("sleep", "intransitive"))))
    )
    english, french, pairs = said(clause(np("dog", "'s", possessor=owner), vp(verb("run", "intransitive"))))
    assert french == "Le chien de l'homme qui dort court."
    english, french, pairs = said(clause(np("dog", "'s", possessor=np("king")), vp(verb("run", "intransitive"))))
    assert (english, french) == ("The king's dog runs.", "Le chien du roi court.")
    assert pairs == {"The=du", "king's=du", "king's=roi", "dog=Le", "dog=chien", "runs.=court."}


def test_an_object_relative_makes_the_participle_agree():
    seen = clause(np("woman"), vp(verb("see")), tense="perfect", gap=Agreement(3, False, True))
    car = np("car", relative=Relative(key=next(KEYS), role="object", clause=seen))
    assert said(clause(car, vp(verb("be", "copula"), predicate=adjective("red"))))[:2] == (
        "The car that the woman has seen is red.",
        "La voiture que la femme a vue est rouge.",
    )


@pytest.mark.parametrize(
    ("tense", "english", "french"),
    [
        ("present", "She leaves.", "Elle part."), ("progressive", "She is leaving.", "Elle part."),
        ("past", "She left.", "Elle est partie."), ("imperfect", "She was leaving.", "Elle partait."),
        ("used", "She used to leave.", "Elle partait."), ("perfect", "She has left.", "Elle est partie."),
        ("pluperfect", "She had left.", "Elle était partie."), ("future", "She will leave.", "Elle partira."),
        ("going", "She is going to leave.", "Elle va partir."), ("conditional", "She would leave.", "Elle partirait."),
    ],
)  # fmt: skip
def test_tenses(tense, english, french):
    assert said(clause(pronoun(3, feminine=True), vp(verb("leave", "intransitive")), tense))[:2] == (english, french)


@pytest.mark.parametrize(
    ("part", "english", "french"),
    [
        (lambda: clause(name("Paul"), vp(verb("miss"), object=name("Marie"))), "Paul misses Marie.", "Marie manque à Paul."),
        (lambda: clause(pronoun(1), vp(verb("get", "intransitive", "up")), "past"), "I got up.", "Je me suis levé."),
        (lambda: clause(pronoun(3), vp(verb("be", rest="afraid", particle="of"), object=np("dog", "", True))),
         "He is afraid of dogs.", "Il a peur des chiens."),
        (lambda: clause(pronoun(3), vp(verb("need"), object=np("apple", "", True))),
         "He needs apples.", "Il a besoin de pommes."),
        (lambda: clause(pronoun(3), vp(verb("drink"), object=np("water", ""))), "He drinks water.", "Il boit de l'eau."),
        (lambda: clause(pronoun(3), vp(verb("like"), object=np("water", ""))), "He likes water.", "Il aime l'eau."),
        (lambda: clause(pronoun(3), vp(verb("see"), object=np("garden", "", True, adjectives=(adjective("beautiful"),)))),
         "He sees beautiful gardens.", "Il voit de beaux jardins."),
        (lambda: clause(np("man", "this"), vp(verb("obey"), object=pronoun(1, True))), "This man obeys us.", "Cet homme nous obéit."),
        (lambda: clause(np("hero"), vp(verb("think", particle="of"), object=pronoun(3, feminine=True))),
         "The hero thinks of her.", "Le héros pense à elle."),
        (lambda: clause(np("story", "my"), vp(verb("be", "copula"), predicate=adjective("long", degree="more", than=np("book")))),
         "My story is longer than the book.", "Mon histoire est plus longue que le livre."),
        (lambda: clause(np("cheese"), vp(verb("be", "copula"), predicate=adjective("good", degree="more", than=np("bread")))),
         "The cheese is better than the bread.", "Le fromage est meilleur que le pain."),
        (lambda: clause(np("cake"), vp(verb("eat")), "past", passive=True, agent=np("girl")),
         "The cake was eaten by the girl.", "Le gâteau a été mangé par la fille."),
        (lambda: clause(np("child", "no"), vp(verb("come", "intransitive", "back")), "past"), "No child came back.", "Aucun enfant n'est revenu."),
        (lambda: clause(np("house", "number", True, number=21), vp(verb("be", "copula"), predicate=adjective("old"))),
         "Twenty-one houses are old.", "Vingt et une maisons sont vieilles."),
        (lambda: Existential(key=next(KEYS), noun=np("bread", ""), tense="past", negated=True, place=None),
         "There was no bread.", "Il n'y avait pas de pain."),
        (lambda: clause(pronoun(3), vp(verb("see")), negation="nobody", tense="past"), "He saw nobody.", "Il ne voyait personne."),
        (lambda: clause(pronoun(3), vp(verb("can", "infinitive"), complement=vp(verb("eat"), object=np("cake"))), negation="not"),
         "He cannot eat the cake.", "Il ne peut pas manger le gâteau."),
        (lambda: clause(pronoun(3), vp(verb("try", "infinitive", particle="to"), complement=vp(verb("see"), object=pronoun(3)))),
         "He tries to see him.", "Il essaie de le voir."),
        (lambda: clause(replace(np("child", plural=True), other=name("Paul")), vp(verb("miss"), object=name("Marie"))),
         "The children and Paul miss Marie.", "Marie manque aux enfants et à Paul."),
        (lambda: clause(np("child", "no"), vp(verb("miss"), object=name("Marie")), "past"),
         "No child missed Marie.", "Marie ne manquait à aucun enfant."),
        (lambda: clause(pronoun(3), vp(verb("be", rest="afraid", particle="of"), object=replace(np("dog"), other=np("bear", plural=True)))),
         "He is afraid of the dog and the bears.", "Il a peur du chien et des ours."),
        (lambda: clause(pronoun(3), vp(verb("understand"), object=np("plan")), "past"), "He understood the plan.", "Il a compris le projet."),
        (lambda: clause(pronoun(3), vp(verb("can", "infinitive"), complement=vp(verb("eat"))), "past"), "He could eat.", "Il pouvait manger."),
        (lambda: clause(pronoun(3), vp(verb("have", "infinitive", particle="to"), complement=vp(verb("eat"))), "past"),
         "He had to eat.", "Il a dû manger."),
    ],
)  # fmt: skip
def test_worked_examples(part, english, french):
    assert said(part())[:2] == (english, french)


@pytest.mark.parametrize(
    ("place", "english", "french"),
    [
        ("Paris", "in Paris", "à Paris"), ("France", "in France", "en France"), ("Japan", "in Japan", "au Japon"),
        ("the United States", "in the United States", "aux États-Unis"),
    ],
)  # fmt: skip
def test_named_places_choose_their_preposition(place, english, french):
    from grammar.lexicon import Pair

    where = Place(key=next(KEYS), preposition=Pair("in", "à", frozenset()), noun=name(place))
    found = said(clause(pronoun(3), vp(verb("work", "intransitive"), places=(where,))))
    assert found[:2] == (f"He works {english}.", f"Il travaille {french}.")


def test_questions_and_requests():
    yes = clause(pronoun(3), vp(verb("eat"), object=np("cake")), question="yes")
    assert said(yes, "?")[:2] == ("Does he eat the cake?", "Est-ce qu'il mange le gâteau ?")
    assert "cake?=?" in said(yes, "?")[2]
    what = clause(np("man"), vp(verb("eat")), question="what", gap=Agreement())
    assert said(what, "?")[:2] == ("What does the man eat?", "Qu'est-ce que l'homme mange ?")
    you = Agreement(2, True)
    give = vp(verb("give", "recipient"), object=np("book"), recipient=pronoun(1))
    assert said(clause(None, give, agreement=you, imperative=True), "!")[:2] == (
        "Give the book to me!",
        "Donnez-moi le livre !",
    )
    assert said(clause(None, give, agreement=you, imperative=True, negation="not"))[1] == "Ne me donnez pas le livre."
    rise = clause(None, vp(verb("get", "intransitive", "up")), agreement=you, imperative=True)
    assert said(rise, "!")[1] == "Levez-vous !"


def words(*texts: str | Token) -> str:
    tokens = [t if isinstance(t, Token) else Token(t) for t in texts]
    return " ".join(token.text for token in write(tokens)[0])


def test_writing():
    le, de = Token("le", before_vowel="l'", article=True), Token("de", before_vowel="d'")
    assert words(de, le, "chat") == "Du chat"
    assert words(de, le, "ami") == "De l'ami"
    assert words(de, le, Token("héros", aspirated=True)) == "Du héros"
    assert words(de, Token("le", before_vowel="l'"), "voir") == "De le voir", "a clitic does not contract"
    assert words("si", "il", "part") == "S'il part"
    assert words(Token("beau", before_vowel="bel"), "homme") == "Bel homme"
    assert words("chat", Token(",", glued=True), "mais") == "Chat, mais"


def test_phenomena_are_read_off_the_tree():
    object_pronoun = vp(verb("eat"), object=pronoun(3, feminine=True, thing=True))
    found = phenomena(Sentence(clauses=(clause(name("Paul"), object_pronoun, "past", negation="not"),)))
    assert found == {"negation", "clitic", "participle-agreement"}
    assert phenomena(Sentence(clauses=(clause(np("cat"), vp(verb("sleep", "intransitive"))),))) == set()


@pytest.mark.parametrize(
    ("english", "french", "links"),
    [
        # Paul's dog. / le chien de Paul.: the marks have nothing in common but that they are marks.
        (
            [Token("Paul", frozenset([(1, "x")])), Token("'s", frozenset([(1, "of")]), glued=True),
             Token("dog", frozenset([(2, "x")])), Token(".", glued=True)],
            [Token("le", frozenset([(2, "the")])), Token("chien", frozenset([(2, "x")])), Token("de", frozenset([(1, "of")])),
             Token("Paul", frozenset([(1, "x")])), Token(".", glued=True)],
            "Paul=Paul 's=de dog=chien .=.",
        ),
        # An elision's parts have their own links; a contraction is one part, which has those of both.
        (
            [Token("the", frozenset([(1, "the")])), Token("water", frozenset([(1, "x")])), Token("of", frozenset([(2, "of")])),
             Token("the", frozenset([(2, "the")])), Token("sea", frozenset([(2, "x")])), Token(",", glued=True)],
            [Token("le", frozenset([(1, "the")]), before_vowel="l'", article=True), Token("eau", frozenset([(1, "x")])),
             Token("de", frozenset([(2, "of")])), Token("le", frozenset([(2, "the")]), article=True),
             Token("port", frozenset([(2, "x")]))],
            "The=L' water=eau of=du the=du sea=port",
        ),
        # n't stays with its word, and a question mark is what it expresses, with or without a space.
        (
            [Token("do", frozenset([(1, "do")])), Token("not", frozenset([(1, "not")]), attached="n't"), Token("go"),
             Token("?", frozenset([(1, "end")]), glued=True)],
            [Token("pas", frozenset([(1, "not")])), Token("?", frozenset([(1, "end")]))],
            "Don't=Pas ?=?",
        ),
    ],
)  # fmt: skip
def test_links_of_split_words(english, french, links):
    sides = [write(tokens)[0] for tokens in (english, french)]
    units = [split_words(" ".join(token.text for token in side), split_punctuation=True) for side in sides]
    assert " ".join(f"{units[0][i]}={units[1][j]}" for i, j in split_links(*sides)) == links


def test_the_links_of_a_swapped_denial():
    pairs = said(clause(np("child", "no"), vp(verb("miss"), object=name("Marie"))))[2]
    assert pairs == {"No=ne", "No=aucun", "child=enfant.", "misses=manque", "misses=à", "Marie.=Marie"}


def test_becoming_happens_and_is_no_state():
    for base, state in (("be", True), ("seem", True), ("become", False)):
        part = clause(pronoun(3), vp(verb(base, "copula"), predicate=adjective("rich")))
        assert is_state(part) == state
        assert not is_event(part)


def test_reported_becoming_steps_back():
    writer = ComplexWriter(LEXICON, "reported")
    drawn = [writer._reported("past") for _ in range(3000)]
    tenses = {part.tense for part in drawn if part.phrase.verb == writer._become}
    assert tenses == {"pluperfect"}


@pytest.mark.parametrize(
    ("part", "english", "french"),
    [
        (lambda: clause(pronoun(3), vp(verb("refuse", "infinitive", particle="to"), complement=vp(verb("sleep", "intransitive")))),
         "He refused to sleep.", "Il refusait de dormir."),
        (lambda: clause(pronoun(3), vp(verb("understand"), object=np("word")), negation="not"),
         "He did not understand the word.", "Il ne comprenait pas le mot."),
        (lambda: clause(pronoun(3), vp(verb("become", "copula"), predicate=adjective("rich"))),
         "He was becoming rich.", "Il devenait riche."),
    ],
)  # fmt: skip
def test_the_imparfait_of_what_has_no_progressive(part, english, french):
    assert said(replace(part(), tense="imperfect"))[:2] == (english, french)


def test_a_bare_subject_is_meant_in_general():
    """Mice are gray: *les souris*; but mice that are somewhere would be *des souris*, so they are *the mice*."""
    writer, mice = ComplexWriter(LEXICON, "bare"), np("mouse", "", plural=True)
    be, gray = verb("be", "copula"), vp(verb("be", "copula"), predicate=adjective("gray"))
    for phrase, determiner in ((gray, ""), (vp(be, places=(writer._location(),)), "the")):
        finished = writer._finished(mice, mice.agreement, phrase, "present", plain=True)
        assert finished.subject is not None
        assert finished.subject.determiner == determiner


def test_one_comes_back_to_a_town():
    writer = ComplexWriter(LEXICON, "back")
    drawn = [writer._intransitive("present", 0) for _ in range(4000)]
    found = {
        (part.phrase.verb.english_rest == "back", place.preposition.english)
        for part in drawn for place in part.phrase.places
        if isinstance(place, Place) and place.preposition.french == "à"
    }  # fmt: skip
    assert found == {(True, "to"), (False, "in")}


def test_while_takes_the_imparfait():
    writer, first = ComplexWriter(LEXICON, "while"), clause(pronoun(1), vp(verb("sleep", "intransitive")), "imperfect")
    drawn = [writer._second(first, "while", "past") for _ in range(3000)]
    assert {french_tense(part) for part in drawn if isinstance(part, Clause)} == {"imperfect"}


def test_a_seed_gives_the_same_sentences_and_another_seed_others():
    first, again, other = (list(itertools.islice(examples(seed), 50)) for seed in ("a", "a", "b"))
    assert first == again
    assert first != other
