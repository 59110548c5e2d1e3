"""Options that several commands share, each spelled once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from tqdm import tqdm

    from seq2seq.alignment import LinkLines
    from seq2seq.corpus.lines import Problems
    from seq2seq.decoding.translator import Translator

__all__ = [
    "Beam",
    "Device",
    "Json",
    "Labels",
    "OneBased",
    "Output",
    "RunName",
    "Set",
    "given",
    "link_lines",
    "load_translator",
    "names_file",
    "progress",
    "read_parallel",
    "refuse_to_replace",
]

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
OneBased = Annotated[
    bool | None,
    typer.Option(
        "--one-based/--zero-based", help="Whether GOLD counts words from 1 or from 0. [default: 0, and checked]",
        show_default=False,
    ),
]  # fmt: skip
Labels = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Labels of each sentence, with spaces between: adds scores by label."),
]


def given(context: typer.Context, names: Sequence[str]) -> str | None:
    """Return how the first of some options is spelled that the command line gives, or None if it gives none of them.

    Args:
        context: of the command.
        names: the names of the options' parameters.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is not None and source.name != "DEFAULT":
            return parameter.opts[0]
    return None


def names_file(argument: str) -> bool:
    """Return whether there is a file of that name, as a path or as the name of a corpus' file."""
    from seq2seq.corpus.sources import find_file
    from seq2seq.errors import DataError

    try:
        path = find_file(argument)
        return path.exists() and not path.is_dir()
    except (DataError, OSError):  # too long for a name, say
        return False


def refuse_to_replace(output: Path | None, inputs: Mapping[str, str | None], option: str = "-o") -> None:
    """Refuse an output that is one of the files that are read.

    Args:
        output: the file to write, or None.
        inputs: the files to read by their options, as paths or as names of a corpus' files; None or a name that is no
            file's (a run's, say) is fine.
        option: the option that names the output.

    Raises:
        ConfigError: the output would replace an input.
    """
    from seq2seq.corpus.lines import is_same_file
    from seq2seq.corpus.sources import find_file
    from seq2seq.errors import ConfigError

    if output is None:
        return
    for read_by, name in inputs.items():
        if name is not None and names_file(name) and is_same_file(output, find_file(name)):
            raise ConfigError(
                f"{option} {output}: is the file of {read_by}, which it would replace; choose another name"
            )


def read_parallel(first: str, second: str, problems: "Problems") -> tuple[list[str], list[str]]:
    """Return the lines of two parallel files; each is a path, or the name of a corpus' file.

    Raises:
        DataError: see `parallel_lines`.
    """
    from seq2seq.corpus.sources import find_file, parallel_lines

    pairs = [(left, right) for _, left, right, _ in parallel_lines(find_file(first), find_file(second), problems)]
    return [left for left, _ in pairs], [right for _, right in pairs]


def link_lines(name: str, problems: "Problems", one_based: bool | None, option: str = "--one-based") -> "LinkLines":
    """Return the lines of a file of links; it is a path, or the name of a corpus' file.

    Raises:
        DataError: see `read_text_lines`.
    """
    from seq2seq.alignment import LinkLines
    from seq2seq.corpus.lines import read_text_lines
    from seq2seq.corpus.sources import find_file

    return LinkLines(name, read_text_lines(find_file(name), problems), one_based, option)


def load_translator(
    run: str, device: str, overrides: Sequence[str] | None = None, beam: int | None = None
) -> "Translator":
    """Load a translator as ``--device``, ``--set`` and ``--beam`` say, in a process with the command line's settings.

    Raises:
        Seq2SeqError: see `limit_memory` and `Translator.load`.
    """
    from seq2seq import Translator
    from seq2seq.devices import select_device
    from seq2seq.process import exact_float32, limit_memory

    exact_float32()
    limit_memory(select_device(device))
    options = {} if beam is None else {"beam": beam}
    return Translator.load(run, device=device, overrides=overrides or (), **options)


def progress(total: int | None = None, is_hidden: bool = False) -> "tqdm[Any]":
    """Return a bar that counts lines; it is shown where standard error is a terminal, unless it is to be hidden."""
    from tqdm import tqdm

    return tqdm(total=total, unit="line", disable=is_hidden or None, leave=False, dynamic_ncols=True)
