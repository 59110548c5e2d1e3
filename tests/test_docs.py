"""The Python of the documentation runs, and prints what it says."""

import contextlib
import io
import re

import pytest

from seq2seq.config_file import render_config
from tests.conftest import ROOT, write_toy_run

BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def run_blocks(page, folder):
    """Run the blocks of a page in order, in one namespace; each must print what its block of text, if any, says."""
    blocks = BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))
    namespace = {"__name__": "page"}
    for code, text in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, page, "exec"), namespace)
        if text or page != "README.md":
            assert printed.getvalue() == text, f"{page} says something else than this prints:\n{code}"
    return len(blocks)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with what the pages name: my.yaml and its corpora, test.en and test.fr."""
    (tmp_path / "my.yaml").write_text(render_config(write_toy_run(tmp_path)), encoding="utf-8")
    (tmp_path / "test.en").write_text("Two dogs run.\n\nA white dog runs.\n", encoding="utf-8")
    (tmp_path / "test.fr").write_text("Deux chiens courent.\n\nUn chien blanc court.\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_about_python_is_true(folder):
    assert run_blocks("docs/python.md", folder) >= 10
    assert (folder / "heads.png").stat().st_size > 1000
    assert (folder / "test.out").read_text(encoding="utf-8").count("\n") == 3
    assert (folder / "checkpoints" / "mine" / "best.safetensors").is_file()


def test_the_readmes_python_runs(folder):
    assert run_blocks("README.md", folder) == 1
