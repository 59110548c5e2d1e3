"""Networks: token ids in, logits and attention maps out. They know no text and no files."""

from seq2seq.config import ModelConfig
from seq2seq.models.base import Seq2Seq, Step, length_mask, select
from seq2seq.models.rnn import RNN

__all__ = ["Seq2Seq", "Step", "build_model", "length_mask", "select"]

_MODELS = {"rnn": RNN}


def build_model(config: ModelConfig, source_size: int, target_size: int) -> Seq2Seq:  # type: ignore[type-arg]
    """The untrained network of a config; its weights are drawn from torch's current random state."""
    return _MODELS[config.arch](config, source_size, target_size)
