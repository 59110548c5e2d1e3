"""Token ids on disk, and batches of them: by token budget, sentences of like length together.

The order of an epoch is a function of seed and epoch, and a subword sample one of seed, epoch and
batch, so a resumed run needs to remember two numbers only.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import Pairs, cache_directory
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.symbols import BOS, EOS, PAD

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["Batch", "Corpus", "collate", "pad"]


class Batch(NamedTuple):
    """B sentence pairs; S and T are the longest source and target, end token counted.

    A source ends in EOS. ``tgt_in_BT`` begins with BOS, ``tgt_out_BT`` ends in EOS.
    """

    src_BS: Tensor
    src_lengths_B: Tensor
    tgt_in_BT: Tensor
    tgt_out_BT: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


def pad(rows: Sequence[Sequence[int]]) -> Tensor:
    """Ragged ids to a (rows, longest) tensor, filled up with PAD on the right."""
    filled = np.full((len(rows), max(map(len, rows), default=0)), PAD, dtype=np.int64)
    for row, ids in zip(filled, rows, strict=True):
        row[: len(ids)] = ids
    return torch.from_numpy(filled)


def collate(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> Batch:
    """A batch of pairs of ids without begin and end tokens."""
    return Batch(
        src_BS=pad([[*ids, EOS] for ids in sources]),
        src_lengths_B=torch.tensor([len(ids) + 1 for ids in sources]),
        tgt_in_BT=pad([[BOS, *ids] for ids in targets]),
        tgt_out_BT=pad([[*ids, EOS] for ids in targets]),
    )


class Corpus:
    """Sentence pairs with their ids, tokenised once into the cache and memory-mapped.

    Args:
        pairs: the text.
        tokenizer: of both sides.
        max_length: pairs with a longer side, in tokens, are left out, and counted in `problems`.
        problems: see `max_length`.
    """

    def __init__(self, pairs: Pairs, tokenizer: Tokenizer, max_length: int, problems: Problems) -> None:
        self.pairs = pairs
        self.tokenizer = tokenizer
        self.ids = _tokenised(pairs, tokenizer)
        lengths = self.ids.with_format("numpy", columns=["source_length", "target_length"])[:]
        self._lengths_N2 = np.stack([lengths["source_length"], lengths["target_length"]], axis=1) + 1  # end token
        self._usable = np.flatnonzero(self._lengths_N2.max(axis=1) <= max_length + 1)
        left_out = np.flatnonzero(self._lengths_N2.max(axis=1) > max_length + 1)
        if len(left_out):
            kind = f"pairs longer than data.max_length = {max_length} tokens (left out)"
            problems.add(kind, pairs.where(int(left_out[0])), len(left_out))

    def __len__(self) -> int:
        return len(self._usable)

    def epoch(self, batch_tokens: int, seed: int | None = None, epoch: int = 0) -> list[np.ndarray]:
        """The batches of an epoch, as row numbers.

        Rows are sorted by length (ties, and then the batches, in an order drawn from seed and epoch)
        and cut where rows × longest side would exceed `batch_tokens`; a single longer pair is a batch.
        Without a seed the order is fixed.
        """
        rows = self._usable
        random = None if seed is None else np.random.default_rng([seed, epoch])
        if random is not None:
            rows = random.permutation(rows)
        sources, targets = self._lengths_N2[rows].T
        order = np.lexsort((sources, targets))
        rows, longest = rows[order], np.maximum(sources, targets)[order]
        cuts, start, widest = [], 0, 0
        for place, length in enumerate(longest.tolist()):
            widest = max(widest, length)
            if place > start and widest * (place - start + 1) > batch_tokens:
                cuts.append(place)
                start, widest = place, length
        batches = np.split(rows, cuts) if len(rows) else []
        if random is not None:
            batches = [batches[i] for i in random.permutation(len(batches))]
        return batches

    def batch(self, rows: np.ndarray, sampling: float = 0.0, seed: Sequence[int] = ()) -> Batch:
        """The batch of these rows; with `sampling`, of segmentations drawn from `seed` (any numbers)."""
        if not sampling:
            ids = self.ids[rows]
            return collate(ids["source"], ids["target"])
        text = self.pairs.dataset[rows]
        drawn = np.random.SeedSequence([*seed]).generate_state(2)
        vocabularies = (self.tokenizer.source, self.tokenizer.target)
        sides = zip(vocabularies, (text["source"], text["target"]), drawn.tolist(), strict=True)
        return collate(*(vocabulary.sampler.sample(lines, sampling, number) for vocabulary, lines, number in sides))

    def texts(self) -> tuple[list[str], list[str]]:
        """Sources and targets of the usable pairs."""
        text = self.pairs.dataset[self._usable]
        return list(text["source"]), list(text["target"])

    def in_order(self, batch_tokens: int) -> Iterator[Batch]:
        """All usable pairs once, in batches of fixed order."""
        for rows in self.epoch(batch_tokens):
            yield self.batch(rows)


def _tokenised(pairs: Pairs, tokenizer: Tokenizer) -> "Dataset":
    def encode(batch: dict[str, list[str]]) -> dict[str, list[object]]:
        source, target = tokenizer.source.encode(batch["source"]), tokenizer.target.encode(batch["target"])
        return {
            "source": list(source),
            "target": list(target),
            "source_length": [len(ids) for ids in source],
            "target_length": [len(ids) for ids in target],
        }

    from datasets import Features, List, Value

    fingerprint = f"{pairs.fingerprint}-{tokenizer.fingerprint}"
    folder = cache_directory() / "ids"
    folder.mkdir(parents=True, exist_ok=True)
    ids, length = List(Value("int32")), Value("int32")
    return pairs.dataset.map(
        encode,
        remove_columns=["line"],
        batched=True,
        features=Features({"source": ids, "target": ids, "source_length": length, "target_length": length}),
        new_fingerprint=fingerprint,
        cache_file_name=str(folder / f"{fingerprint}.arrow"),
    )
