"""What the benchmarks share: the command line, a run's figures, and on what they were made."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["ROOT", "cpu", "environment", "run", "side_by_side", "summary", "train", "write"]

K, V = TypeVar("K"), TypeVar("V")

ROOT = Path(__file__).resolve().parent.parent
_ENVIRONMENT = "environment.json"


def run(*arguments: str, threads: int | None = None) -> str:
    """What a command of this checkout prints, on so many threads; the end of everything if it fails."""
    environment = {**os.environ, **({} if threads is None else {"OMP_NUM_THREADS": str(threads)})}
    result = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if result.returncode:
        sys.exit(f"{' '.join(arguments)}\n{result.stderr}")
    return result.stdout


def train(config: Path, folder: Path, *settings: str, threads: int | None = None) -> None:
    """Train a run or what is left of it, of just these settings; beside it stands on what it was begun."""
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
    """What the tasks return, so many at a time; each is told its threads: one if several run, None for all."""
    pool = ThreadPoolExecutor(jobs)
    running = {key: pool.submit(task, 1 if jobs > 1 else None) for key, task in tasks.items()}
    try:
        return {key: task.result() for key, task in running.items()}
    finally:
        pool.shutdown(cancel_futures=True)


def summary(folder: Path) -> dict[str, Any]:
    """Of a finished run: parameters, peak rate, tokens and seconds of training, best validation, and on what."""
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
    """On what a measurement was made, and by which commit; on all threads unless it had so many."""
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
    """The processor's name, where the system tells."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    names = [line.split(":", 1)[1].strip() for line in text.split("\n") if line.startswith("model name")]
    return names[0] if names else platform.processor()


def write(path: Path, made_on: Mapping[str, Any], results: Any, **more: Any) -> None:
    """As JSON: the environment, taken before the measurement (who knows what is checked out by now), and results."""
    tree = {"environment": made_on, **more, "results": results}
    path.write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")
