"""What a page of alignments shows: sentences with their targets, and everything that a model knows about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from seq2seq.alignment import Gold
from seq2seq.alignment.page import PageSentence, PageStyle, Target
from seq2seq.alignment.panels import check_gold
from seq2seq.decoding.maps import Units, numbered
from seq2seq.decoding.translation import Translation
from seq2seq.errors import ConfigError

if TYPE_CHECKING:
    from seq2seq.decoding.translator import Translator

__all__ = ["PageOptions", "Pair", "page_sentences", "page_style"]


class Pair(NamedTuple):
    """A source with its target, if that is given, its true links, and what messages call these three."""

    source: str
    target: str | None = None
    gold: Gold | None = None
    places: tuple[str, str, str] = ("the sentence", "the reference", "the gold links")


@dataclass(frozen=True)
class PageOptions:
    """What a page shows, and which of it first; it has every map, layer and head of the model.

    Attributes:
        model: the name of the model.
        title: the heading, or "" for none; by default it names the model.
        units: ``words`` as given, ``split``: words with punctuation split off, or the model's ``pieces``.
        nbest: how many translations of each source are shown; by default one, or none where a target is given.
        map: the map that is shown first; by default the alignment.
        layer: the layer of it that is shown first, from 1; by default the one that aligns, or the last.
        head: the head of it that is shown first, from 1, 0 for the mean; by default the one that aligns, or 0.
        links: whether links are marked from the start.
        ends: whether the end tokens are shown from the start.
        gold_hint: what an error advises where true links name words that are not there.
    """

    model: str = "the model"
    title: str | None = None
    units: Units = "split"
    nbest: int | None = None
    map: str | None = None
    layer: int | None = None
    head: int | None = None
    links: bool = False
    ends: bool = True
    gold_hint: str = "are these links counted from 1, or of other units?"


def page_style(translator: "Translator", options: PageOptions) -> PageStyle:
    """Return what the page says of all sentences, and shows first.

    Raises:
        ConfigError: the model has no attention at all, or no such map, layer or head.
    """
    maps = translator.inspect("", "").maps
    if not maps:
        raise ConfigError(f"{options.model}: this model has no attention at all, so that a page would show nothing")
    name = options.map or (translator.alignment_map if translator.alignment_map in maps else next(iter(maps)))
    translator.check_map(name)
    layers = {map_: translator.first_shown(map_, len(found))[0] for map_, found in maps.items()}
    layers[name], head = translator.first_shown(name, len(maps[name]), options.layer)
    _check(name, "layer", layers[name], 1, len(maps[name]))
    head = head if options.head is None else options.head
    _check(name, "head", head, 0, len(maps[name][0]))
    return PageStyle(
        title=f"Alignments of {options.model}" if options.title is None else options.title,
        model=options.model,
        languages=translator.languages,
        units=options.units,
        map=name,
        layers=layers,
        head=head,
        links=options.links,
        ends=options.ends,
    )


def _check(name: str, what: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise ConfigError(f"{what} {number}: {numbered(name, what, most)}")


def page_sentences(translator: "Translator", pairs: Sequence[Pair], options: PageOptions) -> Iterator[PageSentence]:
    """Yield what the page shows of each pair: the given target first, and then translations, the best first.

    True links are those of the given target.

    Raises:
        ConfigError: the beam is smaller than ``nbest``.
        DataError: true links name words that are not there, or a text has characters that UTF-8 cannot encode.
        CheckpointError: the model's scores are not finite numbers.
    """
    translator.check_nbest(options.nbest or 1)
    rest = iter(pairs)
    while part := list(islice(rest, translator.lines_at_once)):
        searched = [pair for pair in part if options.nbest or pair.target is None]
        places = ["", *(pair.places[0] for pair in searched)]
        sources = [pair.source for pair in searched]
        found = iter(translator.nbest(sources, options.nbest or 1, place=places.__getitem__))
        for pair in part:
            translations = next(found) if options.nbest or pair.target is None else []
            yield _sentence(translator, pair, translations, options)


def _sentence(
    translator: "Translator", pair: Pair, translations: Sequence[Translation], options: PageOptions
) -> PageSentence:
    given = [] if pair.target is None else [_target(translator, pair, "given target", pair.target, options)]
    numbered = [f"translation {number}" for number in range(1, len(translations) + 1)]
    names = numbered if len(translations) > 1 else ["translation"]
    untold = pair._replace(gold=None)
    found = [_target(translator, untold, *named, options) for named in zip(names, translations, strict=False)]
    return PageSentence(pair.places[0], pair.source, [*given, *found])


def _target(translator: "Translator", pair: Pair, name: str, target: str | Translation, options: PageOptions) -> Target:
    places = (lambda _: pair.places[0], lambda _: pair.places[1])
    found = translator.inspect(pair.source, target, options.units, places=places)
    text, score = (target, None) if isinstance(target, str) else (target.text, target.score)
    if found.alignment is None:
        return Target(name, text, found.target, found.log_probs, found.maps, score)
    if pair.gold is not None:
        check_gold(pair.gold, found.alignment, pair.places[2], options.gold_hint)
    links = found.alignment.links()
    return Target(name, text, found.target, found.log_probs, found.maps, score, links, pair.gold)
