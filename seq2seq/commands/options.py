"""Options that several commands share, each spelled once."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seq2seq.config import Config
    from seq2seq.corpus.lines import Problems
    from seq2seq.decoding.translator import Translation, Translator

__all__ = [
    "Beam",
    "Device",
    "Json",
    "Labels",
    "Output",
    "RunName",
    "Set",
    "load_translator",
    "read_parallel",
    "translate_chunks",
    "warn_if_cut",
]

logger = logging.getLogger(__name__)

RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's directory, or the name of a shipped model.", show_default=False)
]
Device = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")]
Beam = Annotated[
    int | None, typer.Option(min=1, help="Beam size; 1 is greedy. [default: as configured]", show_default=False)
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override an option of the config, such as decoding.alpha=0.8; repeatable."
    ),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write. [default: standard output]")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Labels = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Labels of each sentence, with spaces between: adds scores by label."),
]


def read_parallel(first: str, second: str, problems: "Problems") -> tuple[list[str], list[str]]:
    """The lines of two files that answer each other; each is a path, or the name of a corpus' file.

    Raises:
        DataError: see `parallel_lines`.
    """
    from seq2seq.corpus.sources import find_file, parallel_lines

    pairs = [(left, right) for _, left, right, _ in parallel_lines(find_file(first), find_file(second), problems)]
    return [left for left, _ in pairs], [right for _, right in pairs]


def translate_chunks(
    translator: "Translator", chunks: "Iterable[list[str]]", name: str, nbest: int = 1, total: int | None = None
) -> "Iterator[tuple[list[str], list[list[Translation]]]]":
    """Each chunk of the lines of `name` with its translations; a bar, shown to people only, and warnings beside."""
    from tqdm import tqdm

    done = 0
    with tqdm(total=total, unit="line", disable=None, leave=False, dynamic_ncols=True) as bar:
        for chunk in chunks:
            translations = translator.translate(chunk, nbest)
            for number, found in enumerate(translations, done + 1):
                warn_if_cut(found, translator.config.max_input, f"{name}:{number}")
            yield chunk, translations
            done += len(chunk)
            bar.update(len(chunk))


def warn_if_cut(translations: "Sequence[Translation]", most: int, place: str) -> None:
    """A warning if the line at `place`, of which these are the translations, was longer than `most` tokens."""
    if translations[0].cut:
        logger.warning(f"{place}: cut after decoding.max_input = {most} tokens")


def load_translator(
    name: str, device: str, overrides: list[str] | None, beam: int | None = None
) -> "tuple[Translator, Config]":
    """The translator of a run and its config, search as configured, overridden by ``--set`` and by flags.

    Raises:
        Seq2SeqError: see `find_run`, `Run` and `with_overrides`.
    """
    from seq2seq.checkpoint import Run, find_run
    from seq2seq.config_file import with_overrides
    from seq2seq.decoding.translator import Translator
    from seq2seq.devices import select_device
    from seq2seq.process import exact_float32

    exact_float32()
    run = Run(find_run(name))
    flags = [] if beam is None else [f"decoding.beam={beam}"]
    config = with_overrides(run.config(), [*(overrides or []), *flags], section="decoding")
    tokenizer = run.tokenizer(config)
    return Translator(run.model(config, tokenizer, select_device(device)), tokenizer, config.decoding), config
