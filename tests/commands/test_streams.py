"""The command line as a process: its standard streams, signals and exit status, whatever the caller did to them."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
FULL = "seq2seq: standard output: cannot be written: No space left on device; make room\n"
CLOSED = "seq2seq: standard output: cannot be written: it is closed; open it, or name a file\n"

# Each command, such that it prints; with the files of the fixture `run`.
COMMANDS = [
    ["--help"],
    ["--version"],
    ["translate", "--help"],
    ["translate", "run", "valid.en"],
    ["translate", "run", "valid.en", "--nbest", "2"],
    ["evaluate", "run", "--source", "valid.en", "--reference", "valid.fr"],
    ["score", "valid.fr", "valid.fr"],
    ["score", "valid.fr", "valid.fr", "--json"],
    ["align", "run", "--source", "valid.en", "--target", "valid.fr"],
    ["aer", "links", "links"],
    ["heatmap", "run", "chat", "-o", "map.svg"],
    ["config"],
    ["demo"],
    ["data"],
    ["data", "list"],
    ["data", "show", "valid"],
]

# Runs each command in one process, for speed, with the standard output that it was given.
ALL_COMMANDS = f"""
import sys
from seq2seq.commands import main
from seq2seq.process import open_standard_streams

for words in {COMMANDS}:
    sys.stdout = None
    open_standard_streams()
    sys.stderr.write(f"{{words}} {{main(words)}}\\n")
sys.stdout = None
"""


def shell(command, folder, **options):
    """Run a line of the shell, in which ``$SEQ2SEQ`` is the program."""
    line = command.replace("$SEQ2SEQ", f"{sys.executable} -m seq2seq")
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False, **options
    )


def python(code, folder=ROOT, **options):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.mark.parametrize(("redirection", "message"), [(">/dev/full", FULL), (">&-", CLOSED)])
def test_every_command_tells_that_its_output_cannot_be_written(run, tmp_path, redirection, message):
    (tmp_path / "links").write_text("0-0\n")
    (tmp_path / "code.py").write_text(ALL_COMMANDS)
    result = shell(f"{sys.executable} code.py {redirection}", tmp_path)
    told = [line for line in result.stderr.splitlines(keepends=True) if not line.startswith("map.svg: written")]
    assert told == [text for words in COMMANDS for text in (message, f"{words} 2\n")]


@pytest.mark.parametrize(
    ("redirection", "code", "message"),
    [(">/dev/full", 2, FULL), (">&-", 2, CLOSED), (">&- 2>&-", 2, ""), ("2>&-", 0, ""), ("<&- 2>/dev/full", 0, "")],
)
def test_a_process_ends_with_its_own_exit_status(tmp_path, redirection, code, message):
    """Python would flush again at its end, complain of it, and exit with 120."""
    result = shell(f"$SEQ2SEQ --help {redirection}", tmp_path)
    assert (result.returncode, result.stderr) == (code, message)


def test_a_reader_that_goes_away_is_no_mistake():
    code = "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); sys.argv = ['seq2seq', '--help']\n"
    result = python(code + "from seq2seq.__main__ import run; run()")
    assert (result.returncode, result.stderr) == (1, "")


def test_work_goes_on_where_nobody_can_be_told(run, tmp_path):
    """Neither the bar nor a message stops a training; no file takes the place of a stream that is closed."""
    train = "$SEQ2SEQ train toy.yaml --set training.max_updates=2 --set training.valid_every=1 --device cpu"
    assert shell(f"{train} --out silent <&- >&- 2>&-", tmp_path).returncode == 0
    assert shell(f"{train} --out told", tmp_path).returncode == 0
    for path in (tmp_path / "told").iterdir():
        if path.suffix in (".safetensors", ".yaml", ".model"):
            assert path.read_bytes() == (tmp_path / "silent" / path.name).read_bytes(), path.name
    cut = "$SEQ2SEQ translate run valid.en --set decoding.max_input=1"  # with a warning for each line
    assert shell(f"{cut} -o out.fr 2>/dev/full", tmp_path).returncode == 0
    assert (tmp_path / "out.fr").read_bytes().count(b"\n") == 30


def test_a_standard_input_that_is_closed_is_told(run, tmp_path):
    result = shell("$SEQ2SEQ translate run <&-", tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "seq2seq: standard input: cannot be read: it is closed; open it, or name a file\n"


def test_a_missing_package_is_told_with_the_way_out():
    """Without site-packages, as from a checkout without .venv."""
    result = subprocess.run(
        [sys.executable, "-S", "-E", "cli.py", "--version"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "seq2seq: the package typer is missing; `make install`, then `.venv/bin/seq2seq`\n"


def test_a_module_of_our_own_that_is_missing_is_a_bug():
    code = "import sys; sys.modules['seq2seq.commands'] = None\nfrom seq2seq.__main__ import run; run()"
    result = python(code)
    assert result.returncode == 1
    assert "ModuleNotFoundError" in result.stderr


# Asks the process to stop at the moment when a module is imported.
STOP_AT_IMPORT = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{number})

sys.meta_path.insert(0, Finder())
sys.argv = ["seq2seq", "translate", "run", "valid.en", "-o", "out.fr"]
from seq2seq.__main__ import run
run()
"""


@pytest.mark.parametrize(
    ("module", "number"),
    [
        ("seq2seq.process", "SIGINT"),
        ("typer", "SIGINT"),
        ("typer", "SIGTERM"),
        ("numpy", "SIGINT"),
        ("torch", "SIGHUP"),
    ],
)
def test_a_stop_while_importing_is_quiet(run, tmp_path, module, number):
    result = python(STOP_AT_IMPORT.format(module=module, number=number), tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")
    assert not (tmp_path / "out.fr").exists()


@pytest.mark.parametrize(
    "interrupted",
    [
        # A callback whose exceptions Python drops; a library that tells an interrupt as an error of its own.
        "import time, weakref\nclass A: pass\na = A(); w = weakref.ref(a, stop); del a; time.sleep(9)",
        "try:\n    stop()\nexcept KeyboardInterrupt:\n    raise ValueError('damaged')",
        "exec('stop()')",
        # A module that takes an interrupt for a package that is not there.
        (
            "import tempfile, time\nsys.path.insert(0, folder := tempfile.mkdtemp())\n"
            "with open(folder + '/halved.py', 'w') as module:\n"
            "    module.write('import os, signal\\ntry: os.kill(os.getpid(), signal.SIGINT)\\nexcept BaseException: pass')\n"
            "import halved; time.sleep(9)"
        ),
        "raise KeyboardInterrupt",
    ],
)
def test_a_stop_that_a_library_swallows_is_still_one(interrupted):
    code = f"""
import os, signal, sys
from seq2seq import commands

def stop(*_):
    os.kill(os.getpid(), signal.SIGINT)

def main():
    exec({interrupted!r}, globals())
    return 0

commands.main = main
from seq2seq.__main__ import run
run()
"""
    result = python(code)
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")


def test_what_the_caller_ignores_stays_ignored():
    code = "import os, signal; from seq2seq import commands\n"
    code += "commands.main = lambda: os.kill(os.getpid(), signal.SIGHUP) or 0\n"
    result = shell(f"trap '' HUP; {sys.executable} -c '{code}from seq2seq.__main__ import run; run()'", ROOT)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_termination_leaves_no_half_of_an_output(run, tmp_path):
    before = {path.name for path in tmp_path.iterdir()}
    command = [sys.executable, "-m", "seq2seq", "translate", "run", "-o", "out.fr"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while {path.name for path in tmp_path.iterdir()} == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert {path.name for path in tmp_path.iterdir()} != before, "begun"
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (130, b"", b"")
    assert {path.name for path in tmp_path.iterdir()} == before


def test_an_exception_that_is_a_bug_is_a_traceback(monkeypatch):
    from seq2seq import commands

    for bug in (ValueError("x"), EOFError("x"), OSError("x"), RecursionError("x"), RuntimeError("x"), KeyError("x")):

        def fail(error=bug):
            raise error

        monkeypatch.setattr(commands, "show_messages", lambda: None)
        monkeypatch.setattr(commands, "get_command", lambda app, fail=fail: fail())
        with pytest.raises(type(bug)):
            commands.main(["config"])


def test_limits_of_the_machine_are_told_in_a_line(monkeypatch, capsys):
    import torch

    from seq2seq import commands

    allocator = "[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory"
    for error, message in {
        MemoryError(): "out of memory: none is left; choose a smaller training.batch_tokens, data.max_length or model",
        torch.OutOfMemoryError("CUDA out of memory"): "out of memory: CUDA out of memory; choose a smaller",
        RuntimeError(allocator): "out of memory: [enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator",
        OSError(28, "No space left on device"): "No space left on device; make room",
        PermissionError(13, "Permission denied", "a.en"): "a.en: Permission denied; ",
        OSError(40, "Too many levels of symbolic links", b"a\xff"): "a\\udcff: Too many levels of symbolic links; mend",
    }.items():

        def fail(_, error=error):
            raise error

        monkeypatch.setattr(commands, "get_command", fail)
        assert commands.main(["config"]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"seq2seq: {message}")
        assert told.count("\n") == 1


def test_an_interrupt_within_the_package_is_130(monkeypatch):
    from seq2seq import commands

    for stop in (KeyboardInterrupt, commands.typer.Abort):

        def fail(_, stop=stop):
            raise stop

        monkeypatch.setattr(commands, "get_command", fail)
        with contextlib.suppress(SystemExit):
            assert commands.main(["config"]) == 130
