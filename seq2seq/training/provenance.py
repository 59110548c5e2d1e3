"""Where a run comes from: ``run.json`` tells of each session with which versions, where and how it trained.

It is for people: nothing reads it but the next session, which adds to it, and a missing or damaged one stops
nothing. It names no host and no user, and no path but those that the command line names.
"""

import json
import logging
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from seq2seq import __version__
from seq2seq.files import atomic_path, system_message

__all__ = ["session"]

logger = logging.getLogger(__name__)

_PACKAGES = ("torch", "numpy", "sentencepiece", "safetensors", "datasets", "sacrebleu")
_CHECKOUT = Path(__file__).resolve().parents[2]


@contextmanager
def session(
    path: Path, device: torch.device, facts: dict[str, Any], command: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Tell of a session in the file `path` when it begins, and again when it ends.

    Args:
        path: the file: ``{"sessions": […]}``, an object for each session.
        device: where it computes.
        facts: what else to tell.
        command: the words of the command line that asked for it, if one did. They are never taken from the process:
            those of another program may hold what is nobody's business.

    Yields:
        What is told at the end, to be added to. ``outcome`` is the error's class where one ends the session; a
        session that was killed has none.
    """
    before = _sessions(path)
    told = {
        "command": None if command is None else [*command],
        "started": _now(),
        "ended": None,
        "outcome": None,
        "versions": {"seq2seq": __version__, "python": platform.python_version(), **_versions()},
        "commit": _commit(),
        "machine": _machine(device),
        **facts,
    }
    _write(path, [*before, told])
    try:
        yield told
    except BaseException as error:
        told["outcome"] = type(error).__name__
        raise
    finally:
        told["ended"] = _now()
        _write(path, [*before, told])


def _sessions(path: Path) -> list[Any]:
    """Return the sessions told of so far; none where there is no such file, or no such list in it."""
    if not path.exists():
        return []
    try:
        if not path.is_file():
            raise ValueError
        sessions = json.loads(path.read_text(encoding="utf-8"))["sessions"]
        if not isinstance(sessions, list):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        logger.warning(f"{path}: damaged; it tells of this session only")
        return []
    return sessions


def _write(path: Path, sessions: list[Any]) -> None:
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, "no regular file")
        with atomic_path(path) as temporary:
            temporary.write_text(
                json.dumps({"sessions": sessions}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
            )
    except (OSError, ValueError) as error:
        logger.warning(f"{path}: cannot be written ({system_message(error)}); training goes on")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # installed without its metadata
            continue
    return found


@cache
def _commit() -> str | None:
    """Return the checkout's commit, with ``-dirty`` where files differ from it; None where it is no checkout."""
    if not (_CHECKOUT / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=_CHECKOUT, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):  # no git, or one that distrusts the directory
        return None
    return found.stdout.strip() or None


def _machine(device: torch.device) -> dict[str, Any]:
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": gpu or device.type,
    }


def _processor() -> str:
    """Return the processor's name, and its kind (``x86_64``) where it has none."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
