"""``demo``."""

import json
import logging
import shlex
import shutil
import sys
from pathlib import Path

import typer

from seq2seq.commands.options import Device

__all__ = ["demo"]

logger = logging.getLogger(__name__)

_RUN = Path("checkpoints") / "demo"
_SENTENCES = (
    "The old cat does not like the small black dog.",
    "Paul's red car is more expensive than my uncle's black bicycle.",
    "The old farmer sold the red apples that his children had picked.",
)


def demo(device: Device = "auto") -> None:
    """Train on the built-in corpus, translate, evaluate and draw; it takes minutes, and needs no network."""
    from seq2seq.commands import main

    _refuse_another_run()

    def run(*arguments: str) -> None:
        """Run a command as a user would, and show it."""
        typer.echo("\n$ seq2seq " + " ".join(f'"{word}"' if " " in word else word for word in arguments))
        status = main([*arguments, "--device", device])
        if status:
            raise typer.Exit(status)

    run("train", "configs/demo.yaml", "--out", str(_RUN), "--resume")
    run("translate", str(_RUN), "builtin/test.en", "-o", str(_RUN / "test.fr"))
    for number, sentence in enumerate(_SENTENCES, 1):
        run("heatmap", str(_RUN), sentence, "-o", str(_RUN / f"heatmap-{number}.png"))
    test = ("--source", "builtin/test.en", "--reference", "builtin/test.fr", "--labels", "builtin/test.labels")
    run("evaluate", str(_RUN), *test, "-o", str(_RUN / "scores.json"))
    seq2seq, on_path = _started()
    logger.info(_NEXT.format(run=_RUN, seq2seq=seq2seq, on_path=on_path))
    typer.echo(f"BLEU {json.loads((_RUN / 'scores.json').read_text(encoding='utf-8'))['bleu']:.2f}")


def _refuse_another_run() -> None:
    """Refuse to train where anything but the demo's own run stands.

    Raises:
        CheckpointError: there is something else.
    """
    from seq2seq.checkpoint import Run
    from seq2seq.config_file import differences, load_config
    from seq2seq.errors import CheckpointError, ConfigError

    if not _RUN.exists() or (_RUN.is_dir() and not any(_RUN.iterdir())):
        return
    recipe = load_config("configs/demo.yaml")
    try:
        is_another = bool(differences(Run(_RUN).config(), recipe))
    except (CheckpointError, ConfigError):  # no config, or none that this version reads
        is_another = True
    if is_another:
        raise CheckpointError(f"{_RUN}: holds something other than the demo's run; move it away, the demo trains there")


def _started() -> tuple[str, str]:
    """Return what starts the command here, so that what is printed can be copied; and how to get it on the path."""
    program = Path(sys.argv[0])
    if program.name != "seq2seq":  # a file of Python, or a module, given to Python
        words = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
        return shlex.join(words), ""
    found = shutil.which("seq2seq")
    if found and Path(found).resolve() == program.resolve():
        return "seq2seq", ""
    activate = program.with_name("activate")
    way = (
        f". {shlex.quote(str(activate))}" if activate.is_file() else f'export PATH="{program.parent.absolute()}:$PATH"'
    )
    return shlex.quote(sys.argv[0]), f"  {way}  # from then on it is called seq2seq\n"


_NEXT = """
{run}/              the trained model; {run}/test.fr its translations of the test split
{run}/heatmap-*.png which words it looked at, drawn for three sentences
{run}/scores.json   the scores above

Try next:
{on_path}  echo "The girl is reading a book." | {seq2seq} translate {run}
  {seq2seq} heatmap {run} "The girl is reading a book." -o page.html     every map, for your browser
  {seq2seq} align {run} --source builtin/test.en --target builtin/test.fr --gold builtin/test.links   how right they are
  {seq2seq} data show builtin/train     what it learned from
  {seq2seq} config > my.yaml            every option, to train on text of your own
"""
