"""Runs of seconds, and what tests ask of them."""

import json
from pathlib import Path

import torch

from seq2seq.config import Config
from seq2seq.training import train

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
