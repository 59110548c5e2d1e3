"""Alignments as data, with the units that they belong to, so that others can draw or study them.

A ``.json`` file holds one object:

    {"format": "seq2seq-alignments-1", "model": "multi30k-rnn", "languages": ["en", "fr"], "map": "cross",
     "units": "split", "sentences": [
       {"line": 1, "source": "The dog.", "target": "Le chien.",
        "source_units": ["The", "dog", ".", "</s>"], "target_units": ["Le", "chien", ".", "</s>"],
        "source_end": true, "target_end": true, "layers": [1], "heads": ["mean"],
        "links": [[[[0, 0], [1, 1], [2, 2]]]], "weights": [[[[0.9, 0.1, 0, 0], …]]]}]}

``weights`` has the indices layer, head, target unit, source unit. ``links`` has layer and head, and holds pairs of a
source and a target unit, counted from 0. ``source_end`` and ``target_end`` say whether the last unit of a side is the
end token. ``layers`` and ``heads`` are numbers from 1; ``heads`` is ``["mean"]`` where the mean of all stands for them.

A ``.npz`` file (NumPy) holds the same object, but for the weights, as JSON in the array ``about``, and the weights of
line *i* as float32 in the array ``weights_i``.
"""

import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seq2seq.alignment.alignment import Alignment
from seq2seq.alignment.links import links
from seq2seq.alignment.output import blamed, blaming, check_output, writing

__all__ = ["About", "Sentence", "check_data", "open_data"]

_ENDINGS = (".json", ".npz")


@dataclass(frozen=True)
class About:
    """What all sentences of a file have in common.

    Attributes:
        model: the name of the model.
        languages: of the source and of the target.
        map: the name of the map.
        units: ``words``, ``split`` (words with punctuation split off) or ``pieces``.
    """

    model: str
    languages: tuple[str, str]
    map: str
    units: str


@dataclass(frozen=True)
class Sentence:
    """A pair of sentences with some of its layers and heads.

    Attributes:
        line: its number in the file that it comes from, from 1.
        source: the text of the source.
        target: the text of the target.
        layers: the numbers of the layers, from 1.
        heads: the numbers of the heads, from 1; empty where their mean stands for them.
        alignments: the alignment of each head (or the mean) of each layer, end tokens included.
    """

    line: int
    source: str
    target: str
    layers: Sequence[int]
    heads: Sequence[int]
    alignments: Sequence[Sequence[Alignment]]


def check_data(path: Path) -> None:
    """Refuse a file of data that could not be written, before any work is done.

    Raises:
        ConfigError: the name ends in neither ``.json`` nor ``.npz``, or no file of that name can be written.
    """
    check_output(path, _ENDINGS, "weights are")


@contextmanager
def open_data(path: Path, about: About) -> Iterator[Callable[[Sentence], None]]:
    """Yield a function that adds a sentence to a file of data, which appears when all are written.

    Raises:
        ConfigError: see `check_data`.
    """
    check_data(path)
    opened = _open_json if path.suffix.lower() == ".json" else _open_npz
    with writing(path) as temporary, blaming(opened(temporary, about), path) as add:

        def blamed_add(sentence: Sentence) -> None:
            with blamed(path):
                add(sentence)

        yield blamed_add


@contextmanager
def _open_json(path: Path, about: About) -> Iterator[Callable[[Sentence], None]]:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(json.dumps(_header(about), ensure_ascii=False)[:-1] + ', "sentences": [')
        separator = "\n"

        def add(sentence: Sentence) -> None:
            nonlocal separator
            record = _record(sentence) | {"weights": _shortest(_weights(sentence))}
            stream.write(separator + json.dumps(record, ensure_ascii=False))
            separator = ",\n"

        yield add
        stream.write("\n]}\n")


@contextmanager
def _open_npz(path: Path, about: About) -> Iterator[Callable[[Sentence], None]]:
    records: list[dict[str, Any]] = []
    with zipfile.ZipFile(path, "w") as archive:

        def write(name: str, array: Any) -> None:
            entry = zipfile.ZipInfo(f"{name}.npy")  # without the time, so that equal weights give equal files
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)

        def add(sentence: Sentence) -> None:
            records.append(_record(sentence))
            write(f"weights_{sentence.line}", _weights(sentence))

        yield add
        write("about", json.dumps(_header(about) | {"sentences": records}, ensure_ascii=False))


def _header(about: About) -> dict[str, Any]:
    return {
        "format": "seq2seq-alignments-1",
        "model": about.model,
        "languages": list(about.languages),
        "map": about.map,
        "units": about.units,
    }


def _record(sentence: Sentence) -> dict[str, Any]:
    units = sentence.alignments[0][0]
    return {
        "line": sentence.line,
        "source": sentence.source,
        "target": sentence.target,
        "source_units": list(units.source),
        "target_units": list(units.target),
        "source_end": units.source_end,
        "target_end": units.target_end,
        "layers": list(sentence.layers),
        "heads": list(sentence.heads) or ["mean"],
        "links": [[[list(link) for link in links(head)] for head in layer] for layer in sentence.alignments],
    }


def _weights(sentence: Sentence) -> Any:
    """Return the weights (layers × heads × T × S)."""
    return np.stack([np.stack([head.weights_TS for head in layer]) for layer in sentence.alignments])


def _shortest(weights: Any) -> Any:
    """Return weights as nested lists of numbers, of as few digits as tell each float32 from all others."""
    return weights.astype(str).astype(np.float64).tolist()
