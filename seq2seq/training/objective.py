"""The training objective: label-smoothed cross-entropy over real tokens."""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from seq2seq.corpus.batching import Batch
from seq2seq.models.base import Seq2Seq
from seq2seq.symbols import PAD

__all__ = ["Loss", "batch_loss"]


class Loss(NamedTuple):
    """Sum over `tokens` target tokens (end token counted), in nats."""

    total: Tensor
    tokens: int


def batch_loss(model: Seq2Seq[Any, Any], batch: Batch, label_smoothing: float = 0.0) -> Loss:
    """-Σ log p'(y_t | y_<t, x), where 1 - ε of the target's mass is on y_t and ε uniform (Szegedy et al. 2016, section 7).

    Only real tokens reach the vocabulary projection.
    """
    features_BTD, _ = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT)
    real_BT = batch.tgt_out_BT != PAD
    targets_N = batch.tgt_out_BT[real_BT]
    total = F.cross_entropy(model.logits(features_BTD[real_BT]), targets_N, reduction="sum", label_smoothing=label_smoothing)
    return Loss(total, len(targets_N))


@torch.inference_mode()
def mean_loss(model: Seq2Seq[Any, Any], batches: "Any", device: torch.device) -> float:
    """Cross-entropy a token, in nats, without smoothing."""
    total, tokens = 0.0, 0
    for batch in batches:
        loss = batch_loss(model, batch.to(device))
        total, tokens = total + float(loss.total), tokens + loss.tokens
    return total / max(tokens, 1)
