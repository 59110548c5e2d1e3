"""Shared by all benchmarks: running commands, reading a run's figures, and describing the machine they were made on."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["COLOURS", "ROOT", "cpu", "environment", "read", "run", "save", "side_by_side", "summary", "train", "write"]

K, V = TypeVar("K"), TypeVar("V")

ROOT = Path(__file__).resolve().parent.parent
_ENVIRONMENT = "environment.json"

# Colours that stay apart for colour-blind readers and in grey (Okabe and Ito 2008).
COLOURS = {"blue": "#0072B2", "orange": "#D55E00", "green": "#009E73", "purple": "#AA5599", "grey": "#666666"}


def run(*arguments: str, threads: int | None = None) -> str:
    """Return what a command of this checkout prints; exit with its message if it fails."""
    environment = {**os.environ, **({} if threads is None else {"OMP_NUM_THREADS": str(threads)})}
    result = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if result.returncode:
        sys.exit(f"{' '.join(arguments)}\n{result.stderr}")
    return result.stdout


def train(config: Path, folder: Path, *settings: str, threads: int | None = None) -> None:
    """Train a run with exactly these settings, or finish it; a file beside it describes where it was started."""
    from seq2seq.config_file import differences, load_config

    made = folder / "config.yaml"
    if made.exists() and (changed := differences(load_config(made), load_config(config, settings))):
        sys.exit(f"{folder}: made with another {', '.join(changed)}; choose another --runs")
    folder.mkdir(parents=True, exist_ok=True)
    if not made.exists():
        (folder / _ENVIRONMENT).write_text(json.dumps(environment(threads)) + "\n", encoding="utf-8")
    overrides = (f"--set={setting}" for setting in settings)
    run("train", str(config), *overrides, "--out", str(folder), "--resume", threads=threads)


def side_by_side(tasks: Mapping[K, Callable[[int | None], V]], jobs: int) -> dict[K, V]:
    """Run the tasks, `jobs` at a time, and return their results.

    Each task is told its number of threads: 1 where several run at a time, else None, which means all.
    """
    pool = ThreadPoolExecutor(jobs)
    running = {key: pool.submit(task, 1 if jobs > 1 else None) for key, task in tasks.items()}
    try:
        return {key: task.result() for key, task in running.items()}
    finally:
        pool.shutdown(cancel_futures=True)


def summary(folder: Path) -> dict[str, Any]:
    """Return a finished run's size, peak rate, tokens and seconds of training, best validation and environment."""
    from safetensors import safe_open

    from seq2seq.config_file import load_config

    with safe_open(folder / "best.safetensors", "pt") as weights:
        size = sum(weights.get_tensor(key).numel() for key in weights.keys())  # noqa: SIM118
    events = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    trained = [event for event in events if event["event"] == "train"][-1]
    best = [event for event in events if event["event"] == "validation" and event["best"]][-1]
    return {
        "parameters": size,
        "rate": load_config(folder / "config.yaml").training.lr,
        "updates": events[-1]["update"],
        "tokens": trained["tokens"],
        "seconds": events[-1]["seconds"],
        "valid_loss": best["loss"],
        "valid_bleu": best["bleu"],
        "environment": json.loads((folder / _ENVIRONMENT).read_text(encoding="utf-8")),
    }


def environment(threads: int | None = None) -> dict[str, Any]:
    """Return the commit, versions, threads (by default all) and processor of a measurement."""
    import torch

    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": threads or torch.get_num_threads(),
        "cpu": cpu(Path("/proc/cpuinfo")),
    }


def cpu(path: Path) -> str:
    """Return the processor's name, if the system tells it."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    names = [line.split(":", 1)[1].strip() for line in text.split("\n") if line.startswith("model name")]
    return names[0] if names else platform.processor()


def write(path: Path, made_on: Mapping[str, Any], results: Any, **more: Any) -> None:
    """Write the environment and the results as JSON.

    The environment must be taken before the measurement: by its end another commit may be checked out.
    """
    tree = {"environment": made_on, **more, "results": results}
    path.write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Any:
    """Return the results that `write` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))["results"]


def save(figure: Any, path: Path) -> None:
    """Save a figure of matplotlib; equal figures give equal bytes."""
    figure.savefig(path, dpi=150, metadata={"Software": None})
