"""The files under data/builtin/ are what the grammar writes, and nothing of the library needs the grammar."""

import gzip

import pytest

from grammar.splits import write_splits
from tests.conftest import ROOT
from tests.test_architecture import MODULES, imports, module_name

BUILTIN = ROOT / "data" / "builtin"
FILES = [
    f"{split}.{ending}.gz"
    for split in ("train", "valid", "test", "long")
    for ending in ("en", "fr", "links", "split.links", "labels")
]


@pytest.fixture(scope="module")
def written(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("builtin")
    assert write_splits(corpus, folder) == [folder / name for name in FILES]
    return folder


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_the_grammar_writes(written, name):
    """Run ``make corpus`` after a change of the grammar or the words: scores on the old corpus cannot be compared."""
    assert gzip.decompress((BUILTIN / name).read_bytes()) == gzip.decompress((written / name).read_bytes())


def test_nothing_else_stands_among_the_files():
    assert sorted(path.name for path in BUILTIN.iterdir()) == sorted(FILES)


def test_the_lines_of_the_files_belong_together(corpus, written):
    first = corpus["test"][0]
    lines = [
        gzip.decompress((written / f"test.{ending}.gz").read_bytes()).decode().split("\n")
        for ending in ("en", "fr", "links", "split.links", "labels")
    ]
    assert {len(column) for column in lines} == {501}
    assert [column[0] for column in lines] == [
        first.source, first.target, *(" ".join(f"{i}-{j}" for i, j in links) for links in (first.links, first.split_links)),
        " ".join(first.labels),
    ]  # fmt: skip


def test_only_what_changed_is_written(corpus, tmp_path):
    splits = {"test": corpus["test"]}
    assert len(write_splits(splits, tmp_path)) == 5
    source, target, links, labels = (tmp_path / f"test.{ending}.gz" for ending in ("en", "fr", "links", "labels"))
    otherwise_compressed = gzip.compress(gzip.decompress(source.read_bytes()), compresslevel=1)
    source.write_bytes(otherwise_compressed)
    target.write_bytes(gzip.compress(b"Bonjour !\n"))
    links.write_bytes(links.read_bytes()[:100])
    labels.unlink()
    assert write_splits(splits, tmp_path) == [target, links, labels]
    assert source.read_bytes() == otherwise_compressed
    assert write_splits(splits, tmp_path) == []


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_the_library_does_not_need_the_grammar(path):
    assert not {name for name in imports(path) if name.split(".")[0] == "grammar"}
