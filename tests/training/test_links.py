"""A run knows the links that it is taught, and refuses others."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from seq2seq.checkpoint import Run
from seq2seq.errors import ConfigError, DataError, TrainingError
from seq2seq.training.loop import Trainer
from seq2seq.training.progress import Progress
from tests.training.runs import changed, fit, guided_by, quick, without_clock


def test_resume_refuses_other_links(tmp_path):
    config = quick(tmp_path)
    first, *rest = reversing_links(tmp_path).read_text().split("\n")
    (tmp_path / "b.links").write_text("\n".join(["0?0", *rest]))
    guided, other = (guided_by(config, tmp_path / f"{name}.links") for name in "ab")

    for first, then in ((config, guided), (guided, config)):
        fit(first, folder := tmp_path / f"of width {first.model.alignment_dim}")
        with pytest.raises(ConfigError, match=r"^model\.alignment_dim: differs from .*: that is another run; choose"):
            fit(then, folder, resume=True)
    fit(guided, tmp_path / "run")
    with pytest.raises(TrainingError) as error:
        fit(other, tmp_path / "run", resume=True)
    assert str(error.value) == (
        "data.alignment: not the links this run began with; give it those, or train into another directory"
    )
    (tmp_path / "a.links").rename(tmp_path / "moved.links")
    moved = changed(guided, data={"alignment": str(tmp_path / "moved.links")}, training={"max_updates": 4})
    assert fit(moved, tmp_path / "run", resume=True)
    told = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["sessions"]
    assert (
        told[0]["data"]["train"]["links"]
        == told[1]["data"]["train"]["links"]
        == Run(tmp_path / "run").load_training()["data"]["data.alignment"]
    )


def reversing_links(folder: Path) -> Path:
    """The links of toy text, whose targets are the sources reversed."""
    lines = (folder / "train.en").read_text(encoding="utf-8").split("\n")[:-1]
    links = [" ".join(f"{n}-{len(words) - 1 - n}" for n in range(len(words))) for words in map(str.split, lines)]
    (folder / "a.links").write_text("".join(f"{line}\n" for line in links))
    return folder / "a.links"


def test_a_guide_teaches_an_alignment_and_leaves_translations_as_they_are_without(tmp_path):
    config = quick(tmp_path, max_updates=4, valid_every=2, clip=0.1)
    guided = guided_by(config, reversing_links(tmp_path))
    fit(config, tmp_path / "plain")
    fit(guided, tmp_path / "guided")
    plain, weights = (load_file(tmp_path / name / "last.safetensors") for name in ("plain", "guided"))
    assert {name.split(".")[0] for name in weights.keys() - plain.keys()} == {"aligner"}
    assert all(torch.equal(weight, weights[name]) for name, weight in plain.items())
    with_loss, without_loss = without_clock(tmp_path / "guided"), without_clock(tmp_path / "plain")
    losses = [event.pop("alignment_loss") for event in with_loss if event["event"] == "train"]
    assert with_loss == without_loss
    assert len(losses) == 4
    assert losses[-1] < losses[0]


def test_links_teach_attention_in_place_of_a_head(tmp_path):
    config = quick(tmp_path, max_updates=80, valid_every=80, log_every=20, lr=0.1)
    links, losses = {"alignment": str(reversing_links(tmp_path))}, []
    for weight in (1e-6, 100.0):
        guided = changed(config, data=links, training={"guided_attention": weight})
        fit(guided, tmp_path / str(weight))
        told = [event for event in without_clock(tmp_path / str(weight)) if event["event"] == "train"]
        losses.append(told[-1]["alignment_loss"])
    assert losses[1] < 0.9 * losses[0]


def test_an_alignment_that_diverges_is_told(tmp_path, monkeypatch):
    config = guided_by(quick(tmp_path), reversing_links(tmp_path))
    ordinary = Trainer._update

    def poisoned(self, batches):
        with torch.no_grad():
            next(weight for name, weight in self.weights.items() if name.startswith("aligner.")).fill_(torch.nan)
        ordinary(self, batches)

    monkeypatch.setattr(Trainer, "_update", poisoned)
    told = (
        r"^update 1: loss is [1-9][\d.]* \(alignment: nan\) and its gradient's norm nan; the last state that was saved"
    )
    with pytest.raises(TrainingError, match=told):
        fit(config, tmp_path / "run")


def test_resume_does_not_teach_another_head(tmp_path):
    """Where a head is only read, not taught, another one may be chosen at any time."""
    config = changed(
        quick(tmp_path), data={"alignment": str(reversing_links(tmp_path))},
        model={"arch": "transformer", "dim": 8, "heads": 2, "encoder_layers": 1, "decoder_layers": 2},
        training={"guided_attention": 0.1}, decoding={"alignment_head": 1, "alignment_layer": 2},
    )  # fmt: skip
    fit(config, tmp_path / "run")
    before = (tmp_path / "run" / "config.yaml").read_bytes()
    other = changed(config, decoding={"alignment_head": 2, "alignment_layer": 1}, training={"max_updates": 4})
    with pytest.raises(ConfigError) as error:
        fit(other, tmp_path / "run", resume=True)
    assert str(error.value) == (
        "decoding.alignment_layer, decoding.alignment_head: cannot change in this run, whose links teach the attention that "
        "is named there (training.guided_attention); undo it, or choose another --out"
    )
    assert (tmp_path / "run" / "config.yaml").read_bytes() == before
    assert fit(changed(config, decoding={"beam": 2}, training={"max_updates": 4}), tmp_path / "run", resume=True)

    plain, other = (changed(one, data={"alignment": ""}, training={"guided_attention": 0}) for one in (config, other))
    fit(plain, tmp_path / "plain")
    assert fit(other, tmp_path / "plain", resume=True)


def test_a_guided_run_records_which_attention_links_teach(tmp_path):
    """So that no later default changes what it reads as the alignment; the options as given still are those of the run."""
    config = changed(
        quick(tmp_path), data={"alignment": str(reversing_links(tmp_path))},
        model={"arch": "transformer", "dim": 8, "heads": 2, "encoder_layers": 1, "decoder_layers": 3},
        training={"guided_attention": 0.1}, decoding={"alignment_head": 2},
    )  # fmt: skip
    fit(config, tmp_path / "run")
    recorded = Run(tmp_path / "run").config().decoding
    assert (recorded.alignment_layer, recorded.alignment_head) == (2, 2)
    more = {"max_updates": 4}
    assert fit(changed(config, training=more), tmp_path / "run", resume=True)
    assert fit(
        changed(config, training={"max_updates": 5}, decoding={"alignment_layer": 2}), tmp_path / "run", resume=True
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attention": "none"}, "training.guided_attention: 0.1, but this model has no attention to the source"),
        ({"attention": "additive"}, "decoding.alignment_head: 3, but this attention has 1 head"),
    ],
)
def test_attention_that_is_not_there_is_told_before_anything_is_done(tmp_path, options, message):
    """An additive attention has one head, whatever `model.heads` says."""
    config = quick(tmp_path)
    data, decoding = {"alignment": str(tmp_path / "none.links")}, {"alignment_head": 3}
    config = changed(config, data=data, training={"guided_attention": 0.1}, model=options, decoding=decoding)
    with pytest.raises(ConfigError, match=f"^{message}"):
        fit(config, tmp_path / "run")


def test_each_line_of_the_log_has_the_means_since_the_last():
    progress = Progress()
    for total, aligned in ((30.0, 9.0), (10.0, 1.0)):
        progress.add(total, 4, seconds=2.0)
        progress.add_alignment(aligned, 2)
        progress.add(total, 6, seconds=2.0)  # of pairs without links
        assert progress.close_window() == ({"loss": total / 5, "alignment_loss": aligned / 2}, 2.5)
    progress.add(5.0, 5, seconds=1.0)
    assert progress.close_window() == ({"loss": 1.0}, 5.0)
    assert (progress.tokens, progress.seconds) == (25, 9.0)


def test_a_guided_run_is_resumed_bit_for_bit(tmp_path):
    config = guided_by(quick(tmp_path, max_updates=4, valid_every=2, log_every=3), reversing_links(tmp_path))
    config = changed(config, training={"schedule": "constant"})
    fit(config, tmp_path / "whole")
    fit(changed(config, training={"max_updates": 2}), tmp_path / "parts")
    fit(config, tmp_path / "parts", resume=True)
    whole, parts = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(weight, parts[name]) for name, weight in whole.items())
    assert [event for event in without_clock(tmp_path / "whole") if event["event"] == "train"] == [
        event for event in without_clock(tmp_path / "parts") if event["event"] == "train"
    ], "the window of losses, too"


def test_a_run_of_a_version_without_links_is_resumed(tmp_path):
    config = quick(tmp_path)
    fit(config, tmp_path / "run")
    state = Run(tmp_path / "run").load_training()
    assert state["data"].pop("data.alignment") == ""
    for tree in (state["config"], state["asked"]):
        del tree["data"]["alignment"], tree["data"]["alignment_units"], tree["model"]["alignment_dim"]
    del state["progress"]["window_alignment"], state["progress"]["window_guided"]
    Run(tmp_path / "run").save_training(state)
    assert fit(changed(config, training={"max_updates": 4}), tmp_path / "run", resume=True)


@pytest.fixture
def aligner(monkeypatch):
    """Stands in for the statistical one: it draws one link, `link`, in each pair, and counts how often it learned."""
    told = SimpleNamespace(VERSION="1", link=(0, 0), learned=0)

    def learn_links(pairs):
        told.learned += 1
        return [[told.link] for _ in pairs]

    told.learn_links = learn_links
    monkeypatch.setitem(sys.modules, "seq2seq.alignment.hmm", told)
    return told


def forget_learned_links(monkeypatch, folder: Path) -> None:
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(folder / f"another cache {len(list(folder.iterdir()))}"))


def test_learned_links_that_differ_are_told_and_those_of_another_version_refused(
    tmp_path, aligner, monkeypatch, caplog
):
    """Sums differ in the last digit from machine to machine, so one link in many may."""
    config = guided_by(quick(tmp_path), Path("hmm"))
    fit(config, tmp_path / "run")
    longer = changed(config, training={"max_updates": 4})
    forget_learned_links(monkeypatch, tmp_path)
    assert fit(longer, tmp_path / "run", resume=True)
    assert "some of the learned links" not in caplog.text
    aligner.link = (0, 1)
    forget_learned_links(monkeypatch, tmp_path)
    assert fit(changed(config, training={"max_updates": 5}), tmp_path / "run", resume=True)
    assert (
        "data.alignment: hmm: some of the learned links are not those this run began with: the aligner's sums differ in "
        "the last digit from machine to machine; training goes on with the links learned here"
    ) in caplog.messages
    aligner.VERSION = "2"
    with pytest.raises(TrainingError) as error:
        fit(changed(config, training={"max_updates": 6}), tmp_path / "run", resume=True)
    assert str(error.value) == (
        "data.alignment: hmm: this version learns other links than the one this run began with; resume with that "
        "version, or train into another directory"
    )


def test_a_state_that_does_not_know_the_digest_of_its_links_is_resumed(tmp_path, aligner, caplog):
    config = guided_by(quick(tmp_path), Path("hmm"))
    fit(config, tmp_path / "run")
    state = Run(tmp_path / "run").load_training()
    assert state["data"].pop("data.alignment digest")
    Run(tmp_path / "run").save_training(state)
    assert fit(changed(config, training={"max_updates": 4}), tmp_path / "run", resume=True)
    assert "some of the learned links" not in caplog.text


def test_what_can_be_refused_is_refused_before_links_are_learned(tmp_path, aligner, monkeypatch):
    config = quick(tmp_path)
    guided = guided_by(config, Path("hmm"))
    with pytest.raises(ConfigError, match=r"^data\.max_length: 2 leaves no pair of data"):
        fit(changed(guided, data={"max_length": 2}), tmp_path / "short")
    fit(config, tmp_path / "plain")
    with pytest.raises(ConfigError, match=r"^model\.alignment_dim: differs"):
        fit(guided, tmp_path / "plain", resume=True)
    assert not aligner.learned
    fit(guided, tmp_path / "run")
    forget_learned_links(monkeypatch, tmp_path)
    for part, other in (("valid", "train"), ("train", "valid")):
        saved = {language: (tmp_path / f"{part}.{language}").read_text() for language in ("en", "fr")}
        for language in saved:
            (tmp_path / f"{part}.{language}").write_text((tmp_path / f"{other}.{language}").read_text())
        with pytest.raises(TrainingError, match=rf"^data\.{part}: not the sentences this run began with"):
            fit(guided, tmp_path / "run", resume=True)
        for language, text in saved.items():
            (tmp_path / f"{part}.{language}").write_text(text)
    assert aligner.learned == 1


@pytest.mark.parametrize("rules", ["seq2seq.alignment.hmm.VERSION", "seq2seq.corpus.links.SPLITTING"])
def test_links_of_other_rules_are_refused_before_they_are_learned(tmp_path, aligner, monkeypatch, rules):
    config = guided_by(quick(tmp_path), Path("hmm"))
    fit(config, tmp_path / "run")
    module, _, name = rules.rpartition(".")
    monkeypatch.setattr(sys.modules[module], name, 0)
    with pytest.raises(TrainingError, match=r"^data\.alignment: hmm: this version learns other links"):
        fit(changed(config, training={"max_updates": 4}), tmp_path / "run", resume=True)
    assert aligner.learned == 1


def test_links_of_a_file_and_learned_ones_are_not_exchanged(tmp_path, aligner):
    """Learned ones in place of a file's are refused before they are learned."""
    config = quick(tmp_path)
    from_file, learned = (guided_by(config, links) for links in (reversing_links(tmp_path), Path("hmm")))
    fit(from_file, tmp_path / "file")
    with pytest.raises(TrainingError, match=r"^data\.alignment: not the links this run began with"):
        fit(learned, tmp_path / "file", resume=True)
    assert not aligner.learned
    fit(learned, tmp_path / "learned")
    with pytest.raises(TrainingError, match=r"^data\.alignment: not the links this run began with"):
        fit(from_file, tmp_path / "learned", resume=True)


def test_wrong_links_are_told_before_anything_is_written(tmp_path):
    config = guided_by(quick(tmp_path), tmp_path / "a.links")
    with pytest.raises(DataError, match=r"^data\.alignment: .*a\.links: no such file"):
        fit(config, tmp_path / "run")
    (tmp_path / "a.links").write_text("0-0\n")
    with pytest.raises(DataError, match=r"^data\.alignment: .*a\.links has 1 line but .*train\.en holds 60 pairs"):
        fit(config, tmp_path / "run")
    assert not (tmp_path / "run" / "config.yaml").exists()
