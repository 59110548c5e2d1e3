"""Where tensors are computed: one place that knows the names of devices."""

import os
from typing import TYPE_CHECKING

from seq2seq.errors import ConfigError

if TYPE_CHECKING:
    import torch

__all__ = ["memory", "select_device"]


def select_device(name: str) -> "torch.device":
    """Return the device of a name, where ``auto`` is a GPU if there is one and else the CPU.

    Raises:
        ConfigError: the name is none that torch knows, or ``cuda`` was asked for and there is none.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError(f"device {name}: there is no such device; use auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {name}: this machine or this build of torch has no CUDA; use the device cpu")
    return device


def memory(device: "torch.device") -> int:
    """Return the bytes of memory of a device, whatever else uses them."""
    import torch

    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
