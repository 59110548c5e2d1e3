"""Networks: token ids in, logits and attention maps out. They know no text and no files."""

from typing import Any

from seq2seq.config import ModelConfig
from seq2seq.models.base import Seq2Seq, Step, length_mask, select
from seq2seq.models.rnn import RNN
from seq2seq.models.transformer import Transformer

__all__ = ["Seq2Seq", "Step", "build_model", "length_mask", "select"]

_MODELS: dict[str, Any] = {"rnn": RNN, "transformer": Transformer}


def build_model(config: ModelConfig, source_size: int, target_size: int) -> Seq2Seq[Any, Any]:
    """The untrained network of a config; its weights are drawn from torch's current random state."""
    model: Seq2Seq[Any, Any] = _MODELS[config.arch](config, source_size, target_size)
    return model
