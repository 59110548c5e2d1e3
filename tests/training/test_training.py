"""The loop on toy text: it learns, resumes bit for bit, stops when it must, and refuses what is wrong."""

import json
import os
import re
import signal
from pathlib import Path

import pytest
import torch

from seq2seq.checkpoint import Run
from seq2seq.config import Config
from seq2seq.config_file import differences
from seq2seq.corpus.batching import Corpus
from seq2seq.decoding.translator import Translator
from seq2seq.errors import CheckpointError, ConfigError, TrainingError
from seq2seq.training import loop, train
from seq2seq.training.loop import Trainer

CPU = torch.device("cpu")


def fit(config: Config, folder: Path, resume: bool = False) -> bool:
    return train(config, folder, resume=resume, device=CPU)


def changed(config: Config, **sections) -> Config:
    tree = config.model_dump()
    for name, values in sections.items():
        tree[name] = values if "arch" in values else tree[name] | values
    return Config.model_validate(tree)


def events(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().split("\n")[:-1]]


def without_clock(folder: Path) -> list[dict]:
    return [{k: v for k, v in event.items() if k not in ("seconds", "tokens_per_second")} for event in events(folder)]


def assert_same_run(one: Path, other: Path) -> None:
    for name in ("config.yaml", "tokenizer.model", "best.safetensors", "last.safetensors"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert without_clock(one) == without_clock(other)


class Interrupted(Exception):
    pass


# Twelve updates of 512 tokens are more than one epoch, so the order of the next is put to the test, too.
VARIANTS = {
    "exponential": {"training": {"batch_tokens": 512}},
    "last, sampling": {"training": {"average": "last", "average_count": 2}, "tokenizer": {"bpe_dropout": 0.3}},
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
        if self.progress["update"] == 10:  # two updates after the last save
            raise Interrupted
        ordinary(self, batches)

    monkeypatch.setattr(Trainer, "_update", dies_at_ten)
    with pytest.raises(Interrupted):
        fit(config, tmp_path / "parts")
    monkeypatch.setattr(Trainer, "_update", ordinary)
    assert fit(config, tmp_path / "parts", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def assert_whole_run(folder: Path) -> None:
    names = {"config.yaml", "tokenizer.model", "best.safetensors", "last.safetensors", "training.pt", "log.jsonl"}
    assert {path.name for path in folder.iterdir()} == names
    assert [event["update"] for event in events(folder) if event["event"] == "validation"] == [4, 8, 12]
    assert [event["update"] for event in events(folder) if event["event"] == "train"] == [2, 4, 6, 8, 10, 12]


def test_a_signal_saves_and_resume_goes_on_bit_for_bit(toy_config, tmp_path, monkeypatch):
    assert fit(toy_config, tmp_path / "whole")
    ordinary = Trainer._update

    def is_asked_to_stop(self, batches):
        ordinary(self, batches)
        if self.progress["update"] == 7:  # between validations, and between lines of the log
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Trainer, "_update", is_asked_to_stop)
    assert not fit(toy_config, tmp_path / "parts")
    monkeypatch.setattr(Trainer, "_update", ordinary)
    assert torch.load(tmp_path / "parts" / "training.pt", weights_only=True)["progress"]["update"] == 7
    assert fit(toy_config, tmp_path / "parts", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_equal_seeds_give_equal_bytes_and_other_seeds_do_not(toy_config, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        fit(toy_config.model_copy(update={"seed": seed}), tmp_path / name)
    weights = [(tmp_path / name / "last.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1] != weights[2]


ATTEMPTS = 4
SENTENCE = "le petit chat voit une maison"


def reverse(
    config: Config, folder: Path, model: dict, updates: int, lr: float, attempts: int = ATTEMPTS
) -> tuple[float, str]:
    """Train on reversing until nothing is wrong; the last attempt's BLEU, and what is still wrong.

    Processors round differently, so a schedule that is just enough on one is not on another: an attempt that falls
    short is followed by one of twice the length, with another seed.
    """
    tree = config.model_dump()
    small = {"decoder_dim": 48, "encoder_dim": 24, "embedding_dim": 32, "dropout": 0.0}
    tree["model"] = model if "arch" in model else tree["model"] | small | model
    for attempt in range(attempts):
        length = updates * 2**attempt
        tree["seed"] = config.seed + attempt
        tree["training"] |= {"max_updates": length, "valid_every": length, "lr": lr, "batch_tokens": 256, "warmup": 30,
                             "label_smoothing": 0.0, "average_decay": 0.98}  # fmt: skip
        trying, run = Config.model_validate(tree), folder / str(attempt)
        fit(trying, run)
        (quality,) = [event["bleu"] for event in events(run) if event["event"] == "validation"]
        wrong = f"BLEU {quality}" if quality < 99.99 else what_is_wrong(trying, run)
        if not wrong:
            break
    return quality, wrong


def what_is_wrong(config: Config, folder: Path) -> str:
    """What a sentence shows of not having learned to reverse, and to look at the word that is being rendered."""
    translator = Translator.from_run(Run(folder), config, CPU)
    (translation,) = translator.translate([SENTENCE])
    if translation.text.split() != SENTENCE.split()[::-1]:
        return translation.text
    if "cross" not in translator.model.maps:
        return ""
    looked_at = translation.alignment.without_end().weights_TS.argmax(axis=1).tolist()
    # A bidirectional state knows its neighbours, so attention may rest one word beside the one it needs.
    right = all(abs(place - expected) <= 1 for place, expected in zip(looked_at, [5, 4, 3, 2, 1, 0], strict=True))
    return "" if right else f"looked at {looked_at}"


# The model, updates of the first attempt and learning rate: what is slowest to learn gets more.
REVERSING = {
    "additive, conditional": ({"attention": "additive"}, 400, 1e-2),
    "additive, bahdanau": ({"attention": "additive", "decoder": "bahdanau"}, 400, 1e-2),
    "dot, luong": ({"attention": "dot", "decoder": "luong", "readout": "tanh"}, 800, 5e-3),
    "general, luong": ({"attention": "general", "decoder": "luong", "readout": "tanh"}, 800, 5e-3),
    "scaled_dot, conditional": ({"attention": "scaled_dot"}, 600, 5e-3),
    "multi_head, conditional": ({"attention": "multi_head"}, 400, 1e-2),
    "transformer": ({"arch": "transformer", "dim": 64, "ffn_dim": 128, "encoder_layers": 1, "decoder_layers": 2,
                     "dropout": 0.0}, 1000, 4e-3),
}  # fmt: skip


def test_reversing_is_not_learned_without_attention(toy_config, toy_files, tmp_path):
    toy_files("train", 3000)
    quality, wrong = reverse(toy_config, tmp_path / "run", {"attention": "none"}, 400, 1e-2, attempts=1)
    assert wrong
    assert 3 < quality < 95, "it learns something, but six words and their order do not fit into its one vector"


@pytest.mark.parametrize("name", REVERSING)
def test_reversing_is_learned_to_the_last_word(toy_config, toy_files, tmp_path, name):
    toy_files("train", 3000)
    _, wrong = reverse(toy_config, tmp_path / "run", *REVERSING[name])
    assert not wrong, f"after {ATTEMPTS} attempts"


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


def test_patience_stops_and_survives_a_resume(toy_config, tmp_path):
    config = changed(toy_config, training={"lr": 1e-12, "max_updates": 100, "patience": 2, "valid_every": 2,
                                           "average": "none"})  # fmt: skip
    assert fit(config, tmp_path / "run")
    validations = [event for event in events(tmp_path / "run") if event["event"] == "validation"]
    assert [event["update"] for event in validations] == [2, 4, 6]
    assert [event["best"] for event in validations] == [True, False, False]
    assert fit(config, tmp_path / "run", resume=True)
    assert len(events(tmp_path / "run")) == len(validations) + 3, "a finished run has nothing more to do"


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
        if self.progress["update"] == 5:
            with torch.no_grad():
                self.weights["decoder.readout.linear.weight"].fill_(float("nan"))
        ordinary(self, batches)

    monkeypatch.setattr(Trainer, "_update", poisoned)
    with pytest.raises(
        TrainingError, match=r"^update 6: loss is nan and its gradient's norm nan; resume from the last"
    ):
        fit(toy_config, tmp_path / "run")
    assert torch.load(tmp_path / "run" / "training.pt", weights_only=True)["progress"]["update"] == 4


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
        CheckpointError, match=r"model: has weights but no training\.pt to resume from; choose another --out"
    ):
        fit(toy_config, tmp_path / "model", resume=True)


def test_resume_may_change_the_optimizers_constants(toy_config, tmp_path, monkeypatch):
    fit(toy_config, tmp_path / "run")
    groups = []
    monkeypatch.setattr(Trainer, "fit", lambda self, changed: groups.append(self.optimizer.param_groups[0]) or True)
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
