"""Text in, translations out; and the one path to alignments: force-decoding given tokens.

Nothing here remembers anything between calls, so a line's translation is the same in any company
(up to the rounding of differently shaped matrix products).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from seq2seq.alignment import Alignment
from seq2seq.config import DecodingConfig
from seq2seq.corpus.batching import collate, pad
from seq2seq.corpus.tokenizer import Segmented, Tokenizer
from seq2seq.decoding.maps import labelled
from seq2seq.decoding.search import Hypothesis, beam_search
from seq2seq.errors import ConfigError
from seq2seq.models.base import Seq2Seq
from seq2seq.symbols import EOS

__all__ = ["Translation", "Translator"]

_MOST_WEIGHTS = 2_000_000  # of one head of a batch, when aligning


@dataclass(frozen=True)
class Translation:
    """One hypothesis of one line.

    Attributes:
        text: detokenised.
        score: log-probability / length^α; 0 for an empty line.
        tokens: the hypothesis' own ids, what an alignment of it has to be computed from.
        cut: whether the line was longer than ``max_input`` tokens, and this translates its beginning only.
    """

    text: str
    score: float
    tokens: tuple[int, ...]
    cut: bool = False


class Translator:
    """A trained model with its tokenizer.

    Args:
        model: in evaluation mode, on its device.
        tokenizer: of both sides.
        config: search options.
    """

    def __init__(self, model: Seq2Seq[Any, Any], tokenizer: Tokenizer, config: DecodingConfig) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.config = config
        self._device = next(model.parameters()).device

    def translate(self, lines: Sequence[str], nbest: int = 1) -> list[list[Translation]]:
        """The `nbest` best translations of each line, best first.

        Lines of like length are searched together. A line without any token (empty, or nothing but
        white space) gives empty translations.

        Raises:
            ConfigError: `nbest` is larger than the beam.
        """
        if nbest > self.config.beam:
            raise ConfigError(
                f"--nbest {nbest} is more than a beam of {self.config.beam} keeps; use --beam {nbest} or more"
            )
        encoded = self.tokenizer.source.encode(lines)
        sources = [ids[: self.config.max_input] for ids in encoded]
        results = [[Translation("", 0.0, ())] * nbest for _ in lines]
        order = sorted((i for i, ids in enumerate(sources) if ids), key=lambda i: -len(sources[i]))
        for start in range(0, len(order), self.config.batch_sentences):
            batch = order[start : start + self.config.batch_sentences]
            for i, hypotheses in zip(batch, self._search([sources[i] for i in batch], nbest), strict=True):
                cut = len(encoded[i]) > len(sources[i])
                found = [
                    Translation(self.tokenizer.target.decode(h.tokens), h.score, h.tokens, cut) for h in hypotheses
                ]
                results[i] = found + [found[-1]] * (nbest - len(found))
        return results

    def _search(self, sources: list[list[int]], nbest: int) -> list[list[Hypothesis]]:
        config = self.config
        limits = [int(config.max_ratio * len(ids)) + config.max_extra for ids in sources]
        rows = [[*ids, EOS] for ids in sources]
        lengths_B = torch.tensor([len(row) for row in rows], device=self._device)
        return beam_search(
            self.model, pad(rows).to(self._device), lengths_B, limits, beam=config.beam, alpha=config.alpha, nbest=nbest
        )

    def align(self, sources: Sequence[str], targets: Sequence[str], words: bool = True) -> Iterator[Alignment]:
        """The model's alignment of given pairs, end tokens included as last row and column.

        It is the mean over the heads of one layer's cross-attention (``alignment_layer``). Units are the
        text's words, or (``words=False``) the model's pieces. A pair with an empty side has end tokens only
        there.

        Raises:
            ValueError: different numbers of sources and targets.
            ConfigError: the model has no cross-attention.
        """
        return self._aligned(self._given(sources, targets), words)

    def align_translations(
        self, sources: Sequence[str], translations: Sequence[Translation], words: bool = True
    ) -> Iterator[Alignment]:
        """`align` for the translator's own output: each hypothesis' own tokens over what was read of its source."""
        return self._aligned(self._translated(sources, translations), words)

    def maps(self, name: str, source: str, target: str | Translation, words: bool = True) -> list[list[Alignment]]:
        """A map of one pair, by name: each layer's heads.

        Raises:
            ConfigError: the model has no such map.
        """
        self.check_map(name)
        if isinstance(target, Translation):
            (pair,) = self._translated([source], [target])
        else:
            (pair,) = self._given([source], [target])
        (weights,) = self._forward([pair], name).float().cpu().numpy()
        return [[labelled(name, head, *pair, words) for head in layer] for layer in weights]

    def _given(self, sources: Sequence[str], targets: Sequence[str]) -> Iterator[tuple[Segmented, Segmented]]:
        if len(sources) != len(targets):
            raise ValueError(f"{len(sources)} sources but {len(targets)} targets")
        segment = self.tokenizer.source.segment, self.tokenizer.target.segment
        return ((segment[0](source), segment[1](target)) for source, target in zip(sources, targets, strict=True))

    def _translated(
        self, sources: Sequence[str], translations: Sequence[Translation]
    ) -> Iterator[tuple[Segmented, Segmented]]:
        segment, segment_ids = self.tokenizer.source.segment, self.tokenizer.target.segment_ids
        return (
            (_cut(segment(source), self.config.max_input), segment_ids(translation.tokens))
            for source, translation in zip(sources, translations, strict=True)
        )

    def _aligned(self, pairs: Iterable[tuple[Segmented, Segmented]], words: bool) -> Iterator[Alignment]:
        self.check_map("cross")
        return self._alignments(pairs, words)

    def _alignments(self, pairs: Iterable[tuple[Segmented, Segmented]], words: bool) -> Iterator[Alignment]:
        for part in self._bounded(pairs):
            maps_BLHTS = self._forward(part, "cross")
            layer = self.alignment_layer(maps_BLHTS.shape[1])
            weights_BTS = maps_BLHTS[:, layer - 1].mean(dim=1).float().cpu().numpy()
            for (source, target), weights in zip(part, weights_BTS, strict=True):
                yield labelled("cross", weights, source, target, words)

    def alignment_layer(self, layers: int) -> int:
        """The layer of so many that aligns, from 1: by default the last but one, as in Garg et al. 2019."""
        return self.config.alignment_layer or max(1, layers - 1)

    def check_map(self, name: str) -> None:
        """Refuse a map that the model has not.

        Raises:
            ConfigError: its name is none of the model's maps.
        """
        if name not in self.model.maps:
            there = f"it has: {', '.join(self.model.maps)}" if self.model.maps else "it has none at all"
            raise ConfigError(f"this model has no attention map {name!r}; {there}")

    def _bounded(self, pairs: Iterable[tuple[Segmented, Segmented]]) -> Iterator[list[tuple[Segmented, Segmented]]]:
        """Batches in order, of so many pairs as a search has, or fewer where their maps would grow too large."""
        part: list[tuple[Segmented, Segmented]] = []
        longest_source = longest_target = 0
        for pair in pairs:
            source, target = (len(side.ids) + 1 for side in pair)
            area = max(longest_source, source) * max(longest_target, target)
            if part and (len(part) == self.config.batch_sentences or area * (len(part) + 1) > _MOST_WEIGHTS):
                yield part
                part, longest_source, longest_target = [], 0, 0
            part.append(pair)
            longest_source, longest_target = max(longest_source, source), max(longest_target, target)
        if part:
            yield part

    @torch.inference_mode()
    def _forward(self, pairs: list[tuple[Segmented, Segmented]], name: str) -> torch.Tensor:
        """The (batch, layers, heads, rows, columns) weights of a map, by force-decoding."""
        batch = collate([source.ids for source, _ in pairs], [target.ids for _, target in pairs]).to(self._device)
        _, maps = self.model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want=(name,))
        weights: torch.Tensor = maps[name]
        return weights


def _cut(text: Segmented, length: int) -> Segmented:
    """The first pieces of a text; its words stay, so that links keep their numbers."""
    return text._replace(ids=text.ids[:length], pieces=text.pieces[:length], word_of_piece=text.word_of_piece[:length])
