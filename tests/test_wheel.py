"""What is installed from a wheel, far from any checkout, does the demo's job."""

import os
import subprocess
import sys

import pytest

from tests.commands.test_cli import quick_demo
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A directory with the wheel's content."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def run(site, folder, *arguments):
    code = "import sys, seq2seq; print(seq2seq.__file__, file=sys.stderr); from seq2seq.commands import main; sys.exit(main())"
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.stderr.startswith(str(site))
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_demo(site, tmp_path):
    assert (site / "seq2seq" / "bundled" / "configs" / "demo.yaml").is_file()
    quick_demo(tmp_path)
    before = content(site / "seq2seq" / "bundled")
    assert run(site, tmp_path, "demo", "--device", "cpu").rstrip().split("\n")[-1].startswith("BLEU ")
    assert content(site / "seq2seq" / "bundled") == before, "an installation may be read-only"


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_corpus_comes_without_its_grammar(site):
    data = site / "seq2seq" / "bundled" / "data"
    assert sorted(path.name for path in data.iterdir()) == ["README.md", "builtin"]
    assert sorted(path.name for path in data.glob("builtin/*")) == sorted(
        path.name for path in (ROOT / "data" / "builtin").iterdir()
    )
    assert not (site / "grammar").exists()


def test_a_page_has_its_template_style_and_scripts(site, tmp_path):
    run(site, tmp_path, "heatmap", "multi30k-rnn", "Two dogs run.", "-o", "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for path in (ROOT / "seq2seq" / "alignment" / "assets").glob("*.[jc]s*"):
        assert path.read_text(encoding="utf-8") in page


def test_type_checkers_find_the_types(site):
    assert (site / "seq2seq" / "py.typed").is_file()


def test_the_models_that_ship(site, tmp_path):
    (tmp_path / "x").write_text("Two dogs run.\n", encoding="utf-8")
    for name in ("multi30k-rnn", "multi30k-transformer"):
        assert run(site, tmp_path, "translate", name, "x") == "Deux chiens courent.\n"
