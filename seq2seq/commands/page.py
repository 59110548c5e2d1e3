"""What ``heatmap -o page.html`` writes: sentences with their targets, and all that a model tells of them."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from seq2seq.commands.attention import GOLD_HINT, Pair, Texts, chosen
from seq2seq.commands.options import progress

if TYPE_CHECKING:
    from seq2seq.alignment.page import PageSentence, PageStyle, Target
    from seq2seq.decoding.translation import Translation
    from seq2seq.decoding.translator import Translator

__all__ = ["Page"]

logger = logging.getLogger(__name__)

# Options of `heatmap`, by the names of its parameters, that say how or where pictures are drawn.
_OF_PICTURES = ("out", "format_", "terminal", "data", "colours", "scale", "serif", "width", "font_size")


@dataclass(frozen=True)
class Page:
    """A page, as options tell; it has every map, layer and head, and those of the options are shown first."""

    path: Path
    model: str
    title: str | None
    map: str | None
    layer: str | None
    head: str
    units: Literal["split", "words", "pieces"]
    nbest: int | None
    links: bool
    end: bool | None

    def check(self, context: typer.Context) -> None:
        """Refuse, before any work is done, options that a page does not have, and a file that cannot be written.

        Raises:
            ConfigError: see there.
        """
        from seq2seq.alignment.page import check_page
        from seq2seq.errors import ConfigError

        for parameter in context.command.params:
            source = context.get_parameter_source(parameter.name or "")
            if parameter.name in _OF_PICTURES and source is not None and source.name != "DEFAULT":
                raise ConfigError(
                    f"{parameter.opts[0]} is for pictures, and {self.path} is a page; leave one of them out"
                )
        check_page(self.path)

    def write(self, texts: Texts, beam: int | None, load: "Callable[[], Translator]") -> None:
        """Write the page, and print the first target of each pair.

        Args:
            texts: where the pairs come from.
            beam: the beam that is asked for, if any.
            load: loads the model, once the texts have been read.

        Raises:
            ConfigError: options do not go together, there is no such map, layer or head, the beam is smaller than
                `nbest`, or the file cannot be written.
            DataError: a text or gold links cannot be read, or do not fit each other.
        """
        from seq2seq.alignment.page import open_page
        from seq2seq.corpus.lines import Problems, write_lines
        from seq2seq.words import counted

        texts.check(None if self.nbest else beam)
        problems = Problems()
        pairs = texts.pairs(problems)
        translator = load()
        translator.check_nbest(self.nbest or 1)
        style = self._style(translator)
        first = []
        with open_page(self.path, style) as add, progress(len(pairs)) as bar:
            for pair, translations in zip(pairs, self._translated(translator, pairs), strict=True):
                add(self._sentence(translator, pair, translations))
                first.append(pair.target if pair.target is not None else translations[0].text)
                bar.update()
        problems.log()
        logger.info(f"{self.path}: written: all attention of {counted(len(pairs), 'sentence')}")
        write_lines(None, first)

    def _style(self, translator: "Translator") -> "PageStyle":
        from seq2seq.alignment.page import PageStyle
        from seq2seq.errors import ConfigError

        maps = translator.inspect("", "").maps
        if not maps:
            raise ConfigError(f"{self.model}: this model has no attention at all, so that a page would show nothing")
        name = self.map or next(map_ for map_ in (translator.alignment_map, *maps) if map_ in maps)
        translator.check_map(name)
        layers = {
            map_: translator.alignment_layer(len(found)) if map_ == "cross" else len(found)
            for map_, found in maps.items()
        }
        layer = str(layers[name]) if self.layer in (None, "all") else str(self.layer)  # all are there in any case
        (layers[name],) = chosen("layer", layer, len(maps[name]), ["all"])
        head = next(iter(chosen("head", self.head.replace("all", "mean"), len(maps[name][0]), ["mean", "all"])), 0)
        return PageStyle(
            self.title or f"Alignments of {self.model}", self.model, translator.languages, self.units, name, layers,
            head, self.links, self.end is not False,
        )  # fmt: skip

    def _translated(self, translator: "Translator", pairs: Sequence[Pair]) -> "Iterator[list[Translation]]":
        """Yield the translations of each pair that belong on the page."""
        rest = iter(pairs)
        while part := list(islice(rest, translator.lines_at_once)):
            asked = [pair for pair in part if self.nbest or pair.target is None]
            names = ["", *(pair.places[0] for pair in asked)]
            sources = [pair.source for pair in asked]
            found = iter(translator.nbest(sources, self.nbest or 1, place=names.__getitem__))
            for pair in part:
                yield next(found) if self.nbest or pair.target is None else []

    def _sentence(self, translator: "Translator", pair: Pair, translations: "list[Translation]") -> "PageSentence":
        from seq2seq.alignment.page import PageSentence

        targets = [] if pair.target is None else [self._target(translator, pair, pair.target, "given target")]
        for number, translation in enumerate(translations, 1):
            name = f"translation {number}" if len(translations) > 1 else "translation"
            targets.append(self._target(translator, pair, translation, name, is_first=not targets))
        return PageSentence(pair.places[0], pair.source, targets)

    def _target(
        self, translator: "Translator", pair: Pair, target: "str | Translation", name: str, is_first: bool = True
    ) -> "Target":
        from seq2seq.alignment.page import Target
        from seq2seq.alignment.panels import check_gold

        places = (lambda _: pair.places[0], lambda _: pair.places[1])
        found = translator.inspect(pair.source, target, self.units, places=places)
        gold = pair.gold if is_first and found.alignment is not None else None
        if gold is not None and found.alignment is not None:
            check_gold(gold, found.alignment, pair.places[2], GOLD_HINT)
        text, score = (target, None) if isinstance(target, str) else (target.text, target.score)
        drawn = found.alignment.links() if found.alignment is not None else []
        return Target(name, text, found.target, found.log_probs, found.maps, score, drawn, gold)
