"""The command line, as the benchmarks use it."""

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "run"]

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str, threads: int | None = None) -> str:
    """What a command of this checkout prints, on so many threads; the end of everything if it fails."""
    environment = {**os.environ, **({} if threads is None else {"OMP_NUM_THREADS": str(threads)})}
    result = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if result.returncode:
        sys.exit(f"{' '.join(arguments)}\n{result.stderr}")
    return result.stdout
