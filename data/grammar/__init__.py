"""The built-in corpus: a bilingual grammar that yields English-French pairs with gold word alignments.

One tree a sentence, two realisers. What a sentence says is drawn at random, each module on top of the one before:
`draws`, `nouns`, `predicates`, `clauses`, `pronouns`, `sentences`, `constructions`, `subordination`. `address` decides
to whom it is said, and `reference` refuses what a reader would take for somebody else. `english` and `french` say it;
`surface` writes it down and links the words that express the same; `phenomena` names what is in it. The words are
tables under ``tables/``. See ``data/README.md``.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grammar.english import english_sentence
from grammar.french import french_sentence
from grammar.lexicon import load_lexicon
from grammar.phenomena import phenomena
from grammar.reference import contradicts_gender, has_bound_their, repeats_a_name, says_it_twice
from grammar.subordination import ComplexWriter
from grammar.surface import Token, links, split_links, write

__all__ = ["Example", "examples"]


class Example(NamedTuple):
    """A pair with its gold links (source word, target word; from 0) and its phenomena, sorted.

    Its `split_links` are between words with punctuation and elisions split off.
    """

    source: str
    target: str
    links: tuple[tuple[int, int], ...]
    split_links: tuple[tuple[int, int], ...]
    labels: tuple[str, ...]


def examples(seed: str, long: bool = False) -> Iterator[Example]:
    """Yield pairs without end, always the same for a seed; `long` ones join three clauses and more."""
    writer = ComplexWriter(load_lexicon(), seed)
    while True:
        sentence = writer.sentence(long)
        if contradicts_gender(sentence) or has_bound_their(sentence):
            continue
        if repeats_a_name(sentence) or says_it_twice(sentence):
            continue
        english, shortened = write(english_sentence(sentence))
        if _stutters(english):
            continue
        french, changes = write(french_sentence(sentence))
        yield Example(
            " ".join(token.text for token in english),
            " ".join(token.text for token in french),
            tuple(links(english, french)),
            tuple(split_links(english, french)),
            tuple(sorted(phenomena(sentence) | shortened | changes)),
        )


def _stutters(words: Sequence[Token]) -> bool:
    """Return whether a word stands twice in a row: he closed closed gates; "had had" is good English."""
    return any(one.text.lower() == other.text.lower() != "had" for one, other in itertools.pairwise(words))
