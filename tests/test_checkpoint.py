import errno
import hashlib
import io
import json
import os
import random
import shutil
import tracemalloc
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from seq2seq import checkpoint
from seq2seq.checkpoint import Run, find_run
from seq2seq.config import TokenizerConfig
from seq2seq.corpus.lines import Problems
from seq2seq.corpus.sources import load_pairs
from seq2seq.corpus.tokenizer import Tokenizer
from seq2seq.errors import CheckpointError, ConfigError
from seq2seq.training import train

CPU = torch.device("cpu")


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return Run(tmp_path / "run")


def load(run: Run):
    config = run.config()
    tokenizer = run.tokenizer(config)
    return run.model(config, tokenizer, CPU)


def test_what_was_saved_is_loaded_and_loading_draws_no_random_numbers(run):
    state = torch.get_rng_state()
    model = load(run)
    assert torch.equal(torch.get_rng_state(), state)
    assert not model.training
    stored = load_file(run.folder / "best.safetensors")
    for name, weight in model.named_parameters():
        assert torch.equal(weight, stored[name])
    assert sum(tensor.numel() for tensor in stored.values()) == sum(p.numel() for p in model.parameters()), "tied once"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "config.yaml").unlink(), r"not a run: it has no config\.yaml; `seq2seq train` makes one"),
        (lambda f: (f / "best.safetensors").unlink(), r"best\.safetensors: no such file; training writes it"),
        (lambda f: (f / "best.safetensors").write_bytes(b"x" * 50), r"best\.safetensors: damaged: .*restore it from a copy"),
        (lambda f: (f / "tokenizer.model").unlink(), r"tokenizer\.model: no such file; restore it from a copy of the run"),
        (lambda f: rewrite(f, lambda w: w.pop("initial.bias")), r"lacks weight 'initial\.bias': not of this config\.yaml"),
        (lambda f: rewrite(f, lambda w: w.update(extra=torch.zeros(1))), r"has an unknown weight 'extra'"),
        (lambda f: rewrite(f, lambda w: w.update({"initial.bias": torch.zeros(1)})), r"'initial\.bias' has shape \(1,\), but"),
        (lambda f: rewrite(f, smaller_embedding), r"'.*' has shape \(39.*\), but config and tokenizer ask for \(40"),
        (lambda f: other_tokenizer(f, 40), r"tokenizer\.model: damaged, or not what best\.safetensors was trained with; restore both"),
        (lambda f: other_tokenizer(f, 39), r"tokenizer\.model: damaged, or not what best\.safetensors was trained with; restore both"),
        (lambda f: swap(f, "best.safetensors", Path.mkdir), r"best\.safetensors: cannot be read: Is a directory; name a file"),
        (lambda f: swap(f, "best.safetensors", os.mkfifo), r"best\.safetensors: cannot be read: it is a pipe, not a file"),
        (lambda f: swap(f, "tokenizer.model", os.mkfifo), r"tokenizer\.model: cannot be read: it is a pipe, not a file"),
        (lambda f: swap(f, "config.yaml", os.mkfifo), r"config\.yaml: cannot be read: it is a pipe, not a file"),
        (lambda f: swap(f, "config.yaml", lambda path: path.symlink_to(path)), r"config\.yaml: cannot be read: Too many levels of symbolic links; mend the links"),
    ],
)  # fmt: skip
def test_an_incomplete_or_damaged_run_is_named(run, damage, message):
    damage(run.folder)
    with pytest.raises(CheckpointError, match=message) as caught:
        load(run)
    assert "\n" not in str(caught.value)


def rewrite(folder, change):
    weights = load_file(folder / "best.safetensors")
    change(weights)
    save_file(weights, folder / "best.safetensors")


def smaller_embedding(weights):
    name = next(name for name, weight in weights.items() if weight.shape[:1] == (40,) and weight.dim() == 2)
    weights[name] = weights[name][:39].clone()


def other_tokenizer(folder, size):
    """A tokenizer of another run, as large as this one's or smaller."""
    pairs = load_pairs(str(folder.parent / "valid"), ["en", "fr"], Problems())
    other = Tokenizer.train(pairs, TokenizerConfig(vocabulary_size=size, character_coverage=1.0))
    (folder / "tokenizer.model").write_bytes(other.source.model)


def swap(folder, name, make):
    (folder / name).unlink()
    make(folder / name)


def damaged_copies(content: bytes, every: int):
    """The content with one bit flipped in each of many bytes, cut at many places, and with something at its end."""
    rng = random.Random(0)
    for place in sorted({*range(120), *range(0, len(content), every), *range(len(content) - 40, len(content))}):
        flipped = bytearray(content)
        flipped[place] ^= 1 << rng.randrange(8)
        yield bytes(flipped)
    yield from (content[:length] for length in (0, 1, 8, 31, 32, 33, len(content) // 2, len(content) - 1))
    yield content + b"\0"


@pytest.mark.parametrize(
    ("name", "every", "read", "message"),
    [
        ("best.safetensors", 397, lambda run, *known: run.model(*known, CPU), r"best\.safetensors: damaged.*; restore it from a copy"),
        ("training.pt", 2997, lambda run, *_: run.load_training(), r"training\.pt: damaged, or saved by another version .*; restore it"),
        ("tokenizer.model", 997, lambda run, config, _: run.model(config, run.tokenizer(config), CPU), r"tokenizer\.model: (damaged, or not what best\.safetensors was trained with|not a SentencePiece model); restore"),
    ],
)  # fmt: skip
def test_no_flipped_bit_and_no_cut_goes_unnoticed(run, capfd, name, every, read, message):
    path = run.folder / name
    content, config = path.read_bytes(), run.config()
    known = config, run.tokenizer(config)
    for damaged in damaged_copies(content, every):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=message) as caught:
            read(run, *known)
        assert "\n" not in str(caught.value)
    path.write_bytes(content)
    read(run, *known)
    assert capfd.readouterr().err == ""


def test_every_byte_of_the_weights_header_counts(run):
    """Where the checksum and the tokenizer's fingerprint stand, and a little around them."""
    path = run.folder / "best.safetensors"
    content, config = path.read_bytes(), run.config()
    tokenizer = run.tokenizer(config)
    for bit in range(0, 8 * 180, 3):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(CheckpointError, match="damaged"):
            run.model(config, tokenizer, CPU)


@pytest.mark.parametrize("name", ["config.yaml", "tokenizer.model", "best.safetensors", "training.pt"])
def test_a_file_that_may_not_be_read_is_neither_missing_nor_damaged(run, monkeypatch, name):
    ordinary = Path.open

    def denied(path, mode="r", *options, **named):
        if path.name == name and mode == "rb":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return ordinary(path, mode, *options, **named)

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(CheckpointError, match=rf"{name}: cannot be read: Permission denied; change the permissions$"):
        run.load_training() if name == "training.pt" else load(run)


def test_weights_of_earlier_versions_are_taken_with_a_warning(run, caplog):
    load(run)
    assert not caplog.messages
    rewrite(run.folder, lambda weights: None)
    load(run)
    assert [message.partition("best.safetensors: ")[2] for message in caplog.messages] == [
        "has no checksum, as an earlier version wrote it: damage would go unnoticed"
    ]


def test_a_damaged_training_state_cannot_be_resumed(run):
    (run.folder / "training.pt").write_bytes(b"x")
    with pytest.raises(
        CheckpointError, match=r"training\.pt: damaged, or saved by .*; restore it from a copy, or train into"
    ):
        train(run.config(), run.folder, resume=True, device=CPU)


def test_a_run_is_not_resumed_with_another_tokenizer(run):
    other_tokenizer(run.folder, 40)
    before = {path: path.read_bytes() for path in run.folder.iterdir()}
    with pytest.raises(
        CheckpointError, match=r"tokenizer\.model: damaged, or not what training\.pt was trained with; rest"
    ):
        train(run.config(), run.folder, resume=True, device=CPU)
    assert {path: path.read_bytes() for path in run.folder.iterdir()} == before


def test_a_config_changed_by_hand_is_validated(run):
    path = run.folder / "config.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.yaml: unknown option 'nonsense'"):
        run.config()


def test_a_published_model_keeps_where_it_came_from_and_needs_only_its_parent_made(run, tmp_path):
    sessions = [{"command": ["seq2seq", "/home/me/é.yaml"], "outcome": "stopped"}, {"outcome": "été"}]
    (run.folder / "run.json").write_text(json.dumps({"sessions": sessions}), encoding="utf-8")
    run.publish(tmp_path / "new" / "small")
    published = json.loads((tmp_path / "new" / "small" / "run.json").read_text(encoding="utf-8"))
    assert published == {"sessions": [{"outcome": "stopped"}, {"outcome": "été"}]}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["small"]
    before = (tmp_path / "new" / "small" / "best.safetensors").read_bytes()
    Run(tmp_path / "new" / "small").publish(tmp_path / "again")
    assert (tmp_path / "again" / "best.safetensors").read_bytes() == before


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"sessions": 3}', '{"sessions": [3]}', "[" * 100_000])
def test_a_damaged_tale_of_where_it_came_from_is_not_published(run, tmp_path, caplog, damage):
    (run.folder / "run.json").write_text(damage, encoding="utf-8")
    run.publish(tmp_path / "small")
    assert not (tmp_path / "small" / "run.json").exists()
    assert f"{run.folder / 'run.json'}: damaged; published without it" in caplog.messages


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("toy.yaml", r"toy\.yaml: exists already; choose a new directory"),
        ("toy.yaml/small", r"toy\.yaml/small: cannot be written: Not a directory; check the path"),
        ("x" * 300, r"x: cannot be written: File name too long; choose a shorter one"),
    ],
)
def test_what_cannot_be_published_to_is_named_before_the_work(run, tmp_path, monkeypatch, name, message):
    monkeypatch.setattr(Run, "model", lambda *_: pytest.fail("the work began"))
    with pytest.raises(CheckpointError, match=message):
        run.publish(tmp_path / name)


def test_a_disk_that_fills_while_publishing_leaves_nothing(run, tmp_path, monkeypatch):
    names = sorted(tmp_path.iterdir())

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        CheckpointError, match=r"small: cannot be written: No space left on device; make room, then try"
    ):
        run.publish(tmp_path / "small")
    assert sorted(tmp_path.iterdir()) == names


def test_publish_halves_the_weights_and_translation_hardly_changes(run, tmp_path):
    run.publish(tmp_path / "small")
    assert {path.name for path in (tmp_path / "small").iterdir()} == {
        "config.yaml",
        "tokenizer.model",
        "best.safetensors",
        "run.json",
    }
    stored = load_file(tmp_path / "small" / "best.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    for whole, half in zip(load(run).parameters(), load(Run(tmp_path / "small")).parameters(), strict=True):
        assert half.dtype == torch.float32, "stored in half precision, computed in single"
        torch.testing.assert_close(half, whole, atol=1e-3, rtol=1e-3)
    with pytest.raises(CheckpointError, match="small: exists already; choose a new directory"):
        run.publish(tmp_path / "small")


def test_a_run_is_found_by_path_or_shipped_name_and_a_path_wins(run, tmp_path, monkeypatch):
    shipped = tmp_path / "shipped"
    shutil.copytree(run.folder, shipped / "famous")
    monkeypatch.setattr(checkpoint, "SHIPPED", shipped)
    monkeypatch.chdir(tmp_path)
    assert find_run("run") == run.folder.relative_to(tmp_path)
    assert find_run("famous") == shipped / "famous"
    shutil.copytree(run.folder, tmp_path / "famous")
    assert str(find_run("famous")) == "famous"
    with pytest.raises(CheckpointError, match=r"^nope: no such run; give a run's directory or one of: famous$"):
        find_run("nope")
    with pytest.raises(CheckpointError, match=r"^elsewhere/famous: no such run"):
        find_run("elsewhere/famous")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("toy.yaml", r"^toy\.yaml: not a directory; give the directory of a run, which `seq2seq train` makes$"),
        ("toy.yaml/run", r"^'toy\.yaml/run': no such run: Not a directory; check the path, a part of which is a file$"),
        ("x" * 300, r"^'x{300}': no such run: File name too long; choose a shorter one$"),
        ("x/" * 3000, r": no such run: File name too long; choose a shorter one$"),
        ("circle", r"^'circle': no such run: Too many levels of symbolic links; mend the links, which lead in a circle$"),
        ("a\0b", r"^'a\\x00b': no such run: a name cannot have a NUL character in it; check the name$"),
        ("", r"^\.: not a run: it has no config\.yaml; `seq2seq train` makes one$"),
    ],
)  # fmt: skip
def test_what_can_be_no_run_is_one_line(run, monkeypatch, name, message):
    monkeypatch.chdir(run.folder.parent)
    Path("circle").symlink_to("circle")
    with pytest.raises(CheckpointError, match=message):
        Run(find_run(name)).config()


def test_leftovers_of_killed_writers_are_removed_and_nothing_else_is(run):
    names = {path.name for path in run.folder.iterdir()}
    mine = [
        ".training.pt.tmp-0123456789abcdef.pt",
        ".best.safetensors.tmp-0123456789abcdef.safetensors",
        ".config.yaml.tmp-0123456789abcdef.yaml",
    ]
    others = [".output.fr.tmp-12.fr", "training.pt.tmp-1", ".training.pt"]
    for name in mine + others:
        (run.folder / name).touch()
    run.remove_leftovers()
    assert {path.name for path in run.folder.iterdir()} == names | set(others)


def test_a_training_state_of_another_version_is_refused(run, monkeypatch):
    monkeypatch.setattr(checkpoint, "_TRAINING_FORMAT", 0)
    run.save_training(run_state := {"a": 1})
    assert run.load_training() == {"format": 0, **run_state}
    monkeypatch.undo()
    with pytest.raises(
        CheckpointError, match=r"training\.pt: saved by another version of seq2seq; resume it with that"
    ):
        run.load_training()


def test_a_training_state_is_never_in_memory_twice(run):
    size = 32 << 20
    run.save_training({"weights": torch.ones(size // 4)})
    tracemalloc.start()  # it counts what Python holds; torch's tensors are elsewhere
    state = run.load_training()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert float(state["weights"].sum()) == size / 4
    assert peak < size / 4


@pytest.mark.parametrize("content", [["a", "list"], {"no": "format"}, 7])
def test_what_is_no_training_state_is_refused(run, content):
    whole = io.BytesIO()
    torch.save(content, whole)
    sealed = whole.getvalue() + hashlib.sha256(whole.getvalue()).digest()
    (run.folder / "training.pt").write_bytes(sealed)
    with pytest.raises(CheckpointError, match=r"training\.pt: saved by another version of seq2seq"):
        run.load_training()
