"""What ``align`` does between options and output: it reads pairs, aligns them in one or both directions, and links.

Everything streams: a pair is read when its turn comes, from files that may hold millions.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seq2seq.commands.options import link_lines, names_file
from seq2seq.errors import CheckpointError, ConfigError, DataError
from seq2seq.words import counted, split_words

if TYPE_CHECKING:
    from seq2seq.alignment import Alignment, Gold, Link, Method
    from seq2seq.corpus.lines import Problems
    from seq2seq.decoding.maps import Units
    from seq2seq.decoding.translator import Translator

__all__ = ["STATISTICAL", "Linked", "Pairs", "Reverse", "check_statistical", "directions", "linked"]

logger = logging.getLogger(__name__)

STATISTICAL = "hmm"  # the RUN that is no model, but learns from the pairs that it aligns
_FEW = 1_000  # pairs: from fewer, the statistical aligner learns much that is wrong


@dataclass(frozen=True)
class Pairs:
    """Two files that translate each other, line by line, which can be read several times.

    Attributes:
        names: what the source and the target file were called.
        paths: where they are.
        count: how many lines each has.
        split_punctuation: whether marks are words of their own.
    """

    names: tuple[str, str]
    paths: tuple[Path, Path]
    count: int
    split_punctuation: bool

    @classmethod
    def read(cls, source: str, target: str, split_punctuation: bool, problems: "Problems") -> "Pairs":
        """Find the files, and read them once, to see that they are parallel.

        Raises:
            DataError: a file cannot be read, or has more lines than the other.
        """
        from seq2seq.corpus.sources import find_file, parallel_lines

        paths = find_file(source), find_file(target)
        count = sum(1 for _ in parallel_lines(*paths, problems))
        return cls((source, target), paths, count, split_punctuation)

    def side(self, number: int) -> Iterator[str]:
        """Yield the lines of the sources (0) or of the targets (1)."""
        from seq2seq.corpus.lines import Problems, read_lines

        return (line for line, _ in read_lines(self.paths[number], Problems()))

    def place(self, number: int) -> Callable[[int], str]:
        """Return what messages call a line of the sources (0) or of the targets (1), given its number."""
        return lambda line: f"{self.names[number]}:{line}"

    def words(self) -> Iterator[tuple[list[str], list[str]]]:
        """Yield the words of each pair."""
        for source, target in zip(self.side(0), self.side(1), strict=True):
            yield split_words(source, self.split_punctuation), split_words(target, self.split_punctuation)

    def gold(self, name: str, one_based: bool | None, problems: "Problems") -> "list[Gold]":
        """Return the true links of these pairs' words, which a file holds.

        Raises:
            Seq2SeqError: see `read_links` and `check_links`.
        """
        from seq2seq.alignment import check_links, read_links

        file = link_lines(name, problems, one_based)
        found = read_links(file, self.count)
        asks_base = "" if file.naacl or one_based is not None else "counted from 1 (--one-based), or "
        sizes = ((len(left), len(right)) for left, right in self.words())
        check_links(file, found, sizes, f"are these links {asks_base}{self.other_words}?")
        return found

    @property
    def other_words(self) -> str:
        """What an error calls the words that these are not."""
        if self.split_punctuation:
            return "of words as they are given (without --split-punctuation)"
        return "of words with punctuation apart (--split-punctuation)"


class Reverse(NamedTuple):
    """How links become those of both directions.

    Attributes:
        method: the way to symmetrise; None is one direction alone.
        name: the run that translates from target to source, or the file of its links; None where RUN has both.
        swapped: whether the links of that file are target-source.
    """

    method: "Method | None"
    name: str | None
    swapped: bool

    def check(self, run: str) -> None:
        """Refuse what does not go together, before any work is done.

        Raises:
            ConfigError: an option lacks another one, or has no use with it.
            CheckpointError: --reverse names neither a run nor a file.
        """
        if self.name is not None and self.method is None:
            raise ConfigError(
                f"--reverse {self.name}: say how to combine both directions, with --symmetrize grow-diag, say"
            )
        if self.method is not None and self.name is None and run != STATISTICAL:
            raise ConfigError(
                f"--symmetrize {self.method}: needs the other direction: --reverse RUN, a model from target to source, "
                "or --reverse FILE, a file of links"
            )
        if self.name is not None and run == STATISTICAL:
            raise ConfigError(f"--reverse {self.name}: {STATISTICAL} learns both directions by itself; leave it out")
        if self.swapped and not self.is_file:
            raise ConfigError("--swapped: is about links that --reverse FILE names; leave it out")
        if self.name is not None and not self.is_file:
            self._check_run(self.name)

    def _check_run(self, name: str) -> None:
        from seq2seq.checkpoint import find_run

        if name == STATISTICAL:
            raise ConfigError(
                f"--reverse {STATISTICAL}: is no model of one direction; `seq2seq align {STATISTICAL} --symmetrize "
                f"{self.method}` combines both directions that it learns (a run of that name is ./{STATISTICAL})"
            )
        try:
            find_run(name)
        except CheckpointError:
            raise CheckpointError(
                f"--reverse {name}: no such run or file; give a model from target to source, or a file of links"
            ) from None

    @property
    def is_file(self) -> bool:
        """Whether the other direction is a file of links."""
        return self.name is not None and names_file(self.name)


def check_statistical(
    method: "Method | None", threshold: float | None, set_: Sequence[str] | None, device: str
) -> None:
    """Refuse options that the statistical aligner does not have, before any work is done.

    Raises:
        ConfigError: an option would be ignored, or leave no link at all.
    """
    if set_:
        raise ConfigError(f"--set {set_[0]}: {STATISTICAL} is no model and has no options; leave it out")
    if device == "cuda":
        raise ConfigError(f"--device {device}: {STATISTICAL} computes on the CPU alone; leave it out")
    if threshold is not None and threshold >= 1 and method is None:
        raise ConfigError(
            f"--threshold {threshold:g}: {STATISTICAL} links words whose probability is above it; give one below 1"
        )


class _Direction(NamedTuple):
    """The links (source, target) that one direction draws in a pair, and the weight that it gives to any link."""

    links: "list[Link]"
    weight: "Callable[[Link], float]"


class Linked(NamedTuple):
    """A pair's words, its links, and what gives each link's weight."""

    words: tuple[list[str], list[str]]
    links: "list[Link]"
    weight: "Callable[[Link], float]"


def directions(
    run: str, pairs: Pairs, reverse: Reverse, threshold: float | None, load: "Callable[[str], Translator]"
) -> "list[Iterator[_Direction]]":
    """Return the links of each pair in the forward direction, and in the reverse one if it is asked for.

    Args:
        run: a run, or `STATISTICAL`.
        pairs: what to align.
        reverse: where the reverse direction comes from.
        threshold: see `Alignment.links`; None is the run's own.
        load: loads the translator of a run.

    Raises:
        Seq2SeqError: a run cannot be loaded, or does not translate from target to source as it should.
    """
    if run == STATISTICAL:
        return _learned(pairs, reverse, threshold)
    model = _loaded(load, run, run if reverse.name else "")
    forward = _forward(_aligned(model, pairs, (0, 1)), threshold)
    if reverse.name is None:
        return [forward]
    if reverse.is_file:
        return [forward, _from_file(reverse.name, pairs, reverse.swapped)]
    opposite = _loaded(load, reverse.name, f"--reverse {reverse.name}")
    if opposite.languages != model.languages[::-1]:
        raise ConfigError(
            f"--reverse {reverse.name}: translates {' to '.join(opposite.languages)}, but the opposite of {run}, which "
            f"translates {' to '.join(model.languages)}, is needed"
        )
    return [forward, _backward(_aligned(opposite, pairs, (1, 0)), threshold)]


def _loaded(load: "Callable[[str], Translator]", run: str, label: str) -> "Translator":
    """Load a translator; an error of an option, which may be about either of two, begins with the label."""
    try:
        return load(run)
    except ConfigError as error:
        raise ConfigError(f"{label}: {error}" if label else str(error)) from None


def _learned(pairs: Pairs, reverse: Reverse, threshold: float | None) -> "list[Iterator[_Direction]]":
    """Return the links of the statistical aligner: those on which its directions agree, or those of each."""
    from seq2seq.alignment.hmm import WordAligner

    if pairs.count < _FEW:
        logger.warning(
            f"{STATISTICAL} has {counted(pairs.count, 'pair')} to learn from and needs thousands: expect wrong links, "
            "or put more text of the kind before these pairs (docs/guide.md)"
        )
    found = WordAligner.fit(pairs.words(), place=pairs.place(0)).align(pairs.words())
    if reverse.method is None:
        options = () if threshold is None else (threshold,)
        return [(_Direction(one.links(*options), one.weight) for one in found)]
    left, right = tee(found)
    forward, backward = (one.forward() for one in left), (one.reverse() for one in right)
    return [_forward(forward, threshold), _backward(backward, threshold)]


def _aligned(model: "Translator", pairs: Pairs, sides: tuple[int, int]) -> "Iterator[Alignment]":
    units: Units = "split" if pairs.split_punctuation else "words"
    source, target = sides
    return model.align(pairs.side(source), pairs.side(target), units, places=(pairs.place(source), pairs.place(target)))


def _forward(alignments: "Iterable[Alignment]", threshold: float | None) -> Iterator[_Direction]:
    for alignment in alignments:
        yield _Direction(alignment.links(threshold), alignment.weight)


def _backward(alignments: "Iterable[Alignment]", threshold: float | None) -> Iterator[_Direction]:
    for alignment in alignments:
        yield _Direction(_swapped(alignment.links(threshold)), partial(_swapped_weight, alignment))


def _from_file(name: str, pairs: Pairs, swapped: bool) -> Iterator[_Direction]:
    """Return an iterator over the links of a file in Pharaoh format, all of which were read once before.

    Raises:
        DataError: see `parse_weights` and `check_base`; a link is beyond its sentences; or there are more or fewer
            lines than pairs.
    """
    from seq2seq.alignment import check_base
    from seq2seq.corpus.lines import Problems, read_lines
    from seq2seq.corpus.sources import find_file

    path, problems = find_file(name), Problems()
    lines = sum(1 for _ in read_lines(path, problems))
    if lines != pairs.count:
        raise DataError(
            f"{name} has {counted(lines, 'line')} for {counted(pairs.count, 'pair')}: line i must hold the "
            "links of pair i"
        )
    problems.log()
    checked = _read_directions(path, name, pairs, swapped)
    check_base(name, (link for one in checked for link in one.links), "rewrite it so that they are counted from 0")
    for _ in checked:  # the rest
        pass
    return _read_directions(path, name, pairs, swapped)


def _read_directions(path: Path, name: str, pairs: Pairs, swapped: bool) -> Iterator[_Direction]:
    from seq2seq.alignment import check_range, parse_weights
    from seq2seq.corpus.lines import Problems, read_lines

    order = "source-target: leave out --swapped" if swapped else "target-source: add --swapped"
    hint = f"is this file {order}, or are its links counted from 1, or {pairs.other_words}?"
    for number, ((line, _), words) in enumerate(zip(read_lines(path, Problems()), pairs.words(), strict=True), 1):
        weights = parse_weights(line, f"{name}:{number}")
        if swapped:
            weights = {(source, target): weight for (target, source), weight in weights.items()}
        links = sorted(weights)
        check_range(links, (len(words[0]), len(words[1])), f"{name}:{number}", hint)
        yield _Direction(links, partial(_given_weight, weights))


def _swapped(links: "Iterable[Link]") -> "list[Link]":
    return sorted((target, source) for source, target in links)


def _swapped_weight(alignment: "Alignment", link: "Link") -> float:
    return alignment.weight((link[1], link[0]))


def _given_weight(weights: "Mapping[Link, float]", link: "Link") -> float:
    return weights.get(link, 0.0)


def _mean_weight(one: _Direction, other: _Direction, link: "Link") -> float:
    return (one.weight(link) + other.weight(link)) / 2


def linked(pairs: Pairs, drawn: "Sequence[Iterator[_Direction]]", method: "Method | None") -> Iterator[Linked]:
    """Yield each pair with the links of its one direction, or with those of both combined, and their mean weight."""
    from seq2seq.alignment import symmetrize

    for words, *found in zip(pairs.words(), *drawn, strict=True):
        if method is None:
            (only,) = found
            yield Linked(words, only.links, only.weight)
        else:
            forward, reverse = found
            both = symmetrize(forward.links, reverse.links, method)
            yield Linked(words, both, partial(_mean_weight, forward, reverse))
