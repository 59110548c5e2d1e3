"""Text in, translations out.

No call leaves anything behind that changes a later one, so a line's translation is the same in any company (up to the
rounding of differently shaped matrix products), and threads may share a translator.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from seq2seq.alignment import Gold
from seq2seq.alignment.page import write_page
from seq2seq.checkpoint import Run, find_run
from seq2seq.config import Config
from seq2seq.config_file import with_options, with_overrides
from seq2seq.corpus.batching import pad
from seq2seq.decoding.forced import ForcedDecoder, Place, beginning, refuse_one_text
from seq2seq.decoding.maps import default_units
from seq2seq.decoding.page import PageOptions, Pair, page_sentences, page_style
from seq2seq.decoding.search import Hypothesis, beam_search
from seq2seq.decoding.translation import Translation
from seq2seq.devices import select_device
from seq2seq.errors import ConfigError
from seq2seq.symbols import EOS

__all__ = ["Translator"]

_MOST_SCORES = 1 << 26  # of a step of the search, for all sentences, beams and words: 256 MiB
_LINES_AT_ONCE = 512  # so that lines of similar length meet, and the first translations still appear soon

_LINE: Place = "line {}".format


class Translator(ForcedDecoder):
    """A trained model with its tokenizer: translates lines, and aligns words.

    Translators keep no state between calls, so several threads may use one at the same time once it is loaded; each
    call gives what it would give alone. Lines that are too long are cut, which is logged as a warning and marked in
    the result.

    See `ForcedDecoder` for the arguments and attributes.
    """

    @classmethod
    def load(
        cls, run: str | Path, *, device: torch.device | str = "auto", overrides: Sequence[str] = (), **decoding: Any
    ) -> "Translator":
        """Load the translator of a trained run.

        Args:
            run: the run's directory, or the name of a shipped model.
            device: where to compute: a device, or ``auto`` (a GPU if there is one), ``cpu`` or ``cuda``.
            overrides: search options as text, in the form of ``--set``, such as ``decoding.alpha=0.8``.
            **decoding: options of `DecodingConfig` that replace those of the run, such as ``beam=8, alpha=0.8``.

        Raises:
            CheckpointError: there is no such run, or it is damaged or incomplete.
            ConfigError: an option is unknown or has a wrong value, or there is no such device.
        """
        found = Run(find_run(str(run)))
        config = with_overrides(found.config(), overrides, section="decoding")
        return cls.from_run(found, with_options(config, "decoding", decoding), device)

    @classmethod
    def from_run(cls, run: Run, config: Config, device: torch.device | str = "auto") -> "Translator":
        """Load the translator of a run with a given config, which may differ from the run's in the search options.

        Raises:
            CheckpointError: the run is damaged or incomplete.
            ConfigError: there is no such device.
        """
        chosen = select_device(device)
        tokenizer = run.tokenizer(config)
        return cls(run.model(config, tokenizer, chosen), tokenizer, config.decoding, config.data.languages)

    # -- translating

    @property
    def lines_at_once(self) -> int:
        """How many lines `stream` reads ahead, so that those of similar length can be searched together."""
        return max(_LINES_AT_ONCE, self.config.batch_sentences)

    def translate(self, lines: Iterable[str], *, place: Place = _LINE) -> list[Translation]:
        """Return the best translation of each line, in order.

        Lines of similar length are searched together. A line without any token (empty, or nothing but white space)
        has an empty translation.

        Args:
            lines: the text, a sentence each.
            place: names a line in the warning that it was cut, given its number from 1.

        Raises:
            ValueError: `lines` is a single text, not a list of them.
            DataError: a line has characters that UTF-8 cannot encode.
            CheckpointError: the model's scores are not finite numbers.
        """
        return [best for (best,) in self.nbest(lines, 1, place=place)]

    def stream(self, lines: Iterable[str], *, place: Place = _LINE) -> Iterator[Translation]:
        """Yield the best translation of each line, in order, as `translate` does, in bounded memory.

        At most `lines_at_once` lines are read ahead of what has been yielded.

        Raises:
            ValueError, DataError, CheckpointError: see `translate`.
        """
        refuse_one_text(lines)
        return self._stream(iter(lines), place)

    def _stream(self, rest: Iterator[str], place: Place) -> Iterator[Translation]:
        done = 0

        def numbered(number: int) -> str:
            return place(done + number)

        while chunk := list(islice(rest, self.lines_at_once)):
            yield from self.translate(chunk, place=numbered)
            done += len(chunk)

    def nbest(self, lines: Iterable[str], n: int, *, place: Place = _LINE) -> list[list[Translation]]:
        """Return the `n` best translations of each line, best first; their texts differ.

        Where pieces can spell a text in several ways, the best-scoring one counts. A line has fewer translations
        than `n` where the search ends before it finds so many (a larger beam finds more), and one without any token
        has a single empty one. Since the search goes on until `n` are found, the first may score better than what
        `translate` returns.

        Args:
            lines: the text, a sentence each.
            n: how many translations to return of each.
            place: names a line in the warning that it was cut, given its number from 1.

        Raises:
            ValueError: `n` is less than 1, or `lines` is a single text.
            ConfigError: `n` is more than the beam.
            DataError: a line has characters that UTF-8 cannot encode.
            CheckpointError: the model's scores are not finite numbers.
        """
        refuse_one_text(lines)
        self.check_nbest(n)
        lines = list(lines)
        most = self.config.max_input
        begun = [beginning(line, most) for line in lines]
        encoded = self.tokenizer.source.encode(begun)
        over = [len(ids) > most or len(line) > len(read) for ids, line, read in zip(encoded, lines, begun, strict=True)]
        for i, is_cut in enumerate(over):
            if is_cut:
                self.warn_cut(place(i + 1), most)
        sources = [ids[:most] for ids in encoded]
        results = [[Translation(line, "", 0.0, (), is_cut, self)] for line, is_cut in zip(lines, over, strict=True)]
        order = sorted((i for i, ids in enumerate(sources) if ids), key=lambda i: -len(sources[i]))
        scores = self.config.beam * len(self.tokenizer.target)
        size = max(1, min(self.config.batch_sentences, _MOST_SCORES // scores))
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            for i, found in zip(batch, self._search([sources[i] for i in batch], n), strict=True):
                results[i] = [self._translation(lines[i], hypothesis, over[i]) for hypothesis in found]
        return results

    def write_page(
        self,
        path: str | Path,
        sources: Iterable[str],
        targets: Sequence[str] | None = None,
        gold: Sequence[Gold] | None = None,
        **options: Any,
    ) -> None:
        """Write a page for browsers, in one file, that shows all that the model tells of sentences.

        Args:
            path: the file, which ends in ``.html``.
            sources: the source texts.
            targets: their given targets; without them, the model translates.
            gold: the true links of each pair, which need given targets.
            **options: what the page shows, of `PageOptions`, such as ``nbest=3, units="pieces", title="My page"``.
                Its units are by default those of `default_units`.

        Raises:
            ValueError: there are different numbers of sources, targets and links, there are links but no targets, or
                `sources` is a single text.
            TypeError: there is no such option.
            ConfigError: the file cannot be written; see also `page_style` and `page_sentences`.
            DataError, CheckpointError: see `page_sentences`.
        """
        refuse_one_text(sources)
        if gold is not None and targets is None:
            raise ValueError("gold links are those of given targets; give the targets, too")
        lines = list(sources)
        nothing = [None] * len(lines)
        triples = zip(lines, nothing if targets is None else targets, nothing if gold is None else gold, strict=True)
        pairs = [
            Pair(source, target, links, (f"sentence {number}", f"target {number}", f"links {number}"))
            for number, (source, target, links) in enumerate(triples, 1)
        ]
        chosen = PageOptions(**{"units": default_units(gold is not None), **options})
        write_page(Path(path), page_sentences(self, pairs, chosen), page_style(self, chosen))

    def check_nbest(self, n: int) -> None:
        """Refuse a number of translations of a line that `nbest` cannot return.

        Raises:
            ValueError: it is less than 1.
            ConfigError: it is more than the beam.
        """
        if n < 1:
            raise ValueError(f"n is {n}, but a line has at least one translation")
        if n > self.config.beam:
            raise ConfigError(f"{n} translations of a line need a beam of {n} or more, but it is {self.config.beam}")

    def _search(self, sources: list[list[int]], n: int) -> list[list[Hypothesis]]:
        config = self.config
        limits = [int(config.max_ratio * len(ids)) + config.max_extra for ids in sources]
        rows = [[*ids, EOS] for ids in sources]
        return beam_search(
            self.model, pad(rows).to(self._device), limits, beam=config.beam, alpha=config.alpha, nbest=n,
            key=self.tokenizer.target.decode if n > 1 else tuple,
        )  # fmt: skip

    def _translation(self, line: str, hypothesis: Hypothesis, is_cut: bool) -> Translation:
        text = self.tokenizer.target.decode(hypothesis.tokens)
        return Translation(line, text, hypothesis.score, hypothesis.tokens, is_cut, self)
