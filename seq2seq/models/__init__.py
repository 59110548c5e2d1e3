"""Networks: token ids in, logits and attention maps out. They know no text and no files."""

from typing import Any

import torch

from seq2seq.config import ModelConfig
from seq2seq.models.base import Seq2Seq, Step, length_mask, select
from seq2seq.models.rnn import RNN
from seq2seq.models.transformer import Transformer

__all__ = ["Seq2Seq", "Step", "build_model", "check_model", "length_mask", "select"]

_MODELS: dict[str, Any] = {"rnn": RNN, "transformer": Transformer}


def check_model(config: ModelConfig) -> None:
    """Refuse a config of which no network can be built, before any work is done; costs and draws nothing.

    Raises:
        ConfigError: see the models.
    """
    with torch.device("meta"):
        build_model(config, 8, 8)


def build_model(config: ModelConfig, source_size: int, target_size: int) -> Seq2Seq[Any, Any]:
    """The untrained network of a config; its weights are drawn from torch's current random state."""
    model: Seq2Seq[Any, Any] = _MODELS[config.arch](config, source_size, target_size)
    return model
