"""Token ids on disk, and batches of them: within a budget of tokens, sentences of similar length together.

An epoch is cut into pools of pairs, and each pool into batches; subwords are sampled for each pool where
that is asked for. Both are functions of seed, epoch and pool, so a resumed run has three numbers to
remember, and never looks at more than one pool.
"""

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seq2seq.corpus.cache import cached_table
from seq2seq.corpus.guide import PieceUnits, attention_targets
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.links import Links
from seq2seq.corpus.sources import Pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.symbols import BOS, EOS, PAD

if TYPE_CHECKING:
    from datasets import Dataset
    from datasets.arrow_writer import ArrowWriter

POOL = 50_000  # pairs: enough to find others of similar length, few enough to hold in memory

__all__ = ["Batch", "Corpus", "collate", "pad"]


class Batch(NamedTuple):
    """A batch of B sentence pairs; S and T are the longest source and target, end token counted.

    A source ends in EOS. ``tgt_in_BT`` begins with BOS, ``tgt_out_BT`` ends in EOS. ``guide_BTS``, where the pairs have
    links, is what attention is taught: see `attention_targets`, of the target tokens of ``tgt_out_BT``.
    """

    src_BS: Tensor
    src_lengths_B: Tensor
    tgt_in_BT: Tensor
    tgt_out_BT: Tensor
    guide_BTS: Tensor | None = None

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        moved = {
            name: tensor.to(device, non_blocking=True) for name, tensor in self._asdict().items() if tensor is not None
        }
        return self._replace(**moved)


def pad(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return ragged ids as a (rows, longest) tensor, filled up with PAD on the right."""
    filled = np.full((len(rows), max(map(len, rows), default=0)), PAD, dtype=np.int64)
    for row, ids in zip(filled, rows, strict=True):
        row[: len(ids)] = ids
    return torch.from_numpy(filled)


def collate(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], guide_BTS: NDArray[np.float32] | None = None
) -> Batch:
    """Return the batch of pairs of ids that have no begin and end tokens yet; the guide counts the end tokens."""
    return Batch(
        src_BS=pad([[*ids, EOS] for ids in sources]),
        src_lengths_B=torch.tensor([len(ids) + 1 for ids in sources]),
        tgt_in_BT=pad([[BOS, *ids] for ids in targets]),
        tgt_out_BT=pad([[*ids, EOS] for ids in targets]),
        guide_BTS=None if guide_BTS is None else torch.from_numpy(guide_BTS),
    )


class Corpus:
    """Sentence pairs with their ids, tokenised once into the cache and memory-mapped.

    Args:
        pairs: the text.
        tokenizer: the vocabularies of both sides.
        max_length: pairs with a longer side, in tokens, are left out, and counted in `problems`.
        problems: counts the pairs that are left out.

    Raises:
        DataError: The cache cannot be written, or is damaged.
    """

    def __init__(self, pairs: Pairs, tokenizer: Tokenizer, max_length: int, problems: Problems) -> None:
        self.pairs = pairs
        self.tokenizer = tokenizer
        self.links: Links | None = None
        self._units: list[PieceUnits] = []
        self.ids = _tokenised(pairs, tokenizer)
        lengths = self.ids.with_format("numpy", columns=["source_length", "target_length"])[:]
        longest_N = np.maximum(lengths["source_length"], lengths["target_length"])
        self._usable = np.flatnonzero(longest_N <= max_length)
        left_out = np.flatnonzero(longest_N > max_length)
        if len(left_out):
            kind = f"pair longer than data.max_length = {max_length} tokens (left out)"
            problems.add(kind, pairs.where(int(left_out[0])), len(left_out))

    def __len__(self) -> int:
        return len(self._usable)

    def guided_by(self, links: Links) -> "Corpus":
        """Return the same corpus with the word links of all its pairs, from which its batches have a guide."""
        guided = copy.copy(self)
        guided.links = links
        guided._units = [side.units(links.split) for side in (self.tokenizer.source, self.tokenizer.target)]
        return guided

    def pools(self, seed: int | None = None, epoch: int = 0) -> list[NDArray[np.int64]]:
        """Return row numbers of an epoch's pools, in an order drawn from seed and epoch, or as they stand without."""
        rows = self._usable if seed is None else np.random.default_rng([seed, epoch]).permutation(self._usable)
        return [rows[start : start + POOL] for start in range(0, len(rows), POOL)]

    def batches(
        self, rows: NDArray[np.int64], batch_tokens: int, sampling: float = 0.0, seed: Sequence[int] | None = None
    ) -> Iterator[Batch]:
        """Yield the batches of a pool.

        Pairs are sorted by length, target first, and cut where pairs × longest side would exceed
        `batch_tokens`; a longer pair is a batch of its own.

        Args:
            rows: the row numbers of the pool.
            batch_tokens: the largest number of tokens, padding counted, of either side of a batch.
            sampling: the strength of subword sampling (`TokenizerConfig.sampling`); 0 takes the cached ids.
            seed: numbers from which the subwords and the order of batches are drawn; without it both are fixed.
        """
        draw, order_seed = np.random.SeedSequence([*(seed or ())]).spawn(2)
        text = self.pairs.dataset.select_columns(["source", "target"])[rows] if sampling or self.links else {}
        sources, targets = self._sampled(text, sampling, draw) if sampling else self._cached(rows)
        links = self.links.of_rows(rows) if self.links else None
        lengths_N2 = np.array(
            [[len(source) + 1, len(target) + 1] for source, target in zip(sources, targets, strict=True)]
        )
        order = np.lexsort((lengths_N2[:, 0], lengths_N2[:, 1]))
        batches = np.split(order, _cuts(lengths_N2[order].max(axis=1).tolist(), batch_tokens))
        if seed is not None:
            batches = [batches[i] for i in np.random.default_rng(order_seed).permutation(len(batches))]
        for batch in batches:
            part = [sources[i] for i in batch], [targets[i] for i in batch]
            yield collate(*part, self._guide(links, text, batch, part) if links else None)

    def _guide(
        self,
        links: list[list[int]],
        text: dict[str, list[str]],
        batch: NDArray[np.int64],
        ids: tuple[list[list[int]], list[list[int]]],
    ) -> NDArray[np.float32]:
        """Return what attention is taught on a batch, from the links and the text of its pool and its own ids."""
        units = (
            [finder.units_of_pieces(text[side][i], pieces) for i, pieces in zip(batch, own, strict=True)]
            for side, finder, own in zip(("source", "target"), self._units, ids, strict=True)
        )
        return attention_targets([links[i] for i in batch], *units)

    def _cached(self, rows: NDArray[np.int64]) -> tuple[list[list[int]], list[list[int]]]:
        ids = self.ids[rows]
        return ids["source"], ids["target"]

    def _sampled(
        self, text: dict[str, list[str]], strength: float, seed: np.random.SeedSequence
    ) -> tuple[list[list[int]], list[list[int]]]:
        seeds = seed.generate_state(2).tolist()
        source = self.tokenizer.source.sampler.sample(text["source"], strength, seeds[0])
        return source, self.tokenizer.target.sampler.sample(text["target"], strength, seeds[1])

    def texts(self) -> tuple[list[str], list[str]]:
        """Return the sources and the targets of the usable pairs."""
        text = self.pairs.dataset[self._usable]
        return list(text["source"]), list(text["target"])

    def in_order(self, batch_tokens: int) -> Iterator[Batch]:
        """Yield all usable pairs once, in batches of fixed order."""
        for rows in self.pools():
            yield from self.batches(rows, batch_tokens)


def _cuts(lengths: list[int], batch_tokens: int) -> list[int]:
    """Return where to cut so that rows × longest stays within the budget."""
    cuts, start, widest = [], 0, 0
    for place, length in enumerate(lengths):
        widest = max(widest, length)
        if place > start and widest * (place - start + 1) > batch_tokens:
            cuts.append(place)
            start, widest = place, length
    return cuts


def _tokenised(pairs: Pairs, tokenizer: Tokenizer) -> "Dataset":
    """Return the ids and lengths of both sides of all pairs, without begin and end tokens, from the cache."""
    from datasets import Features, List, Value

    def fill(writer: "ArrowWriter") -> dict[str, Any]:
        for batch in pairs.dataset.iter(1000):
            source, target = tokenizer.source.encode(batch["source"]), tokenizer.target.encode(batch["target"])
            lengths = {"source_length": [len(ids) for ids in source], "target_length": [len(ids) for ids in target]}
            writer.write_batch({"source": list(source), "target": list(target), **lengths})
        return {}

    ids, length = List(Value("int32")), Value("int32")
    features = Features({"source": ids, "target": ids, "source_length": length, "target_length": length})
    return cached_table("ids", f"{pairs.fingerprint}-{tokenizer.fingerprint}", features, fill)[0]
