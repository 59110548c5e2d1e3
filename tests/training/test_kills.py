"""A run that is killed between any two writes ends, once it is resumed, with the files of one that never was."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from seq2seq.checkpoint import Run
from seq2seq.config import Config
from seq2seq.training import train
from seq2seq.training.loop import Trainer
from tests.training.runs import quick

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
hooked: list[bool] = []
listeners: list[Callable[[str, tuple], None]] = []  # a list that may be emptied: an audit hook cannot be removed


def hear(event: str, arguments: tuple) -> None:
    if event in EVENTS and listeners:
        listener = listeners.pop()  # its own operations are not of interest
        listener(event, arguments)
        listeners.append(listener)


@contextmanager
def snapshots(run: Path, taken: Path) -> Iterator[None]:
    """Copy a run's directory as it is before each operation on it: what would be left if that killed the process.

    Operations are what Python's audit events tell of: files opened for writing, renamed and removed, directories
    made. The copies are taken/0, taken/1, …; where only hidden files differ from those of the copy before, there is
    none.
    """
    seen: list[dict[str, bytes]] = [{}]

    def listen(event: str, arguments: tuple) -> None:
        concerned = any(isinstance(a, str | os.PathLike) and os.fspath(a).startswith(str(run)) for a in arguments)
        if not concerned or (event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR)) or not run.exists():
            return
        files = {path.name: path.read_bytes() for path in run.iterdir() if not path.name.startswith(".")}
        if files != seen[-1]:
            shutil.copytree(run, taken / str(len(seen)))
            seen.append(files)

    if not hooked:
        sys.addaudithook(hear)
        hooked.append(True)
    listeners.append(listen)
    yield
    listeners.clear()


def contents(folder: Path) -> dict[str, object]:
    """All files but run.json; without the clock."""
    found: dict[str, object] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".jsonl":
            events = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
            found[path.name] = [
                {k: v for k, v in event.items() if k not in ("seconds", "tokens_per_second")} for event in events
            ]
        elif path.suffix == ".pt":
            found[path.name] = plain(Run(folder).load_training())
        elif path.name != "run.json":
            found[path.name] = path.read_bytes()
    return found


def plain(value: object) -> object:
    """Tensors as bytes, and numbers that depend on the clock left out."""
    if isinstance(value, torch.Tensor):
        return value.numpy().tobytes()
    if isinstance(value, dict):
        clock = ("seconds", "window_seconds", "log_size", "log_checksum")
        return {key: plain(inner) for key, inner in value.items() if key not in clock}
    return [plain(inner) for inner in value] if isinstance(value, list | tuple) else value


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three validations the second is the best; and nothing waits for the disk."""
    bleu = {1: 3.0, 2: 9.0, 3: 5.0}
    monkeypatch.setattr(Trainer, "_scores", lambda self, stopped: (1.0, bleu[self.progress.update]))
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def killed_runs(config: Config, folder: Path, resume: bool = False) -> list[Path]:
    """Train `folder`/run, and return what would be left of it if it were killed, for each place that it might be."""
    with snapshots(folder / "run", folder / "killed"):
        train(config, folder / "run", resume=resume, device="cpu")
    killed = sorted((folder / "killed").iterdir(), key=lambda path: int(path.name))
    for run in killed:
        (run / ".training.pt.tmp-0123456789abcdef.pt").write_bytes(b"half")
        if (run / "log.jsonl").exists():
            with (run / "log.jsonl").open("ab") as stream:
                stream.write(b'{"event": "tr')  # as if killed within a write
    return killed


@pytest.mark.usefixtures("scored")
def test_a_run_killed_between_any_two_writes_ends_as_if_it_never_was(tmp_path):
    config = quick(tmp_path, average="last", average_count=2)
    killed = killed_runs(config, tmp_path)
    assert len(killed) >= 19, "a validation alone writes four files, after a line of the log"
    expected = contents(tmp_path / "run")
    assert [event["update"] for event in expected["log.jsonl"]] == [1, 1, 2, 2, 3, 3]
    for run in killed:
        train(config, run, resume=True, device="cpu")
        assert contents(run) == expected, run


@pytest.mark.usefixtures("scored")
def test_the_best_weights_are_never_those_of_a_future_that_was_given_up(tmp_path, monkeypatch):
    """Whatever is resumed with other options goes on from the state, not from what was written beside it."""
    config = quick(tmp_path, max_updates=2)
    other = config.model_copy(update={"training": config.training.model_copy(update={"lr": 1e-5, "max_updates": 3})})
    killed = killed_runs(config, tmp_path)
    # In the future that is lived instead, nothing after the first update is any better.
    monkeypatch.setattr(Trainer, "_scores", lambda self, stopped: (1.0, 4.0 - self.progress.update))
    best: dict[object, set[bytes]] = {}
    for run in killed:
        if (run / "training.pt").exists():
            saved = (Run(run).load_training() or {})["progress"]["update"]
            train(other, run, resume=True, device="cpu")
            best.setdefault(saved, set()).add((run / "best.safetensors").read_bytes())
    assert {saved: len(found) for saved, found in best.items()} == {0: 1, 1: 1, 2: 1}
    assert best[2] == {(tmp_path / "run" / "best.safetensors").read_bytes()}
    assert len(best[0] | best[1] | best[2]) == 3


@pytest.mark.usefixtures("scored")
def test_a_killed_resume_with_other_options_is_resumed_as_if_it_never_was(tmp_path):
    config = quick(tmp_path, max_updates=2)
    train(config, tmp_path / "run", device="cpu")
    other = config.model_copy(update={"training": config.training.model_copy(update={"lr": 1e-5, "max_updates": 3})})
    killed = killed_runs(other, tmp_path, resume=True)
    expected = contents(tmp_path / "run")
    assert {"event": "changed", "update": 2, "options": {"training.max_updates": 3, "training.lr": 1e-5}} in expected[
        "log.jsonl"
    ]
    for run in killed:
        train(other, run, resume=True, device="cpu")
        assert contents(run) == expected, run
