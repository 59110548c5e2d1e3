"""A run that was stopped goes on bit for bit, and refuses what would make it another run."""

import os
import signal
from pathlib import Path

import pytest
import torch

from seq2seq.checkpoint import Run
from seq2seq.errors import CheckpointError, ConfigError, TrainingError
from seq2seq.training.loop import Trainer
from tests.training.runs import assert_same_run, changed, events, fit


class Interrupted(Exception):
    pass


# Twelve updates of 512 tokens are more than one epoch, so the order of the next is put to the test, too.
VARIANTS = {
    "exponential": {"training": {"batch_tokens": 512}},
    "last, sampling": {"training": {"average": "last", "average_count": 2}, "tokenizer": {"sampling": 0.3}},
    "none, by loss": {"training": {"average": "none", "metric": "loss", "patience": 9}},
    "luong, pooling": {"model": {"decoder": "luong", "attention": "multi_head", "pooling": "attention"}},
    "transformer": {"model": {"arch": "transformer", "dim": 16, "heads": 2, "ffn_dim": 16, "attention_dropout": 0.1}},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_resume_equals_never_having_stopped_bit_for_bit(toy_config, tmp_path, monkeypatch, variant):
    config = changed(toy_config, **VARIANTS[variant])
    assert fit(config, tmp_path / "whole")
    assert_whole_run(tmp_path / "whole")

    ordinary = Trainer._update

    def dies_at_ten(self, batches):
        if self.progress.update == 10:  # two updates after the last save
            raise Interrupted
        ordinary(self, batches)

    monkeypatch.setattr(Trainer, "_update", dies_at_ten)
    with pytest.raises(Interrupted):
        fit(config, tmp_path / "parts")
    monkeypatch.setattr(Trainer, "_update", ordinary)
    assert fit(config, tmp_path / "parts", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def assert_whole_run(folder: Path) -> None:
    names = "config.yaml tokenizer.model best.safetensors last.safetensors training.pt log.jsonl run.json"
    assert {path.name for path in folder.iterdir()} == set(names.split())
    assert [event["update"] for event in events(folder) if event["event"] == "validation"] == [4, 8, 12]
    assert [event["update"] for event in events(folder) if event["event"] == "train"] == [2, 4, 6, 8, 10, 12]


def test_a_signal_saves_and_resume_goes_on_bit_for_bit(toy_config, tmp_path, monkeypatch):
    assert fit(toy_config, tmp_path / "whole")
    ordinary = Trainer._update

    def is_asked_to_stop(self, batches):
        ordinary(self, batches)
        if self.progress.update == 7:  # between validations, and between lines of the log
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Trainer, "_update", is_asked_to_stop)
    assert not fit(toy_config, tmp_path / "parts")
    monkeypatch.setattr(Trainer, "_update", ordinary)
    assert torch.load(tmp_path / "parts" / "training.pt", weights_only=True)["progress"]["update"] == 7
    assert fit(toy_config, tmp_path / "parts", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_patience_stops_and_survives_a_resume(toy_config, tmp_path):
    config = changed(toy_config, training={"lr": 1e-12, "max_updates": 100, "patience": 2, "valid_every": 2,
                                           "average": "none"})  # fmt: skip
    assert fit(config, tmp_path / "run")
    validations = [event for event in events(tmp_path / "run") if event["event"] == "validation"]
    assert [event["update"] for event in validations] == [2, 4, 6]
    assert [event["best"] for event in validations] == [True, False, False]
    assert fit(config, tmp_path / "run", resume=True)
    assert len(events(tmp_path / "run")) == len(validations) + 3, "a finished run has nothing more to do"


def test_an_existing_run_is_refused_and_left_alone(toy_config, tmp_path):
    fit(toy_config, tmp_path / "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(CheckpointError, match="exists already; add --resume to continue it, or choose another --out"):
        fit(toy_config, tmp_path / "run")
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_resume_starts_what_does_not_exist(toy_config, tmp_path):
    assert fit(toy_config, tmp_path / "new", resume=True)


def test_resume_refuses_another_model_and_other_data(toy_config, tmp_path, toy_files):
    fit(toy_config, tmp_path / "run")
    with pytest.raises(ConfigError, match=r"^model\.dropout, tokenizer\.vocabulary_size|^tokenizer.*model\.dropout"):
        fit(
            changed(toy_config, model={"dropout": 0.2}, tokenizer={"vocabulary_size": 39}),
            tmp_path / "run",
            resume=True,
        )
    for values in ({"metric": "loss"}, {"average": "none"}, {"batch_tokens": 99}):
        with pytest.raises(ConfigError, match=rf"^training\.{next(iter(values))}: differs from .*another run"):
            fit(changed(toy_config, training=values), tmp_path / "run", resume=True)
    config = (tmp_path / "run" / "config.yaml").read_bytes()
    for name, count, seed in (("valid", 30, 1), ("train", 400, 0)):
        toy_files(name, count + 1, seed)
        with pytest.raises(TrainingError, match=rf"^data\.{name}: not the sentences this run began with"):
            fit(changed(toy_config, training={"lr": 0.5}), tmp_path / "run", resume=True)
        toy_files(name, count, seed)
    assert (tmp_path / "run" / "config.yaml").read_bytes() == config, "a refused resume changes nothing"


def test_a_run_that_dies_in_its_first_validation_is_resumed_bit_for_bit(toy_config, tmp_path, monkeypatch):
    assert fit(toy_config, tmp_path / "whole")
    ordinary = Run.save_training

    def disk_is_full(self, state):
        if state["progress"]["update"]:
            raise CheckpointError("training.pt: cannot be written")
        ordinary(self, state)

    monkeypatch.setattr(Run, "save_training", disk_is_full)
    with pytest.raises(CheckpointError, match="cannot be written"):
        fit(toy_config, tmp_path / "parts")
    assert (tmp_path / "parts" / "best.safetensors").exists()
    monkeypatch.setattr(Run, "save_training", ordinary)
    assert fit(toy_config, tmp_path / "parts", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_resume_does_not_start_over_a_published_model(toy_config, tmp_path):
    fit(toy_config, tmp_path / "run")
    Run(tmp_path / "run").publish(tmp_path / "model")
    with pytest.raises(
        CheckpointError, match=r"model: has best\.safetensors but no training\.pt to resume from; choose another --out"
    ):
        fit(toy_config, tmp_path / "model", resume=True)


def test_resume_may_change_the_optimizers_constants(toy_config, tmp_path, monkeypatch):
    fit(toy_config, tmp_path / "run")
    groups = []
    monkeypatch.setattr(
        Trainer, "fit", lambda self, log, changed: groups.append(self.optimizer.param_groups[0]) or True
    )
    options = {"weight_decay": 0.25, "betas": [0.5, 0.75], "max_updates": 13}
    fit(changed(toy_config, training=options), tmp_path / "run", resume=True)
    assert (groups[0]["weight_decay"], groups[0]["betas"]) == (0.25, (0.5, 0.75))


def test_resume_may_lengthen_the_schedule(toy_config, tmp_path):
    fit(toy_config, tmp_path / "run")
    fit(changed(toy_config, training={"max_updates": 16}), tmp_path / "run", resume=True)
    assert events(tmp_path / "run")[-1]["update"] == 16
    assert Run(tmp_path / "run").config().training.max_updates == 16
    told = [event for event in events(tmp_path / "run") if event["event"] == "changed"]
    assert told == [{"event": "changed", "update": 12, "options": {"training.max_updates": 16}}]


def test_a_finished_run_keeps_the_options_it_was_trained_with(toy_config, tmp_path):
    fit(toy_config, tmp_path / "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    other = changed(toy_config, training={"lr": 1e-9, "schedule": "linear"})
    with pytest.raises(
        ConfigError, match=r"run: finished after update 12: training.lr, training.schedule would change no"
    ):
        fit(other, tmp_path / "run", resume=True)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    assert fit(changed(toy_config, decoding={"beam": 2}), tmp_path / "run", resume=True), (
        "of how it translates: that may"
    )
    assert Run(tmp_path / "run").config().decoding.beam == 2
