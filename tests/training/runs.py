"""Runs of seconds, and what tests ask of them."""

import json
from pathlib import Path

import torch

from seq2seq.config import Config
from seq2seq.training import train
from tests.conftest import write_toy, write_toy_run

CPU = torch.device("cpu")


def fit(config: Config, folder: Path, resume: bool = False) -> bool:
    return train(config, folder, resume=resume, device=CPU)


def changed(config: Config, **sections) -> Config:
    tree = config.model_dump()
    for name, values in sections.items():
        tree[name] = values if "arch" in values else tree[name] | values
    return Config.model_validate(tree)


def quick(folder: Path, **training: object) -> Config:
    """Text of a few sentences, and a run of three validations on it."""
    tree = write_toy_run(folder).model_dump()
    write_toy(folder, "train", 60)
    write_toy(folder, "valid", 3, seed=1)
    tree["model"] |= {"embedding_dim": 4, "encoder_dim": 4, "decoder_dim": 4, "attention_dim": 4}
    tree["training"] |= {"max_updates": 3, "valid_every": 1, "log_every": 1, "warmup": 0, **training}
    tree["decoding"] |= {"max_ratio": 0.1, "max_extra": 1}
    return Config.model_validate(tree)


def guided_by(config: Config, links: Path) -> Config:
    """The config with an alignment head, which the links in a file teach."""
    model = config.model.model_copy(update={"alignment_dim": 6}).model_dump()
    return changed(config, data={"alignment": str(links)}, model=model)


def events(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().split("\n")[:-1]]


def without_clock(folder: Path) -> list[dict]:
    return [{k: v for k, v in event.items() if k not in ("seconds", "tokens_per_second")} for event in events(folder)]


def assert_same_run(one: Path, other: Path) -> None:
    for name in ("config.yaml", "tokenizer.model", "best.safetensors", "last.safetensors"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    assert without_clock(one) == without_clock(other)
