"""A run that was stopped goes on bit for bit, and refuses what would make it another run."""

import os
import shutil
import signal
from pathlib import Path

import pytest
import torch

from seq2seq.checkpoint import Run
from seq2seq.config_file import render_config
from seq2seq.corpus import batching
from seq2seq.decoding.translator import Translator
from seq2seq.errors import CheckpointError, ConfigError, TrainingError
from seq2seq.training import loop
from seq2seq.training.loop import Trainer
from tests.training.runs import assert_same_run, changed, events, fit, quick


class Interrupted(Exception):
    pass


# Twelve updates of 512 tokens are more than one epoch, so the order of the next is put to the test, too.
VARIANTS = {
    "exponential": {"training": {"batch_tokens": 512}},
    "last, sampling": {"training": {"average": "last", "average_count": 2}, "tokenizer": {"bpe_dropout": 0.3}},
    "none, by loss": {"training": {"average": "none", "metric": "loss", "patience": 9}},
    "luong, pooling": {"model": {"decoder": "luong", "attention": "multi_head", "pooling": "attention"}},
    "transformer": {"model": {"arch": "transformer", "dim": 16, "heads": 2, "ffn_dim": 16, "attention_dropout": 0.1}},
    "lstm": {"model": {"cell": "lstm", "decoder": "bahdanau"}},
    "unigram sampling, pools": {
        "tokenizer": {"kind": "unigram", "unigram_temperature": 5.0},
        "training": {"batch_tokens": 512},
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_resume_equals_never_having_stopped_bit_for_bit(toy_config, tmp_path, monkeypatch, variant):
    config = changed(toy_config, **VARIANTS[variant])
    if "pools" in variant:
        monkeypatch.setattr(batching, "POOL", 150)  # of 400 pairs
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
    assert Run(tmp_path / "parts").load_training()["progress"]["update"] == 7
    assert fit(toy_config, tmp_path / "parts", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_a_signal_in_a_validation_gives_it_up_and_resume_makes_it_again(toy_config, tmp_path, monkeypatch):
    config = changed(toy_config, training={"average": "last", "average_count": 2})
    assert fit(config, tmp_path / "whole")
    translated, ordinary = [], Translator.translate

    def is_asked_to_stop(self, lines, **options):
        translated.append(len(lines))
        if len(translated) == 4:  # of three for each validation
            os.kill(os.getpid(), signal.SIGINT)
        return ordinary(self, lines, **options)

    monkeypatch.setattr(loop, "_SENTENCES_AT_ONCE", 12)
    monkeypatch.setattr(Translator, "translate", is_asked_to_stop)
    assert not fit(config, tmp_path / "parts")
    assert translated == [12, 12, 6, 12], "the rest of the second validation is left out"
    progress = Run(tmp_path / "parts").load_training()["progress"]
    assert (progress["update"], progress["validated"]) == (8, 4)
    assert fit(config, tmp_path / "parts", resume=True)
    monkeypatch.setattr(loop, "_SENTENCES_AT_ONCE", 256)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_patience_that_is_raised_lets_a_run_go_on(toy_config, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "bleu", lambda hypotheses, references: 0.0)
    impatient = changed(toy_config, training={"max_updates": 100, "patience": 1, "valid_every": 1})
    assert fit(impatient, tmp_path / "run")
    assert events(tmp_path / "run")[-1]["update"] == 2
    for training in ({"max_updates": 200}, {"lr": 1e-4}):
        with pytest.raises(
            ConfigError,
            match=r"after update 2: training\.\w+ would change nothing; raise training\.patience, or set it to 0, to go on, or",
        ):
            fit(changed(impatient, training=training), tmp_path / "run", resume=True)
    with pytest.raises(ConfigError, match=r"nothing; raise training\.max_updates and raise training\.patience, or"):
        fit(changed(impatient, training={"max_updates": 2}), tmp_path / "run", resume=True)
    assert fit(changed(impatient, training={"patience": 2}), tmp_path / "run", resume=True)
    assert events(tmp_path / "run")[-1]["update"] == 3
    assert fit(changed(impatient, training={"patience": 0, "max_updates": 5}), tmp_path / "run", resume=True)
    assert events(tmp_path / "run")[-1]["update"] == 5


@pytest.fixture
def two_threads(one_thread):
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.mark.usefixtures("two_threads")
def test_two_threads_resume_bit_for_bit_and_another_number_is_told(tmp_path, caplog):
    config = quick(tmp_path, batch_tokens=2048, average="none", schedule="constant")
    fit(config, tmp_path / "whole")
    fit(changed(config, training={"max_updates": 2}), tmp_path / "parts")
    fit(config, tmp_path / "parts", resume=True)
    assert "trained with" not in caplog.text
    whole, parts = (state_of(tmp_path / name)["weights"] for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    torch.set_num_threads(1)
    fit(changed(config, training={"max_updates": 4}), tmp_path / "parts", resume=True)
    assert (
        "parts: trained with 2 threads so far, and with 1 thread from here: its last digits are those of no run with "
        "either number; set OMP_NUM_THREADS=2 to repeat it exactly"
    ) in caplog.text


def state_of(folder: Path) -> dict:
    return Run(folder).load_training()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: s.pop("progress"), "KeyError: 'progress'"),
        (lambda s: s.update(progress=[1]), r"progress"),
        (lambda s: s["progress"].update(update="12"), "ValueError: progress: update is a str"),
        (lambda s: s["progress"].update(epoch=-1), "ValueError: progress: epoch is negative"),
        (lambda s: s["progress"].pop("stale"), "ValueError: progress: stale: missing or unknown"),
        (lambda s: s["weights"].update({"initial.bias": torch.zeros(1)}), r"'initial\.bias' is no torch\.float32 tensor of"),
        (lambda s: s["weights"].update({"initial.bias": None}), r"'initial\.bias' is no torch\.float32 tensor of shape \(24,\)"),
        (lambda s: s["weights"].pop("initial.bias"), r"'initial\.bias' is missing"),
        (lambda s: s["optimizer"]["state"][0].update(exp_avg=torch.zeros(1)), "'exp_avg' is no"),
        (lambda s: s["optimizer"]["state"][0].pop("step"), "KeyError: 'step'"),
        (lambda s: s["optimizer"]["param_groups"].clear(), "ValueError"),
        (lambda s: s["average"]["moving"].clear(), "is missing"),
        (lambda s: s.update(random=torch.zeros(3)), "TypeError|RuntimeError"),
        (lambda s: s.update(data=None), "TypeError"),
    ],
)  # fmt: skip
def test_a_state_of_other_content_is_refused_and_nothing_touched(trained, tmp_path, damage, message):
    shutil.copytree(trained / "run", tmp_path / "run")
    state = state_of(tmp_path / "run")
    damage(state)
    Run(tmp_path / "run").save_training(state)
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    config = Run(tmp_path / "run").config()
    with pytest.raises(
        CheckpointError, match=rf"training\.pt: no training state of this model \(.*({message})"
    ) as caught:
        fit(config, tmp_path / "run", resume=True)
    assert "restore it from a copy, or train into another directory" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


@pytest.mark.parametrize("config", [None, {}, {"data": 3}])
def test_a_state_without_a_config_is_refused(trained, tmp_path, config):
    shutil.copytree(trained / "run", tmp_path / "run")
    Run(tmp_path / "run").save_training({**state_of(tmp_path / "run"), "config": config})
    with pytest.raises(CheckpointError, match=r"training\.pt: no training state that this version reads; restore it"):
        fit(Run(tmp_path / "run").config(), tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("config.yaml", r"has training\.pt but no config\.yaml; restore it from a copy, or choose another --out"),
        ("config.yaml training.pt", r"has best\.safetensors but no training\.pt to resume from; choose another --out"),
        ("training.pt best.safetensors", r"has last\.safetensors but no training\.pt to resume from"),
        ("training.pt best.safetensors last.safetensors", r"has log\.jsonl but no training\.pt to resume from"),
    ],
)
def test_a_run_that_lacks_files_is_not_started_over(trained, tmp_path, missing, message):
    shutil.copytree(trained / "run", tmp_path / "run")
    config = Run(tmp_path / "run").config()
    for name in missing.split():
        (tmp_path / "run" / name).unlink()
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(CheckpointError, match=message):
        fit(config, tmp_path / "run", resume=True)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_a_run_without_its_best_weights_does_not_go_on(trained, tmp_path):
    shutil.copytree(trained / "run", tmp_path / "run")
    config = Run(tmp_path / "run").config()
    (tmp_path / "run" / "best.safetensors").unlink()
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    update = state_of(tmp_path / "run")["progress"]["best_update"]
    for training in ({}, {"max_updates": 14}):
        with pytest.raises(
            CheckpointError, match=rf"best\.safetensors: no such file, but the best .* of update {update}, .* a copy of"
        ):
            fit(changed(config, training=training), tmp_path / "run", resume=True)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    (tmp_path / "run" / "best.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"best\.safetensors: damaged: .*; restore it from a copy"):
        fit(config, tmp_path / "run", resume=True)


def test_weights_of_the_last_validation_may_be_missing(trained, tmp_path):
    shutil.copytree(trained / "run", tmp_path / "run")
    (tmp_path / "run" / "last.safetensors").unlink()
    config = changed(Run(tmp_path / "run").config(), training={"max_updates": 13})
    assert fit(config, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "last.safetensors").exists()


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
    assert not (tmp_path / "parts" / "best.safetensors").exists(), "the state comes first"
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
        Trainer, "fit", lambda self, log, changed, **_: groups.append(self.optimizer.param_groups[0]) or True
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


def test_how_to_translate_may_be_changed_in_the_runs_config(trained, tmp_path, caplog):
    caplog.set_level("INFO", logger="seq2seq")
    shutil.copytree(trained / "run", tmp_path / "run")
    run = Run(tmp_path / "run")
    asked = run.config()
    path = run.folder / "config.yaml"
    path.write_text(render_config(changed(asked, decoding={"beam": 7, "alpha": 0.5})), encoding="utf-8")
    assert fit(changed(asked, decoding={"alpha": 0.25}), run.folder, resume=True)
    assert (run.config().decoding.beam, run.config().decoding.alpha) == (7, 0.25), "what is given comes first"
    told = f"{path}: decoding.beam was changed there to 7, and stays so; to undo it, change it there"
    assert told in caplog.messages
    assert f"{path}: decoding.alpha: changed there, which has no effect on training" in caplog.text
    assert events(run.folder)[-1]["options"] == {"decoding.beam": 7, "decoding.alpha": 0.25}
    caplog.clear()
    for _ in range(2):  # the same again: nothing new was asked for
        assert fit(changed(asked, decoding={"alpha": 0.25}), run.folder, resume=True)
        assert (run.config().decoding.beam, run.config().decoding.alpha) == (7, 0.25)
    assert fit(run.config(), run.folder, resume=True)
    assert told not in caplog.messages
    assert fit(changed(asked, decoding={"beam": 9}), run.folder, resume=True)
    assert (run.config().decoding.beam, run.config().decoding.alpha) == (9, 1.0), "what is asked for now is done"


def test_changes_in_the_runs_config_that_have_no_effect_are_told(trained, tmp_path, caplog):
    shutil.copytree(trained / "run", tmp_path / "run")
    run = Run(tmp_path / "run")
    asked, path = run.config(), run.folder / "config.yaml"
    path.write_text(render_config(changed(asked, training={"lr": 0.5}, model={"dropout": 0.75})), encoding="utf-8")
    assert fit(asked, run.folder, resume=True)
    assert (
        f"{path}: model.dropout, training.lr: changed there, which has no effect on training: the values of the given "
        "config are used and written back; change them in that, or with --set"
    ) in caplog.messages
    assert run.config() == asked
    path.write_text(path.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.yaml: unknown option 'nonsense'"):
        fit(asked, run.folder, resume=True)


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
