"""Word vectors and the output layer that may share them, and vectors of positions.

Shapes: T places, D width, A width of a head.
"""

import math

import torch
from torch import Tensor, nn

from seq2seq.symbols import PAD

__all__ = ["embedding", "output_layer", "rotate", "sinusoids"]


def embedding(size: int, dim: int) -> nn.Embedding:
    """Word vectors of length about 1; padding begins as the zero vector."""
    vectors = nn.Embedding(size, dim, padding_idx=PAD)
    with torch.no_grad():
        nn.init.normal_(vectors.weight, std=dim**-0.5)
        vectors.weight[PAD].zero_()
    return vectors


def output_layer(dim: int, size: int, tied: nn.Embedding | None) -> nn.Linear:
    """Features to logits; with `tied`, its weights are those word vectors (Press and Wolf 2017)."""
    layer = nn.Linear(dim, size)
    nn.init.zeros_(layer.bias)
    if tied is not None:
        layer.weight = tied.weight
    return layer


def sinusoids(place_T: Tensor, dim: int) -> Tensor:
    """(T, D): sin(t / 10000^{2i/D}) in even columns, cos in odd ones (Vaswani et al. 2017, section 3.5)."""
    angles_TF = _angles(place_T, dim)
    return torch.stack([angles_TF.sin(), angles_TF.cos()], dim=-1).flatten(1)[:, :dim]


def rotate(vectors_BHTA: Tensor, place_T: Tensor) -> Tensor:
    """Each pair of columns (2i, 2i + 1) turned by t / 10000^{2i/A} radians (Su et al. 2021, section 3.2).

    A product of two such vectors depends on the distance of their places, not on the places.
    """
    angles_TF = _angles(place_T, vectors_BHTA.shape[-1])
    cos_TF, sin_TF = angles_TF.cos().to(vectors_BHTA.dtype), angles_TF.sin().to(vectors_BHTA.dtype)
    even, odd = vectors_BHTA[..., ::2], vectors_BHTA[..., 1::2]
    return torch.stack([even * cos_TF - odd * sin_TF, even * sin_TF + odd * cos_TF], dim=-1).flatten(-2)


def _angles(place_T: Tensor, dim: int) -> Tensor:
    frequency_F = torch.exp(torch.arange(0, dim, 2, device=place_T.device) * (-math.log(10_000) / dim))
    return place_T[:, None] * frequency_F
