import builtins
import json

import pytest

from seq2seq.errors import ConfigError
from seq2seq.training.log import Log


def test_entries_of_an_abandoned_future_and_broken_lines_are_dropped(tmp_path):
    path = tmp_path / "log.jsonl"
    log = Log(path)
    for update in (2, 4, 6):
        log.write("train", update, loss=1 / update)
    with path.open("a", encoding="utf-8") as stream:
        stream.write('{"event": "train", "upd')  # a crash while writing
    Log(path, 4, tensorboard=False).write("train", 5, loss=0.0)
    assert [json.loads(line)["update"] for line in path.read_text(encoding="utf-8").split("\n")[:-1]] == [2, 4, 5]


def test_tensorboard_gets_the_numbers(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    log = Log(tmp_path / "log.jsonl", tensorboard=True)
    log.write("train", 3, loss=0.5, note="text")
    log.close()
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert events.Tags()["scalars"] == ["train/loss"]
    assert [(event.step, event.value) for event in events.Scalars("train/loss")] == [(3, 0.5)]


def test_tensorboard_is_asked_for_by_name_when_missing(tmp_path, monkeypatch):
    ordinary = builtins.__import__

    def without(name, *rest):
        if "tensorboard" in name:
            raise ImportError
        return ordinary(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"training\.tensorboard: .*pip install 'seq2seq-nmt\[tensorboard\]'"):
        Log(tmp_path / "log.jsonl", tensorboard=True)
