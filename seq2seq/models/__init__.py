"""Networks: token ids in, logits and attention maps out. They know no text and no files.

A network is built without storage (on PyTorch's meta device), so that nothing is drawn or allocated which is not kept:
`build_model` then draws its weights, `load_model` puts stored ones in place.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig, RNNConfig, TransformerConfig
from seq2seq.models.base import Seq2Seq, Step, length_mask, select
from seq2seq.models.rnn import RNN
from seq2seq.models.transformer import Transformer

__all__ = ["Seq2Seq", "Step", "build_model", "check_model", "length_mask", "load_model", "named_weights", "select"]

_NETWORKS: dict[type[Any], Any] = {RNNConfig: RNN, TransformerConfig: Transformer}


def check_model(config: ModelConfig) -> None:
    """Refuse a config of which no network can be built, before any work is done; costs and draws nothing.

    Raises:
        ConfigError: see the models.
    """
    _without_storage(config, 8, 8)


def build_model(config: ModelConfig, source_size: int, target_size: int) -> Seq2Seq[Any, Any]:
    """Return the untrained network of a config, its weights drawn from torch's current random state.

    Raises:
        ConfigError: see the models.
    """
    model = _without_storage(config, source_size, target_size)
    _place(model, {name: torch.empty(weight.shape) for name, weight in named_weights(model).items()})
    model.initialise()
    return model


def load_model(
    config: ModelConfig, source_size: int, target_size: int, weights: Mapping[str, Tensor]
) -> Seq2Seq[Any, Any]:
    """Return the network of a config with the given weights by name; nothing is drawn.

    Float32 weights are used as they are, without a copy; others are converted.

    Raises:
        ValueError: a weight is missing, unknown or of another shape; the text names it.
        ConfigError: see the models.
    """
    model = _without_storage(config, source_size, target_size)
    expected = named_weights(model)
    if unmatched := sorted(expected.keys() ^ weights.keys()):
        side = "lacks" if unmatched[0] in expected else "has an unknown"
        raise ValueError(f"{side} weight {unmatched[0]!r}: not of this config.yaml; restore both from one run")
    for name, weight in expected.items():
        if weight.shape != weights[name].shape:
            raise ValueError(
                f"weight {name!r} has shape {tuple(weights[name].shape)}, "
                f"but config and tokenizer ask for {tuple(weight.shape)}; restore all of them from one run"
            )
    _place(model, weights)
    return model


def named_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters by name, shared ones once: what is averaged, saved and loaded."""
    return dict(model.named_parameters())


def _without_storage(config: ModelConfig, source_size: int, target_size: int) -> Seq2Seq[Any, Any]:
    with torch.device("meta"):
        model: Seq2Seq[Any, Any] = _NETWORKS[type(config)](config, source_size, target_size)
    return model


def _place(model: Seq2Seq[Any, Any], weights: Mapping[str, Tensor]) -> None:
    """Give a model without storage its parameters, a shared one in all of its places."""
    placed = {bare: nn.Parameter(weights[name].to(torch.float32)) for name, bare in model.named_parameters()}
    for part in model.modules():
        for name, bare in list(part.named_parameters(recurse=False)):
            setattr(part, name, placed[bare])
