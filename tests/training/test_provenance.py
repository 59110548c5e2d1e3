"""run.json tells where a run comes from, and keeps nobody from training."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq import __version__
from seq2seq.errors import TrainingError
from seq2seq.training import provenance, train
from seq2seq.training.loop import Trainer
from tests.training.runs import CPU, changed, fit, quick


def sessions(run):
    return json.loads((run / "run.json").read_text(encoding="utf-8"))["sessions"]


def test_each_session_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/home/someone/bin/server", "--api-token=SECRET"])
    config, run = quick(tmp_path), tmp_path / "run"
    train(config, run, device="cpu", command=["seq2seq", "train", "toy.yaml"])
    fit(changed(config, training={"max_updates": 5}), run, resume=True)
    first, second = sessions(run)
    assert first["command"] == ["seq2seq", "train", "toy.yaml"]
    assert second["command"] is None, "a program that calls the library keeps its command line to itself"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", first["started"])
    assert first["started"] <= first["ended"] <= second["started"]
    assert first["outcome"] == "finished"
    assert first["versions"].keys() >= {"seq2seq", "python", "torch", "sentencepiece"}
    assert first["versions"]["seq2seq"] == __version__
    assert first["machine"].keys() == {"system", "processor", "cores", "threads", "device"}
    assert (first["machine"]["threads"], first["machine"]["device"]) == (1, "cpu")
    assert (first["first_update"], first["last_update"], second["first_update"], second["last_update"]) == (0, 3, 3, 5)
    assert first["best"].keys() == {"update", "bleu"}
    assert first["parameters"] > 100
    training, valid = first["data"]["train"], first["data"]["valid"]
    assert (training["pairs"], training["used"], valid["pairs"]) == (60, 60, 3)
    assert training["fingerprint"] == second["data"]["train"]["fingerprint"] != valid["fingerprint"]
    text = (run / "run.json").read_text(encoding="utf-8")
    for private in (socket.gethostname(), str(tmp_path), "/home", "SECRET", str(Path.home())):
        assert private not in text


def test_how_a_session_failed_is_told(tmp_path, monkeypatch):
    def diverges(self, batches):
        raise TrainingError("update 1")

    monkeypatch.setattr(Trainer, "_update", diverges)
    with pytest.raises(TrainingError):
        fit(quick(tmp_path), tmp_path / "run")
    (only,) = sessions(tmp_path / "run")
    assert only["outcome"] == "TrainingError"
    assert only["ended"]


@pytest.mark.parametrize(
    "damage", [b"", b"\xff", b"[]", b"{}", b'{"sessions": 3}', b"[" * 100_000, b"9" * 5_000, "pipe", "folder"]
)
def test_a_damaged_one_stops_nothing(tmp_path, caplog, damage):
    path = tmp_path / "run.json"
    if damage == "pipe":
        os.mkfifo(path)
    elif damage == "folder":
        path.mkdir()
    else:
        path.write_bytes(damage)
    with provenance.session(path, CPU, {}):
        pass
    assert "run.json: damaged; it tells of this session only" in caplog.text
    assert ("cannot be written (no regular file); training goes on" in caplog.text) == (damage in ("pipe", "folder"))
    assert damage in ("pipe", "folder") or len(sessions(tmp_path)) == 1


def test_a_disk_without_room_for_it_stops_nothing(tmp_path, caplog, monkeypatch):
    def full(path):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(provenance, "atomic_path", full)
    with provenance.session(tmp_path / "run.json", CPU, {}):
        pass
    assert "run.json: cannot be written (No space left on device); training goes on" in caplog.text


def test_the_commit_is_that_of_the_checkout(tmp_path, monkeypatch):
    find = provenance._commit.__wrapped__
    monkeypatch.setattr(provenance, "_CHECKOUT", tmp_path)
    assert find() is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "First"]):
        subprocess.run([*git, *command], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert find() == head
    (tmp_path / "file").write_text("1")
    subprocess.run([*git, "add", "file"], check=True)
    assert find() == f"{head}-dirty"
    monkeypatch.setenv("PATH", "")
    assert find() is None
