"""What ``heatmap`` shows: sentence pairs from the command line or from files, and the maps that a model has of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from seq2seq.commands.options import names_file, read_parallel

if TYPE_CHECKING:
    from seq2seq.alignment import Gold
    from seq2seq.alignment.export import Sentence
    from seq2seq.corpus.lines import Problems
    from seq2seq.decoding.translation import Translation
    from seq2seq.decoding.translator import Translator

__all__ = ["GOLD_HINT", "Choice", "Found", "Pair", "Texts", "chosen"]


GOLD_HINT = "are these links counted from 1 (--one-based), or of other words (--units)?"


class Pair(NamedTuple):
    """A source with its target, if that is given, and true links, and the names of their places in messages."""

    source: str
    target: str | None
    gold: "Gold | None"
    places: tuple[str, str, str]


@dataclass(frozen=True)
class Texts:
    """Where sentence pairs come from, as options tell; `pairs` reads them."""

    sentence: str | None
    reference: str | None
    source: str | None
    target: str | None
    gold: str | None
    one_based: bool | None

    def check(self, beam: int | None) -> None:
        """Refuse options that do not go together.

        Raises:
            ConfigError: see there.
        """
        from seq2seq.errors import ConfigError

        if (self.sentence is None) == (self.source is None):
            raise ConfigError("give either a sentence, in quotes, or --source FILE with one a line")
        if self.source is None and self.target is not None:
            raise ConfigError("--target goes with --source FILE; the target of a sentence is --reference TEXT")
        if self.gold is None and self.one_based is not None:
            raise ConfigError("--one-based tells how --gold FILE counts; leave it out, or add that")
        if self.source is not None and self.reference is not None:
            raise ConfigError("--reference goes with a sentence; the targets of --source FILE are --target FILE")
        given = "--reference" if self.reference is not None else "--target" if self.target is not None else ""
        if beam is not None and given:
            raise ConfigError(f"--beam and {given} together: a given target is not searched for; leave one of them out")

    def pairs(self, problems: "Problems") -> list[Pair]:
        """Return the pairs, and count what is wrong with the files' lines.

        Raises:
            ConfigError: a sentence is a file's name.
            DataError: a file cannot be read, or files have different numbers of lines.
        """
        sources, targets = self._read(problems)
        name, other = self.source or "the sentence", self.target or "the reference"
        gold = self._gold(len(sources), problems)
        pairs = []
        for number, (source, target) in enumerate(zip(sources, targets, strict=True), 1):
            suffix = f":{number}" if self.source else ""
            links, place = gold[number - 1]
            pairs.append(Pair(source, target, links, (name + suffix, other + suffix, place)))
        return pairs

    def _read(self, problems: "Problems") -> tuple[list[str], Sequence[str | None]]:
        from seq2seq.corpus.lines import check_unicode, read_text_lines
        from seq2seq.corpus.sources import find_file
        from seq2seq.errors import ConfigError

        if self.source is None:
            for text in (self.sentence or "", self.reference or ""):
                check_unicode(text)
                if names_file(text):
                    option = "--source" if text == self.sentence else "--source and --target"
                    raise ConfigError(
                        f"{text}: is a file, but `heatmap` takes a sentence; give one of its lines, in quotes, or use "
                        f"{option}"
                    )
            return [self.sentence or ""], [self.reference]
        if self.target is not None:
            return read_parallel(self.source, self.target, problems)
        sources = read_text_lines(find_file(self.source), problems)
        return sources, [None] * len(sources)

    def _gold(self, count: int, problems: "Problems") -> "list[tuple[Gold | None, str]]":
        """Return the true links of each sentence, with the name of their place."""
        from seq2seq.alignment import LinkLines, read_links
        from seq2seq.corpus.lines import read_text_lines
        from seq2seq.corpus.sources import find_file

        if self.gold is None:
            return [(None, "")] * count
        file = LinkLines(self.gold, read_text_lines(find_file(self.gold), problems), self.one_based)
        place = ", sentence " if file.naacl else ":"
        return [(links, f"{self.gold}{place}{number}") for number, links in enumerate(read_links(file, count), 1)]


class Found(NamedTuple):
    """The alignments of a sentence pair, how a message tells which ones they are, and the true links."""

    sentence: "Sentence"
    said: str
    gold: "Gold | None"

    @property
    def is_empty(self) -> bool:
        """Whether a side has no words, so that there is nothing to draw."""
        return not self.sentence.alignments[0][0].without_end().weights_TS.size


@dataclass(frozen=True)
class Choice:
    """Which attention to show: a map, a layer and a head of it, as options tell, and the units."""

    map: str
    layer: str | None
    head: str | None
    units: Literal["split", "words", "pieces"]

    def of(self, translator: "Translator", pairs: Sequence[Pair]) -> Iterator[Found]:
        """Yield what a model has of each pair, in order; targets that are not given are translated.

        Raises:
            ConfigError: there is no such layer or head.
            DataError: gold links do not fit their sentences; a text is not valid Unicode.
        """
        from seq2seq.alignment.panels import check_gold

        open_pairs = [pair for pair in pairs if pair.target is None]
        translations = translator.stream(
            (pair.source for pair in open_pairs), place=lambda number: open_pairs[number - 1].places[0]
        )
        for line, pair in enumerate(pairs, 1):
            target = next(translations) if pair.target is None else pair.target
            found = self._found(translator, line, pair, target)
            if pair.gold is not None:
                check_gold(pair.gold, found.sentence.alignments[0][0], pair.places[2], GOLD_HINT)
            yield found

    def _found(self, translator: "Translator", line: int, pair: Pair, target: "str | Translation") -> Found:
        from seq2seq.alignment import mean
        from seq2seq.alignment.export import Sentence

        places = (lambda _: pair.places[0], lambda _: pair.places[1])
        maps = translator.maps(self.map, pair.source, target, units=self.units, places=places)
        first_layer, first_head = translator.first_shown(self.map, len(maps))
        layer, head = self.layer or str(first_layer), self.head or (str(first_head) if first_head else "mean")
        layers = chosen("layer", layer, len(maps), ["all"])
        heads = chosen("head", head, len(maps[0]), ["mean", "all"])
        alignments = [
            [found[head - 1] for head in heads] or [mean(found)] for found in (maps[number - 1] for number in layers)
        ]
        said = self.map if self.map == "alignment" else f"{self.map} attention"
        if len(maps) > 1 or len(maps[0]) > 1:
            said += f", {_shown('layer', layer, len(maps))}, {_shown('head', head, len(maps[0]))}"
        text = target if isinstance(target, str) else target.text
        return Found(Sentence(line, pair.source, text, layers, heads, alignments), said, pair.gold)


def chosen(what: str, value: str, count: int, others: list[str]) -> list[int]:
    """Return the numbers, from 1, that a --layer or --head stands for, or none for the mean of them all."""
    from seq2seq.errors import ConfigError

    numbers = [str(number) for number in range(1, count + 1)]
    if value in others:
        return list(range(1, count + 1)) if value == "all" else []
    if value not in numbers:
        raise ConfigError(
            f"--{what} {value}: this map has {what}s 1 to {count}; give one of them, or {' or '.join(others)}"
        )
    return [int(value)]


def _shown(what: str, value: str, count: int) -> str:
    """Return how a message tells a choice of layers or heads."""
    return f"{what} {value} of {count}" if value.isdecimal() else f"{value} of {count} {what}s"
