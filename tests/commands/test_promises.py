"""The README's promise, for each parameter of each command: a mistake is one line and exit status 2, with nothing written.

The commands and their parameters come from Typer, so that a new one is tried, too. Each is called as in `CALLS`, which
works, with one value replaced by each of those that nobody expects.
"""

import contextlib
import io
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from seq2seq.commands import app, main

ROOT_COMMAND = get_command(app)

# A call of each command that works on the files of the fixture `folder`: the value of each parameter.
CALLS = {
    "translate": {"run": "run", "file": "short"},
    "evaluate": {"run": "run", "source": "short", "reference": "short", "labels": "short"},
    "score": {"hypotheses": "short", "reference": "short", "labels": "short"},
    "align": {"run": "run", "source": "short", "target": "short"},
    "aer": {"found": "links", "gold": "links"},
    "heatmap": {"run": "run", "sentence": "le chat"},
    "train": {"config": "toy.yaml", "out": "new", "device": "cpu"},
    "config": {},
    "publish": {"run": "run", "folder": "new"},
    "demo": {},
    "data list": {},
    "data fetch": {"name": "multi30k", "url": "http://localhost/x"},
    "data show": {"sources": "train"},
    "data export": {"source": "train", "prefix": "new"},
}

FILES = ["missing", "a/missing", "folder", "binary", "empty", "loop", "pipe", "n" * 5_000]
TEXTS = ["", " ", "\udcff", "a\0b", "x" * 100_000, ",x", "x?y=z", "-", "~nobody/x"]
NUMBERS = ["0", "-1", "1000000000000", "9" * 5_000, "nan", "inf", "1e400", "x", "1,2", "²"]
SETTINGS = ["beam", "=", "decoding", "decoding=1", "decoding.beam=", "decoding.beam=" + "9" * 5_000, "decoding.alpha=nan",
            "decoding.beam=" + "[" * 5_000, "decoding.beam=!!python/object:os.system x", "decoding.beam=&a [*a]"]  # fmt: skip


def leaves(command, name=""):
    """Each command that does something, by the words that call it."""
    children = getattr(command, "commands", {})
    if not children:
        yield name.strip(), command
    for word, child in children.items():
        yield from leaves(child, f"{name} {word}")


COMMANDS = dict(leaves(ROOT_COMMAND))


def takes_value(parameter):
    return parameter.param_type_name == "argument" or not (parameter.is_flag or parameter.count)


PARAMETERS = [
    (name, parameter)
    for name, command in COMMANDS.items()
    for parameter in command.params
    if parameter.name not in ("help", "version") and takes_value(parameter)
]


def words_of(name, values):
    """The words of a call: options first, then arguments in their order."""
    options, arguments = [], []
    for parameter in COMMANDS[name].params:
        if parameter.name.rstrip("_") in values:
            value = values[parameter.name.rstrip("_")]
            if parameter.param_type_name == "argument":
                arguments.append(value)
            else:
                options += [parameter.opts[-1], value]
    return [*name.split(), *options, "--", *arguments]


@pytest.fixture
def folder(trained, tmp_path, monkeypatch):
    """A function that makes the directory of a run and of hostile files again, and returns all that is there."""
    monkeypatch.chdir(tmp_path)

    def refuse(*_):
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

    def hang(*_):
        raise AssertionError("hangs")

    signal.signal(signal.SIGALRM, hang)

    def make():
        for path in tmp_path.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
        (tmp_path / "folder").mkdir()
        (tmp_path / "binary").write_bytes(bytes(range(256)) * 9)
        (tmp_path / "empty").touch()
        (tmp_path / "short").write_text("le chat\nun\n", encoding="utf-8")
        (tmp_path / "links").write_text("0-0 1-1\n", encoding="utf-8")
        (tmp_path / "loop").symlink_to("loop")
        os.mkfifo(tmp_path / "pipe")
        return contents(tmp_path)

    yield make
    signal.alarm(0)


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in folder.rglob("*")
    }


def test_there_is_a_call_of_each_command():
    assert CALLS.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ("demo", "data fetch")])
def test_the_calls_work(name, folder, capfd):
    folder()
    assert main(words_of(name, CALLS[name])) == 0, capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "parameter"), PARAMETERS, ids=[f"{name} {parameter.name}" for name, parameter in PARAMETERS]
)
def test_whatever_a_parameter_is_a_mistake_is_one_line(name, parameter, folder, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"le\n")))
    given = CALLS[name].get(parameter.name, "")
    reads_a_file = given in ("short", "links", "toy.yaml")
    failures = []
    for value in (SETTINGS if parameter.name == "set_" else []) + FILES + TEXTS + NUMBERS:
        before = folder()
        signal.alarm(20)
        try:
            code = main(words_of(name, CALLS[name] | {parameter.name.rstrip("_"): value}))
        except BaseException as error:  # noqa: BLE001
            code = f"{type(error).__name__}: {error}"
        signal.alarm(0)
        printed = capfd.readouterr()
        problem = ""
        if code not in (0, 2) or (code == 0 and reads_a_file and value in FILES[:3] + ["loop", FILES[-1]]):
            problem = f"exit status {str(code)[:200]}"
        elif code == 2 and (printed.out or not printed.err.startswith("seq2seq: ") or printed.err.count("\n") != 1):
            problem = "not one line"
        elif code == 2 and contents(tmp_path) != before:
            problem = "something is written"
        elif code == 2 and len(printed.err) > 1000:
            problem = "the line is long"
        if problem:
            failures.append(f"{value[:40]!a}: {problem}: {printed.err[:300]}")
    assert not failures, "\n".join(failures)
