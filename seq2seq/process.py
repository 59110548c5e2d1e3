"""Settings of the whole process. The command line makes them; a library function never does. No torch at import.

A program that uses the package decides for itself whether to make them.
"""

import ctypes
import sys

__all__ = ["LARGEST_KEPT_BYTES", "exact_float32", "keep_freed_memory"]

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_THRESHOLD = 32 << 20  # the largest that glibc takes

# The largest block that `keep_freed_memory` keeps: what malloc adds to it (header, alignment) must fit below the
# threshold, too. Buffers that every step needs are made no larger than this.
LARGEST_KEPT_BYTES = _THRESHOLD - 4096


def keep_freed_memory() -> None:
    """Have the C library keep what is freed instead of giving it back: the next step wants as much again.

    Memory that was given back comes again as pages for the kernel to clear, which takes a quarter of a Transformer's
    step on two cores. Blocks above `LARGEST_KEPT_BYTES` are still given back: if a few large ones were kept, free
    memory would lie in pieces too small for the next. Only glibc has this setting (mallopt(3)); elsewhere nothing
    happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _THRESHOLD)
        mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


def exact_float32() -> None:
    """Have a GPU compute float32 products in float32: TF32 would round their factors to 10 bits."""
    import torch

    torch.backends.fp32_precision = "ieee"  # type: ignore[attr-defined]
