"""The command line as a test calls it, and a run to call it on."""

import io
import shutil
import sys

import pytest

from seq2seq.commands import main


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def cli(capfd, monkeypatch, tmp_path):
    """Runs the command line in `tmp_path` with some standard input; a failure must be one line and exit 2."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        if code == 2:
            assert captured.out == ""
            assert captured.err.startswith("seq2seq: ")
            assert captured.err.count("\n") == 1
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def run(trained, tmp_path):
    """A trained run, named `run`, with its text beside it."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return "run"
