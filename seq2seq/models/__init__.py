"""Networks: token ids in, logits and attention maps out. They know no text and no files.

PyTorch's layers draw weights when they are made. Here they do not: `build_model` has a network draw all of them in its
`initialise`, and `load_model` puts stored ones in their place. (The meta device would do the same, but its first use
costs 0.65 seconds of every start.)
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from seq2seq.config import ModelConfig, RNNConfig, TransformerConfig
from seq2seq.devices import memory
from seq2seq.errors import ConfigError
from seq2seq.models.base import Seq2Seq, Step, aligning, length_mask, select
from seq2seq.models.rnn import RNN
from seq2seq.models.transformer import Transformer

__all__ = [
    "Seq2Seq",
    "Step",
    "aligning",
    "build_model",
    "check_memory",
    "check_model",
    "length_mask",
    "load_model",
    "named_weights",
    "select",
]

_NETWORKS: dict[type[Any], Any] = {RNNConfig: RNN, TransformerConfig: Transformer}


def check_model(config: ModelConfig) -> Seq2Seq[Any, Any]:
    """Return the network of a config without any weights, before any work is done; costs and draws nothing.

    Raises:
        ConfigError: no network can be built of it; see the models.
    """
    return _undrawn(config, 8, 8, "meta")


def check_memory(config: ModelConfig, source_size: int, target_size: int, averages: int, device: torch.device) -> None:
    """Refuse a network that the device cannot hold while it is trained; costs and draws nothing.

    Each parameter takes 20 bytes: for the weight, its gradient and Adam's two moments in float32, and for the copy
    of the weights that is put aside during a validation; and 4 more for each of the copies that are kept to average the
    weights. What a batch and a search need comes on top and is not counted.

    Args:
        config: the network.
        source_size: the size of the source vocabulary.
        target_size: the size of the target vocabulary.
        averages: how many copies of the weights are kept to average them.
        device: where it is trained.

    Raises:
        ConfigError: it does not fit.
    """
    count = sum(weight.numel() for weight in _undrawn(config, source_size, target_size, "meta").parameters())
    needed = count * (5 + averages) * torch.float32.itemsize
    there = memory(device)
    if needed > there:
        raise ConfigError(
            f"model: {count / 1e6:,.1f}M parameters need about {needed / 1e9:,.1f} GB to train (weights and a copy, "
            f"gradient, Adam's moments, copies to average: {averages}), but {device} has {there / 1e9:,.1f} GB; choose "
            "a smaller model, or a smaller tokenizer.vocabulary_size or training.average_count"
        )


def build_model(config: ModelConfig, source_size: int, target_size: int) -> Seq2Seq[Any, Any]:
    """Return the untrained network of a config, its weights drawn from torch's current random state.

    Raises:
        ConfigError: see the models.
    """
    model = _undrawn(config, source_size, target_size)
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
    model = _undrawn(config, source_size, target_size)
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
    for name, weight in expected.items():
        weight.data = weights[name].to(torch.float32)
    return model


def named_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters by name, shared ones once: what is averaged, saved and loaded."""
    return dict(model.named_parameters())


# What the constructors of PyTorch's layers and of ours draw with.
_DRAWING = {Tensor.normal_, Tensor.uniform_, nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_}


class _NothingIsDrawn(TorchFunctionMode):
    """While open, functions that fill a tensor with random numbers leave it as it is."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if func in _DRAWING:
            return args[0] if args else given["tensor"]
        return func(*args, **given)


def _undrawn(config: ModelConfig, source_size: int, target_size: int, device: str = "cpu") -> Seq2Seq[Any, Any]:
    """Return a network whose weights are whatever is in memory; on the meta device they have none."""
    with torch.device(device), _NothingIsDrawn():
        model: Seq2Seq[Any, Any] = _NETWORKS[type(config)](config, source_size, target_size)
    return model
