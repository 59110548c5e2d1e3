"""``train``, ``config`` and ``publish``."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from seq2seq.commands.options import Device, RunName, Set

__all__ = ["config", "publish", "train"]

logger = logging.getLogger(__name__)


def train(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG.yaml", help="What to train, or a recipe by name; `seq2seq config` prints one to edit."
        ),
    ],
    set_: Set = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="The run's directory. [default: checkpoints/ and the config's name]"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Start, or continue where the run was last saved.")] = False,
    device: Device = "auto",
) -> int:
    """Train a model into a directory, and keep its best weights there."""
    from seq2seq.config_file import load_config

    options = load_config(config, set_ or [])

    from seq2seq import train as fit
    from seq2seq.devices import select_device
    from seq2seq.process import exact_float32, keep_freed_memory, limit_memory

    exact_float32()
    keep_freed_memory()
    limit_memory(select_device(device))
    folder = out or Path("checkpoints") / config.stem
    if fit(options, folder, resume=resume, device=device, progress=True, command=context.obj):
        logger.info(f"{folder}: trained; next: seq2seq translate {folder}")
        return 0
    logger.info(f"{folder}: stopped and saved; the same command with --resume continues")
    return 130


def config(
    arch: Annotated[
        str,
        typer.Argument(metavar="ARCHITECTURE", help="The kind of network; an unknown name lists all there are."),
    ] = "rnn",
) -> None:
    """Print every option, its default and its meaning, as YAML to edit."""
    from seq2seq.config import ARCHITECTURES
    from seq2seq.config_file import render_config
    from seq2seq.errors import ConfigError
    from seq2seq.models.attention import SCORERS

    if arch not in ARCHITECTURES:
        raise ConfigError(f"no architecture {arch!r}; choose one of: {', '.join(ARCHITECTURES)}")
    typer.echo(render_config(arch=arch, choices={"model.arch": ARCHITECTURES, "model.attention": SCORERS}), nl=False)


def publish(
    run: RunName,
    folder: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="A new directory.")],
) -> None:
    """Copy what translation needs into a new directory, weights in half precision."""
    from seq2seq import publish as write

    write(run, folder)
    logger.info(f"{folder}: written; next: seq2seq translate {folder}")
