"""What ``heatmap`` shows: sentence pairs from the command line or from files, and the maps that a model has of them."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seq2seq.commands.options import link_lines, names_file, read_parallel, refuse_to_replace

if TYPE_CHECKING:
    from seq2seq.alignment import Gold
    from seq2seq.alignment.export import Sentence
    from seq2seq.corpus.lines import Problems
    from seq2seq.decoding.maps import Units
    from seq2seq.decoding.page import Pair
    from seq2seq.decoding.translation import Translation
    from seq2seq.decoding.translator import Translator

__all__ = ["GOLD_HINT", "Choice", "Found", "Texts"]


GOLD_HINT = "are these links counted from 1 (--one-based), or of other words (--units)?"


@dataclass(frozen=True)
class Texts:
    """Where sentence pairs come from, as options say; `pairs` reads them. The source ``-`` is standard input."""

    sentence: str | None
    reference: str | None
    source: str | None
    target: str | None
    gold: str | None
    one_based: bool | None

    @property
    def name(self) -> str:
        """What messages call the sources."""
        return "standard input" if self.source == "-" else self.source or "the sentence"

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
            raise ConfigError("--one-based says how --gold FILE counts; leave it out, or add that")
        if self.gold is not None and self.target is None and self.reference is None:
            raise ConfigError("--gold is about a given target; add --target FILE, or --reference TEXT for a sentence")
        if self.source is not None and self.reference is not None:
            raise ConfigError("--reference goes with a sentence; the targets of --source FILE are --target FILE")
        given = "--reference" if self.reference is not None else "--target" if self.target is not None else ""
        if beam is not None and given:
            raise ConfigError(f"--beam and {given} together: a given target is not searched for; leave one of them out")

    def refuse_to_replace(self, outputs: Mapping[str, Path | None]) -> None:
        """Refuse outputs, by their options, that are among the files that are read.

        Raises:
            ConfigError: see `seq2seq.commands.options.refuse_to_replace`.
        """
        for option, output in outputs.items():
            refuse_to_replace(output, {"--source": self.source, "--target": self.target, "--gold": self.gold}, option)

    def check_some(self, count: int) -> None:
        """Refuse to show nothing.

        Raises:
            ConfigError: no pair has words on both sides.
        """
        from seq2seq.errors import ConfigError

        if not count:
            raise ConfigError(f"{self.name}: there is nothing to draw, because no pair has words on both sides")

    def pairs(self, problems: "Problems", units: "Units") -> "list[Pair]":
        """Return the pairs, and count what is wrong with the files' lines.

        Raises:
            ConfigError: a sentence is a file's name.
            DataError: a file cannot be read, files have different numbers of lines, or a true link names a word that
                its pair does not have (of pieces, only the model knows).
        """
        from seq2seq.alignment import check_range
        from seq2seq.decoding.page import Pair
        from seq2seq.words import split_words

        sources, targets = self._read(problems)
        name, other = self.name, self.target or "the reference"
        gold = self._gold(len(sources), problems)
        pairs = []
        for number, (source, target) in enumerate(zip(sources, targets, strict=True), 1):
            suffix = f":{number}" if self.source else ""
            links, place = gold[number - 1]
            pairs.append(Pair(source, target, links, (name + suffix, other + suffix, place)))
            if links is not None and target is not None and units != "pieces":
                words = (len(split_words(source, units == "split")), len(split_words(target, units == "split")))
                check_range(sorted(links.possible), words, place, GOLD_HINT)
        return pairs

    def _read(self, problems: "Problems") -> tuple[list[str], Sequence[str | None]]:
        from seq2seq.corpus.lines import check_unicode, read_text_lines
        from seq2seq.corpus.sources import find_file
        from seq2seq.errors import ConfigError, DataError
        from seq2seq.words import counted

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
        if self.target is not None and self.source != "-":
            return read_parallel(self.source, self.target, problems)
        sources = self._typed(problems) if self.source == "-" else read_text_lines(find_file(self.source), problems)
        if self.target is None:
            return sources, [None] * len(sources)
        targets = read_text_lines(find_file(self.target), problems)
        if len(targets) != len(sources):
            raise DataError(
                f"{self.target} has {counted(len(targets), 'line')} but {self.name} has {len(sources):,}: "
                "line i of one must translate line i of the other"
            )
        return sources, targets

    def _typed(self, problems: "Problems") -> list[str]:
        from itertools import chain

        from seq2seq.corpus.lines import read_chunks

        return list(chain.from_iterable(read_chunks(sys.stdin.buffer, self.name, problems, 1000)))

    def _gold(self, count: int, problems: "Problems") -> "list[tuple[Gold | None, str]]":
        """Return the true links of each sentence, with the name of their place."""
        from seq2seq.alignment import read_links

        if self.gold is None:
            return [(None, "")] * count
        file = link_lines(self.gold, problems, self.one_based)
        place = ", sentence " if file.naacl else ":"
        return [(links, f"{self.gold}{place}{number}") for number, links in enumerate(read_links(file, count), 1)]


class Found(NamedTuple):
    """The alignments of a sentence pair, what they are called in titles and messages, the true links, and the place."""

    sentence: "Sentence"
    caption: str
    gold: "Gold | None"
    place: str

    @property
    def is_empty(self) -> bool:
        """Whether a side has no words, so that there is nothing to draw."""
        return not self.sentence.alignments[0][0].without_end().weights_TS.size


@dataclass(frozen=True)
class Choice:
    """Which attention to show: a map, a layer and a head of it, as options say, and the units."""

    map: str
    layer: str | None
    head: str | None
    units: "Units"

    def of(self, translator: "Translator", pairs: "Sequence[Pair]") -> Iterator[Found]:
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

    def _found(self, translator: "Translator", line: int, pair: "Pair", target: "str | Translation") -> Found:
        from seq2seq.alignment import mean
        from seq2seq.alignment.export import Sentence

        places = (lambda _: pair.places[0], lambda _: pair.places[1])
        maps = translator.maps(self.map, pair.source, target, units=self.units, places=places)
        layers = self._numbers("layer", self.layer, len(maps), ["all"]) if self.layer else []
        told = 0 if self.layer == "all" else next(iter(layers), None)
        first_layer, first_head = translator.first_shown(self.map, len(maps), told)
        layers = layers or [first_layer]
        layer, head = self.layer or str(first_layer), self.head or (str(first_head) if first_head else "mean")
        heads = self._numbers("head", head, len(maps[0]), ["mean", "all"])
        alignments = [
            [found[head - 1] for head in heads] or [mean(found)] for found in (maps[number - 1] for number in layers)
        ]
        caption = self.map if self.map == "alignment" else f"{self.map} attention"
        if len(maps) > 1 or len(maps[0]) > 1:
            caption += f", {_shown('layer', layer, len(maps))}, {_shown('head', head, len(maps[0]))}"
        text = target if isinstance(target, str) else target.text
        return Found(Sentence(line, pair.source, text, layers, heads, alignments), caption, pair.gold, pair.places[0])

    def _numbers(self, what: str, value: str, count: int, others: list[str]) -> list[int]:
        """Return the numbers, from 1, that a --layer or --head stands for, or none for the mean of them all."""
        from seq2seq.decoding.maps import numbered
        from seq2seq.errors import ConfigError

        numbers = [str(number) for number in range(1, count + 1)]
        if value in others:
            return list(range(1, count + 1)) if value == "all" else []
        if value not in numbers:
            raise ConfigError(f"--{what} {value}: {numbered(self.map, what, count)}, or {' or '.join(others)}")
        return [int(value)]


def _shown(what: str, value: str, count: int) -> str:
    """Return what a message calls a choice of layers or heads."""
    return f"{what} {value} of {count}" if value.isdecimal() else f"{value} of {count} {what}s"
