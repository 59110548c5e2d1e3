"""Alignments as one HTML page that needs nothing else: no network, no fonts, no other file.

Design decisions:
- The page is a template, a style sheet and scripts, the files of ``assets``, with the data of all sentences as JSON.
  Scripts only ever put data into text and attributes, never into markup, so that no word can be taken for any; the
  page's own policy (Content-Security-Policy) allows nothing but its one style sheet and one script, by their hashes.
- Links are those of the layer and head that is looked at. They are found here, by `Alignment.links`, from weights that
  are not rounded, so that the page never shows another link than every other command does.
- Every map, layer and head is there. A weight takes a byte, the square root of it in 255ths, so that 0 and 1 are exact
  and small weights keep two digits; a map's weights are compressed, and the page unpacks those that are looked at.
- Sentences are written as they come, and never held together.
"""

import base64
import hashlib
import html
import json
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.alignment.alignment import Alignment, Link, mean
from seq2seq.alignment.links import Gold
from seq2seq.alignment.output import blamed, check_output, writing
from seq2seq.alignment.scoring import score_links
from seq2seq.errors import DataError

__all__ = ["PageSentence", "PageStyle", "Target", "check_page", "open_page", "write_page"]

_ASSETS = Path(__file__).parent / "assets"
_SCRIPTS = ("data.js", "views.js", "sentences.js", "address.js", "page.js")
_LINKED = ("alignment", "cross")  # maps of a target's words over the source's, which links and probabilities belong to


@dataclass(frozen=True)
class PageStyle:
    """What a page says of all its sentences, and what it shows first.

    Attributes:
        title: the heading, or "" for none.
        model: the name of the model.
        languages: of the source and of the target.
        units: ``words``, ``split`` (words with punctuation split off) or ``pieces``.
        map: the map that is shown first.
        layers: for each map, the layer that is shown first, from 1.
        head: the head that is shown first, from 1, or 0 for the mean.
        links: whether links are marked from the start.
        ends: whether the end tokens are shown from the start.
    """

    title: str
    model: str
    languages: tuple[str, str]
    units: str
    map: str
    layers: Mapping[str, int]
    head: int = 0
    links: bool = False
    ends: bool = True


@dataclass(frozen=True)
class Target:
    """A translation, or a given target, with all that the page shows of it.

    Attributes:
        name: what the page calls it.
        text: the text, as the page's search reads it.
        words: its units, the end token last.
        log_probs: the log-probability of each unit; nan where there is none. Empty if they are not known.
        maps: for each map, its layers, each a list of heads.
        score: the score of the search.
        links: the links of the model's alignment, which the error rate is that of.
        gold: true links.
    """

    name: str
    text: str
    words: Sequence[str]
    log_probs: Sequence[float]
    maps: Mapping[str, Sequence[Sequence[Alignment]]]
    score: float | None = None
    links: Sequence[Link] = ()
    gold: Gold | None = None


@dataclass(frozen=True)
class PageSentence:
    """A source with its targets, all of which have the same maps.

    Attributes:
        name: what the page calls it, such as its file and line.
        source: the text.
        targets: one or more.
    """

    name: str
    source: str
    targets: Sequence[Target] = field(default_factory=tuple)


def check_page(path: Path) -> None:
    """Refuse a page that could not be written, before any work is done.

    Raises:
        ConfigError: the name does not end in ``.html``, or no file of that name can be written.
    """
    check_output(path, [".html"], "a page is")


def write_page(path: Path, sentences: Iterable[PageSentence], style: PageStyle) -> None:
    """Write a page of sentences; see `open_page`."""
    with open_page(path, style) as add:
        for sentence in sentences:
            add(sentence)


@contextmanager
def open_page(path: Path, style: PageStyle) -> Iterator[Callable[[PageSentence], None]]:
    """Yield a function that adds a sentence to a page, which appears when all are written.

    Equal sentences give equal files.

    Raises:
        ConfigError: see `check_page`.
    """
    check_page(path)
    before, after = _frame(style)
    with writing(path) as temporary, temporary.open("w", encoding="utf-8", errors="replace", newline="\n") as stream:

        def write(text: str) -> None:
            with blamed(path):
                stream.write(text)

        write(before + f'{{"about": {_json(asdict(style))}, "sentences": [')
        separator = "\n"

        def add(sentence: PageSentence) -> None:
            nonlocal separator
            write(separator + _json(_record(sentence)))
            separator = ",\n"

        yield add
        write("\n]}" + after)


def _frame(style: PageStyle) -> tuple[str, str]:
    """Return what stands before and after the data."""
    sheet = _asset("page.css")
    script = "\n".join(map(_asset, _SCRIPTS))
    policy = (
        f"default-src 'none'; style-src {_hash(sheet)}; script-src {_hash(script)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'"
    )
    title, name = html.escape(style.title), html.escape(style.title or style.model)
    parts = {"policy": policy, "name": name, "title": title, "style": sheet, "script": script, "data": "\0"}
    page = re.sub(r"\{(policy|name|title|style|script|data)\}", lambda found: parts[found[1]], _asset("page.html"))
    before, after = page.split(parts["data"])
    return before, after


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: Any) -> str:
    """Return JSON in ASCII that no HTML parser takes for markup."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Shared:
    """What a sentence's maps have in common, each once: lists of units, and arrays; maps name them by number.

    An encoder's map is the same for all targets.
    """

    def __init__(self) -> None:
        self._axes: dict[tuple[tuple[str, ...], bool], int] = {}
        self._arrays: dict[str, int] = {}

    def axis(self, words: Sequence[str], has_end: bool) -> int:
        """Return the number of a list of units, of which the last may be the end token."""
        return self._axes.setdefault((tuple(words), has_end), len(self._axes))

    def array(self, array: NDArray[np.uint8]) -> int:
        """Return the number of an array, which is kept compressed."""
        packed = base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()
        return self._arrays.setdefault(packed, len(self._arrays))

    def record(self) -> dict[str, Any]:
        """Return all of it, by number, as the page reads it."""
        return {
            "axes": [{"words": list(words), "end": has_end} for words, has_end in self._axes],
            "arrays": list(self._arrays),
        }


def _record(sentence: PageSentence) -> dict[str, Any]:
    shared = _Shared()
    targets = [_target(target, shared) for target in sentence.targets]
    return {"name": sentence.name, "source": sentence.source, "targets": targets, **shared.record()}


def _target(target: Target, shared: _Shared) -> dict[str, Any]:
    gold = target.gold or Gold(frozenset(), frozenset())
    return {
        "name": target.name,
        "text": target.text,
        "words": shared.axis(target.words, True),
        "score": None if target.score is None else round(target.score, 4),
        "log_probs": [None if math.isnan(value) else round(value, 4) for value in target.log_probs] or None,
        "aer": _error_rate(target),
        "sure": sorted(gold.sure),
        "possible": sorted(gold.possible),
        "maps": {name: _map(name, layers, shared) for name, layers in target.maps.items()},
    }


def _error_rate(target: Target) -> float | None:
    if target.gold is not None:
        with suppress(DataError):  # no links, or no gold
            return round(score_links([target.links], [target.gold]).aer, 2)
    return None


def _map(name: str, layers: Sequence[Sequence[Alignment]], shared: _Shared) -> dict[str, Any]:
    units = layers[0][0]
    weights_LHTS = np.stack([np.stack([head.weights_TS for head in heads]) for heads in layers])
    return {
        "rows": shared.axis(units.target, units.target_end),
        "columns": shared.axis(units.source, units.source_end),
        "layers": len(layers),
        "heads": len(layers[0]),
        "links": shared.array(_links(layers)) if name in _LINKED else None,
        "weights": shared.array(np.rint(255 * np.sqrt(weights_LHTS)).astype(np.uint8)),
    }


def _links(layers: Sequence[Sequence[Alignment]]) -> NDArray[np.uint8]:
    """Return a bit for each layer, head (0 is the mean of all), target and source: whether the two are linked."""
    marked_LHTS = np.zeros((len(layers), 1 + len(layers[0]), *layers[0][0].weights_TS.shape), dtype=np.bool_)
    for layer, heads in enumerate(layers):
        for head, alignment in enumerate([mean(heads), *heads]):
            for source, target in alignment.links():
                marked_LHTS[layer, head, target, source] = True
    return np.packbits(marked_LHTS)
