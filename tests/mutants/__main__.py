"""Breaks the code on purpose, one injected bug at a time, and checks that the tests notice: ``make mutants``.

Words on the command line choose the bugs that have one of them in their name.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants import Mutant, alignment, others

ROOT = Path(__file__).resolve().parent.parent.parent


def caught(mutant: Mutant, copy: Path) -> bool:
    """Whether the tests fail on a mutant; the copy is left as it was."""
    path = copy / "seq2seq" / mutant.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.text) != 1:
        sys.exit(f"{mutant.path} does not hold this text just once: {mutant.text}")
    path.write_text(text.replace(mutant.text, mutant.instead), encoding="utf-8")
    found = failed(mutant.tests, copy)
    path.write_text(text, encoding="utf-8")
    return found


def failed(tests: str, copy: Path) -> bool:
    """Whether a test fails; ends everything where none could be run."""
    paths = [str(copy / "tests" / name) for name in tests.split()]
    # With a directory of its own: pytest removes those of earlier runs, which may not be over.
    options = ["-q", "-x", "-p", "no:cacheprovider", f"--basetemp={copy / '.tests'}"]
    command = [sys.executable, "-m", "pytest", *options, *paths]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if result.returncode > 1:
        sys.exit(f"{tests}: pytest ended with {result.returncode}: {result.stdout[-300:]}")
    return result.returncode == 1


def main() -> None:
    chosen = [
        mutant
        for mutant in [*alignment.MUTANTS, *others.MUTANTS]
        if not sys.argv[1:] or any(word in mutant.bug for word in sys.argv[1:])
    ]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        ignored = shutil.ignore_patterns(".*", "__pycache__", "checkpoints")
        shutil.copytree(ROOT, copy, ignore=ignored, dirs_exist_ok=True)
        (copy / "checkpoints").symlink_to(ROOT / "checkpoints")  # models that ship, and perhaps large runs
        for tests in sorted({mutant.tests for mutant in chosen}):
            if failed(tests, copy):
                sys.exit(f"{tests}: fails on the code as it is: it would catch anything")
        missed = 0
        for mutant in chosen:
            noticed = caught(mutant, copy)
            missed += not noticed
            print(f"{'caught' if noticed else 'MISSED'}  {mutant.bug}", flush=True)
    sys.exit(f"{missed} of {len(chosen)} bugs went unnoticed" if missed else 0)


if __name__ == "__main__":
    main()
