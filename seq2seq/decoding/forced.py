"""Given pairs in, alignments and attention maps out: force-decoding, the one path to both.

No call leaves anything behind that changes a later one, so a pair's alignment is the same in any company (up to the
rounding of differently shaped matrix products), and threads may share a decoder.
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seq2seq.alignment import Alignment, mean
from seq2seq.config import DecodingConfig
from seq2seq.corpus.batching import collate
from seq2seq.corpus.lines import check_unicode
from seq2seq.corpus.tokenizer import Segmented, Tokenizer
from seq2seq.decoding.maps import Pair, Units, batches, check_units, cut, head_alignments, unit_log_probs
from seq2seq.decoding.search import NOT_FINITE
from seq2seq.decoding.translation import Translation
from seq2seq.errors import CheckpointError, ConfigError
from seq2seq.models.base import Seq2Seq, aligning
from seq2seq.words import counted

__all__ = ["ForcedDecoder", "Inspection", "Place", "beginning", "refuse_one_text"]

logger = logging.getLogger(__name__)

Place = Callable[[int], str]  # the name of a line in a warning, from its number, counted from 1

_MOST_WEIGHTS = 1 << 25  # of all layers and heads of a map together, for a batch: 128 MiB
_MOST_PLACES = 1 << 22  # of a map, T × S, for a batch: what bounds the time that it takes
_MOST_CHARACTERS = 1000  # of a line, for each token that may be read: far more than any token has

_NOTHING = Segmented("", [], [], [], [])

_PAIR: tuple[Place, Place] = ("line {} of the sources".format, "line {} of the targets".format)


class Inspection(NamedTuple):
    """What a model tells of a target, given its source; see `ForcedDecoder.inspect`.

    Attributes:
        target: the T units of the target, the end token last.
        log_probs: the natural logarithm of the probability of each, given the source and all units before it; that of
            a word is the sum over its pieces, and nan if it has none. Their sum, divided by the number of pieces^α,
            is the score of a search.
        maps: by name, a list of layers, each a list of heads.
        alignment: what `align` gives, or None if the model has no attention to the source.
    """

    target: tuple[str, ...]
    log_probs: tuple[float, ...]
    maps: dict[str, list[list[Alignment]]]
    alignment: Alignment | None


class ForcedDecoder:
    """A trained model with its tokenizer: tells which words of a source each word of a given target looks at.

    Args:
        model: the network, in evaluation mode, on its device.
        tokenizer: the vocabularies of both sides.
        config: the search options, of which the layer that aligns and the bounds of the input's length count here.
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

    def align(
        self,
        sources: Iterable[str],
        targets: Iterable[str],
        units: Units = "words",
        *,
        places: tuple[Place, Place] = _PAIR,
    ) -> Iterator[Alignment]:
        """Yield the model's alignment of each given pair, end tokens included as last row and column.

        It is the model's map ``alignment``, if it was trained to align, and otherwise cross-attention of one layer: a
        head of it, or the mean of all (``alignment_layer`` and ``alignment_head`` of the options). Pairs are read as
        alignments are asked for, a batch ahead at most. Marks that come tokenised are read as people write them, and
        are words all the same; see `join_marks`. An empty side has its end token only. Both sides are cut after
        ``max_input`` tokens, and a side that is cut ends with the last word that was read, so that links keep their
        numbers. However large ``max_input`` is, a side is cut after 2,047 tokens, or fewer, if the weights of a pair of
        that size would be more than 2^25 (128 MiB), all layers and heads together. So one pair takes seconds and some
        hundred megabytes at most, whatever its size.

        Args:
            sources: the source texts.
            targets: their translations.
            units: what is aligned: ``words`` as spaces separate them, ``split``: words with punctuation split off
                (see `word_spans`), or the model's ``pieces``.
            places: name a text of each side in the warning that it was cut, given its number from 1.

        Raises:
            ValueError: there are different numbers of sources and targets, or one of them is a single text; or there
                are no such units.
            ConfigError: the model has no attention to the source.
            DataError: a text has characters that UTF-8 cannot encode.
            CheckpointError: the attention weights are not finite numbers.
        """
        check_units(units)
        refuse_one_text(sources)
        refuse_one_text(targets)
        if isinstance(sources, Sized) and isinstance(targets, Sized) and len(sources) != len(targets):
            raise ValueError(f"{counted(len(sources), 'source')} but {counted(len(targets), 'target')}")
        most = self._longest(self.alignment_map)
        pairs = (
            self._given(source, target, most, units, (places[0](number), places[1](number)))
            for number, (source, target) in enumerate(zip(sources, targets, strict=True), 1)
        )
        return self._aligned(pairs, most, units)

    def align_translations(self, translations: Iterable[Translation], units: Units = "words") -> Iterator[Alignment]:
        """Yield the alignment of each translation: its own tokens over what was read of its source. See `align`.

        Raises:
            ValueError: there are no such units.
            ConfigError: the model has no attention to the source.
            CheckpointError: the attention weights are not finite numbers.
        """
        check_units(units)
        most = self._longest(self.alignment_map)
        return self._aligned((self._own(translation, most, units) for translation in translations), most, units)

    def maps(
        self,
        name: str,
        source: str,
        target: str | Translation,
        units: Units = "words",
        *,
        places: tuple[Place, Place] = _PAIR,
    ) -> list[list[Alignment]]:
        """Return a map of one pair, by name: a list of its layers, each a list of its heads. See `align`.

        Args:
            name: one of the model's maps: ``alignment``, ``cross``, ``encoder``, ``decoder`` or ``pooling``.
            source: the source text.
            target: the target text, or a translation of the source, whose own tokens are taken.
            units: the units of a map; see `align`.
            places: name the text of each side in the warning that it was cut.

        Raises:
            ValueError: `target` is a translation of another source, or there are no such units.
            ConfigError: the model has no such map.
            DataError: a text has characters that UTF-8 cannot encode.
            CheckpointError: the attention weights are not finite numbers.
        """
        pair = self._pair(source, target, self._longest(name), units, places)
        (weights_LHTS,) = self._forward([pair], name)
        return [self._heads(name, heads_HTS, pair, units) for heads_HTS in weights_LHTS]

    @torch.inference_mode()
    def inspect(
        self,
        source: str,
        target: str | Translation,
        units: Units = "words",
        *,
        places: tuple[Place, Place] = _PAIR,
    ) -> Inspection:
        """Return all that the model tells of one pair: every map, and how probable each unit of the target is.

        Args:
            source: the source text.
            target: the target text, or a translation of the source, whose own tokens are taken.
            units: the units of the maps and the probabilities; see `align`.
            places: name the text of each side in the warning that it was cut.

        Raises:
            ValueError: `target` is a translation of another source, or there are no such units.
            ConfigError: the options name a head that the alignment's map does not have.
            DataError: a text has characters that UTF-8 cannot encode.
            CheckpointError: the weights or the scores are not finite numbers.
        """
        names = self.model.maps
        most = min(map(self._longest, names), default=math.isqrt(_MOST_PLACES) - 1)
        pair = self._pair(source, target, most, units, places)
        batch = collate([pair[0].ids], [pair[1].ids]).to(self._device)
        features_BTD, maps = self.model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=names)
        log_probs_TV = self.model.logits(features_BTD[0]).float().log_softmax(dim=-1)
        log_probs_T = log_probs_TV.gather(1, batch.tgt_out_BT[0, :, None])[:, 0].cpu().numpy()
        if not np.isfinite(log_probs_T).all():
            raise CheckpointError(NOT_FINITE)
        words, log_probs = unit_log_probs(log_probs_T, pair[1], units)
        alignments = {
            name: [self._heads(name, heads_HTS, pair, units) for heads_HTS in _finite(maps[name])[0]] for name in names
        }
        layers = alignments.get(self.alignment_map)
        return Inspection(words, log_probs, alignments, mean(self._aligning(layers)) if layers else None)

    @property
    def alignment_map(self) -> str:
        """The name of the map that is the alignment: ``alignment`` of a model that was taught links, or ``cross``.

        It is ``cross``, too, where the options name one of its layers or heads.
        """
        chosen = self.config.alignment_layer or self.config.alignment_head
        return "alignment" if "alignment" in self.model.maps and not chosen else "cross"

    def _aligning(self, layers: Any) -> Any:
        """Return the heads of the map `alignment_map` of which the mean is the alignment, given all of its layers.

        Raises:
            ConfigError: the options name a head that is not there.
        """
        if self.alignment_map == "alignment":
            return layers[0]
        layer, heads = aligning(self.config, len(layers), len(layers[0]))
        return layers[layer - 1][heads]

    def first_shown(self, name: str, layers: int, layer: int | None = None) -> tuple[int, int]:
        """Return which layer and head of a map a picture shows unless it is told: those that align, or the last layer.

        Args:
            name: the map.
            layers: how many layers it has.
            layer: the layer, from 1, or 0 for all, if it is told. The head that aligns is one of its own layer: of
                another one, the mean is shown.

        Returns:
            The layer, and the head, from 1, or 0 for the mean of all.

        Raises:
            ConfigError: the options name a head that is not there.
        """
        aligns, head = layers, 0
        if name == "cross":
            aligns, _ = aligning(self.config, layers, self.model.cross_heads)
            head = self.config.alignment_head
        return (aligns, head) if layer is None else (layer, head if layer == aligns else 0)

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

    def _pair(
        self, source: str, target: str | Translation, most: int, units: Units, places: tuple[Place, Place]
    ) -> Pair:
        check_units(units)
        if not isinstance(target, Translation):
            return self._given(source, target, most, units, (places[0](1), places[1](1)))
        if target.source != source:
            raise ValueError(f"a translation of {target.source!r} was given with the source {source!r}")
        return self._own(target, most, units)

    def _given(self, source: str, target: str, most: int, units: Units, places: tuple[str, str]) -> Pair:
        most = min(most, self.config.max_input)
        vocabularies = self.tokenizer.source, self.tokenizer.target
        sides = []
        for text, vocabulary, place in zip((source, target), vocabularies, places, strict=True):
            begun = beginning(text, most)
            whole = vocabulary.segment(begun, units == "split", join=True)
            sides.append(cut(whole, most))
            if sides[-1] is not whole or len(begun) < len(text):
                self.warn_cut(place, most)
        return sides[0], sides[1]

    def _own(self, translation: Translation, most: int, units: Units) -> Pair:
        read = min(most, self.config.max_input)
        source = self.tokenizer.source.segment(beginning(translation.source, read), units == "split")
        target = self.tokenizer.target.segment_ids(translation.tokens, units == "split")
        return cut(source, read), cut(target, most)

    def _aligned(self, pairs: Iterable[Pair], most: int, units: Units) -> Iterator[Alignment]:
        name = self.alignment_map
        for part in batches(pairs, self.config.batch_sentences, (most + 1) ** 2):
            for pair, weights_LHTS in zip(part, self._forward(part, name), strict=True):
                yield mean(self._heads(name, self._aligning(weights_LHTS), pair, units))

    def _heads(self, name: str, weights_HTS: Any, pair: Pair, units: Units) -> list[Alignment]:
        found = head_alignments(name, weights_HTS, *pair, units)
        return [replace(alignment, threshold=self.config.alignment_threshold) for alignment in found]

    @torch.inference_mode()
    def _forward(self, pairs: list[Pair], name: str) -> NDArray[np.float32]:
        """Return the (batch, layers, heads, rows, columns) weights of a map, by force-decoding.

        Raises:
            CheckpointError: they are not finite numbers.
        """
        batch = collate([source.ids for source, _ in pairs], [target.ids for _, target in pairs]).to(self._device)
        _, maps = self.model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=(name,))
        return _finite(maps[name])

    def warn_cut(self, place: str, most: int) -> None:
        """Warn that the text of that place was cut after so many tokens."""
        bound = "decoding.max_input = " if most == self.config.max_input else ""
        reason = "" if bound else ", because the attention of more would not fit its bounds of memory and time"
        logger.warning(f"{place}: cut after {bound}{counted(most, 'token')}{reason}")


def _finite(weights: torch.Tensor) -> NDArray[np.float32]:
    """Return a map's weights.

    Raises:
        CheckpointError: they are not finite numbers.
    """
    found: NDArray[np.float32] = weights.float().cpu().numpy()
    if not np.isfinite(found).all():
        raise CheckpointError(NOT_FINITE)
    return found


def beginning(text: str, most: int) -> str:
    """Return what must be tokenised of a text to find its first `most` tokens.

    Raises:
        DataError: the text has characters that UTF-8 cannot encode.
    """
    begun = text[: most * _MOST_CHARACTERS]
    check_unicode(begun)
    return begun


def refuse_one_text(lines: Iterable[str]) -> None:
    """Refuse a text where several belong: its characters would be taken for lines.

    Raises:
        ValueError: it is one text.
    """
    if isinstance(lines, str):
        raise ValueError("a list of lines is expected, not a single text; put brackets around it")
