"""Where tensors are computed: one place that knows the names of devices."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.errors import ConfigError

if TYPE_CHECKING:
    import torch

__all__ = ["is_out_of_memory", "memory", "select_device"]

_GROUPS, _CONTROLS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def select_device(name: "torch.device | str") -> "torch.device":
    """Return a device that this machine has: ``cpu``, ``cuda``, ``cuda:1``, …; ``auto`` is a GPU if there is one.

    Raises:
        ConfigError: it is no CPU and no CUDA device, or this machine does not have it.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")  # which is refused as well
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"device {name}: there is no such device; use auto, cpu or cuda")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {name}: this machine or this build of torch has no CUDA; use the device cpu")
    if device.type == "cuda" and device.index is not None and device.index >= torch.cuda.device_count():
        raise ConfigError(
            f"device {name}: the last CUDA device of this machine is cuda:{torch.cuda.device_count() - 1}; use that, "
            "or cuda"
        )
    return device


def memory(device: "torch.device") -> int:
    """Return the bytes of memory of a device, whatever else uses them; of a CPU, those that a container may have.

    Where the system does not tell, this is `sys.maxsize`: no limit is known.
    """
    import torch

    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return min([_physical_memory(), *_control_group_limits()])


def _physical_memory() -> int:
    """Return the bytes of the machine's memory, or `sys.maxsize` where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # Windows has no sysconf, and other systems need not know both names
        return sys.maxsize


def _control_group_limits() -> Iterator[int]:
    """Yield the limits in bytes that Linux sets to the control groups of this process (cgroups(7)), if it does."""
    try:
        lines = _GROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return  # another system
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":  # version 2
            mounted, name = _CONTROLS, "memory.max"
        elif "memory" in controllers.split(","):
            mounted, name = _CONTROLS / "memory", "memory.limit_in_bytes"
        else:
            continue
        # A container sees its own group as the root, under a path that may be the host's.
        for path in [mounted / group.lstrip("/"), *(mounted / group.lstrip("/")).parents]:
            with suppress(OSError, ValueError):  # "max" is no limit
                yield int((path / name).read_text(encoding="ascii"))


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that a device's memory, or the machine's, is used up.

    The CPU's allocator of torch raises a plain RuntimeError, to be told by its text alone.
    """
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")  # an error of torch's needs torch
    return isinstance(error, RuntimeError) and (
        (torch is not None and isinstance(error, torch.OutOfMemoryError)) or "DefaultCPUAllocator" in str(error)
    )
