"""Word vectors and the output layer that may share them, and vectors of positions.

Shapes: T places, D width, A width of a head.
"""

import math

import torch
from torch import Tensor, nn

from seq2seq.symbols import PAD

__all__ = ["draw_word_vectors", "embedding", "output_layer", "rotate", "sinusoids"]


def embedding(size: int, dim: int) -> nn.Embedding:
    """Return word vectors; padding has one that is not trained."""
    return nn.Embedding(size, dim, padding_idx=PAD)


@torch.no_grad()
def draw_word_vectors(*embeddings: nn.Embedding) -> None:
    """Draw word vectors from N(0, 1/D), so that they are about 1 long; padding's is 0. Shared ones are drawn once."""
    for vectors in dict.fromkeys(embeddings):
        nn.init.normal_(vectors.weight, std=vectors.embedding_dim**-0.5)
        vectors.weight[PAD].zero_()


def output_layer(dim: int, size: int, tied: nn.Embedding | None) -> nn.Linear:
    """Return the layer from features to logits; with `tied`, its weights are those vectors (Press and Wolf 2017)."""
    layer = nn.Linear(dim, size)
    if tied is not None:
        layer.weight = tied.weight
    return layer


def sinusoids(place_T: Tensor, dim: int) -> Tensor:
    """Return (T, D): sin(t / 10000^{2i/D}) in even columns, cos in odd ones (Vaswani et al. 2017, section 3.5)."""
    angles_TF = _angles(place_T, dim)
    return torch.stack([angles_TF.sin(), angles_TF.cos()], dim=-1).flatten(1)[:, :dim]


def rotate(vectors_BHTA: Tensor, place_T: Tensor) -> Tensor:
    """Turn each pair of columns (2i, 2i + 1) by t / 10000^{2i/A} radians (Su et al. 2021, section 3.2).

    A product of two such vectors depends on the distance of their places, not on the places.
    """
    angles_TF = _angles(place_T, vectors_BHTA.shape[-1])
    cos_TF, sin_TF = angles_TF.cos().to(vectors_BHTA.dtype), angles_TF.sin().to(vectors_BHTA.dtype)
    even, odd = vectors_BHTA[..., ::2], vectors_BHTA[..., 1::2]
    return torch.stack([even * cos_TF - odd * sin_TF, even * sin_TF + odd * cos_TF], dim=-1).flatten(-2)


def _angles(place_T: Tensor, dim: int) -> Tensor:
    frequency_F = torch.exp(torch.arange(0, dim, 2, device=place_T.device) * (-math.log(10_000) / dim))
    return place_T[:, None] * frequency_F
