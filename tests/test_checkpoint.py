import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from seq2seq import checkpoint
from seq2seq.checkpoint import Run, find_run
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
        (lambda f: (f / "best.safetensors").write_bytes((f / "best.safetensors").read_bytes()[:-9]), r"damaged: "),
        (lambda f: (f / "tokenizer.model").unlink(), r"tokenizer\.model: cannot be read"),
        (lambda f: rewrite(f, lambda w: w.pop("initial.bias")), r"lacks weight 'initial\.bias': not of this config\.yaml"),
        (lambda f: rewrite(f, lambda w: w.update(extra=torch.zeros(1))), r"has an unknown weight 'extra'"),
        (lambda f: rewrite(f, lambda w: w.update({"initial.bias": torch.zeros(1)})), r"'initial\.bias' has shape \(1,\), but"),
        (lambda f: smaller_vocabulary(f), r"'.*' has shape \(40.*\), but config and tokenizer ask for \(39"),
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


def smaller_vocabulary(folder):
    """A tokenizer of another run: noticed when loading, by name."""
    from seq2seq.config import TokenizerConfig
    from seq2seq.corpus.lines import Problems
    from seq2seq.corpus.sources import load_pairs
    from seq2seq.corpus.tokenizer import Tokenizer

    pairs = load_pairs(str(folder.parent / "train"), ["en", "fr"], Problems())
    other = Tokenizer.train(pairs, TokenizerConfig(vocabulary_size=39, character_coverage=1.0))
    (folder / "tokenizer.model").write_bytes(other.source.model)


def test_a_damaged_training_state_cannot_be_resumed(run):
    (run.folder / "training.pt").write_bytes(b"x")
    with pytest.raises(CheckpointError, match=r"training\.pt: damaged: .*; the run cannot be resumed, start another"):
        train(run.config(), run.folder, resume=True, device=CPU)


def test_a_config_changed_by_hand_is_validated(run):
    path = run.folder / "config.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.yaml: unknown option 'nonsense'"):
        run.config()


def test_publish_halves_the_weights_and_translation_hardly_changes(run, tmp_path):
    run.publish(tmp_path / "small")
    assert {path.name for path in (tmp_path / "small").iterdir()} == {
        "config.yaml",
        "tokenizer.model",
        "best.safetensors",
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


@pytest.mark.parametrize("write", ["save_weights", "save_training"])
def test_a_full_disk_is_one_line_and_what_stood_there_is_kept(run, write):
    resource = pytest.importorskip("resource")  # POSIX only
    tensors = {"a": torch.zeros(100_000)}
    save = {
        "save_weights": lambda: run.save_weights("best", tensors),
        "save_training": lambda: run.save_training(tensors),
    }
    path = run.folder / {"save_weights": "best.safetensors", "save_training": "training.pt"}[write]
    before, names = path.read_bytes(), sorted(run.folder.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(
            CheckpointError, match=rf"{path.name}: cannot be written \(.*\), what stood there is kept"
        ) as caught:
            save[write]()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert sorted(run.folder.iterdir()) == names


def test_a_training_state_of_another_version_is_refused(run):
    state = run.load_training()
    assert state is not None
    torch.save({**state, "format": 0}, run.folder / "training.pt")
    with pytest.raises(CheckpointError, match=r"training\.pt: written by another version of seq2seq"):
        run.load_training()
