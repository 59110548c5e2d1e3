"""`heatmap` draws every attention map of every model, and says which."""

import itertools
import json
import re

import numpy as np
import pytest

from seq2seq.alignment import heatmap
from seq2seq.config import TransformerConfig
from seq2seq.config_file import render_config
from seq2seq.decoding.translator import Translator
from tests.alignment.test_heatmap import all_texts, size_of
from tests.alignment.test_page import read_page


def test_what_attention_pools_is_drawn(cli, toy_config, tmp_path):
    model = toy_config.model.model_copy(update={"attention": "none", "pooling": "attention", "pooling_queries": 3})
    (tmp_path / "p.yaml").write_text(render_config(toy_config.model_copy(update={"model": model})))
    assert cli("train", "p.yaml", "--out", "p", "--set", "training.max_updates=4").code == 0
    assert (
        cli("heatmap", "p", "le petit chat", "--map", "pooling", "-o", "map.svg").err
        == "map.svg: written: pooling attention\n"
    )
    assert {"query 1", "query 3", "petit", "</s>"} <= set(all_texts(tmp_path / "map.svg"))
    assert cli("heatmap", "p", "le petit chat", "--map", "pooling", "--no-end", "-o", "map.svg").code == 0
    weights = Translator.load("p", device="cpu").maps("pooling", "le petit chat", "")[0][0].weights_TS
    texts = all_texts(tmp_path / "map.svg")
    assert f"{weights[0, -1]:.0%}" in texts, "what is hidden is told"
    assert f"{weights[:, :-1].max():.2g}" in texts, "the scale ends at the largest weight: 1 would leave all pale"
    for arguments in (
        ("heatmap", "p", "le chat"),
        ("translate", "p", "valid.en", "--align"),
    ):
        assert cli(*arguments).err == "seq2seq: this model has no attention map 'cross'; it has: pooling\n"
    assert cli("translate", "p", "valid.en").code == 0


# Options of `heatmap`, what it says it drew, and its panels, row by row: layer, and head or (0) the mean of both.
DRAWN = {
    "cross": ((), "cross attention, layer 1 of 2, mean of 2 heads", [[(1, 0)]]),
    "cross, 2": (("--layer", "2", "--head", "1"), "cross attention, layer 2 of 2, head 1 of 2", [[(2, 1)]]),
    "cross, set": (("--set", "decoding.alignment_head=2"), "cross attention, layer 1 of 2, head 2 of 2", [[(1, 2)]]),
    "cross, another layer": (("--set", "decoding.alignment_head=2", "--layer", "2"),
                             "cross attention, layer 2 of 2, mean of 2 heads", [[(2, 0)]]),
    "cross, its layer": (("--set", "decoding.alignment_head=2", "--layer", "1"),
                         "cross attention, layer 1 of 2, head 2 of 2", [[(1, 2)]]),
    "cross, mean": (("--set", "decoding.alignment_head=2", "--head", "mean"), "cross attention, layer 1 of 2, mean of 2 heads",
                    [[(1, 0)]]),
    "cross, heads": (("--head", "all"), "cross attention, layer 1 of 2, all of 2 heads", [[(1, 1), (1, 2)]]),
    "cross, all": (("--layer", "all", "--head", "all"), "cross attention, all of 2 layers, all of 2 heads",
                   [[(1, 1), (1, 2)], [(2, 1), (2, 2)]]),
    "cross, layers": (("--layer", "all"), "cross attention, all of 2 layers, mean of 2 heads", [[(1, 0)], [(2, 0)]]),
    "encoder": (("--map", "encoder", "--head", "2"), "encoder attention, layer 3 of 3, head 2 of 2", [[(3, 2)]]),
    "decoder": (("--map", "decoder", "--layer", "1"), "decoder attention, layer 1 of 2, mean of 2 heads", [[(1, 0)]]),
}  # fmt: skip


def test_every_map_is_drawn_by_one_command(cli, toy_config, tmp_path, monkeypatch):
    model = {"arch": "transformer", "dim": 8, "heads": 2, "ffn_dim": 8, "encoder_layers": 3, "decoder_layers": 2}
    (tmp_path / "t.yaml").write_text(render_config(toy_config.model_copy(update={"model": TransformerConfig(**model)})))
    assert cli("train", "t.yaml", "--out", "t", "--set", "training.max_updates=4").code == 0
    drawn = []
    ordinary = heatmap.views
    monkeypatch.setattr(heatmap, "views", lambda panels, style: drawn.append(panels) or ordinary(panels, style))
    translator = Translator.load("t", device="cpu")
    for name, (options, said, expected) in DRAWN.items():
        found = cli("heatmap", "t", "le petit chat", "--reference", "chat le", *options, "--end", "-o", "map.svg")
        assert (found.out, found.err) == ("chat le\n", f"map.svg: written: {said}\n")
        maps = translator.maps(name.split(",")[0], "le petit chat", "chat le", "split")
        panels = drawn.pop()
        assert [len(row) for row in panels] == [len(row) for row in expected]
        for panel, (layer, head) in zip(itertools.chain(*panels), itertools.chain(*expected), strict=True):
            heads = [one.weights_TS for one in maps[layer - 1]]
            assert np.allclose(panel.alignment.weights_TS, heads[head - 1] if head else np.mean(heads, axis=0))
            title = f"layer {layer}, " + (f"head {head}" if head else "mean")
            assert panel.title == (title if len(expected) * len(expected[0]) > 1 else "")
            assert panel.title in ["", *all_texts(tmp_path / "map.svg")]
        assert f"t · {said}" in " ".join(all_texts(tmp_path / "map.svg"))


def test_a_picture_says_what_it_shows(cli, run, tmp_path):
    assert cli("heatmap", run, "le chat.", "--reference", "chat le.", "-o", "map.svg").code == 0
    texts = all_texts(tmp_path / "map.svg")
    assert {"run · cross attention", "source (en)", "target (fr)", "le", "chat", "."} <= set(texts)
    assert "chat." not in texts, "punctuation is a unit of its own"
    content = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert "<title>run · cross attention</title>" in content
    assert "le chat . → chat le ." in content, "the sentences, for who searches or cannot see"
    for units, expected in {"words": {"chat.", "le."}, "pieces": {"▁l", "e"}}.items():
        assert cli("heatmap", run, "le chat.", "--reference", "chat le.", "--units", units, "-o", "map.svg").code == 0
        assert expected <= set(all_texts(tmp_path / "map.svg"))


def test_how_a_picture_looks_can_be_chosen(cli, run, tmp_path):
    options = ("--title", "Figure 3", "--width", "3.25", "--serif", "--colours", "viridis", "--scale", "max", "--links")
    assert cli("heatmap", run, "le petit chat", *options, "--font-size", "8", "-o", "map.svg").code == 0
    texts = all_texts(tmp_path / "map.svg")
    assert {"Figure 3", "link"} <= set(texts)
    assert size_of(tmp_path / "map.svg")[0] == pytest.approx(3.25)
    content = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert "STIXGeneral" in content
    assert "font-size: 8px" in content
    assert "#440154" in content, "viridis begins there"
    assert cli("heatmap", run, "le petit chat", "--title", "", "-o", "map.svg").code == 0
    assert "run · cross attention" not in all_texts(tmp_path / "map.svg")


def test_gold_links_count_words_unless_units_are_chosen(cli, run, tmp_path):
    """As in `align` and `aer`. Pictures counted parts of words, so that gold of "chien." lay on "s'" or "en"."""
    (tmp_path / "a.en").write_text("le chat s'en va\n", encoding="utf-8")
    (tmp_path / "a.fr").write_text("un chien.\n", encoding="utf-8")
    (tmp_path / "a.gold").write_text("3-1\n", encoding="utf-8")
    files = ("--source", "a.en", "--target", "a.fr", "--gold", "a.gold")
    for options, source, target in (
        ((), {"le", "chat", "s'en", "va"}, {"un", "chien."}),
        (("--units", "split"), {"le", "chat", "s'", "en", "va"}, {"un", "chien", "."}),
    ):
        assert cli("heatmap", run, *files, *options, "-o", "a.svg").code == 0
        assert source | target <= set(all_texts(tmp_path / "a.svg"))
        assert cli("heatmap", run, *files, *options, "-o", "a.html").code == 0
        page = read_page(tmp_path / "a.html")
        assert page["about"]["units"] == (options or ("", "words"))[1]
        (sentence,) = page["sentences"]
        assert set(sentence["axes"][sentence["targets"][0]["words"]]["words"]) == target | {"</s>"}


def test_no_picture_is_drawn_if_a_later_line_has_wrong_gold(cli, three, tmp_path):
    (tmp_path / "three.gold").write_text("0-0\n\n2-0\n", encoding="utf-8")
    found = cli(
        "heatmap", three, "--source", "three.en", "--target", "three.fr", "--gold", "three.gold", "--out", "maps"
    )
    assert found.err.startswith("seq2seq: three.gold:3: link 2-0: the source has 2 words, counted from 0; ")
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize(
    "where", [("--out", "maps"), ("-o", "a.pdf"), ("-o", "a.html"), ("--data", "a.json"), ("--terminal",)]
)
def test_nothing_to_draw_is_an_error_wherever_it_is_not_drawn(cli, run, tmp_path, where):
    (tmp_path / "empty.en").write_text("\n \n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    for arguments, name in ((("--source", "empty.en"), "empty.en"), (("",), "the sentence")):
        if where[0] == "--out" and name != "empty.en":
            continue
        found = cli("heatmap", run, *arguments, *where)
        assert found.code == 2
        assert found.err == f"seq2seq: {name}: there is nothing to draw, because no pair has words on both sides\n"
        assert sorted(tmp_path.iterdir()) == before


def test_sentences_come_from_standard_input(cli, three, tmp_path):
    text = (tmp_path / "three.en").read_bytes()
    from_file = cli("heatmap", three, "--source", "three.en", "--terminal").out
    piped = cli("heatmap", three, "--source", "-", "--terminal", stdin=text)
    assert piped.out == from_file
    assert piped.err == "warning: 1 pair with an empty side (not drawn), first at standard input:2\n"
    pairs = ("--source", "-", "--target", "three.fr")
    assert cli("heatmap", three, *pairs, "-o", "a.html", stdin=text).code == 0
    assert read_page(tmp_path / "a.html")["sentences"][2]["name"] == "standard input:3"
    assert cli("heatmap", three, *pairs, "-o", "a.html", stdin=b"le chat\n").err == (
        "seq2seq: three.fr has 3 lines but standard input has 1: line i of one must translate line i of the other\n"
    )


@pytest.fixture
def three(run, tmp_path):
    """Three pairs, the second of which is empty, and their links."""
    for name, text in {
        "three.en": "le petit chat\n\nun chien\n",
        "three.fr": "chat petit le\n\nchien un\n",
        "three.gold": "0-2 1-1 2-0\n\n0-1 1?0\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return run


def test_a_picture_of_each_line(cli, three, tmp_path):
    """Named by the number of the line, so that an empty one shifts nothing."""
    pairs = ("--source", "three.en", "--target", "three.fr", "--gold", "three.gold")
    drawn = cli("heatmap", three, *pairs, "--out", "maps", "--format", "svg")
    assert (drawn.code, drawn.out) == (0, "chat petit le\n\nchien un\n")
    assert drawn.err == (
        "maps: written: 2 pictures of cross attention\n"
        "warning: 1 pair with an empty side (not drawn), first at three.en:2\n"
    )
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["1.svg", "3.svg"]
    first, third = (set(all_texts(tmp_path / "maps" / f"{line}.svg")) for line in (1, 3))
    assert {"line 1 · run · cross attention", "petit", "gold, sure"} <= first
    assert "gold, possible" not in first
    assert {"line 3 · run · cross attention", "chien", "gold, sure", "gold, possible"} <= third


def test_a_pdf_of_all_lines_and_their_weights(cli, three, tmp_path):
    both = ("-o", "maps.pdf", "--data", "maps.json")
    drawn = cli("heatmap", three, "--source", "three.en", *both)
    assert drawn.code == 0
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "maps.pdf").read_bytes())) == 2
    content = json.loads((tmp_path / "maps.json").read_text(encoding="utf-8"))
    assert (content["model"], content["map"], content["units"]) == ("run", "cross", "split")
    assert [sentence["line"] for sentence in content["sentences"]] == [1, 3]
    translations = cli("translate", three, "three.en").out.split("\n")
    assert drawn.out.split("\n") == translations
    assert [sentence["target"] for sentence in content["sentences"]] == [translations[0], translations[2]]
    translator = Translator.load("run", device="cpu")
    (expected,) = translator.align_translations(translator.translate(["le petit chat"]), "split")
    assert np.allclose(content["sentences"][0]["weights"][0][0], expected.weights_TS, atol=1e-6)


def test_a_line_that_is_cut_is_told_by_its_number(cli, three, tmp_path):
    (tmp_path / "long.en").write_text("chat\n" + "chat " * 40 + "\n", encoding="utf-8")
    for options in ((), ("--target", "long.en")):
        cut = cli("heatmap", three, "--source", "long.en", *options, "--set", "decoding.max_input=9", "-o", "a.pdf")
        assert cut.err.startswith("warning: long.en:2: cut after decoding.max_input = 9 tokens\n"), cut.err


def test_a_look_at_the_terminal(cli, three, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    shown = cli("heatmap", three, "le petit chat", "--reference", "chat petit le", "--terminal")
    assert shown.code == 0
    assert shown.err == ""
    assert not (tmp_path / "heatmap.png").exists()
    lines = shown.out.split("\n")
    assert lines[0] == "run · cross attention"
    assert lines[2] == "      ┌ le"
    assert [line.split()[0] for line in lines if line.endswith(("·", "░", "▒", "▓", "█"))][:3] == [
        "chat",
        "petit",
        "le",
    ]
    both = cli("heatmap", three, "--source", "three.en", "--target", "three.fr", "--terminal", "-o", "maps.pdf").out
    assert both.index("line 1 · ") < both.index("line 3 · ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "give either a sentence, in quotes, or --source FILE with one a line"),
        (("le", "--source", "three.en"), "give either a sentence, in quotes, or --source FILE with one a line"),
        (("le", "--target", "three.fr"), "--target goes with --source FILE; the target of a sentence is --reference TEXT"),
        (
            ("--source", "three.en", "--reference", "le"),
            "--reference goes with a sentence; the targets of --source FILE are --target FILE",
        ),
        (("--source", "three.en", "--target", "three.fr", "--beam", "2"), "--beam and --target together: a given target"),
        (("--source", "three.en"), "say where to draw: -o FILE.pdf with a page for each line, --out DIR, or --terminal"),
        (
            ("--source", "three.en", "-o", "a.png"),
            "a.png: holds one picture, but there are 3 sentences; draw them with --out DIR, or into a .pdf, which has a page",
        ),
        (("--source", "three.en", "--out", "three.fr"), "three.fr: is not a directory; --out names one, for a picture of each"),
        (("--source", "three.en", "--out", "no/maps"), "no/maps: cannot be written: No such file or directory"),
        (("le", "--data", "a.csv"), "a.csv: weights are written as .json, .npz; choose one of these endings"),
        (("le chat", "--reference", "chat", "--gold", "three.gold"), "three.gold has 3 lines for 1 sentence: line i must hold the links of sentence i"),
        (
            ("--source", "three.en", "--target", "three.fr", "--gold", "far.gold", "-o", "a.pdf"),
            "far.gold:3: link 2-0: the source has 2 words, counted from 0; are these links counted from 1 (--one-based), or",
        ),
        (("le", "--map", "encoder", "--links"), "--links is about source and target, but --map encoder is not; leave one"),
        (("le", "--reference", "le", "--map", "pooling", "--gold", "three.gold"), "--gold is about source and target, but --map pooling is"),
        (("le", "--gold", "three.gold"), "--gold is about a given target; add --target FILE, or --reference TEXT for a sentence"),
        (("--source", "three.en", "--gold", "three.gold", "-o", "a.html"), "--gold is about a given target; add --target FILE, or"),
        (("le", "--format", "pdf"), "--format is for what --out draws; add --out DIR, or leave it out"),
        (("le", "--terminal", "--serif"), "--serif is for pictures in files; add -o FILE or --out DIR, or leave it out"),
        (("le", "--data", "a.json", "--terminal", "--width", "3"), "--width is for pictures in files; add -o FILE or --out DIR"),
        (("le", "--data", "a.json", "--links"), "--links is for pictures; add -o FILE, --out DIR or --terminal, or leave it out"),
        (("le", "-o", "a.jpg"), "a.jpg: a picture is written as .png, .svg, .pdf, and a page as .html; choose one of these endings"),
        (("le", "--head", "9"), "--head 9: the map 'cross' has one head; give 1, or mean or all"),
        (("le", "--font-size", "99"), "--font-size 99: choose one from 3 to 30 points"),
        (("le", "--one-based"), "--one-based says how --gold FILE counts; leave it out, or add that"),
        (("le", "--colours", "jet"), "Invalid value for '--colours': Value error, 'jet' is not one of 'grey', 'inverted', 'blues', 'viridis', 'magma'."),
        (("le", "--scale", "half"), "--scale half: give a weight from 0.001 to 1, or max"),
        (("le", "--scale", "2"), "--scale 2: choose one from 0.001 to 1"),
        (("le", "--width", "0"), "--width 0: choose one from 1 to 60 inches"),
        (("three.en",), "three.en: is a file, but `heatmap` takes a sentence; give one of its lines, in quotes, or use --source"),
        (("le", "--map", "alignment"), "this model has no attention map 'alignment'; it has: cross"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_told_and_leaves_nothing(cli, three, tmp_path, options, message):
    (tmp_path / "far.gold").write_text("0-2\n\n2-0\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    result = cli("heatmap", three, *options)
    assert result.code == 2
    assert result.err.startswith(f"seq2seq: {message}")
    assert sorted(tmp_path.iterdir()) == before


def test_places_are_checked_before_a_model_is_loaded(cli, tmp_path):
    for options in (("-o", "no/a.png"), ("--out", "no/maps"), ("--data", "no/a.json")):
        assert "cannot be written" in cli("heatmap", "no-run", "le chat", *options).err
