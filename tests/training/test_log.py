import builtins
import errno
import json
import os
from pathlib import Path

import pytest

from seq2seq.errors import CheckpointError, ConfigError
from seq2seq.training.log import Log
from tests.training.runs import fit, quick, without_clock


@pytest.fixture
def log(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    for update in (2, 4):
        log.write("train", update, loss=1 / update)
    return log


def reopened(log):
    return Log(log.path, 4, size=log.size, checksum=log.checksum)


def updates(log):
    return [json.loads(line)["update"] for line in log.path.read_text(encoding="utf-8").split("\n")[:-1]]


@pytest.mark.parametrize("tail", [b"", b'{"event": "train", "update": 6}\n', b'{"event": "train", "upd', b"\xff\0"])
def test_what_stands_behind_the_state_is_dropped(log, tail):
    with log.path.open("ab") as stream:
        stream.write(tail)
    reopened(log).write("train", 5, loss=0.0)
    assert updates(log) == [2, 4, 5]


@pytest.mark.parametrize(
    "change", [lambda b: b[:-1], lambda b: b"", lambda b: b"\0" * len(b), lambda b: b.replace(b"4", b"3")]
)
def test_another_log_is_refused_and_kept(log, change):
    changed = change(log.path.read_bytes())
    log.path.write_bytes(changed)
    with pytest.raises(
        CheckpointError,
        match=rf"log\.jsonl: its first {log.size} bytes are not what this run wrote there; restore it from a copy, or move",
    ):
        reopened(log)
    assert log.path.read_bytes() == changed


def test_a_log_that_is_missing_begins_again_and_says_so(log, caplog):
    log.path.unlink()
    reopened(log).write("train", 6, loss=0.0)
    assert updates(log) == [6]
    assert "log.jsonl: missing; a new one begins after update 4" in caplog.text


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_a_log_that_is_no_file_is_refused(log, make):
    log.path.unlink()
    make(log.path)
    with pytest.raises(CheckpointError, match=r"log\.jsonl: no regular file; restore it from a copy, or move it away"):
        reopened(log)


def test_a_log_that_cannot_be_opened_or_written_is_one_line(log, monkeypatch):
    def refuses(number):
        def opens(self, mode="r", **options):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(Path, "open", opens)

    refuses(errno.EACCES)
    with pytest.raises(
        CheckpointError, match=r"log\.jsonl: cannot be opened: Permission denied; change the permissions"
    ):
        reopened(log)
    refuses(errno.ENOSPC)
    message = r"log\.jsonl: cannot be written: No space left on device; make room, then train with --resume"
    for operation in (lambda: log.write("train", 6), log.sync):
        with pytest.raises(CheckpointError, match=message):
            operation()


def test_a_disk_that_fills_while_only_the_log_is_written_loses_nothing(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource")  # POSIX only
    config = quick(tmp_path, max_updates=60, valid_every=60)
    assert fit(config, tmp_path / "whole")
    (tmp_path / "parts").mkdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ordinary = Log.write

    def fills(self, *event, **values):
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, limits[1]))
        ordinary(self, *event, **values)

    monkeypatch.setattr(Log, "write", fills)
    try:
        with pytest.raises(CheckpointError, match=r"log\.jsonl: cannot be written: .*, then train with --resume"):
            fit(config, tmp_path / "parts")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    monkeypatch.setattr(Log, "write", ordinary)
    assert (tmp_path / "parts" / "log.jsonl").stat().st_size == 5_000, "a line was cut"
    assert fit(config, tmp_path / "parts", resume=True)
    assert without_clock(tmp_path / "parts") == without_clock(tmp_path / "whole")


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
