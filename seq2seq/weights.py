"""Weights as a file: safetensors, with a checksum of all of it and the fingerprint of their tokenizer inside."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from seq2seq.errors import CheckpointError

__all__ = ["sealed", "unsealed"]

# What weights say of themselves in their header. The checksum is that of the file with zeros in its place.
_NOTE = "sha256 {} tokenizer {}"
_NOTE_PATTERN = re.compile(_NOTE.format("([0-9a-f]{64})", "([0-9a-f]{16})").encode())
_ZEROS = "0" * 64


def sealed(weights: Mapping[str, Tensor], tokenizer: str, dtype: torch.dtype) -> bytes:
    """Return the file of weights and their tokenizer's fingerprint; equal weights give equal bytes."""
    stored = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in weights.items()}
    content = save(stored, {"seq2seq": _NOTE.format(_ZEROS, tokenizer)})
    return content.replace(_ZEROS.encode(), hashlib.sha256(content).hexdigest().encode(), 1)


def unsealed(content: bytes, path: Path) -> tuple[dict[str, Tensor], str | None]:
    """Return the weights of a file by name, and the fingerprint of their tokenizer.

    There is no fingerprint, and nothing was checked, in a file that an earlier version wrote.

    Args:
        content: the file's bytes.
        path: its name, for messages.

    Raises:
        CheckpointError: it is damaged, or no file of weights.
    """
    header = content[: 8 + int.from_bytes(content[:8], "little")]
    note = _NOTE_PATTERN.search(header)
    if note is None and b"__metadata__" in header:
        raise CheckpointError(f"{path}: damaged, or not written by seq2seq; restore it from a copy")
    if note is not None:
        digest = hashlib.sha256(content[: note.start(1)])
        digest.update(_ZEROS.encode())
        digest.update(memoryview(content)[note.end(1) :])
        if digest.hexdigest() != note[1].decode():
            raise CheckpointError(f"{path}: damaged: its checksum does not match; restore it from a copy")
    try:
        return load(content), None if note is None else note[2].decode()
    except (SafetensorError, ValueError) as error:
        raise CheckpointError(f"{path}: damaged: {error}; restore it from a copy") from None
