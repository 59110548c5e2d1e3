"""Text in, translations out; and the one path to alignments: force-decoding given tokens.

No call leaves anything behind that changes a later one, so a line's translation is the same in any company (up to the
rounding of differently shaped matrix products), and threads may share a translator.
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seq2seq.alignment import Alignment, mean
from seq2seq.checkpoint import Run, find_run
from seq2seq.config import Config, DecodingConfig
from seq2seq.config_file import with_options, with_overrides
from seq2seq.corpus.batching import collate, pad
from seq2seq.corpus.lines import check_unicode
from seq2seq.corpus.tokenizer import Segmented, Tokenizer
from seq2seq.decoding.maps import Pair, batches, cut, head_alignments
from seq2seq.decoding.search import NOT_FINITE, Hypothesis, beam_search
from seq2seq.decoding.translation import Translation
from seq2seq.devices import select_device
from seq2seq.errors import CheckpointError, ConfigError
from seq2seq.models.base import Seq2Seq
from seq2seq.symbols import EOS
from seq2seq.words import counted

__all__ = ["Place", "Translator"]

logger = logging.getLogger(__name__)

Place = Callable[[int], str]  # the name of a line in a warning, from its number, counted from 1

_MOST_WEIGHTS = 1 << 25  # of all layers and heads of a map together, for a batch: 128 MiB
_MOST_PLACES = 1 << 22  # of a map, T × S, for a batch: what bounds the time that it takes
_MOST_SCORES = 1 << 26  # of a step of the search, for all sentences, beams and words: 256 MiB
_MOST_CHARACTERS = 1000  # of a line, for each token that may be read: far more than any token has
_LINES_AT_ONCE = 512  # so that lines of similar length meet, and the first translations still appear soon

_NOTHING = Segmented("", [], [], [], [])

_LINE: Place = "line {}".format
_PAIR: tuple[Place, Place] = ("line {} of the sources".format, "line {} of the targets".format)


class Translator:
    """A trained model with its tokenizer: translates lines, and aligns words.

    Translators keep no state between calls, so several threads may use one at the same time once it is loaded; each
    call gives what it would give alone. Lines that are too long are cut, which is logged as a warning and marked in
    the result.

    Args:
        model: the network, in evaluation mode, on its device.
        tokenizer: the vocabularies of both sides.
        config: the search options.
        languages: the source and the target language.

    Attributes:
        config: the search options.
        languages: the source and the target language.
    """

    def __init__(
        self, model: Seq2Seq[Any, Any], tokenizer: Tokenizer, config: DecodingConfig, languages: Sequence[str]
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.config = config
        self.languages: tuple[str, str] = (languages[0], languages[1])
        self._device = next(model.parameters()).device
        self._sizes: dict[str, tuple[int, int]] = {}  # the layers and heads of each map that was asked for

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
        _refuse_one_text(lines)
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
        _refuse_one_text(lines)
        self.check_nbest(n)
        lines = list(lines)
        most = self.config.max_input
        begun = [_beginning(line, most) for line in lines]
        encoded = self.tokenizer.source.encode(begun)
        over = [len(ids) > most or len(line) > len(read) for ids, line, read in zip(encoded, lines, begun, strict=True)]
        for i, is_cut in enumerate(over):
            if is_cut:
                self._warn(place(i + 1), most)
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

    def _warn(self, place: str, most: int) -> None:
        bound = "decoding.max_input = " if most == self.config.max_input else ""
        reason = "" if bound else ", because the attention of more would not fit its bounds of memory and time"
        logger.warning(f"{place}: cut after {bound}{counted(most, 'token')}{reason}")

    # -- aligning

    def align(
        self,
        sources: Sequence[str],
        targets: Sequence[str],
        words: bool = True,
        *,
        places: tuple[Place, Place] = _PAIR,
    ) -> Iterator[Alignment]:
        """Yield the model's alignment of each given pair, end tokens included as last row and column.

        It is the mean over the heads of one layer's cross-attention, see `alignment_layer`. The units are the text's
        words, or (``words=False``) the model's pieces. An empty side has its end token only. Both sides are cut after
        ``max_input`` tokens, and a side that is cut ends with the last word that was read, so that links keep their
        numbers. However large ``max_input`` is, a side is cut after 2,047 tokens, or fewer, if the weights of a pair of
        that size would be more than 2^25 (128 MiB), all layers and heads together. So one pair takes seconds and some
        hundred megabytes at most, whatever its size.

        Args:
            sources: the source texts.
            targets: their translations.
            words: whether to align words; otherwise pieces.
            places: name a text of each side in the warning that it was cut, given its number from 1.

        Raises:
            ValueError: there are different numbers of sources and targets, or one of them is a single text.
            ConfigError: the model has no cross-attention.
            DataError: a text has characters that UTF-8 cannot encode.
            CheckpointError: the attention weights are not finite numbers.
        """
        _refuse_one_text(sources)
        _refuse_one_text(targets)
        if len(sources) != len(targets):
            raise ValueError(f"{counted(len(sources), 'source')} but {counted(len(targets), 'target')}")
        most = self._longest("cross")
        pairs = (
            self._given(source, target, most, (places[0](number), places[1](number)))
            for number, (source, target) in enumerate(zip(sources, targets, strict=True), 1)
        )
        return self._aligned(pairs, most, words)

    def align_translations(self, translations: Iterable[Translation], words: bool = True) -> Iterator[Alignment]:
        """Yield the alignment of each translation: its own tokens over what was read of its source. See `align`.

        Raises:
            ConfigError: the model has no cross-attention.
            CheckpointError: the attention weights are not finite numbers.
        """
        most = self._longest("cross")
        return self._aligned((self._own(translation, most) for translation in translations), most, words)

    def maps(
        self,
        name: str,
        source: str,
        target: str | Translation,
        words: bool = True,
        *,
        places: tuple[Place, Place] = _PAIR,
    ) -> list[list[Alignment]]:
        """Return a map of one pair, by name: a list of its layers, each a list of its heads. See `align`.

        Args:
            name: one of the model's maps: ``cross``, ``encoder``, ``decoder`` or ``pooling``.
            source: the source text.
            target: the target text, or a translation of the source, whose own tokens are taken.
            words: whether the units are words; otherwise pieces.
            places: name the text of each side in the warning that it was cut.

        Raises:
            ValueError: `target` is a translation of another source.
            ConfigError: the model has no such map.
            DataError: a text has characters that UTF-8 cannot encode.
            CheckpointError: the attention weights are not finite numbers.
        """
        most = self._longest(name)
        if isinstance(target, Translation):
            if target.source != source:
                raise ValueError(f"a translation of {target.source!r} was given with the source {source!r}")
            pair = self._own(target, most)
        else:
            pair = self._given(source, target, most, (places[0](1), places[1](1)))
        (weights_LHTS,) = self._forward([pair], name)
        return [head_alignments(name, heads_HTS, *pair, words) for heads_HTS in weights_LHTS]

    def alignment_layer(self, layers: int) -> int:
        """Return the number, from 1, of the one of so many layers that aligns: ``alignment_layer`` of the options.

        By default it is the last but one (Garg et al. 2019, section 4.1), or the only one.
        """
        return self.config.alignment_layer or max(1, layers - 1)

    def check_map(self, name: str) -> None:
        """Refuse a map that the model does not have.

        Raises:
            ConfigError: its name is none of the model's maps.
        """
        if name not in self.model.maps:
            there = f"it has: {', '.join(self.model.maps)}" if self.model.maps else "it has none at all"
            raise ConfigError(f"this model has no attention map {name!r}; {there}")

    def _longest(self, name: str) -> int:
        """Return how many tokens a side may have so that one pair's weights of a map, a square, are not too many.

        Raises:
            ConfigError: the model has no such map.
        """
        self.check_map(name)
        if name not in self._sizes:  # several threads may find it at once; all find the same
            self._sizes[name] = self._forward([(_NOTHING, _NOTHING)], name).shape[1:3]
        layers, heads = self._sizes[name]
        return max(1, math.isqrt(min(_MOST_PLACES, _MOST_WEIGHTS // (layers * heads))) - 1)

    def _given(self, source: str, target: str, most: int, places: tuple[str, str]) -> Pair:
        most = min(most, self.config.max_input)
        vocabularies = self.tokenizer.source, self.tokenizer.target
        sides = []
        for text, vocabulary, place in zip((source, target), vocabularies, places, strict=True):
            begun = _beginning(text, most)
            whole = vocabulary.segment(begun)
            sides.append(cut(whole, most))
            if sides[-1] is not whole or len(begun) < len(text):
                self._warn(place, most)
        return sides[0], sides[1]

    def _own(self, translation: Translation, most: int) -> Pair:
        read = min(most, self.config.max_input)
        source = self.tokenizer.source.segment(_beginning(translation.source, read))
        return cut(source, read), cut(self.tokenizer.target.segment_ids(translation.tokens), most)

    def _aligned(self, pairs: Iterable[Pair], most: int, words: bool) -> Iterator[Alignment]:
        for part in batches(pairs, self.config.batch_sentences, (most + 1) ** 2):
            for pair, weights_LHTS in zip(part, self._forward(part, "cross"), strict=True):
                layer = self.alignment_layer(len(weights_LHTS))
                yield mean(head_alignments("cross", weights_LHTS[layer - 1], *pair, words))

    @torch.inference_mode()
    def _forward(self, pairs: list[Pair], name: str) -> NDArray[np.float32]:
        """Return the (batch, layers, heads, rows, columns) weights of a map, by force-decoding.

        Raises:
            CheckpointError: they are not finite numbers.
        """
        batch = collate([source.ids for source, _ in pairs], [target.ids for _, target in pairs]).to(self._device)
        _, maps = self.model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=(name,))
        weights: NDArray[np.float32] = maps[name].float().cpu().numpy()
        if not np.isfinite(weights).all():
            raise CheckpointError(NOT_FINITE)
        return weights


def _beginning(text: str, most: int) -> str:
    """Return what must be tokenised of a text to find its first `most` tokens.

    Raises:
        DataError: the text has characters that UTF-8 cannot encode.
    """
    begun = text[: most * _MOST_CHARACTERS]
    check_unicode(begun)
    return begun


def _refuse_one_text(lines: Iterable[str]) -> None:
    """Refuse a text where several belong: its characters would be taken for lines.

    Raises:
        ValueError: it is one text.
    """
    if isinstance(lines, str):
        raise ValueError("a list of lines is expected, not a single text; put brackets around it")
