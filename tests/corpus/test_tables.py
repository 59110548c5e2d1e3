"""Tables with named columns, and data sets in the hub's layout: each source, and each way to get one wrong."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seq2seq.config import TokenizerConfig
from seq2seq.corpus.batching import Corpus
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.errors import DataError

PAIRS = [("a cat", "un chat"), ("a dog", "un chien")]


def read(source, languages=("en", "fr"), problems=None):
    dataset = load_pairs(str(source), languages, problems or Problems()).dataset
    return list(zip(dataset["source"], dataset["target"], strict=True))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def json_lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


TEXTS = {
    "plain.csv": "en,fr\na cat,un chat\na dog,un chien\n",
    "zipped.csv.gz": "en,fr\na cat,un chat\na dog,un chien\n",
    "more.csv": 'id,fr,score,en\n1,"un chat",0.5,"a cat"\n2,un chien,,a dog\n',
    "semicolons.csv": "en;fr\na cat;un chat\na dog;un chien\n",
    "tabs.csv": "en\tfr\na cat\tun chat\na dog\tun chien\n",
    "sides.csv": "target,source\nun chat,a cat\nun chien,a dog\n",
    "flat.jsonl": json_lines({"en": "a cat", "fr": "un chat"}, {"fr": "un chien", "en": "a dog"}),
    "flat.jsonl.gz": json_lines({"en": "a cat", "fr": "un chat"}, {"fr": "un chien", "en": "a dog"}),
    "nested.json": json_lines(*({"id": 1, "translation": {"en": en, "fr": fr}} for en, fr in PAIRS)),
    "sides.jsonl": json_lines(*({"source": en, "target": fr} for en, fr in PAIRS)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_tables_by_their_conventional_columns(tmp_path, name):
    assert read(write(tmp_path / name, TEXTS[name])) == PAIRS


def test_numbers_of_any_size_and_repeated_names_that_nobody_asks_for_do_no_harm(tmp_path):
    records = "".join(f'{{"id": {"9" * 5000}, "en": "{en}", "fr": "{fr}"}}\n' for en, fr in PAIRS)
    assert read(write(tmp_path / "x.jsonl", records)) == PAIRS
    path = write(tmp_path / "x.csv", f"id,en,id,fr\n{'9' * 5000},a cat,,un chat\n2,a dog,,un chien\n")
    assert read(path) == PAIRS


def test_columns_by_name_and_languages_decide_the_direction(tmp_path):
    path = write(tmp_path / "x.csv", "english,french,en,fr\na cat,un chat,-,-\na dog,un chien,-,-\n")
    assert read(f"{path}?source=english&target=french") == PAIRS
    assert read(f"{path}?source=french&target=english") == [(fr, en) for en, fr in PAIRS]
    assert read(path) == [("-", "-")] * 2  # not from the cache of another choice
    path = write(tmp_path / "x.jsonl", json_lines(*({"t": {"a.b": en, "c": fr}} for en, fr in PAIRS)))
    assert read(f"{path}?source=t.a.b&target=t.c") == PAIRS
    nested = write(tmp_path / "nested.json", TEXTS["nested.json"])
    assert read(nested, ("fr", "en")) == [(fr, en) for en, fr in PAIRS]


def test_parquet_flat_and_nested(tmp_path):
    flat = {"en": ["a cat", None, "a dog"], "fr": ["un chat", "seul", "un chien"], "n": [1, 2, 3]}
    pq.write_table(pa.table(flat), tmp_path / "flat.parquet", row_group_size=1)
    problems = Problems()
    assert read(tmp_path / "flat.parquet", problems=problems) == PAIRS
    assert problems.messages() == [f"1 pair with an empty side (left out), first at {tmp_path}/flat.parquet:2"]
    nested = {"translation": [{"en": en, "fr": fr} for en, fr in PAIRS]}
    pq.write_table(pa.table(nested), tmp_path / "nested.parquet")
    assert read(tmp_path / "nested.parquet") == PAIRS


def test_text_that_is_not_utf8_in_a_parquet_file_is_one_line(tmp_path):
    ends = pa.py_buffer(b"".join(number.to_bytes(4, "little") for number in (0, 2, 3)))
    damaged = pa.Array.from_buffers(pa.string(), 2, [None, ends, pa.py_buffer(b"\xff\xfea")])
    pq.write_table(pa.table({"en": damaged, "fr": ["un", "deux"]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"x\.parquet: one of the records 1 to 2 is not valid UTF-8"):
        read(tmp_path / "x.parquet")


@pytest.fixture
def hub(tmp_path):
    """A data set as it lies on the hub: a card that names configs, and their files."""
    folder = tmp_path / "hub" / "toys"
    card = "---\nconfigs:\n"
    for config, names in (("en-fr", ("en", "fr")), ("plain", ("english", "french"))):
        card += f"- config_name: {config}\n  data_files:\n"
        for split, rows in (("train", PAIRS), ("test", PAIRS[:1])):
            card += f"  - split: {split}\n    path: {config}/{split}-*.parquet\n"
            records = [dict(zip(names, pair, strict=True)) for pair in rows]
            table = {"translation": records} if config == "en-fr" else {n: [r[n] for r in records] for n in names}
            (folder / config).mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(table), folder / config / f"{split}-00000-of-00001.parquet")
    write(folder / "README.md", card + "---\n# Toys\n")
    return folder


def test_a_data_set_in_the_hubs_layout(hub):
    assert read(f"hub:{hub}?config=en-fr") == PAIRS
    assert read(f"hub:{hub}?config=en-fr&split=test") == PAIRS[:1]
    assert read(f"hub:{hub}?config=en-fr&split=train[1:]") == PAIRS[1:]
    assert read(f"hub:{hub}?config=plain&source=english&target=french") == PAIRS
    pairs = load_pairs([f"hub:{hub}?config=en-fr&split=test", f"hub:{hub}?config=en-fr"], ["en", "fr"], Problems())
    assert pairs.where(2) == f"hub:{hub}:2"


@pytest.mark.parametrize("wanted", [True, False])
def test_reading_a_corpus_draws_no_bars_and_leaves_the_users_setting_alone(hub, tmp_path, monkeypatch, capfd, wanted):
    """A program that uses the library decides what is on the terminal."""
    import datasets

    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "downloads")  # nothing is there yet
    before = datasets.are_progress_bars_disabled()
    try:
        (datasets.enable_progress_bars if wanted else datasets.disable_progress_bars)()
        pairs = load_pairs(f"hub:{hub}?config=en-fr", ["en", "fr"], Problems())
        Corpus(pairs, Tokenizer.train(pairs, TokenizerConfig(vocabulary_size=42)), 200, Problems())
        assert capfd.readouterr() == ("", "")
        assert datasets.are_progress_bars_disabled() == (not wanted)
    finally:
        (datasets.disable_progress_bars if before else datasets.enable_progress_bars)()


def test_a_data_set_is_asked_for_once(hub, monkeypatch):
    import datasets

    asked, ordinary = [], datasets.load_dataset
    monkeypatch.setattr(datasets, "load_dataset", lambda *a, **k: asked.append(a) or ordinary(*a, **k))
    assert read(f"hub:{hub}?config=en-fr") == PAIRS
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "Config name is missing"),
        ("?config=en-de", "BuilderConfig 'en-de' not found. Available: "),
        ("?config=en-fr&split=dev", 'Unknown split "dev". Should be one of '),
        (
            "?config=plain",
            "no columns 'en' and 'fr' (or 'source' and 'target'); there are: english, french; name them: ",
        ),
        ("?config=plain&source=english&target=fr", "no columns 'english' and 'fr'; there are: english, french"),
        ("?config=plain&colour=red", "no option 'colour'; there are: source, target, config, split, revision"),
        ("?plain", "no option 'plain'"),
    ],
)
def test_a_data_set_wrongly_asked_for_is_one_line(hub, query, message):
    with pytest.raises(DataError) as caught:
        read(f"hub:{hub}{query}")
    assert f"hub:{hub}" in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_data_set_that_is_nowhere_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"^hub:\S*/nothing: no such directory; a data set of the hub is called OWNER"):
        read(f"hub:{tmp_path}/nothing")

    def unreachable(*_, **__):
        raise ConnectionError("Couldn't reach 'owner/name' on the Hub\nand much more")

    monkeypatch.setattr("datasets.load_dataset", unreachable)
    with pytest.raises(DataError, match=r"^hub:owner/name: Couldn't reach 'owner/name' on the Hub$"):
        read("hub:owner/name")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "en,fr\na,b\nc\n", r"x\.csv:3: 1 column where the header has 2"),
        ("x.csv", 'en,fr\n"a\nb",c\nd,e,f\n', r"x\.csv:4: 3 columns where the header has 2"),
        ("x.csv", 'en,fr\na,b\n"c,d\n', r"x\.csv:3: not a CSV record: unexpected end of data"),
        (
            "x.csv",
            "english,fr\na,b\n",
            r"x\.csv: no columns 'en' and 'fr' \(or .*\); there are: english, fr; name them: ",
        ),
        ("x.csv", "en,fr\n", r"x\.csv: holds no usable sentence pair"),
        ("x.csv", "", r"x\.csv: holds no usable sentence pair"),
        ("x.jsonl", '{"en": "a", "fr": "b"}\n{"en": \n', r"x\.jsonl:2: not JSON: Expecting value at column 8"),
        ("x.json", '[{"en": "a"}]\n', r"x\.json:1: one JSON object a line is expected, found list"),
        ("x.jsonl", '\n{"en": 5, "fr": "b"}\n', r"x\.jsonl:2: column 'en' holds int, not text"),
        ("x.jsonl", '{"en": {"a": "b"}, "fr": "b"}\n', r"x\.jsonl: no columns 'en' and 'fr' .*; there are: en\.a, fr"),
        ("x.jsonl", '{"fr": "b", "en": ' + "9" * 5000 + "}\n", r"x\.jsonl:1: column 'en' holds int, not text$"),
        ("x.jsonl", "\n" + "[" * 100_000 + "\n", r"x\.jsonl:2: not JSON that can be read: its brackets are nested too"),
        ("x.csv", f"en,fr,{'x' * 200_000}\n", r"x\.csv:1: not a header of a CSV table: field larger than field limit"),
        ("x.csv", f"en,fr\na,{'x' * 200_000}\n", r"x\.csv:2: not a CSV record: field larger than field limit"),
        (
            "x.csv",
            "en,fr,en\na,b,c\n",
            r"x\.csv: several columns are called 'en'; rename the others, or choose two oth",
        ),
        (
            "x.csv",
            "en,fr,fr\na,b,c\n",
            r"x\.csv: several columns are called 'fr'; .*: \S*x\.csv\?source=COLUMN&target=",
        ),
        (
            "x.csv",
            "en,fr\ra,b\r",
            r"x\.csv:1: not a header of a CSV table: a carriage return stands in it; end lines wi",
        ),
        ("x.csv", ",".join(f"c{i}" for i in range(9999)) + "\n", r"there are: c0, c1, .{250,300}…; name them: \S*$"),
        ("x.parquet", "no such thing", r"x\.parquet: cannot be read as Parquet: "),
    ],
)
def test_malformed_tables_name_file_and_line(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / name, text))


def test_options_belong_to_tables(tmp_path):
    path = write(tmp_path / "x.tsv", "a\tb\n")
    with pytest.raises(DataError, match=r"x\.tsv\?source=a: only a table with named columns \(\.csv, "):
        read(f"{path}?source=a")
    path = write(tmp_path / "x.csv", TEXTS["plain.csv"])
    with pytest.raises(DataError, match=r"x\.csv\?split=a: no option 'split'; there are: source, target$"):
        read(f"{path}?split=a")
    with pytest.raises(DataError, match=r"x\.csv\?en: no option 'en'; there are: source, target$"):
        read(f"{path}?en")


def test_a_sentence_with_line_breaks_becomes_one_line_and_is_counted(tmp_path):
    path = write(tmp_path / "x.csv", 'en,fr\n"a\ncat",un chat\n,rien\na dog,"un\r\nchien"\n')
    for _ in range(2):  # from the file, then from the cache
        problems = Problems()
        assert read(path, problems=problems) == PAIRS
        assert f"2 pairs with a line break inside (made a space), first at {path}:2" in problems.messages()
        assert f"1 pair with an empty side (left out), first at {path}:4" in problems.messages()


def test_only_the_record_that_holds_invalid_utf_8_is_left_out(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"en,fr\na cat,un chat\nb\xff,c\na dog,un chien\n")
    problems = Problems()
    assert read(path, problems=problems) == PAIRS
    assert problems.messages() == [f"1 line with invalid UTF-8 (their pairs are left out), first at {path}:3"]


def test_what_looks_like_missing_or_a_number_stays_text(tmp_path):
    path = write(tmp_path / "x.csv", "en,fr\nNA,null\n007,1e5\n")
    assert read(path) == [("NA", "null"), ("007", "1e5")]


def test_one_convention_for_both_sides_and_never_one_column_twice(tmp_path):
    path = write(tmp_path / "x.csv", "en,source,target\n-,a cat,un chat\n-,a dog,un chien\n")
    assert read(path) == PAIRS
    path = write(tmp_path / "y.csv", "en,fr\na cat,un chat\n")
    assert read(f"{path}?source=fr&target=en") == [("un chat", "a cat")]
    assert read(f"{path}?target=fr") == [("a cat", "un chat")]
    with pytest.raises(DataError, match=r"source and target are one column$"):
        read(f"{path}?source=fr&target=fr")
    with pytest.raises(DataError, match=r"y\.csv: no columns 'fr' and 'fr'; there are: en, fr"):
        read(f"{path}?source=fr")


def test_json_records_that_lack_a_side_are_left_out_wherever_they_stand(tmp_path):
    records = [
        {"en": "a hat"},
        {"translation": None},
        *({"translation": {"en": en, "fr": fr}} for en, fr in PAIRS),
        {"n": 1},
    ]
    path = write(tmp_path / "x.jsonl", json_lines(*records))
    problems = Problems()
    assert read(path, problems=problems) == PAIRS
    assert problems.messages() == [f"3 pairs with an empty side (left out), first at {path}:1"]


def test_half_a_character_is_left_out_and_counted(tmp_path):
    path = write(
        tmp_path / "x.jsonl",
        '{"en": "a cat", "fr": "un chat"}\n{"en": "a \\ud83d", "fr": "x"}\n{"en": "a dog", "fr": "un chien"}\n',
    )
    problems = Problems()
    assert read(path, problems=problems) == PAIRS
    assert problems.messages() == [f"1 pair with half a character (a lone surrogate; left out), first at {path}:2"]


def test_only_the_columns_of_text_are_read(tmp_path, monkeypatch):
    import pyarrow as pa

    seen = []
    monkeypatch.setattr(
        "seq2seq.corpus.tables._arrow_rows",
        lambda batches, where: seen.extend(b.schema.names for b in batches) or iter(()),
    )
    pq.write_table(pa.table({"image": [b"x" * 9], "en": ["a"], "fr": ["b"]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match="no usable"):
        read(tmp_path / "x.parquet")
    assert [sorted(names) for names in seen] == [["en", "fr"]]
