"""The one-way flow, the public names, and the cost of a look at the help."""

import ast
import importlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "seq2seq"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From top to bottom: a room imports from itself and from rooms above it only.
FLOW = [
    "errors", "files", "devices", "process", "symbols", "words", "config", "config_file", "alignment", "corpus", "models",
    "weights", "checkpoint", "decoding", "evaluation", "training", "commands",
]  # fmt: skip


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Everything of this package that a module imports, lazily or for types alone, too."""
    found = set()
    for node in ast.walk(tree(path)):
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
    defined = {
        node.name
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    used_elsewhere = {
        alias.name
        for other in MODULES
        if other != path
        for node in ast.walk(tree(other))
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
    (house,) = [block for block in readme.split("```")[1::2] if "errors.py" in block]
    named = {word for word in house.split() if word.endswith((".py", "/", ".txt")) or word == "Makefile"}
    here = [path for path in ROOT.iterdir() if path.name not in (".venv", ".git")]
    there = {path.name + "/" * path.is_dir() for path in [*here, *PACKAGE.rglob("*")]}
    assert named - there - {"tests/models", "tests/decoding"} == set()
    modules = {path.name for path in MODULES if path.parent.name != "commands" and not path.name.startswith("_")}
    rooms = {f"{path.name}/" for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert modules | rooms <= named, f"README's tree lacks {(modules | rooms) - named}"


SOURCES = [ROOT / "cli.py", *(path for part in ("seq2seq", "data", "benchmarks", "tests") for path in sorted((ROOT / part).rglob("*.py")))]  # fmt: skip


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_functions_and_their_parameters_are_few(path):
    """At most 400 lines a file, 60 a function, and 7 parameters, but of a command: each of those is an option."""
    assert path.read_text(encoding="utf-8").count("\n") <= 400, "split it: one file, one idea"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 60, f"{node.name}: split it"
            given = node.args
            named = {
                one.arg
                for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
                if one
            }
            is_command = path.parent == PACKAGE / "commands" and not node.name.startswith("_")
            assert is_command or len(named - {"self", "cls"}) <= 7, (
                f"{node.name}: give it fewer parameters, or an object"
            )


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, seq2seq; print(sorted({'torch', 'numpy', 'pydantic', 'datasets', 'typer', 'yaml'} & {*sys.modules}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout == "[]\n"


def recipes() -> dict[str, str]:
    """What docs/design.md says on where to add what, by what is added."""
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    section = page.split("## Where to add what\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^- \*\*An? (.+?):\*\*((?:(?!- ).+\n)+)", section, re.MULTILINE))


def test_recipes_of_what_is_added_most_are_there():
    assert {"scorer", "metric", "recurrent decoder", "architecture", "corpus format", "command"} <= recipes().keys()


@pytest.mark.parametrize("added", recipes())
def test_a_recipe_names_files_and_names_that_are_there(added):
    """Each path exists, and each name stands in one of the files that the recipe names."""
    quoted = re.findall(r"`([^`]+)`", recipes()[added])
    paths = [ROOT / name for name in quoted if "/" in name]
    assert paths, "a recipe says where"
    for path in paths:
        assert path.exists(), path
    texts = [
        part.read_text(encoding="utf-8")
        for path in paths
        for part in ([path] if path.is_file() else path.rglob("*.py"))
    ]
    for name in quoted:
        if re.fullmatch(r"[\w.]+", name):
            words = name.split(".")
            assert any(all(re.search(rf"\b{re.escape(word)}\b", text) for word in words) for text in texts), name
