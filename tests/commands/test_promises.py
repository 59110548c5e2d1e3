"""The README's promise, for each parameter of each command: a mistake is one line and exit status 2, with nothing written.

The commands and their parameters come from Typer, so that a new one is tried, too. Each is called as in `CALLS`, which
works, with one value replaced by each of those that nobody expects.
"""

import io
import os
import shutil
import signal
import socket
import sys

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
    "train": {"config": "toy.yaml", "out": "new", "device": "cpu", "set": "training.max_updates=1"},
    "config": {},
    "publish": {"run": "run", "folder": "new"},
    "demo": {},
    "data list": {},
    "data fetch": {"name": "multi30k", "url": "http://localhost/x"},
    "data show": {"sources": "train"},
    "data export": {"source": "train", "prefix": "new"},
}

FILES = ["missing", "a/missing", "folder", "binary", "empty", "loop", "pipe", "n" * 5_000]
UNREADABLE = ["missing", "a/missing", "folder", "loop", "n" * 5_000]
TEXTS = ["", " ", "\udcff", "a\0b", "x" * 100_000, ",x", "x?y=z", "-", "~nobody/x"]
NUMBERS = ["0", "-1", "1000000000000", "9" * 5_000, "nan", "inf", "1e400", "x", "1,2", "²"]
SETTINGS = ["beam", "=", "decoding", "decoding=1", "decoding.beam=", "decoding.beam=" + "9" * 5_000, "decoding.alpha=nan",
            "decoding.beam=" + "[" * 5_000, "decoding.beam=!!python/object:os.system x", "decoding.beam=&a [*a]"]  # fmt: skip


CHOICES = ["", "x", "\udcff", "a\0b"]

# What to try for a parameter that is not a file.
VALUES = {
    "device": CHOICES,
    "map_": CHOICES,
    "beam": NUMBERS,
    "nbest": NUMBERS,
    "first": NUMBERS,
    "set_": SETTINGS + CHOICES,
    "lengths": NUMBERS + TEXTS,
    "layer": NUMBERS + CHOICES,
    "head": NUMBERS + CHOICES,
    "sentence": TEXTS,
    "heatmap reference": TEXTS,
    "language": TEXTS,
    "languages": TEXTS,
    "arch": TEXTS,
    "name": TEXTS,
    "url": TEXTS + ["http://", "http://[", "file:///", "http://localhost:x"],
}


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
    reads = CALLS[name].get(parameter.name) in ("run", "short", "links", "toy.yaml")
    values = VALUES.get(f"{name} {parameter.name}", VALUES.get(parameter.name, FILES + TEXTS))
    failures, before = [], None
    for value in values:
        if value == "pipe" and (parameter.name == "output" or f"{name} {parameter.name}" == "translate file"):
            continue  # waits for its other end, as it should
        if contents(tmp_path) != before:
            before = folder()
        signal.alarm(20)
        try:
            code = main(words_of(name, CALLS[name] | {parameter.name.rstrip("_"): value}))
        except BaseException as error:
            code = f"{type(error).__name__}: {error}"
        signal.alarm(0)
        printed = capfd.readouterr()
        last = printed.err.rpartition("warning: ")[2].partition("\n")[2] if "warning: " in printed.err else printed.err
        problem = ""
        if code not in (0, 2) or (code == 0 and reads and value in UNREADABLE):
            problem = f"exit status {str(code)[:200]}"
        elif code == 2 and (printed.out or not last.startswith("seq2seq: ") or last.count("\n") != 1):
            problem = "not one line"
        elif code == 2 and len(last) > 2_000:
            problem = "the line is long"
        elif code == 2 and contents(tmp_path) != before:
            problem = "something is written"
        if problem:
            failures.append(f"{value[:40]!a}: {problem}: {printed.err[-300:]}")
    assert not failures, "\n".join(failures)
