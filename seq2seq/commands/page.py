"""What ``heatmap -o page.html`` writes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seq2seq.commands.options import given, progress
from seq2seq.commands.shown import GOLD_HINT, Texts

if TYPE_CHECKING:
    from seq2seq.decoding.maps import Units
    from seq2seq.decoding.page import PageOptions
    from seq2seq.decoding.translator import Translator

__all__ = ["Page"]

logger = logging.getLogger(__name__)

# Options of `heatmap`, by the names of its parameters, that say how or where pictures are drawn.
_OF_PICTURES = ("out", "format_", "terminal", "data", "colours", "scale", "serif", "width", "font_size")


@dataclass(frozen=True)
class Page:
    """A page, as options of `heatmap` say; ``layer`` and ``head`` choose what is shown first, since all are there."""

    path: Path
    model: str
    title: str | None
    map: str | None
    layer: str | None
    head: str | None
    units: "Units"
    nbest: int | None
    links: bool
    end: bool | None

    def _check(self, context: typer.Context) -> None:
        """Refuse, before any work is done, options that a page does not have, and a file that cannot be written.

        Raises:
            ConfigError: see there.
        """
        from seq2seq.alignment.page import check_page
        from seq2seq.errors import ConfigError

        option = given(context, _OF_PICTURES)
        if option:
            raise ConfigError(f"{option} is for pictures, and {self.path} is a page; leave one of them out")
        check_page(self.path)

    def options(self) -> "PageOptions":
        """Return the options as the library takes them.

        Raises:
            ConfigError: the layer or the head is no number.
        """
        from seq2seq.decoding.page import PageOptions

        head = None if self.head is None else _number("head", self.head, ("mean", "all")) or 0
        return PageOptions(
            self.model, self.title, self.units, self.nbest, self.map, _number("layer", self.layer, ("all",)), head,
            self.links, self.end is not False, GOLD_HINT,
        )  # fmt: skip

    def write(self, context: typer.Context, texts: Texts, load: "Callable[[], Translator]") -> None:
        """Write the page, and print the first target of each pair.

        Args:
            context: which options were given.
            texts: where the pairs come from.
            load: loads the model, once the texts have been read.

        Raises:
            ConfigError: there is nothing to show, or see `_check`, `page_style` and `page_sentences`.
            DataError: see `Texts.pairs` and `page_sentences`.
        """
        from seq2seq.alignment.page import open_page
        from seq2seq.corpus.lines import Problems, write_lines
        from seq2seq.decoding.page import page_sentences, page_style
        from seq2seq.words import counted

        self._check(context)
        problems = Problems()
        options = self.options()
        pairs = texts.pairs(problems, self.units)
        translator = load()
        style = page_style(translator, options)
        first, shown = [], 0
        with open_page(self.path, style) as add, progress(len(pairs)) as bar:
            for sentence in page_sentences(translator, pairs, options):
                add(sentence)
                first.append(sentence.targets[0].text)
                shown += bool(sentence.source.split()) and any(target.text.split() for target in sentence.targets)
                bar.update()
            texts.check_some(shown)
        problems.log()
        logger.info(f"{self.path}: written: all attention of {counted(len(pairs), 'sentence')}")
        write_lines(None, first)


def _number(what: str, value: str | None, others: tuple[str, ...]) -> int | None:
    """Return the number, from 1, that a --layer or --head stands for, or None if it is none but one of the others."""
    from seq2seq.errors import ConfigError

    if value is None or value in others:
        return None
    if not (value.isascii() and value.isdecimal() and int(value[:9])):
        raise ConfigError(f"--{what} {value}: give a number from 1, or {' or '.join(others)}")
    return int(value[:9])
