"""Links belong to the pairs of their lines, whatever is left out, and what is wrong with them is told."""

import gzip
import logging
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from seq2seq.config import DataConfig
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.links import load_links
from seq2seq.corpus.sources import load_pairs
from seq2seq.errors import DataError
from seq2seq.words import counted

PAIRS = [("a b c", "A B C"), ("", "left out"), ("d e", "D E"), ("f", "F G H"), ("\udcff", "x"), ("i", "I")]
LINES = ["0-0 1-2 2-1", "", "1-0", "0-0 0?1 0p2", "5-5", ""]
KEPT = [[0, 0, 1, 2, 2, 1], [1, 0], [0, 0, 0, 1, 0, 2], []]


def config(folder, train="x", alignment="x.links", **options) -> DataConfig:
    names = [str(folder / name) if name else "" for name in ([alignment] if isinstance(alignment, str) else alignment)]
    sources = [str(folder / name) for name in ([train] if isinstance(train, str) else train)]
    return DataConfig(train=sources, valid="none", alignment=names, **options)


def load(data: DataConfig):
    pairs = load_pairs(data.train, data.languages, Problems())
    links = load_links(data, pairs)
    return links and links.of_rows(np.arange(len(pairs)))


def raw(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


@pytest.fixture
def texts(tmp_path):
    """Pairs, two of which are left out, with their links."""
    for side, ending in enumerate(("en", "fr")):
        (tmp_path / f"x.{ending}").write_bytes(raw("".join(f"{pair[side]}\n" for pair in PAIRS)))
    (tmp_path / "x.links").write_text("".join(f"{line}\n" for line in LINES))
    return tmp_path


def test_links_stay_with_their_pairs_where_others_are_left_out(texts):
    assert load(config(texts)) == KEPT


def rows(separator: str) -> str:
    return "".join(f"{source}{separator}{target}\n" for source, target in PAIRS)


TABLES = {
    "x.tsv": rows("\t"),
    "x.txt": rows(" ||| "),
    "x.csv": "en,fr\n" + rows(","),  # the header is no pair
    "two-line-record.csv": "en,fr\n" + rows(",").replace("a b c", '"a b\nc"'),
    "x.jsonl": "".join(f'{{"en": "{s}", "fr": "{t}"}}\n\n' for s, t in PAIRS),  # blank lines are no pairs
}


@pytest.mark.parametrize("name", TABLES)
def test_line_i_belongs_to_pair_i_of_any_source(texts, name):
    (texts / name).write_bytes(raw(TABLES[name]))
    assert load(config(texts, train=name)) == KEPT


def test_several_sources_each_with_its_links_or_none(texts):
    (texts / "y.tsv").write_text("p q\tP\n\n")
    (texts / "y.links").write_text("1-0\n\n")
    assert load(config(texts, ["y.tsv", "x"], ["y.links", "x.links"])) == [[1, 0], *KEPT]
    assert load(config(texts, ["x", "y.tsv", "x"], ["x.links", "", "x.links"])) == [*KEPT, [], *KEPT]
    assert load(config(texts, ["x", "y.tsv"], ["", ""])) is None


def test_where_the_file_is_found(texts, monkeypatch):
    assert load(DataConfig(train="builtin/valid", valid="none", alignment="builtin/valid.links"))[0]
    (texts / "x.links.gz").write_bytes(gzip.compress((texts / "x.links").read_bytes()))
    (texts / "x.links").unlink()
    monkeypatch.setenv("SEQ2SEQ_DATA", str(texts))
    assert load(DataConfig(train="x", valid="none", alignment="x.links")) == KEPT
    assert load(DataConfig(train="x", valid="none")) is None
    with pytest.raises(DataError) as error:
        load(DataConfig(train="x", valid="none", alignment="y.links"))
    assert str(error.value) == f"y.links: no such file: looked for y.links, {texts}/y.links (also .gz)"


def test_what_the_links_count(texts):
    (texts / "y.tsv").write_text("l'eau.\tthe water.\n")
    (texts / "y.links").write_text("0-0 1-1 2-2\n")
    assert load(config(texts, "y.tsv", "y.links", alignment_units="split")) == [[0, 0, 1, 1, 2, 2]]
    with pytest.raises(DataError) as error:
        load(config(texts, "y.tsv", "y.links"))
    assert str(error.value) == (
        f"{texts}/y.links:1: link 1-1: the source has 1 word, counted from 0; do the links count "
        "from 1, or other words than data.alignment_units: words, or is the target first?"
    )


@pytest.mark.parametrize(("pairs", "refused"), [(19, False), (20, True)])
def test_links_of_words_that_are_read_as_links_of_split_words_are_told(texts, pairs, refused):
    """No link of theirs reaches beyond the words, though it could."""
    (texts / "y.tsv").write_text("a, b\tA B\n" * pairs + "c\tC\n" * 30 + "d.\tD\n" * 30)
    lines = ["0-0 1-1"] * pairs + ["0-0"] * 30 + [""] * 30
    data = config(texts, "y.tsv", "y.links", alignment_units="split")

    def write(*more: str) -> None:
        (texts / "y.links").write_text("".join(f"{line}\n" for line in [*lines[: len(lines) - len(more)], *more]))

    write()
    if refused:
        with pytest.raises(DataError) as error:
            load(data)
        assert str(error.value) == (
            f"{texts}/y.links: no link counts the punctuation that is split off; set data.alignment_units: words"
        )
        assert load(config(texts, "y.tsv", "y.links"))[0] == [0, 0, 1, 1]
        write("1-0")
    assert load(data)[0] == [0, 0, 1, 1]


@pytest.mark.parametrize(("pairs", "refused"), [(19, False), (20, True)])
def test_links_that_are_counted_from_1_are_told_where_none_reaches_beyond_its_pair(texts, pairs, refused):
    (texts / "y.tsv").write_text("a b c d\tA B C D\n" * pairs + "a\tA\n" * 30)
    data, lines = config(texts, "y.tsv", "y.links"), ["1-1 2-2"] * pairs + [""] * 30
    (texts / "y.links").write_text("".join(f"{line}\n" for line in lines))
    if refused:
        with pytest.raises(DataError) as error:
            load(data)
        assert str(error.value) == (
            f"{texts}/y.links: no link is of a first word, so words seem to be counted from 1; count them from 0"
        )
        (texts / "y.links").write_text("".join(f"{line}\n" for line in ["1-0", *lines[1:]]))
        assert load(data)[:2] == [[1, 0], [1, 1, 2, 2]]
    else:
        assert load(data)[0] == [1, 1, 2, 2]


def test_the_built_in_links_count_what_their_names_say():
    with pytest.raises(
        DataError, match=r"valid\.links\.gz: no link counts the punctuation .*; set data\.alignment_units: w"
    ):
        load(DataConfig(train="builtin/valid", valid="none", alignment="builtin/valid.links", alignment_units="split"))
    links = DataConfig(
        train="builtin/valid", valid="none", alignment="builtin/valid.split.links", alignment_units="split"
    )
    assert load(links)[0]


def test_files_with_few_links_are_told_and_without_any_refused(texts, caplog):
    caplog.set_level(logging.INFO)
    for third, level, message in (("0-0", "INFO", "2 of 4 pairs"), ("", "WARNING", "only 1 of 4 pairs")):
        (texts / "x.links").write_text(f"0-0\n\n{third}\n\n\n\n")
        load(config(texts))
        assert caplog.messages[-1] == f"data.alignment: {message} have word links"
        assert caplog.records[-1].levelname == level
    (texts / "x.links").write_text("\n0-0\n\n\n0-0\n\n")  # of pairs that are left out
    with pytest.raises(DataError) as error:
        load(config(texts))
    assert str(error.value) == f"{texts}/x.links: no pair of {texts}/x.en has a link; leave the file out ('' in a list)"


def test_what_files_lack_on_purpose_is_no_warning(texts, caplog):
    (texts / "y.tsv").write_text("p q\tP\n" * 10)
    caplog.set_level(logging.WARNING)
    load(config(texts, ["y.tsv", "x"], ["", "x.links"]))
    assert not caplog.records


@pytest.mark.parametrize("change", [LINES[:-1], [*LINES, "0-0"], []])
def test_another_number_of_lines_is_told(texts, change):
    (texts / "x.links").write_text("".join(f"{line}\n" for line in change))
    with pytest.raises(DataError) as error:
        load(config(texts))
    assert str(error.value) == (
        f"{texts}/x.links has {counted(len(change), 'line')} but {texts}/x.en holds 6 pairs: line i must hold the links "
        "of pair i, and be empty where there are none; pairs that are left out have their lines too"
    )


@pytest.mark.parametrize(
    ("line", "number", "message"),
    [
        (
            "0-0 1-4",
            1,
            "link 1-4: the target has 3 words, counted from 0; do the links",
        ),
        ("0-1-1", 2, "'0-1-1' is no link such as 0-0 (sure) or 0?0 (possible)"),  # also of a pair that is left out
        ("0-é", 3, "'0-é' is no link such as 0-0 (sure) or 0?0 (possible)"),
    ],
)
def test_what_is_no_link_of_the_pair_is_told(texts, line, number, message):
    (texts / "x.links").write_text("".join(f"{line if i == number else old}\n" for i, old in enumerate(LINES, 1)))
    with pytest.raises(DataError) as error:
        load(config(texts))
    assert str(error.value).startswith(f"{texts}/x.links:{number}: {message}")


def test_a_missing_file_is_told(texts):
    with pytest.raises(DataError) as error:
        load(config(texts, alignment="y.links"))
    path = f"{texts}/y.links"
    assert str(error.value) == f"{path}: no such file: looked for {path} (also .gz)"


def test_the_cache_knows_lines_and_links(texts, caplog):
    """Equal pairs with equal links at other lines are other links."""
    data = config(texts)
    pairs = load_pairs(data.train, data.languages, Problems())
    before = load_links(data, pairs).fingerprint
    for ending in ("en", "fr"):  # the pair that was left out moves below the next one
        lines = (texts / f"x.{ending}").read_bytes().split(b"\n")
        (texts / f"x.{ending}").write_bytes(b"\n".join([lines[0], lines[2], lines[1], *lines[3:]]))
    moved = load_pairs(data.train, data.languages, Problems())
    assert moved.fingerprint == pairs.fingerprint
    links = load_links(data, moved)
    assert links.of_rows(np.arange(2)) == [[0, 0, 1, 2, 2, 1], []]
    assert links.fingerprint != before
    lines = (texts / "x.links").read_text().split("\n")
    (texts / "x.links").write_text("\n".join([lines[0], lines[2], lines[1], *lines[3:]]))
    caplog.set_level(logging.INFO)
    caplog.clear()
    assert load_links(data, moved).fingerprint == before
    assert caplog.messages == ["data.alignment: 3 of 4 pairs have word links"]


def test_the_cache_knows_whose_links_they_are(texts):
    """Equal bytes of links that do not fit are refused, though others like them did fit."""
    for name in "yz":
        (texts / f"{name}.tsv").write_text("a b\tA B\n" * 2)
        (texts / f"{name}.links").write_text("1-1\n" * 2)
    both = config(texts, ["y.tsv", "z.tsv"], ["y.links", "z.links"])
    assert load(both) == [[1, 1]] * 4
    for name, lines in (("y", 3), ("z", 1)):
        (texts / f"{name}.links").write_text("1-1\n" * lines)
    with pytest.raises(DataError, match=r"y\.links has 3 lines but .*y\.tsv holds 2 pairs"):
        load(both)
    one = config(texts, "y.tsv", "y.links")
    (texts / "y.tsv").write_text("a b\tA B\n" * 3)
    assert load(one) == [[1, 1]] * 3
    (texts / "y.tsv").write_text("a b\tA B\n" * 3 + "\n")
    with pytest.raises(DataError, match=r"y\.links has 3 lines but .*y\.tsv holds 4 pairs"):
        load(one)
    (texts / "y.tsv").write_text("a b\tA B\n" * 2 + "a\tA\n")
    with pytest.raises(DataError, match=r"y\.links:3: link 1-1: the source has 1 word"):
        load(one)


def test_learned_links_are_of_split_words_and_kept(texts, monkeypatch, caplog):
    seen = []

    def learn_links(pairs):
        seen.extend(pairs)
        return [[(0, 0)] for _ in pairs]

    (texts / "y.tsv").write_text("l'eau.\tthe water.\n\t\na\tb\n")
    data = DataConfig(train=str(texts / "y.tsv"), valid="none", alignment="hmm")
    pairs = load_pairs(data.train, data.languages, Problems())
    monkeypatch.setitem(sys.modules, "seq2seq.alignment.hmm", SimpleNamespace(VERSION=1, learn_links=learn_links))
    caplog.set_level(logging.INFO)
    links = load_links(data, pairs)
    assert seen == [(["l'", "eau", "."], ["the", "water", "."]), (["a"], ["b"])]
    assert links.of_rows(np.arange(2)) == [[0, 0], [0, 0]]
    assert links.split
    assert caplog.messages == [
        "data.alignment: hmm: learning the word links of 2 pairs",
        "data.alignment: hmm: learned in 0 seconds; kept in the cache",
        "data.alignment: 2 of 2 pairs have word links",
    ]
    assert load_links(data, pairs).fingerprint == links.fingerprint
    assert len(seen) == 2, "they are learned once"
    monkeypatch.setattr(sys.modules["seq2seq.alignment.hmm"], "VERSION", 2)
    again = load_links(data, pairs)
    assert again.fingerprint != links.fingerprint
    assert again.digest == links.digest
    assert len(seen) == 4
    monkeypatch.setattr("seq2seq.corpus.links.SPLITTING", 0)
    assert load_links(data, pairs).fingerprint not in (links.fingerprint, again.fingerprint)


def test_learned_links_of_few_pairs_are_told(texts, monkeypatch, caplog):
    data = DataConfig(train=str(texts / "x"), valid="none", alignment="hmm")
    pairs = load_pairs(data.train, data.languages, Problems())
    aligner = SimpleNamespace(VERSION=1, learn_links=lambda pairs: [[(0, 0)], *([] for _ in pairs[1:])])
    monkeypatch.setitem(sys.modules, "seq2seq.alignment.hmm", aligner)
    caplog.set_level(logging.WARNING)
    load_links(data, pairs)
    assert caplog.messages == ["data.alignment: only 1 of 4 pairs have word links"]


def test_an_aligner_that_forgets_pairs_is_an_error(texts, monkeypatch):
    data = DataConfig(train=str(texts / "x"), valid="none", alignment="hmm")
    pairs = load_pairs(data.train, data.languages, Problems())
    aligner = SimpleNamespace(VERSION=1, learn_links=lambda pairs: [[(0, 0)] for _ in pairs[1:]])
    monkeypatch.setitem(sys.modules, "seq2seq.alignment.hmm", aligner)
    with pytest.raises(ValueError, match="longer than"):
        load_links(data, pairs)
