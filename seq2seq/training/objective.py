"""The training objective: label-smoothed cross-entropy over real tokens; and what word links teach."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from seq2seq.config import Config
from seq2seq.corpus.batching import Batch
from seq2seq.models.base import Seq2Seq, aligning
from seq2seq.process import LARGEST_KEPT_BYTES
from seq2seq.symbols import PAD

__all__ = [
    "AttentionGuide",
    "Loss",
    "alignment_loss",
    "batch_loss",
    "clip_gradients",
    "mean_loss",
    "smoothed_cross_entropy",
]


class _SmoothedCrossEntropy(torch.autograd.Function):
    """See `smoothed_cross_entropy`.

    The gradient, softmax - smoothed target, is made in the forward pass, in one buffer: the logits are
    the largest tensor of a step, and autograd would pass over them eight times instead of three.
    """

    @staticmethod
    def forward(ctx: Any, logits_NV: Tensor, targets_N: Tensor, smoothing: float) -> Tensor:
        rows_N = torch.arange(len(targets_N), device=targets_N.device)
        vocabulary = logits_NV.shape[1]
        true_N = logits_NV[rows_N, targets_N]
        mean_N = logits_NV.mean(dim=1)
        gradient_NV = torch.softmax(logits_NV, dim=1)
        # log Σ exp, from the one probability that the softmax was computed with most care for
        largest_N, place_N = logits_NV.max(dim=1)
        normaliser_N = largest_N - gradient_NV[rows_N, place_N].log()
        if ctx.needs_input_grad[0]:
            gradient_NV.sub_(smoothing / vocabulary)
            gradient_NV[rows_N, targets_N] -= 1 - smoothing
            ctx.save_for_backward(gradient_NV)
        return (normaliser_N - (1 - smoothing) * true_N - smoothing * mean_N).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (gradient_NV,) = ctx.saved_tensors
        return gradient_NV * grads[0], None, None


def smoothed_cross_entropy(logits_NV: Tensor, targets_N: Tensor, smoothing: float) -> Tensor:
    """Return Σ_n -log p'(target_n), in nats (Szegedy et al. 2016, section 7).

    1 - ε of a target's mass is on its token, ε is spread evenly over the vocabulary. Equals
    `torch.nn.functional.cross_entropy` with ``reduction="sum"``, faster.
    """
    loss: Tensor = _SmoothedCrossEntropy.apply(logits_NV, targets_N, smoothing)  # type: ignore[no-untyped-call]
    return loss


class AttentionGuide(NamedTuple):
    """Which cross-attention word links teach in place of an alignment head, and how much that counts.

    This is guided alignment, of a recurrent network's attention (Chen et al. 2016, section 3) or of a head of a
    Transformer (Garg et al. 2019, section 4.2). A token is taught by the row of attention that predicts it: nothing is
    shifted.

    Attributes:
        weight: what its loss is multiplied by before it is added to that of the translation.
        layer: the number of the layer, from 0.
        heads: the heads of that layer, of which the mean is taught.
    """

    weight: float
    layer: int
    heads: slice

    @classmethod
    def of(cls, config: Config, heads: int) -> "AttentionGuide | None":
        """Return what the options ask for, of so many heads a layer, or None where links do not teach attention."""
        if not config.training.guided_attention:
            return None
        layer, which = aligning(config.decoding, config.model.decoder_layers, heads)
        return cls(config.training.guided_attention, layer - 1, which)

    def taught(self, cross_BLHTS: Tensor) -> Tensor:
        """Return the weights_BTS that links teach, from all layers and heads."""
        return cross_BLHTS[:, self.layer, self.heads].mean(dim=1)


class Loss(NamedTuple):
    """Losses in nats, each summed over target tokens, end tokens counted.

    Attributes:
        total: the loss of the translation.
        tokens: the target tokens.
        alignment: the loss of the alignment, of a head or of guided attention; None where the batch has no guide.
        guided: the target tokens that have a guide.
        weight: the factor of the alignment's loss.
    """

    total: Tensor
    tokens: int
    alignment: Tensor | None = None
    guided: int = 0
    weight: float = 1.0

    @property
    def told(self) -> str:
        """The losses per token as an error tells them: ``3.217``, or ``3.217 (alignment: 0.5)``."""
        translation = f"{self.total.item() / self.tokens:.4g}"
        if self.alignment is None:
            return translation
        return f"{translation} (alignment: {self.alignment.item() / max(self.guided, 1):.4g})"

    @property
    def objective(self) -> Tensor:
        """What is minimised: the loss per token of the translation, and of the alignment, which has a weight.

        An alignment head has no weights in common with the rest, so that neither takes anything from the other.
        """
        mean = self.total / self.tokens
        return mean if self.alignment is None else mean + self.weight * self.alignment / max(self.guided, 1)


def alignment_loss(weights_BTS: Tensor, guide_BTS: Tensor) -> Tensor:
    """Return -Σ_t Σ_s guide_ts log weight_ts, in nats (Garg et al. 2019, eq. 3); a row of zeros teaches nothing."""
    smallest = torch.finfo(weights_BTS.dtype).tiny
    return -(guide_BTS * weights_BTS.clamp_min(smallest).log()).sum()


def batch_loss(
    model: Seq2Seq[Any, Any], batch: Batch, smoothing: float = 0.0, attention: AttentionGuide | None = None
) -> Loss:
    """Return the loss of a batch by teacher forcing, and where the batch has a guide what that teaches.

    Only real tokens reach the vocabulary projection, and only so many at a time that the memory of their logits is
    kept for the next (`process.keep_freed_memory`).

    Args:
        model: the model.
        batch: the batch.
        smoothing: probability mass spread over the vocabulary.
        attention: the cross-attention that the guide teaches; None where it teaches an alignment head.
    """
    guide_BTS = batch.guide_BTS
    taught = "alignment" if attention is None else "cross"
    want = () if guide_BTS is None else (taught,)
    features_BTD, maps = model(batch.src_BS, batch.src_lengths_B, batch.tgt_in_BT, want)
    real_BT = batch.tgt_out_BT != PAD
    features_ND, targets_N = features_BTD[real_BT], batch.tgt_out_BT[real_BT]
    at_once = max(1, LARGEST_KEPT_BYTES // (model.target_size * features_ND.element_size()))
    parts = zip(torch.split(features_ND, at_once), torch.split(targets_N, at_once), strict=True)
    losses = [smoothed_cross_entropy(model.logits(features), targets, smoothing) for features, targets in parts]
    loss = Loss(torch.stack(losses).sum(), len(targets_N))
    if guide_BTS is None:
        return loss
    weights_BTS = maps["alignment"][:, 0, 0] if attention is None else attention.taught(maps["cross"])
    return loss._replace(
        alignment=alignment_loss(weights_BTS, guide_BTS),
        guided=int(guide_BTS.any(dim=2).sum()),
        weight=1.0 if attention is None else attention.weight,
    )


def clip_gradients(model: Seq2Seq[Any, Any], largest: float) -> float:
    """Scale the gradient down to a largest norm, and return the norm it had; the alignment head's apart from the rest.

    So the rest moves as it would without a head. The norm returned is the rest's, or the head's if that is not finite.
    """
    head = [] if model.aligner is None else list(model.aligner.parameters())
    known = set(head)
    rest = [weight for weight in model.parameters() if weight not in known]
    norm, head_norm = (float(nn.utils.clip_grad_norm_(weights, largest)) for weights in (rest, head))
    return norm if math.isfinite(head_norm) else head_norm


@torch.inference_mode()
def mean_loss(model: Seq2Seq[Any, Any], batches: Iterable[Batch], device: torch.device) -> float:
    """Return the cross-entropy per token, in nats, without smoothing; 0 of no batches."""
    total, tokens = 0.0, 0
    for batch in batches:
        loss = batch_loss(model, batch.to(device))
        total, tokens = total + float(loss.total), tokens + loss.tokens
    return total / max(tokens, 1)
