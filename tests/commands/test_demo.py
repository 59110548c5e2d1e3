"""What the demo prints can be copied, however it was started."""

import os
import sys

import pytest

from seq2seq.commands.demo import _refuse_another_run, _started
from seq2seq.errors import CheckpointError


@pytest.mark.parametrize(
    ("typed", "argv", "path", "expected"),
    [
        # `make demo`: the environment is not active, and another seq2seq on the path is not this one
        (["python", ".venv/bin/seq2seq", "demo"], [".venv/bin/seq2seq", "demo"], "elsewhere",
         (".venv/bin/seq2seq", "  . .venv/bin/activate  # from then on it is called seq2seq\n")),
        (["python", "bin/seq2seq", "demo"], ["bin/seq2seq", "demo"], "",
         ("bin/seq2seq", '  export PATH="{here}/bin:$PATH"  # from then on it is called seq2seq\n')),
        (["python", "{here}/.venv/bin/seq2seq", "demo"], ["{here}/.venv/bin/seq2seq", "demo"], ".venv/bin", ("seq2seq", "")),
        (["python3", "cli.py", "demo"], ["cli.py", "demo"], ".venv/bin", ("python3 cli.py", "")),
        ([".venv/bin/python", "-m", "seq2seq", "demo", "--device", "cpu"],
         ["{here}/seq2seq/__main__.py", "demo", "--device", "cpu"], "", (".venv/bin/python -m seq2seq", "")),
    ],
)  # fmt: skip
def test_what_starts_the_command(tmp_path, monkeypatch, typed, argv, path, expected):
    for folder in (".venv/bin", "bin", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "seq2seq").touch(mode=0o755)
    (tmp_path / ".venv" / "bin" / "activate").touch()

    def filled(words):
        return [word.format(here=tmp_path) for word in words]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.fspath(tmp_path / path) if path else "")
    monkeypatch.setattr(sys, "orig_argv", filled(typed))
    monkeypatch.setattr(sys, "argv", filled(argv))
    assert list(_started()) == filled(expected)


@pytest.mark.parametrize("config", [None, b"", b"\xff", b"data: {", b"nonsense: 1\n", "of another run"])
def test_the_demo_trains_over_nothing_else(tmp_path, monkeypatch, trained, config):
    monkeypatch.chdir(tmp_path)
    _refuse_another_run()
    run = tmp_path / "checkpoints" / "demo"
    run.mkdir(parents=True)
    _refuse_another_run()
    (run / "notes").touch()
    if config is not None:
        content = (trained / "run" / "config.yaml").read_bytes() if isinstance(config, str) else config
        (run / "config.yaml").write_bytes(content)
    with pytest.raises(CheckpointError, match="holds something other than the demo's run; move it away, the demo trai"):
        _refuse_another_run()
