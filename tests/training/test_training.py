"""The loop on toy text: it learns, stops when it must, and refuses what is wrong."""

import io
import os
import re
import signal
import sys

import pytest
import torch

from seq2seq import models
from seq2seq.checkpoint import Run
from seq2seq.config_file import differences
from seq2seq.corpus.batching import Corpus
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.decoding.translator import Translator
from seq2seq.errors import CheckpointError, ConfigError, TrainingError
from seq2seq.process import STOP_SIGNALS
from seq2seq.training import loop, train
from seq2seq.training.loop import Trainer
from seq2seq.training.stopping import watching_for_stop
from tests.training.runs import assert_same_run, changed, events, fit, quick


def test_equal_seeds_give_equal_bytes_and_other_seeds_do_not(toy_config, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        fit(toy_config.model_copy(update={"seed": seed}), tmp_path / name)
    weights = [(tmp_path / name / "last.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1] != weights[2]


def test_each_epoch_has_an_order_and_samples_of_its_own(toy_config, tmp_path, monkeypatch):
    seen = []
    ordinary = Corpus.batches

    def recorded(self, rows, batch_tokens, sampling=0.0, seed=None):
        if seed is not None:
            seen.append((seed, rows.tolist()))
        return ordinary(self, rows, batch_tokens, sampling, seed)

    monkeypatch.setattr(Corpus, "batches", recorded)
    fit(changed(toy_config, training={"batch_tokens": 1024}, tokenizer={"bpe_dropout": 0.1}), tmp_path / "run")
    assert [seed for seed, _ in seen] == [(1, epoch, 0) for epoch in range(len(seen))]
    orders = [tuple(rows) for _, rows in seen]
    assert len(set(orders)) == len(orders) > 1
    assert all(sorted(order) == list(range(400)) for order in orders)


def test_best_keeps_the_best_and_last_the_last(toy_config, tmp_path, monkeypatch):
    values = iter([3.0, 9.0, 5.0])
    monkeypatch.setattr(loop, "bleu", lambda hypotheses, references: next(values))
    at_eight = changed(toy_config, training={"max_updates": 8, "schedule": "constant"})
    fit(at_eight, tmp_path / "eight")
    values = iter([3.0, 9.0, 5.0])
    fit(changed(at_eight, training={"max_updates": 12}), tmp_path / "run")
    assert [event["best"] for event in events(tmp_path / "run") if event["event"] == "validation"] == [
        True,
        True,
        False,
    ]
    best, last = ((tmp_path / "run" / f"{name}.safetensors").read_bytes() for name in ("best", "last"))
    assert best == (tmp_path / "eight" / "last.safetensors").read_bytes() != last


def test_not_a_number_stops_with_the_updates_number(toy_config, tmp_path, monkeypatch):
    ordinary = Trainer._update

    def poisoned(self, batches):
        if self.progress.update == 5:
            with torch.no_grad():
                self.weights["decoder.readout.linear.weight"].fill_(float("nan"))
        ordinary(self, batches)

    monkeypatch.setattr(Trainer, "_update", poisoned)
    with pytest.raises(
        TrainingError,
        match=r"^update 6: loss is nan and its gradient's norm nan; the last state that was saved is intact: resume",
    ):
        fit(toy_config, tmp_path / "run")
    assert Run(tmp_path / "run").load_training()["progress"]["update"] == 4


def test_weights_that_diverge_are_told_and_never_saved(tmp_path):
    """Without a look at them a validation would search among scores that are no numbers."""
    config = quick(tmp_path, max_updates=20, average="none")
    ordinary = Trainer._update

    def diverges(self, batches):
        ordinary(self, batches)
        if self.progress.update == 3:
            with torch.no_grad():
                self.weights["decoder.readout.linear.weight"][0, 0] = float("inf")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_update", diverges)
        with pytest.raises(
            TrainingError, match=r"^update 3: weight 'decoder\.readout\.linear\.weight' is not finite; the"
        ):
            fit(config, tmp_path / "run")
    state = Run(tmp_path / "run").load_training()
    assert state["progress"]["update"] == 2
    assert all(weight.isfinite().all() for weight in state["weights"].values())
    assert fit(changed(config, training={"lr": 1e-3, "max_updates": 4}), tmp_path / "run", resume=True)


def test_a_validation_loss_that_is_not_finite_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "mean_loss", lambda *arguments: float("nan"))
    with pytest.raises(
        TrainingError, match=r"^update 1: validation loss is nan; the last state that was saved is intact"
    ):
        fit(quick(tmp_path), tmp_path / "run")
    assert Run(tmp_path / "run").load_training()["progress"]["update"] == 0


def test_scores_of_a_validations_search_that_are_not_finite_are_told(tmp_path, monkeypatch):
    def refuses(self, lines, **options):
        raise CheckpointError("the model's scores are not finite numbers: its weights are damaged")

    monkeypatch.setattr(Translator, "translate", refuses)
    with pytest.raises(
        TrainingError, match=r"^update 1: the model's scores are not finite numbers; the last state that"
    ):
        fit(quick(tmp_path), tmp_path / "run")


def test_a_stop_signal_saves_no_weights_that_are_not_finite(tmp_path, monkeypatch):
    ordinary = Trainer._update

    def diverges_and_is_asked_to_stop(self, batches):
        ordinary(self, batches)
        with torch.no_grad():
            self.weights["decoder.readout.linear.weight"].fill_(float("nan"))
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Trainer, "_update", diverges_and_is_asked_to_stop)
    with pytest.raises(TrainingError, match=r"^update 1: weight '.*' is not finite"):
        fit(quick(tmp_path, valid_every=3), tmp_path / "run")
    assert Run(tmp_path / "run").load_training()["progress"]["update"] == 0


def test_a_signal_that_the_caller_ignores_does_not_stop_training():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with watching_for_stop() as stopped:
            os.kill(os.getpid(), signal.SIGINT)
            assert not stopped()
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_each_request_to_stop_is_heard(number):
    with watching_for_stop() as stopped:
        os.kill(os.getpid(), number)
        assert stopped()


def test_too_long_pairs_are_counted_and_too_short_a_limit_is_refused(toy_config, tmp_path, caplog):
    fit(changed(toy_config, data={"max_length": 8}), tmp_path / "run")
    assert "pairs longer than data.max_length = 8 tokens (left out), first at" in caplog.text
    (tmp_path / "long.tsv").write_text("le la un une chat\tchat une un la le\n", encoding="utf-8")
    long = {"max_length": 3, "valid": str(tmp_path / "long.tsv")}
    with pytest.raises(ConfigError, match=r"data\.max_length: 3 leaves no pair of data\.valid"):
        fit(changed(toy_config, data=long), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_vocabulary_the_text_cannot_fill_is_fitted_and_the_run_goes_on_from_either_config(
    toy_config, tmp_path, caplog
):
    config = changed(toy_config, tokenizer={"vocabulary_size": 9000}, training={"max_updates": 4})
    fit(config, tmp_path / "run")
    fitted = Run(tmp_path / "run").config()
    size = fitted.tokenizer.vocabulary_size
    assert f"tokenizer.vocabulary_size: this text fills {size} pieces, not 9000; using {size}" in caplog.messages
    assert differences(config, fitted) == ["tokenizer.vocabulary_size"]
    assert len(Run(tmp_path / "run").tokenizer(fitted).source) == size
    fit(fitted, tmp_path / "again")
    assert_same_run(tmp_path / "run", tmp_path / "again")
    for again in (config, fitted):
        longer = changed(again, training={"max_updates": 6})
        assert fit(longer, tmp_path / "run", resume=True)
    assert Run(tmp_path / "run").config().tokenizer.vocabulary_size == size
    smaller = changed(toy_config, training={"max_updates": 4})
    fit(smaller, tmp_path / "small")
    for other, run in ((config, "small"), (smaller, "run")):
        with pytest.raises(ConfigError, match=r"tokenizer\.vocabulary_size: differs from .*another run"):
            fit(other, tmp_path / run, resume=True)


def test_a_fitted_vocabulary_is_trained_once(toy_config, tmp_path, caplog, monkeypatch):
    config = changed(toy_config, tokenizer={"vocabulary_size": 9000}, training={"max_updates": 4})
    fit(config, tmp_path / "run")
    fitted = Run(tmp_path / "run").config()
    caplog.clear()
    monkeypatch.setattr(Tokenizer, "train", lambda *_: pytest.fail("trained again"))
    for number, again in enumerate((config, fitted, config)):
        assert fit(changed(again, training={"max_updates": 5 + number}), tmp_path / "run", resume=True)
    assert "tokenizer.vocabulary_size" not in caplog.text
    assert Run(tmp_path / "run").config().tokenizer == fitted.tokenizer


def test_memory_is_that_of_the_fitted_vocabulary_and_of_all_averages(toy_config, tmp_path, monkeypatch):
    config = changed(
        toy_config, tokenizer={"vocabulary_size": 1_000_000}, training={"max_updates": 4, "valid_every": 1}
    )
    fit(config, tmp_path / "run")
    parameters = sum(weight.numel() for weight in Run(tmp_path / "run").load_training()["weights"].values())
    for number, (average, copies) in enumerate(
        {"none": 0, "exponential": 1, "last": 4}.items()  # 'last' averages 5, but there are 4 validations
    ):
        other = changed(config, training={"average": average})
        monkeypatch.setattr(models, "memory", lambda _, copies=copies: 4 * (5 + copies) * parameters)
        fit(other, tmp_path / f"fits-{number}")
        monkeypatch.setattr(models, "memory", lambda _, copies=copies: 4 * (5 + copies) * parameters - 1)
        with pytest.raises(ConfigError, match=rf"Adam's moments, copies to average: {copies}\), but cpu has"):
            fit(other, tmp_path / "new")
        assert not (tmp_path / "new").exists()


def test_a_network_too_large_for_any_vocabulary_is_refused_before_the_corpus_is_read(toy_config, tmp_path, monkeypatch):
    monkeypatch.setattr(models, "memory", lambda _: 10_000)
    config = changed(toy_config, data={"train": ["missing.en", "missing.fr"]})
    with pytest.raises(ConfigError, match=r"model: [\d.]+M parameters need about .* GB to train"):
        fit(config, tmp_path / "run")


def test_a_vocabulary_too_small_for_the_text_is_refused_and_nothing_written(toy_config, tmp_path):
    with pytest.raises(ConfigError, match=r"tokenizer\.vocabulary_size: 9 does not fit: .* need at least \d+"):
        fit(changed(toy_config, tokenizer={"vocabulary_size": 9}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_separate_vocabularies(toy_config, tmp_path):
    config = changed(toy_config, tokenizer={"shared": False}, model={"tie": "decoder"})
    fit(config, tmp_path / "run")
    assert {"source.model", "target.model"} <= {path.name for path in (tmp_path / "run").iterdir()}
    tokenizer = Run(tmp_path / "run").tokenizer(config)
    assert not tokenizer.shared


def test_where_no_bar_can_be_drawn_a_line_says_how_far_it_is(toy_config, tmp_path, caplog):
    caplog.set_level("INFO", logger="seq2seq")
    fit(toy_config, tmp_path / "run")
    lines = [line for line in caplog.messages if re.fullmatch(r"update \d+: loss \d+\.\d{3}, [\d,]+ tokens/s", line)]
    assert [line.split(":")[0] for line in lines] == [f"update {number}" for number in (2, 4, 6, 8, 10, 12)]


@pytest.mark.parametrize("shown", [False, True])
def test_a_bar_is_drawn_only_where_it_is_asked_for(tmp_path, monkeypatch, shown):
    config = quick(tmp_path)
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    train(config, tmp_path / "run", device="cpu", progress=shown)
    assert ("update/s" in terminal.getvalue()) == shown
