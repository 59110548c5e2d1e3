"""What tests share: tiny networks, toy text, and where the real corpus lies."""

import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch

from seq2seq.config import Config, ModelConfig, RNNConfig, TransformerConfig
from seq2seq.config_file import render_config
from seq2seq.models import Seq2Seq, build_model
from seq2seq.models.attention import SCORERS
from seq2seq.training import train

ROOT = Path(__file__).resolve().parent.parent
WORDS = "le la un une chat chien voit mange petit grand rouge bleu maison arbre été garçon".split()


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes a user's cache, or finds a user's corpora."""
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("SEQ2SEQ_DATA", raising=False)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Tiny tensors are faster, and a busy machine disturbs less."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def multi30k() -> Path:
    """The directory of the real corpus, from $SEQ2SEQ_DATA or beside the checkout."""
    named = os.environ.get("SEQ2SEQ_DATA")
    for root in [Path(named)] if named else [ROOT.parent / "shared" / "data"]:
        if (root / "multi30k" / "train.en.gz").is_file():
            return root / "multi30k"
    pytest.skip("Multi30k is neither under $SEQ2SEQ_DATA nor in ../shared/data")


TINY = {"embedding_dim": 8, "encoder_dim": 6, "decoder_dim": 10, "attention_dim": 7, "dropout": 0.3}

SMALL = {"dim": 8, "heads": 2, "ffn_dim": 12, "encoder_layers": 2, "decoder_layers": 2, "dropout": 0.3}

# Every model × every attention: the contracts hold for each of these.
MODELS: dict[str, RNNConfig | TransformerConfig] = {
    "rnn-gru-conditional": RNNConfig(**TINY),
    "rnn-gru-bahdanau": RNNConfig(**TINY, decoder="bahdanau", encoder_layers=1),
    "rnn-lstm-conditional": RNNConfig(**TINY, cell="lstm", readout="tanh", tie="none"),
    "rnn-lstm-bahdanau": RNNConfig(**TINY, cell="lstm", decoder="bahdanau", layer_norm=False, tie="decoder"),
    **{
        f"rnn-{decoder}-{attention}": RNNConfig(
            **{**TINY, "attention_dim": 6, "decoder_dim": 12}, attention=attention, heads=3, decoder=decoder,
            pooling=pooling, pooling_queries=2,
        )
        for attention in SCORERS
        for decoder, pooling in {"bahdanau": "attention", "luong": "mean", "conditional": "last"}.items()
    },
    "rnn-aligned": RNNConfig(**TINY, alignment_dim=5),
    "rnn-none-aligned": RNNConfig(**TINY, attention="none", pooling="mean", alignment_dim=5, tie="none"),
    "rnn-luong-lstm-none-max": RNNConfig(**TINY, decoder="luong", cell="lstm", attention="none", pooling="max", readout="tanh"),
    "transformer-pre": TransformerConfig(**SMALL),
    "transformer-post": TransformerConfig(**SMALL, norm="post", activation="gelu", tie="decoder"),
    "transformer-aligned": TransformerConfig(**SMALL, alignment_dim=6),
    "transformer-rotary": TransformerConfig(**SMALL, positions="rotary", activation="swiglu"),
    "transformer-learned": TransformerConfig(**{**SMALL, "decoder_layers": 1}, positions="learned", tie="none", attention_dropout=0.1),
}  # fmt: skip
VOCABULARY = 13


def tiny_model(config: ModelConfig, seed: int = 0) -> Seq2Seq:
    """A random network in evaluation mode, its weights large enough that outputs differ clearly."""
    torch.manual_seed(seed)
    model = build_model(config, VOCABULARY, VOCABULARY).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(2)
    return model


@pytest.fixture(params=list(MODELS))
def model(request: pytest.FixtureRequest) -> Seq2Seq:
    """Each of `MODELS`."""
    return tiny_model(MODELS[request.param])


def random_ids(rng: random.Random, longest: int = 9) -> list[int]:
    """A sentence of ordinary tokens."""
    return [rng.randrange(4, VOCABULARY) for _ in range(rng.randint(1, longest))]


def write_toy(folder: Path, name: str, count: int, seed: int = 0) -> tuple[Path, Path]:
    """Write NAME.en and NAME.fr, the one the other with its words reversed."""
    rng = random.Random(seed)
    sources = [[rng.choice(WORDS) for _ in range(rng.randint(1, 6))] for _ in range(count)]
    paths = folder / f"{name}.en", folder / f"{name}.fr"
    paths[0].write_text("".join(" ".join(words) + "\n" for words in sources), encoding="utf-8")
    paths[1].write_text("".join(" ".join(reversed(words)) + "\n" for words in sources), encoding="utf-8")
    return paths


def write_toy_run(folder: Path) -> Config:
    """Toy text and the config of a run of seconds on it."""
    write_toy(folder, "train", 400)
    write_toy(folder, "valid", 30, seed=1)
    return Config.model_validate(
        {
            "data": {"train": str(folder / "train"), "valid": str(folder / "valid")},
            "tokenizer": {"vocabulary_size": 40, "character_coverage": 1.0},
            "model": {"arch": "rnn", "embedding_dim": 16, "encoder_dim": 16, "encoder_layers": 1, "decoder_dim": 24,
                      "attention_dim": 16, "dropout": 0.1},
            "training": {"batch_tokens": 128, "max_updates": 12, "valid_every": 4, "log_every": 2, "warmup": 4},
        }
    )  # fmt: skip


@pytest.fixture
def toy_files(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """`write_toy` into the test's directory."""
    return partial(write_toy, tmp_path)


@pytest.fixture
def toy_config(tmp_path: Path) -> Config:
    """`write_toy_run` into the test's directory."""
    return write_toy_run(tmp_path)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with toy text, toy.yaml and a run trained from it; to be copied, not written to."""
    folder = tmp_path_factory.mktemp("trained")
    config = write_toy_run(folder)
    (folder / "toy.yaml").write_text(render_config(config), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQ2SEQ_CACHE", str(tmp_path_factory.mktemp("cache")))
        train(config, folder / "run", resume=False, device="cpu")
    return folder
