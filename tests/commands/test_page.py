"""`heatmap -o page.html` writes one page of all that a model tells of sentences."""

import numpy as np
import pytest

from seq2seq.config import TransformerConfig
from seq2seq.config_file import render_config
from seq2seq.decoding.translator import Translator
from tests.alignment.test_page import links_of, read_page, unpacked


def test_a_sentence(cli, run, tmp_path):
    found = cli("heatmap", run, "le petit chat.", "-o", "page.html")
    assert (found.code, found.err) == (0, "page.html: written: all attention of 1 sentence\n")
    page = read_page(tmp_path / "page.html")
    assert page["about"] == {
        "title": "Alignments of run", "model": "run", "languages": ["en", "fr"], "units": "split", "map": "cross",
        "layers": {"cross": 1}, "head": 0, "links": False, "ends": True,
    }  # fmt: skip
    (sentence,) = page["sentences"]
    (target,) = sentence["targets"]
    translator = Translator.load(run, device="cpu")
    (best,) = translator.translate(["le petit chat."])
    assert (found.out, target["text"], target["score"]) == (f"{best.text}\n", best.text, round(best.score, 4))
    assert (sentence["name"], target["name"]) == ("the sentence", "translation")
    expected = translator.inspect("le petit chat.", best, "split")
    assert sentence["axes"][target["words"]]["words"] == list(expected.target)
    assert target["log_probs"] == pytest.approx(expected.log_probs, abs=1e-4)
    assert links_of(sentence, target["maps"]["cross"], 1, 0) == expected.alignment.links()
    weights = unpacked(sentence, target["maps"]["cross"])[0, 0]
    assert weights == pytest.approx(expected.maps["cross"][0][0].weights_TS, abs=1 / 250)


def test_files_with_targets_gold_and_translations_beside_each_other(cli, run, tmp_path):
    (tmp_path / "a.en").write_text("le chat\n\nun chien voit\n", encoding="utf-8")
    (tmp_path / "a.fr").write_text("chat le\n\nvoit chien un\n", encoding="utf-8")
    (tmp_path / "a.links").write_text("0-1 1-0\n\n2-0 1?1\n", encoding="utf-8")
    files = ("--source", "a.en", "--target", "a.fr", "--gold", "a.links")
    found = cli(
        "heatmap",
        run,
        *files,
        "--nbest",
        "2",
        "--beam",
        "3",
        "--links",
        "--no-end",
        "--units",
        "pieces",
        "-o",
        "a.HTML",
    )
    assert found.out == "chat le\n\nvoit chien un\n"
    page = read_page(tmp_path / "a.HTML")
    assert (page["about"]["links"], page["about"]["ends"], page["about"]["units"]) == (True, False, "pieces")
    assert [sentence["name"] for sentence in page["sentences"]] == ["a.en:1", "a.en:2", "a.en:3"]
    first, empty, last = (sentence["targets"] for sentence in page["sentences"])
    assert [target["name"] for target in first] == ["given target", "translation 1", "translation 2"]
    assert [target["name"] for target in empty] == ["given target", "translation"]
    assert [target["text"] for target in first[1:]] == [
        best.text for best in Translator.load(run, device="cpu", beam=3).nbest(["le chat"], 2)[0]
    ]
    assert (first[0]["sure"], first[0]["possible"], first[0]["score"]) == ([[0, 1], [1, 0]], [[0, 1], [1, 0]], None)
    assert (last[0]["sure"], last[0]["possible"]) == ([[2, 0]], [[1, 1], [2, 0]])
    assert (last[1]["possible"], last[1]["aer"]) == ([], None), "gold links are those of the given target"
    assert cli("heatmap", run, "--source", "a.en", "-o", "b.html", "--title", "<Mine>").code == 0
    page = read_page(tmp_path / "b.html")
    assert [len(sentence["targets"]) for sentence in page["sentences"]] == [1, 1, 1]
    assert "<h1>&lt;Mine&gt;</h1>" in (tmp_path / "b.html").read_text(encoding="utf-8")


def test_what_is_shown_first_is_chosen(cli, toy_config, tmp_path):
    model = {"arch": "transformer", "dim": 8, "heads": 2, "ffn_dim": 8, "encoder_layers": 3, "decoder_layers": 2}
    (tmp_path / "t.yaml").write_text(render_config(toy_config.model_copy(update={"model": TransformerConfig(**model)})))
    assert cli("train", "t.yaml", "--out", "t", "--set", "training.max_updates=4").code == 0
    for options, map_, layer, head in (
        ((), "cross", 1, 0),
        (("--set", "decoding.alignment_head=2"), "cross", 1, 2),
        (("--set", "decoding.alignment_head=2", "--head", "mean"), "cross", 1, 0),
        (("--set", "decoding.alignment_head=2", "--layer", "2"), "cross", 2, 0),
        (("--set", "decoding.alignment_head=2", "--layer", "1"), "cross", 1, 2),
        (("--layer", "2", "--head", "2"), "cross", 2, 2),
        (("--map", "encoder"), "encoder", 3, 0),
        (("--map", "decoder", "--layer", "all", "--head", "all"), "decoder", 2, 0),
    ):
        assert cli("heatmap", "t", "le chat", *options, "-o", "t.html").code == 0
        about = read_page(tmp_path / "t.html")["about"]
        assert (about["map"], about["layers"][map_], about["head"]) == (map_, layer, head)
        assert about["layers"] == {"cross": 1, "encoder": 3, "decoder": 2} | {map_: layer}
    (sentence,) = read_page(tmp_path / "t.html")["sentences"]
    maps = sentence["targets"][0]["maps"]
    assert {name: (found["layers"], found["heads"]) for name, found in maps.items()} == {
        "cross": (2, 2), "encoder": (3, 2), "decoder": (2, 2),
    }  # fmt: skip
    translator = Translator.load("t", device="cpu")
    (best,) = translator.translate(["le chat"])
    expected = np.array(
        [[head.weights_TS for head in heads] for heads in translator.maps("encoder", "le chat", best, "split")]
    )
    assert unpacked(sentence, maps["encoder"]) == pytest.approx(expected, abs=1 / 250)
    assert cli("heatmap", "t", "le chat", "--layer", "3", "-o", "t.html").err == (
        "seq2seq: layer 3: the map 'cross' has layers 1 to 2; give one of them\n"
    )
    assert cli("heatmap", "t", "le chat", "--map", "pooling", "-o", "t.html").err.startswith(
        "seq2seq: this model has no attention map 'pooling'; it has: cross, encoder, decoder"
    )


@pytest.mark.parametrize(
    ("model", "maps"),
    [({"attention": "none", "pooling": "attention"}, ["pooling"]), ({"attention": "none", "decoder": "luong"}, [])],
)
def test_models_without_attention_to_words(cli, toy_config, tmp_path, model, maps):
    changed = toy_config.model.model_copy(update=model)
    (tmp_path / "p.yaml").write_text(render_config(toy_config.model_copy(update={"model": changed})))
    assert cli("train", "p.yaml", "--out", "p", "--set", "training.max_updates=4").code == 0
    found = cli("heatmap", "p", "le petit chat", "-o", "p.html")
    if maps:
        page = read_page(tmp_path / "p.html")
        assert page["about"]["map"] == "pooling"
        assert list(page["sentences"][0]["targets"][0]["maps"]) == maps
    else:
        assert found.err == "seq2seq: p: this model has no attention at all, so that a page would show nothing\n"
        assert not (tmp_path / "p.html").exists()


MISTAKES = {
    ("le chat", "--nbest", "2"): "--nbest goes with -o page.html, which shows translations beside each other",
    ("le chat", "-o", "a.html", "--serif"): "--serif is for pictures, and a.html is a page; leave one of them out",
    ("le chat", "-o", "a.html", "--terminal"): "--terminal is for pictures, and a.html is a page; leave one of them out",
    ("le chat", "-o", "a.html", "--data", "a.json"): "--data is for pictures, and a.html is a page; leave one of them out",
    ("le chat", "-o", "a.html", "--font-size", "9"): "--font-size is for pictures, and a.html is a page; leave one of them out",
    ("le chat", "-o", "a.html", "--nbest", "9"): "9 translations of a line need a beam of 9 or more, but it is 5",
    ("le chat", "-o", "a.html", "--reference", "un", "--beam", "2"): "--beam and --reference together: a given target is not searched for; leave one of them out",
    ("le chat", "-o", "no/a.html"): "no/a.html: cannot be written: No such file or directory",
    ("--source", "valid.en", "--target", "valid.en", "--gold", "valid.fr", "-o", "a.html"): "valid.fr:1: ",
    ("-o", "a.html"): "give either a sentence, in quotes, or --source FILE with one a line",
}  # fmt: skip


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_mistakes_are_told_in_a_line_and_leave_nothing(cli, run, tmp_path, arguments):
    before = sorted(tmp_path.iterdir())
    found = cli("heatmap", run, *arguments)
    assert found.code == 2
    assert found.err.startswith(f"seq2seq: {MISTAKES[arguments]}")
    assert sorted(tmp_path.iterdir()) == before


def test_gold_that_does_not_fit_is_refused_and_nothing_half_written(cli, run, tmp_path):
    (tmp_path / "a.en").write_text("le chat\nun chien\n", encoding="utf-8")
    (tmp_path / "a.links").write_text("0-0\n0-0 7-7\n", encoding="utf-8")
    (tmp_path / "a.html").write_text("before")
    found = cli("heatmap", run, "--source", "a.en", "--target", "a.en", "--gold", "a.links", "-o", "a.html")
    assert "a.links:2: link 7-7: the source has 2 words" in found.err
    assert (tmp_path / "a.html").read_text() == "before"
