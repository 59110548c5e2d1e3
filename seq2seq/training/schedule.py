"""Learning-rate schedules: a factor of the peak rate as a function of the update alone, so resuming needs no state."""

import math

from seq2seq.config import TrainingConfig

__all__ = ["learning_rate"]


def learning_rate(config: TrainingConfig, update: int) -> float:
    """Return the learning rate of an update, counted from 1.

    It rises linearly to the peak at update `warmup`; then it stays (constant), falls with the inverse
    square root of the update (Vaswani et al. 2017, eq. 3), or reaches zero just after `max_updates`, by a
    line or half a cosine (Loshchilov and Hutter 2017, eq. 5).
    """
    if update < config.warmup:
        return config.lr * update / config.warmup
    if config.schedule == "constant":
        return config.lr
    if config.schedule == "inverse_sqrt":
        return config.lr * math.sqrt(max(config.warmup, 1) / max(update, 1))
    left = max(0.0, (config.max_updates + 1 - update) / max(config.max_updates + 1 - config.warmup, 1))
    if config.schedule == "linear":
        return config.lr * left
    return config.lr * (1 - math.cos(math.pi * left)) / 2
