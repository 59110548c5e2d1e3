"""Averages of the weights over training: what is validated, kept and translated with."""

import math
from typing import Any

import torch
from torch import Tensor

from seq2seq.config import TrainingConfig
from seq2seq.training.progress import check_tensors

__all__ = ["WeightAverage", "most_copies"]


class WeightAverage:
    """The weights as trained, their exponential moving average, or the mean of the last few validations'.

    The moving average's decay grows as (1 + n) / (10 + n) up to `average_decay`, n updates seen, so that the
    random start is forgotten soon.

    Args:
        config: which one, and its constants.
        weights: the live parameters by name; the average reads them and never writes them.
    """

    def __init__(self, config: TrainingConfig, weights: dict[str, Tensor]) -> None:
        self.config = config
        self.weights = weights
        self.updates = 0
        self.moving = _copy(weights) if config.average == "exponential" else {}
        self.kept: list[dict[str, Tensor]] = []
        self.kept_update = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take the weights in; call it after each of their updates."""
        if self.moving:
            self.updates += 1
            decay = min(self.config.average_decay, (1 + self.updates) / (10 + self.updates))
            torch._foreach_lerp_(list(self.moving.values()), [w.detach() for w in self.weights.values()], 1 - decay)

    def at_validation(self, update: int) -> None:
        """Take the weights in where validations are averaged; call it before each of them.

        A validation that is begun again, after the same update, takes nothing in twice.
        """
        if self.config.average == "last" and update != self.kept_update:
            self.kept = [*self.kept, _copy(self.weights)][-self.config.average_count :]
            self.kept_update = update

    def value(self) -> dict[str, Tensor]:
        """Return the averaged weights by name."""
        if self.moving:
            return self.moving
        if self.kept:
            return {name: torch.stack([kept[name] for kept in self.kept]).mean(dim=0) for name in self.weights}
        return self.weights

    def state_dict(self) -> dict[str, Any]:
        """Return what an exact resume needs."""
        return {"updates": self.updates, "moving": self.moving, "kept": self.kept, "kept_update": self.kept_update}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to what `state_dict` returned, on the weights' device.

        Raises:
            ValueError: the averages are not of such weights.
        """
        check_tensors(state["moving"], self.weights if self.moving else {})
        for kept in state["kept"]:
            check_tensors(kept, self.weights)
        self.updates, self.kept_update = int(state["updates"]), int(state["kept_update"])
        self.moving = self._placed(state["moving"])
        self.kept = [self._placed(kept) for kept in state["kept"]]

    def _placed(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: tensor.to(self.weights[name].device) for name, tensor in tensors.items()}


def most_copies(config: TrainingConfig) -> int:
    """Return how many copies of the weights a `WeightAverage` keeps at most."""
    if config.average == "last":
        validations = math.ceil(config.max_updates / config.valid_every)
        return min(config.average_count, validations)
    return 1 if config.average == "exponential" else 0


def _copy(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in weights.items()}
