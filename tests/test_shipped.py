"""The models that ship do what their cards say."""

import hashlib
import json
import re
import shutil

import pytest
import torch

from seq2seq.checkpoint import SHIPPED, Run
from seq2seq.commands import main
from seq2seq.errors import CheckpointError
from tests.conftest import ROOT

MODELS = sorted(path.parent for path in SHIPPED.glob("*/best.safetensors") if path.parent.name.startswith("multi30k"))


def test_they_are_found_in_a_checkout():
    assert SHIPPED == ROOT / "checkpoints"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_shipped_model_is_small_and_tells_no_place(model):
    assert sum(path.stat().st_size for path in model.iterdir()) <= 25e6
    for name in ("config.yaml", "run.json"):
        assert not re.search(r"(?m): [\"']?/|[.][.]/|/(root|home|work)\b", (model / name).read_text(encoding="utf-8"))
    assert not (model / "training.pt").exists()
    card = (model / "README.md").read_text(encoding="utf-8")
    for word in ("Data", "Recipe", "Scores", "Limits", "tok:13a", "norm:moses-fr"):
        assert word in card


CHECKSUMS = {
    "multi30k-rnn/best.safetensors": "a0a89a4e48da1e85c3589705ff5ac587bef04b142aba36b65e51f52a44f17a68",
    "multi30k-rnn/tokenizer.model": "fa1cc38db44c483cbbdff4627029aa6108aa14f80476bc32ccc6e27e86d83c6a",
    "multi30k-transformer/best.safetensors": "b51c26cddaf08d808b9eea552242e2662951fa762e291b6ae5cc1a2d7c242633",
    "multi30k-transformer/tokenizer.model": "fa1cc38db44c483cbbdff4627029aa6108aa14f80476bc32ccc6e27e86d83c6a",
}


@pytest.mark.parametrize("name", CHECKSUMS)
def test_the_bytes_are_those_that_were_measured(name):
    assert hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest() == CHECKSUMS[name]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("name", ["best.safetensors", "tokenizer.model"])
def test_one_flipped_bit_is_refused(model, tmp_path, caplog, name):
    shutil.copytree(model, tmp_path, dirs_exist_ok=True)
    run = Run(tmp_path)
    config = run.config()
    run.model(config, run.tokenizer(config), torch.device("cpu"))
    assert not caplog.messages, "it has a checksum"
    with (tmp_path / name).open("rb+") as file:
        place = file.seek(-1000, 2)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 4]))
    with pytest.raises(CheckpointError, match=rf"{name}: damaged.*; restore"):
        run.model(config, run.tokenizer(config), torch.device("cpu"))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_it_translates_by_name_from_anywhere(model, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.en").write_text("A man in a red shirt is playing the guitar.\n\nTwo dogs run.\n", encoding="utf-8")
    assert main(["translate", model.name, "x.en"]) == 0
    first, empty, second, end = capfd.readouterr().out.split("\n")
    assert re.fullmatch(r"Un homme .* rouge joue de la guitare[.]", first)
    assert (empty, second, end) == ("", "Deux chiens courent.", "")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_its_alignment_turns_adjectives_round(model, tmp_path, capfd):
    (tmp_path / "x.en").write_text("Four white dogs jump over a red wall.\n", encoding="utf-8")
    (tmp_path / "x.fr").write_text("Quatre chiens blancs sautent par-dessus un mur rouge.\n", encoding="utf-8")
    assert main(["align", model.name, "--source", str(tmp_path / "x.en"), "--target", str(tmp_path / "x.fr")]) == 0
    links = set(capfd.readouterr().out.split())
    assert {"1-2", "2-1", "7-6", "6-7", "3-3", "4-4"} <= links


# BLEU on test_2016_flickr, on the published scale and with 13a, as on the cards.
SCORES = {"multi30k-rnn": (61.96, 60.90), "multi30k-transformer": (62.93, 61.89)}


def test_every_one_has_a_score_to_keep():
    assert {model.name for model in MODELS} == set(SCORES)


@pytest.mark.real_data
@pytest.mark.parametrize("name", SCORES)
def test_it_scores_what_its_card_says(name, multi30k, capfd):
    files = [str(multi30k / f"test_2016_flickr.{language}.gz") for language in ("en", "fr")]
    assert main(["evaluate", name, "--source", files[0], "--reference", files[1], "--json"]) == 0
    scores = json.loads(capfd.readouterr().out)
    assert Run(SHIPPED / name).config().decoding.alpha == 1.0
    published, ordinary = SCORES[name]
    assert scores["bleu_published"] == pytest.approx(published, abs=0.15), "rounding may turn a word; more is a change"
    assert scores["bleu"] == pytest.approx(ordinary, abs=0.15)
