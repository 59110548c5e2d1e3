"""One trainer at a time."""

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from seq2seq.errors import CheckpointError
from seq2seq.training.lock import locked
from tests.training.runs import fit, quick

HOLDER = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(handle, fcntl.LOCK_EX)
os.write(handle, str(os.getpid()).encode())
print(flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_that_another_process_trains_is_left_alone_until_that_one_is_killed(tmp_path, resume):
    config, run = quick(tmp_path), tmp_path / "run"
    if resume:
        fit(config, run)
    run.mkdir(exist_ok=True)
    command = [sys.executable, "-c", HOLDER, str(run / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        before = {path: path.read_bytes() for path in run.iterdir()}
        with pytest.raises(
            CheckpointError,
            match=rf"run: process {holder.pid} is training there; wait for it, or choose another --out$",
        ):
            fit(config, run, resume)
        assert {path: path.read_bytes() for path in run.iterdir()} == before
        holder.kill()
    assert (run / ".lock").exists(), "the killed one's file stays, and keeps nobody out"
    fit(config, run, resume)
    assert not (run / ".lock").exists()


def test_a_directory_that_is_not_needed_goes_again(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "a" / "b" / ".lock"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    with locked(tmp_path / "mine" / ".lock"):
        (tmp_path / "mine" / ".lock").unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"], "it was there before"


def test_the_lock_of_a_directory_that_took_the_name_since_is_left_alone(tmp_path):
    with locked(tmp_path / "run" / ".lock"):
        (tmp_path / "run").rename(tmp_path / "moved")
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / ".lock").write_text("another trainer's")
    assert (tmp_path / "run" / ".lock").read_text() == "another trainer's"


def test_who_opened_the_file_before_it_was_removed_does_not_lock_a_name_that_is_gone(tmp_path, monkeypatch):
    """Between its opening and its locking another trainer ends: it must lock the file that now has the name."""
    path, ordinary = tmp_path / ".lock", fcntl.flock

    def another_ends(handle, operation):
        monkeypatch.setattr(fcntl, "flock", ordinary)
        ordinary(handle, operation)
        path.unlink()

    monkeypatch.setattr(fcntl, "flock", another_ends)
    with locked(path):
        assert path.read_text() == str(os.getpid())


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch, caplog):
    def refuses(handle, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuses)
    with locked(tmp_path / "run" / ".lock"):
        pass
    assert (
        f"{tmp_path / 'run'}: its file system has no locks (No locks available); let nothing else train there"
        in caplog.text
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("file", r"file: cannot be made: File exists; choose another name"),
        ("file/run", r"file/run: cannot be made: Not a directory; check the path, a part of which is a file"),
        ("x" * 300, r"x: cannot be made: File name too long; choose a shorter one"),
        ("loop/run", r"loop/run: cannot be made: "),
        ("nul\0", r"cannot be made: .*(NUL|null).*; check the name"),
        ("taken", r"taken/\.lock: cannot be written: Is a directory"),
    ],
)
def test_a_directory_that_cannot_be_had_is_named(tmp_path, name, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "taken" / ".lock").mkdir(parents=True)
    with pytest.raises(CheckpointError, match=message), locked(tmp_path / name / ".lock"):
        pass
