"""The one-way flow, the public names, and the cost of a look at the help."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "seq2seq"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From top to bottom: a room imports from itself and from rooms above it only.
FLOW = [
    "errors", "files", "devices", "process", "symbols", "words", "config", "config_file", "alignment", "corpus", "models",
    "checkpoint", "decoding", "evaluation", "training", "commands",
]  # fmt: skip


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def imports(path: Path) -> set[str]:
    """Everything of this package that a module imports, lazily or for types alone, too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_flow_one_way(path):
    name = module_name(path)
    if name in ("seq2seq", "seq2seq.__main__"):
        return
    here = FLOW.index(room(name))
    for imported in imports(path):
        if imported.split(".")[0] == "seq2seq" and imported != "seq2seq":
            assert FLOW.index(room(imported)) <= here, f"{name} imports {imported}, which lies below it"


@pytest.mark.parametrize(
    ("under", "forbidden"),
    [
        ("errors.py", "torch numpy pydantic"),
        ("config.py", "torch numpy datasets yaml"),
        ("config_file.py", "torch numpy datasets"),
        ("alignment", "torch datasets sentencepiece"),
        ("models", "datasets sentencepiece seq2seq.corpus"),
        ("decoding/search.py", "sentencepiece seq2seq.corpus seq2seq.alignment"),
        ("evaluation", "torch seq2seq.models"),
    ],
)
def test_rooms_know_only_what_they_must(under, forbidden):
    base = PACKAGE / under
    for path in [base] if base.is_file() else sorted(base.rglob("*.py")):
        for imported in imports(path):
            assert not any(imported == name or imported.startswith(f"{name}.") for name in forbidden.split()), (
                path,
                imported,
            )


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_all_is_there_and_true(path):
    name = module_name(path)
    if name.endswith("__main__"):
        return
    module = importlib.import_module(name)
    public = getattr(module, "__all__", [])
    for attribute in public:
        assert hasattr(module, attribute), f"{name}.__all__ names {attribute}, which is not there"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    used_elsewhere = {
        alias.name
        for other in MODULES
        if other != path
        for node in ast.walk(ast.parse(other.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == name
        for alias in node.names
    }
    assert (defined & used_elsewhere) <= set(public), f"{name}.__all__ lacks {defined & used_elsewhere - set(public)}"


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from seq2seq.commands import main\n"
        "assert main(['--help']) == 0 and main(['translate', '--help']) == 0\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'torch', 'numpy', 'datasets', 'matplotlib', 'yaml'}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.endswith("[]\n")


def test_the_readmes_tree_is_true():
    """It names every module outside `commands`, and nothing that is not there."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (tree,) = [block for block in readme.split("```")[1::2] if "errors.py" in block]
    named = {word for word in tree.split() if word.endswith((".py", "/", ".txt")) or word == "Makefile"}
    here = [path for path in ROOT.iterdir() if path.name not in (".venv", ".git")]
    there = {path.name + "/" * path.is_dir() for path in [*here, *PACKAGE.rglob("*")]}
    assert named - there - {"tests/models", "tests/decoding"} == set()
    modules = {path.name for path in MODULES if path.parent.name != "commands" and not path.name.startswith("_")}
    rooms = {f"{path.name}/" for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert modules | rooms <= named, f"README's tree lacks {(modules | rooms) - named}"
