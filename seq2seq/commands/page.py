"""What ``heatmap -o page.html`` writes: sentences with their targets, and all that a model tells of them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seq2seq.commands.attention import Pair, chosen
from seq2seq.commands.options import progress

if TYPE_CHECKING:
    from seq2seq.alignment.page import PageSentence, PageStyle, Target
    from seq2seq.decoding.translation import Translation
    from seq2seq.decoding.translator import Translator

__all__ = ["Page"]

logger = logging.getLogger(__name__)


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

    def write(self, translator: "Translator", pairs: Sequence[Pair]) -> list[str]:
        """Write the page, and return the text of the first target of each pair.

        Raises:
            ConfigError: there is no such map, layer or head, the beam is smaller than `nbest`, or the file cannot be
                written.
            DataError: gold links do not fit their sentences; a text is not valid Unicode.
        """
        from seq2seq.alignment.page import open_page
        from seq2seq.words import counted

        translator.check_nbest(self.nbest or 1)
        style = self._style(translator)
        first = []
        with open_page(self.path, style) as add, progress(len(pairs)) as bar:
            for pair, translations in zip(pairs, self._translated(translator, pairs), strict=True):
                add(self._sentence(translator, pair, translations))
                first.append(pair.target if pair.target is not None else translations[0].text)
                bar.update()
        logger.info(f"{self.path}: written: {counted(len(pairs), 'sentence')} with all of their attention")
        return first

    def _style(self, translator: "Translator") -> "PageStyle":
        from seq2seq.alignment.page import PageStyle
        from seq2seq.errors import ConfigError

        maps = translator.inspect("", "").maps
        if not maps:
            raise ConfigError(f"{self.model}: this model has no attention at all, so that a page would show nothing")
        name = self.map or next(map_ for map_ in ("alignment", "cross", *maps) if map_ in maps)
        translator.check_map(name)
        layers = {
            map_: translator.alignment_layer(len(found)) if map_ == "cross" else len(found)
            for map_, found in maps.items()
        }
        layers[name] = next(iter(chosen("layer", self.layer or str(layers[name]), len(maps[name]), [])))
        head = next(iter(chosen("head", self.head, len(maps[name][0]), ["mean"])), 0)
        return PageStyle(
            self.title or f"Alignments of {self.model}", self.model, translator.languages, self.units, name, layers,
            head, self.links, self.end is not False,
        )  # fmt: skip

    def _translated(self, translator: "Translator", pairs: Sequence[Pair]) -> "Iterator[list[Translation]]":
        """Yield the translations of each pair that belong on the page."""
        rest = iter(pairs)
        while part := list(islice(rest, translator.lines_at_once)):
            asked = [pair for pair in part if self.nbest or pair.target is None]
            names = [pair.places[0] for pair in asked]
            found = iter(
                translator.nbest(
                    [pair.source for pair in asked], self.nbest or 1, place=lambda line, names=names: names[line - 1]
                )
            )
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
        from seq2seq.alignment import links
        from seq2seq.alignment.page import Target
        from seq2seq.alignment.panels import check_gold

        places = (lambda _: pair.places[0], lambda _: pair.places[1])
        found = translator.inspect(pair.source, target, self.units, places=places)
        gold = pair.gold if is_first and found.alignment is not None else None
        if gold is not None and found.alignment is not None:
            check_gold(gold, found.alignment, pair.places[2])
        text, score = (target, None) if isinstance(target, str) else (target.text, target.score)
        drawn = links(found.alignment) if found.alignment is not None else []
        return Target(name, text, found.target, found.log_probs, found.maps, score, drawn, gold)
