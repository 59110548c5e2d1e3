"""The package's front door: public names, what an import costs, and types."""

import re
import subprocess
import sys

import pytest

import seq2seq
from tests.conftest import ROOT

PUBLIC = [
    "Alignment", "CheckpointError", "Config", "ConfigError", "DataError", "Evaluation", "Panel", "Scores",
    "Seq2SeqError", "Style", "TrainingError", "Translation", "Translator", "__version__", "draw_heatmaps", "evaluate", "export",
    "format_links", "links", "load_config", "parse_links", "publish", "score", "score_links", "symmetrize", "train",
]  # fmt: skip


def test_the_public_names_are_these():
    assert seq2seq.__all__ == PUBLIC, "a name that is added or taken away is a change of the interface"
    assert set(PUBLIC) <= set(dir(seq2seq))
    for name in PUBLIC:
        assert getattr(seq2seq, name) is not None
    namespace = {}
    exec("from seq2seq import *", namespace)
    assert set(PUBLIC) <= set(namespace)


def test_checkers_and_editors_see_the_names_that_are_imported_late():
    text = (ROOT / "seq2seq" / "__init__.py").read_text(encoding="utf-8")
    for name, module in seq2seq._MODULES.items():
        assert re.search(rf"^    from {re.escape(module)} import .*\b{name}\b", text, re.MULTILINE), name
    assert (ROOT / "seq2seq" / "py.typed").is_file()


def test_an_unknown_name_is_an_ordinary_attribute_error():
    with pytest.raises(AttributeError, match="module 'seq2seq' has no attribute 'Translater'"):
        seq2seq.Translater  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Translater'"):
        exec("from seq2seq import Translater")


def test_importing_the_package_costs_nothing_heavy():
    code = (
        "import sys, seq2seq; dir(seq2seq); seq2seq.Seq2SeqError\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'numpy', 'pydantic', 'yaml', 'typer'}))\n"
        "seq2seq.Config\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'numpy'}))\n"
        "seq2seq.links\n"
        "print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.split("\n")[:3] == ["[]", "[]", "False"]
