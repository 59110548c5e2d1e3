"""Text to ids and back: one SentencePiece model a side, the same one when the vocabulary is shared.

A piece is traced to its word of the given text (see `seq2seq.words`) through SentencePiece's character
offsets, so that normalisation, which makes a no-break space a space, cannot shift an alignment.
"""

import bisect
import hashlib
import io
import itertools
import logging
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import sentencepiece

from seq2seq.config import TokenizerConfig
from seq2seq.corpus.guide import PieceUnits
from seq2seq.corpus.sampling import BPESampler, Sampler, UnigramSampler
from seq2seq.corpus.sources import Pairs
from seq2seq.errors import CheckpointError, ConfigError
from seq2seq.files import read_whole, reason
from seq2seq.symbols import BOS, EOS, PAD, UNK
from seq2seq.words import join_marks, word_spans

__all__ = ["Segmented", "Tokenizer", "Vocabulary"]

logger = logging.getLogger(__name__)

_MOST_TRAINING_PAIRS = 2_000_000  # more does not change a vocabulary, and costs memory
_FEWEST_PIECES = 8  # the least that `TokenizerConfig.vocabulary_size` may be


class Segmented(NamedTuple):
    """A text, its pieces' ids and names, its words, and for each piece the index of its word."""

    text: str
    ids: list[int]
    pieces: list[str]
    words: list[str]
    word_of_piece: list[int]


class Vocabulary:
    """The pieces of one side.

    Args:
        model: a serialised SentencePiece model with the ids of `seq2seq.symbols`.
        kind: the algorithm it was trained with.
    """

    def __init__(self, model: bytes, kind: Literal["bpe", "unigram"]) -> None:
        self.model = model
        self.kind = kind
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def __len__(self) -> int:
        return int(self._processor.get_piece_size())

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without begin or end token."""
        ids: list[list[int]] = self._processor.encode(list(texts), num_threads=1)
        return ids

    @cached_property
    def sampler(self) -> Sampler:
        """The sampler of random segmentations, for training."""
        return (BPESampler if self.kind == "bpe" else UnigramSampler)(self._processor)

    def units(self, split_punctuation: bool) -> PieceUnits:
        """Return what finds the units of each piece of a text, under any segmentation; see `PieceUnits`."""
        return PieceUnits(self._processor, split_punctuation)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids."""
        return str(self._processor.decode(list(ids)))

    def segment(self, text: str, split_punctuation: bool = False, join: bool = False) -> Segmented:
        """Return a given text with its pieces and its words.

        Args:
            text: the text.
            split_punctuation: whether marks are words of their own; see `word_spans`.
            join: whether marks that come tokenised are read as people write them, if the vocabulary was learned from
                such text; see `join_marks`. The words are those of the given text all the same.
        """
        spans = word_spans(text, split_punctuation)
        if join:
            text, spans = join_marks(text, spans, self._is_unknown_apart)
        return _segmented(text, self._processor.encode(text, return_type="offset_mapping"), spans)

    def _is_unknown_apart(self, mark: str) -> bool:
        """Return whether no piece begins with this mark after a space: so it hardly ever did in training."""
        return bool(self._processor.encode(mark, out_type=str)[:1] == ["▁"])

    def segment_ids(self, ids: Sequence[int], split_punctuation: bool = False) -> Segmented:
        """Return the text of ids, its words, and these very pieces, where encoding the text might give others."""
        if not ids:
            return Segmented("", [], [], [], [])
        mapping = self._processor.decode(list(ids), return_type="offset_mapping")
        return _segmented(mapping["text"], mapping, word_spans(mapping["text"], split_punctuation))


def _segmented(text: str, mapping: dict[str, Any], spans: list[tuple[int, int]]) -> Segmented:
    ends = [end for _, end in spans]
    # A piece belongs to the word of its last character (before it there may be space), or else to the next word.
    places = (max(begin, end - 1) for begin, end in mapping["offsets"])
    owners = [min(bisect.bisect_right(ends, place), len(spans) - 1) for place in places]
    return Segmented(text, list(mapping["ids"]), list(mapping["pieces"]), [text[a:b] for a, b in spans], owners)


class Tokenizer:
    """The vocabularies of both sides; one object serves both when they share it.

    Saved as ``tokenizer.model`` when shared, else as ``source.model`` and ``target.model``.
    """

    def __init__(self, source: Vocabulary, target: Vocabulary) -> None:
        self.source = source
        self.target = target

    @property
    def shared(self) -> bool:
        """Whether both sides use one vocabulary."""
        return self.source is self.target

    @property
    def fingerprint(self) -> str:
        """A short digest of both models: stored with weights, it tells with which tokenizer they were trained."""
        return hashlib.sha256(self.source.model + b"\0" + self.target.model).hexdigest()[:16]

    @classmethod
    def train(cls, pairs: Pairs, config: TokenizerConfig) -> "Tokenizer":
        """Train on the pairs' text, as one text for a shared vocabulary.

        Where ``vocabulary_size`` is more pieces than the text can fill (or one of two texts), the
        tokenizer has as many as it can fill, and a warning says so. Training with that number as
        ``vocabulary_size`` gives the same tokenizer.

        Raises:
            ConfigError: The vocabulary is too small for the text's characters, or the text too small
                for any vocabulary.
        """
        wanted, size = config.vocabulary_size, config.vocabulary_size
        while True:
            try:
                tokenizer = cls._with_size(pairs, config.model_copy(update={"vocabulary_size": size}))
            except _TooLargeError as error:
                size = error.most
                continue
            if size < wanted:
                logger.warning(f"tokenizer.vocabulary_size: this text fills {size} pieces, not {wanted}; using {size}")
            return tokenizer

    @classmethod
    def _with_size(cls, pairs: Pairs, config: TokenizerConfig) -> "Tokenizer":
        if config.shared:
            text = itertools.chain(_column(pairs, "source"), _column(pairs, "target"))
            both = Vocabulary(_train(text, config), config.kind)
            return cls(both, both)
        sides = (_train(_column(pairs, side), config) for side in ("source", "target"))
        return cls(*(Vocabulary(model, config.kind) for model in sides))

    def files(self) -> dict[str, bytes]:
        """Return the names and contents of the files that `load` reads back."""
        if self.shared:
            return {"tokenizer.model": self.source.model}
        return {"source.model": self.source.model, "target.model": self.target.model}

    @classmethod
    def load(cls, folder: Path, config: TokenizerConfig) -> "Tokenizer":
        """Read what `files` named from a run's directory.

        Raises:
            CheckpointError: A file is missing or no SentencePiece model.
        """
        vocabularies = []
        for name in ("tokenizer.model",) if config.shared else ("source.model", "target.model"):
            path = folder / name
            try:
                vocabularies.append(Vocabulary(read_whole(path) or b"empty", config.kind))
            except FileNotFoundError:
                raise CheckpointError(f"{path}: no such file; restore it from a copy of the run") from None
            except OSError as error:
                raise CheckpointError(f"{path}: cannot be read: {reason(error)}") from None
            except RuntimeError:
                raise CheckpointError(f"{path}: not a SentencePiece model; restore it from a copy of the run") from None
        return cls(vocabularies[0], vocabularies[-1])


def _column(pairs: Pairs, side: str) -> Iterator[str]:
    stride = -(-len(pairs) // _MOST_TRAINING_PAIRS)
    for start in range(0, len(pairs), 10_000):
        yield from itertools.islice(pairs.dataset[start : start + 10_000][side], None, None, stride)


class _TooLargeError(Exception):
    """A vocabulary has more pieces than its text can fill; `most` is how many it can."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def _train(lines: Iterator[str], config: TokenizerConfig) -> bytes:
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=lines,
            model_writer=model,
            model_type=config.kind,
            vocab_size=config.vocabulary_size,
            character_coverage=config.character_coverage,
            pad_id=PAD,
            unk_id=UNK,
            bos_id=BOS,
            eos_id=EOS,
            num_threads=1,  # the model must not depend on the machine
            minloglevel=3,
        )
    except RuntimeError as error:
        size = config.vocabulary_size
        if fewest := re.search(r"required_chars. \d+ vs (\d+)", str(error)):
            raise ConfigError(
                f"tokenizer.vocabulary_size: {size} does not fit: the text's characters need at least {fewest[1]}"
            ) from None
        if (most := re.search(r"value <= (\d+)", str(error))) and int(most[1]) < size:
            if int(most[1]) < _FEWEST_PIECES:
                raise ConfigError(
                    f"data.train: this text fills a vocabulary of {most[1]} pieces, and {_FEWEST_PIECES} are the "
                    "fewest; give it more text"
                ) from None
            raise _TooLargeError(int(most[1])) from None
        if "!sentences_.empty()" in str(error):
            raise ConfigError(
                "data.train: a vocabulary is learned from lines of up to 4,192 bytes, and there is none; put one "
                "sentence on a line"
            ) from None
        raise ConfigError(f"tokenizer: SentencePiece cannot train it: {' '.join(str(error).split())}") from None
    return model.getvalue()
