"""The whole path through the command line, as a user walks it."""

import gzip
import json
import re

from seq2seq import __version__
from seq2seq.config import ARCHITECTURES
from seq2seq.config_file import load_config, render_config
from seq2seq.models.attention import SCORERS
from tests.conftest import ROOT

TEXT = "le chat\n\nun petit chien voit\n   \nune maison"


def test_the_main_job(cli, toy_config, tmp_path):
    (tmp_path / "toy.yaml").write_text(render_config(toy_config), encoding="utf-8")
    words = ["train", "toy.yaml", "--out", "run", "--set", "training.lr=5e-3", "--device", "cpu"]
    trained = cli(*words)
    assert trained.code == 0
    told = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert told["sessions"][0]["command"] == ["seq2seq", *words]
    assert trained.out == ""
    assert re.search(r"update 12 \(epoch \d+, [\d.]+ min\): validation loss [\d.]+, BLEU [\d.]+", trained.err)
    assert "lr: 0.005\n" in (tmp_path / "run" / "config.yaml").read_text(encoding="utf-8")

    assert (
        cli("train", "toy.yaml", "--out", "run").err
        == "seq2seq: run: exists already; add --resume to continue it, or choose another --out\n"
    )
    longer = ("--set", "training.lr=5e-3", "--set", "training.max_updates=16")
    assert cli("train", "toy.yaml", "--out", "run", "--resume", *longer).code == 0

    evaluated = cli("evaluate", "run", "--source", "valid.en", "--reference", "valid.fr")
    assert re.search(r"^BLEU +[\d.]+   nrefs:1\|case:mixed\|", evaluated.out)
    assert re.search(r"^BLEU, published Multi30k scale +[\d.]+   nrefs:1\|case:lc\|norm:moses-fr", evaluated.out, re.M)
    scores = json.loads(cli("evaluate", "run", "--source", "valid.en", "--reference", "valid.fr", "--json").out)
    keys = ["bleu", "bleu_published", "chrf", "ter", "rouge1", "rouge2", "rougeL", "signatures", "sentences"]
    assert list(scores) == keys
    assert scores["sentences"] == 30

    assert cli("translate", "run", "valid.en", "-o", "out.fr").out == ""
    assert json.loads(cli("score", "out.fr", "valid.fr", "--json").out) == scores
    assert "sentences" in cli("score", "out.fr", "valid.fr").out

    assert cli("align", "run", "--source", "valid.en", "--target", "valid.fr", "-o", "links.txt").code == 0
    links = (tmp_path / "links.txt").read_text(encoding="utf-8").split("\n")[:-1]
    assert len(links) == 30
    sources = (tmp_path / "valid.en").read_text(encoding="utf-8").split("\n")
    for line, source in zip(links, sources, strict=False):
        pairs = [tuple(map(int, link.split("-"))) for link in line.split()]
        assert {target for _, target in pairs} == set(range(len(source.split())))
        assert all(0 <= origin < len(source.split()) for origin, _ in pairs)

    assert re.search(r"^AER +0\.00\nprecision +100\.00\n", cli("aer", "links.txt", "links.txt").out)
    assert json.loads(cli("aer", "links.txt", "links.txt", "--json").out)["sentences"] == 30
    by_length = cli("evaluate", "run", "--source", "valid.en", "--reference", "valid.fr", "--lengths", "3,5").out
    assert re.search(r"^lengths .*\nup to 3 .*\n4-5 .*\nover 5 ", by_length, re.MULTILINE)

    drawn = cli("heatmap", "run", "le petit chat", "-o", "map.svg")
    assert (drawn.code, drawn.err) == (0, "map.svg: written: cross attention\n")
    drawn = cli(
        "heatmap", "run", "le petit chat", "--reference", "chat petit le", "--units", "pieces", "--end", "-o", "ref.png"
    )
    assert (drawn.out, drawn.err) == ("chat petit le\n", "ref.png: written: cross attention\n")
    assert (tmp_path / "map.svg").stat().st_size > 1000


def test_translate_keeps_lines(cli, run, tmp_path):
    plain = cli("translate", run, stdin=TEXT.encode())
    assert plain.out.endswith("\n")
    lines = plain.out.split("\n")[:-1]
    assert len(lines) == 5
    assert lines[1] == lines[3] == ""

    (tmp_path / "in.gz").write_bytes(gzip.compress(TEXT.encode()))
    assert cli("translate", run, "-", stdin=TEXT.encode()).out == plain.out
    assert cli("translate", run, "in.gz").out == plain.out
    cli("translate", run, "in.gz", "-o", "out.gz")
    assert gzip.decompress((tmp_path / "out.gz").read_bytes()).decode() == plain.out
    assert cli("translate", run, stdin=b"").out == ""
    assert cli("translate", run, stdin=b"\n").out == "\n"


def test_translate_columns(cli, run):
    plain = cli("translate", run, stdin=TEXT.encode()).out.split("\n")[:-1]
    both = [
        line.split("\t")
        for line in cli("translate", run, "--scores", "--align", stdin=TEXT.encode()).out.split("\n")[:-1]
    ]
    assert [columns[0] for columns in both] == plain
    assert both[1] == ["", "0.000000", ""]
    for text, score, links in both:
        assert float(score) <= 0
        assert {link.split("-")[1] for link in links.split()} == {str(i) for i in range(len(text.split()))}


def test_translate_nbest(cli, run):
    rows = [row.split(" ||| ") for row in cli("translate", run, "--nbest", 3, stdin=TEXT.encode()).out.split("\n")[:-1]]
    assert [int(row[0]) for row in rows] == [0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 4], "nothing has one translation: nothing"
    best = cli("translate", run, stdin=TEXT.encode()).out.split("\n")[:-1]
    for line, text in enumerate(best):
        found = [(row[1], float(row[2])) for row in rows if int(row[0]) == line]
        assert found[0][0] == text
        assert found == sorted(found, key=lambda row: -row[1])
        assert len({text for text, _ in found}) == len(found)


def test_flags_override_the_config_and_default_to_it(cli, run):
    def out(*options):
        return cli("translate", run, "--scores", *options, stdin=TEXT.encode()).out

    assert out("--beam", 1) == out("--set", "decoding.beam=1")
    assert out("--beam", 5) == out(), "5 is the configured beam"
    for option in (("--beam", 1), ("--set", "decoding.beam=1")):  # whose output may be the same as that of 5
        assert (
            "need a beam of 2 or more, but it is 1\n"
            in cli("translate", run, "--nbest", 2, *option, stdin=b"chat\n").err
        )
    assert out("--set", "decoding.alpha=0.0") != out()


def test_a_long_line_is_cut_with_one_warning_that_names_it(cli, run):
    text = ("chat\n" + "chat " * 40 + "\nchat\n").encode()
    result = cli("translate", run, "--set", "decoding.max_input=9", stdin=text)
    assert result.out.count("\n") == 3
    assert result.err == "warning: standard input:2: cut after decoding.max_input = 9 tokens\n"
    drawn = cli("heatmap", run, "chat " * 40, "--set", "decoding.max_input=9", "-o", "map.svg")
    assert drawn.err.split("\n")[0] == "warning: the sentence: cut after decoding.max_input = 9 tokens"


def test_dirty_input_is_translated_and_reported(cli, run):
    clean = cli("translate", run, stdin=b"le chat\nun chien\n")
    dirty = cli("translate", run, stdin=b"\xef\xbb\xbfle chat\r\nun chien\r\n")
    assert dirty.out == clean.out
    assert dirty.err.split("\n")[:2] == [
        "warning: 1 file with a byte-order mark (removed), first at standard input:1",
        "warning: 2 lines ending in CRLF (CR removed), first at standard input:1",
    ]
    assert cli("translate", run, stdin=b"le \xff chat\nun chien\n").out.count("\n") == 2


def test_align_keeps_lines_and_words(cli, run, tmp_path):
    (tmp_path / "a.en").write_text("le\u00a0chat \t noir\n\nun\n", encoding="utf-8")
    (tmp_path / "a.fr").write_text("noir  chat\nun\n\n", encoding="utf-8")
    lines = cli("align", run, "--source", "a.en", "--target", "a.fr").out.split("\n")
    assert lines[1:] == ["", "", ""]
    assert {int(link.split("-")[1]) for link in lines[0].split()} == {0, 1}
    assert {int(link.split("-")[0]) for link in lines[0].split()} <= {0, 1}, "a no-break space is inside a word"


def test_align_cuts_as_translate_does(cli, run, tmp_path):
    (tmp_path / "a.en").write_text("chat\n" + "chat " * 40 + "\n", encoding="utf-8")
    (tmp_path / "a.fr").write_text("chat " * 40 + "\n" + "chat\n", encoding="utf-8")
    result = cli("align", run, "--source", "a.en", "--target", "a.fr", "--set", "decoding.max_input=9")
    assert result.err.split("\n") == [
        "warning: a.fr:1: cut after decoding.max_input = 9 tokens",
        "warning: a.en:2: cut after decoding.max_input = 9 tokens",
        "",
    ]
    first, second, _ = result.out.split("\n")
    assert [link.split("-")[1] for link in first.split()] == [str(word) for word in range(first.count("-"))]
    assert 1 <= first.count("-") <= 9
    assert second.endswith("-0")
    drawn = cli("heatmap", run, "chat", "--reference", "chat " * 40, "--set", "decoding.max_input=9", "-o", "map.svg")
    assert drawn.err.split("\n")[0] == "warning: the reference: cut after decoding.max_input = 9 tokens"


def test_version_help_and_config(cli):
    assert cli("--version").out == f"seq2seq {__version__}\n"
    assert "Usage: seq2seq" in cli("--help").out == cli().out
    for command in ("train", "translate", "evaluate", "score", "align", "heatmap", "config", "publish"):
        assert cli(command, "--help").code == 0
    choices = {"model.arch": ARCHITECTURES, "model.attention": SCORERS}
    assert cli("config").out == cli("config", "rnn").out == render_config(choices=choices)
    assert cli("config", "transformer").out == render_config(arch="transformer", choices=choices)


def quick_demo(folder):
    """A demo.yaml for a demo of seconds; one in the working directory wins over the program's own."""
    quick = ["training.max_updates=4", "training.valid_every=4", "training.log_every=2", "model.decoder_dim=16"]
    config = load_config(ROOT / "configs" / "demo.yaml", quick)
    (folder / "configs").mkdir()
    (folder / "configs" / "demo.yaml").write_text(render_config(config), encoding="utf-8")


def test_the_demo_does_the_whole_job_twice_in_a_row(cli, tmp_path):
    quick_demo(tmp_path)
    for _ in range(2):
        demo = cli("demo", "--device", "cpu")
        assert demo.code == 0, demo.err
        assert re.fullmatch(r"BLEU \d+\.\d\d", demo.out.rstrip("\n").rsplit("\n", 1)[1])
        assert "\n$ seq2seq train configs/demo.yaml --out checkpoints/demo --resume\n" in demo.out
        assert re.search(r"labels +BLEU +exact % +sentences\nelision ", demo.out)
    run = tmp_path / "checkpoints" / "demo"
    assert len((run / "test.fr").read_text(encoding="utf-8").split("\n")) == 501
    assert len(list(run.glob("heatmap-*.png"))) == 3
    assert json.loads((run / "scores.json").read_text(encoding="utf-8"))["labels"][0]["label"] == "elision"


def test_the_demo_leaves_a_run_of_somebody_else_alone(cli, run, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / run).rename(tmp_path / "checkpoints" / "demo")
    before = {path.name: path.read_bytes() for path in (tmp_path / "checkpoints" / "demo").iterdir()}
    assert "checkpoints/demo: holds something other than the demo's run; move it away" in cli("demo").err
    assert {path.name: path.read_bytes() for path in (tmp_path / "checkpoints" / "demo").iterdir()} == before
    for config in ("nonsense: 1\n", "[\n", ""):  # such as one of another version
        (tmp_path / "checkpoints" / "demo" / "config.yaml").write_text(config, encoding="utf-8")
        assert "checkpoints/demo: holds something other than the demo's run" in cli("demo").err


def test_the_demo_leaves_a_longer_run_of_its_recipe_alone(cli, tmp_path):
    quick_demo(tmp_path)
    assert cli("train", "configs/demo.yaml", "--set", "training.max_updates=2", "--device", "cpu").code == 0
    before = (tmp_path / "checkpoints" / "demo" / "config.yaml").read_bytes()
    assert "checkpoints/demo: holds something other than the demo's run" in cli("demo").err
    assert (tmp_path / "checkpoints" / "demo" / "config.yaml").read_bytes() == before


def test_a_recipe_is_found_by_name_and_a_file_wins(cli, tmp_path):
    assert "exists already" in cli("train", "configs/demo.yaml", "--out", str(tmp_path.parent)).err
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "demo.yaml").write_text("nonsense: 1", encoding="utf-8")
    assert "configs/demo.yaml: data is missing" in cli("train", "configs/demo.yaml", "--out", "x").err
    assert "other/demo.yaml: no such file" in cli("train", "other/demo.yaml", "--out", "x").err
    assert "exists already" in cli("train", "multi30k-rnn", "--out", str(tmp_path.parent)).err, "found without .yaml"
    assert re.search(
        r"nonsuch: neither a file nor a recipe; give a YAML file, or one of the recipes: builtin-rnn, builtin-transformer, demo",
        cli("train", "nonsuch", "--out", "x").err,
    )


def test_training_warns_of_sentences_it_will_be_judged_by(cli, toy_config, tmp_path):
    (tmp_path / "toy.yaml").write_text(render_config(toy_config), encoding="utf-8")
    test = [str(tmp_path / "train"), str(tmp_path / "valid")]
    trained = cli("train", "toy.yaml", "--out", "run", "--device", "cpu", "--set", f"data.test={json.dumps(test)}")
    assert trained.code == 0
    assert re.search(
        r"warning: source sentences of data\.test that stand in data\.train too: 4\d\d, first at .*train\.en:1\n",
        trained.err,
    )
