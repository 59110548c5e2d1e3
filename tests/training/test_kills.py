"""A run that is killed between any two writes ends, once it is resumed, with the files of one that never was."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from seq2seq.config import Config
from seq2seq.training import train
from tests.conftest import write_toy_run


class Killed(BaseException):
    pass


class Killer:
    """Lets so many operations that change a directory go through, and none of those that follow.

    Operations are what Python's audit events tell of: files opened for writing, renamed and removed, directories
    made. What is dead stays so: no clean-up gets through, just as none runs in a process that is killed.
    """

    EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
    hooked: list["Killer | None"] = []  # an audit hook cannot be removed

    def __init__(self, folder: Path, allowed: int) -> None:
        self.folder, self.allowed, self.dead = str(folder), allowed, False

    def hear(self, event: str, arguments: tuple) -> None:
        if event not in self.EVENTS or not any(
            isinstance(argument, str | os.PathLike) and os.fspath(argument).startswith(self.folder)
            for argument in arguments
        ):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        if self.allowed == 0:
            self.dead = True
            raise Killed
        self.allowed -= 1


@contextmanager
def killed_after(folder: Path, operations: int) -> Iterator[Killer]:
    if not Killer.hooked:
        Killer.hooked.append(None)
        sys.addaudithook(lambda event, arguments: (k := Killer.hooked[0]) and k.hear(event, arguments))
    killer = Killer(folder, operations)
    Killer.hooked[0] = killer
    try:
        yield killer
    except Killed:
        assert killer.dead
    finally:
        Killer.hooked[0] = None


def shortened(config: Config, **training: object) -> Config:
    tree = config.model_dump()
    tree["model"] |= {"embedding_dim": 4, "encoder_dim": 4, "decoder_dim": 4, "attention_dim": 4}
    tree["training"] |= {"max_updates": 3, "valid_every": 1, "log_every": 1, "warmup": 0, **training}
    tree["decoding"] |= {"max_ratio": 0.1, "max_extra": 1}
    return Config.model_validate(tree)


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
            found[path.name] = plain(torch.load(path, weights_only=True))
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


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Path]:
    """A config of a run of three validations, the second of which is not the best, and its directory."""
    folder = tmp_path_factory.mktemp("kills")
    config = shortened(write_toy_run(folder), average="last", average_count=2)
    train(config, folder / "whole", device="cpu")
    return config, folder


def test_a_run_killed_between_any_two_writes_ends_as_if_it_never_was(toy):
    config, folder = toy
    whole = contents(folder / "whole")
    kills = 0
    while True:
        run = folder / f"killed-{kills}"
        with killed_after(run, kills) as killer:
            train(config, run, device="cpu")
        if not killer.dead:
            break
        if (run / "log.jsonl").exists():
            with (run / "log.jsonl").open("ab") as stream:
                stream.write(b'{"event": "tr')  # as if killed within a write
        train(config, run, resume=True, device="cpu")
        assert contents(run) == whole, f"killed after {kills} operations"
        kills += 1
    print(kills)
    assert kills > 30
