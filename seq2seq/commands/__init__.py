"""The command line: parse, call one library function, print.

Results go to standard output, everything else to standard error. A user's mistake is one line and
exit status 2. Heavy imports wait inside the functions, so that ``--help`` is instant.
"""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from seq2seq import __version__
from seq2seq.commands.alignment import aer, align
from seq2seq.commands.data import data
from seq2seq.commands.demo import demo
from seq2seq.commands.evaluation import evaluate, score
from seq2seq.commands.heatmap import heatmap
from seq2seq.commands.messages import print_message, show_messages
from seq2seq.commands.training import config, publish, train
from seq2seq.commands.translation import translate
from seq2seq.devices import is_out_of_memory
from seq2seq.errors import Seq2SeqError
from seq2seq.files import reason

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# What the machine has no more of: a limit that a user meets, not a bug.
_EXHAUSTED = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO}


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
    """Run a command line, by default that of the process, and return its exit status.

    0 is success, 2 a mistake of the user's or a limit of the machine's, told in one line on standard error; 130 is
    an interrupt, and 1 a reader of the results that went away. An exception that escapes is a bug.
    """
    show_messages()
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    try:
        # Not `app()`: it would tell an EOFError, a bug, as an interrupt, and leave the process by itself at others.
        with get_command(app).make_context("seq2seq", words or ["--help"], obj=["seq2seq", *words]) as context:
            result = context.command.invoke(context)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except typer.Exit as leaving:
        return leaving.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:  # the reader went away (`| head`): nobody is left to tell
        return 1
    except Exception as error:
        message = _explanation(error)
        if message is None:
            raise
        print_message(f"seq2seq: {' '.join(map(_shortened, message.split()))}")
        return 2


def _shortened(word: str) -> str:
    """Return a word of a message without its middle, if it is longer than names are: a number of 5,000 digits, say."""
    return word if len(word) <= 500 else f"{word[:100]}…{word[-100:]}"


def _explanation(error: Exception) -> str | None:
    """Return what to tell a user of an error, or None for one that is a bug."""
    if isinstance(error, Seq2SeqError):
        return str(error)
    if isinstance(error, TyperException):
        return error.format_message()
    if is_out_of_memory(error):
        return (
            f"out of memory: {str(error) or 'none is left'}; choose a smaller training.batch_tokens, "
            "data.max_length or model to train, a smaller decoding.batch_sentences, decoding.max_input or --beam to "
            "translate, or --device cpu instead of a GPU"
        )
    if isinstance(error, OSError) and error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {reason(error)}"
    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        return reason(error)
    return None
