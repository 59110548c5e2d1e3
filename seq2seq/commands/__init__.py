"""The command line: parse, call one library function, print.

Results go to standard output, everything else to standard error. A user's mistake is one line and
exit status 2. Heavy imports wait inside the functions, so that ``--help`` is instant.
"""

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from seq2seq import __version__
from seq2seq.commands.alignment import aer, align, heatmap
from seq2seq.commands.data import data
from seq2seq.commands.demo import demo
from seq2seq.commands.evaluation import evaluate, score
from seq2seq.commands.messages import print_message, show_messages
from seq2seq.commands.training import config, publish, train
from seq2seq.commands.translation import translate
from seq2seq.errors import Seq2SeqError

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"seq2seq {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train, translate, evaluate, and see why: English-French translation with attention."""


for command in (train, translate, evaluate, score, align, aer, heatmap, config, publish, demo):
    app.command()(command)
app.add_typer(data, name="data")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # French, whatever the locale
    if arguments is None:
        arguments = sys.argv[1:]
    show_messages()
    try:
        result = app([*arguments] or ["--help"], prog_name="seq2seq", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except (Seq2SeqError, TyperException) as error:
        message = error.format_message() if isinstance(error, TyperException) else str(error)
        print_message(f"seq2seq: {' '.join(message.split())}")
        return 2
    except BrokenPipeError:  # the reader went away (`| head`): nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
