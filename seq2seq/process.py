"""Settings of the whole process. The command line makes them; a library function never does. No torch at import.

A program that uses the package decides for itself whether to make them.
"""

import ctypes
import io
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

from seq2seq.devices import memory
from seq2seq.errors import DataError
from seq2seq.files import reason

if TYPE_CHECKING:
    import torch
    from _typeshed import ReadableBuffer

__all__ = [
    "LARGEST_KEPT_BYTES",
    "STOP_SIGNALS",
    "exact_float32",
    "keep_freed_memory",
    "leave",
    "limit_memory",
    "open_standard_streams",
    "stop_on_signals",
    "was_interrupted",
]

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_THRESHOLD = 32 << 20  # the largest that glibc takes

# The largest block that `keep_freed_memory` keeps: what malloc adds to it (header, alignment) must fit below the
# threshold, too. Buffers that every step needs are made no larger than this.
LARGEST_KEPT_BYTES = _THRESHOLD - 4096

# Requests to stop: Ctrl-C, `kill`, and a terminal that is closed (not on every system).
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

_requests: list[int] = []  # the signals that came


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


def limit_memory(device: "torch.device") -> None:
    """Have the system refuse a CPU more memory than it has: an error can be told, but Linux would kill the process.

    A smaller limit that is there already stays. Nothing happens for a GPU, whose driver maps more than it uses, and on
    systems without limits (Windows).
    """
    try:
        import resource
    except ImportError:
        return
    if device.type == "cpu":
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        there = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min([memory(device), *there]), hard))


def exact_float32() -> None:
    """Have a GPU compute float32 products in float32: TF32 would round their factors to 10 bits."""
    import torch

    torch.backends.fp32_precision = "ieee"  # type: ignore[attr-defined]


class _Results(io.FileIO):
    """Standard output, of which an error says that it is."""

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write, as `io.FileIO` does.

        Raises:
            DataError: it is closed or full, say.
            BrokenPipeError: nobody reads it any more.
        """
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise DataError(f"standard output: cannot be written: {reason(error)}") from None


class _Messages(io.FileIO):
    """Standard error; where nobody can be told, because it is closed or full, work goes on."""

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write, as `io.FileIO` does, or drop what cannot be written."""
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def open_standard_streams() -> None:
    """Open the standard streams such that none is missing, results are UTF-8, and an error names its stream.

    A stream that the caller closed would otherwise be `None`, and the next file that is opened would get its number:
    what a C library prints would end in a model's weights. It is opened on the null device instead: standard input
    for writing only, and standard output for reading only, so that their use is still an error.
    """
    for number, access in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, access)  # takes the lowest number that is free
            if null != number:
                os.dup2(null, number)
                os.close(null)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    results, messages = _Results(1, "w", closefd=False), _Messages(2, "w", closefd=False)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(results), encoding="utf-8", newline="\n", line_buffering=results.isatty()
    )
    encoding = sys.stderr.encoding if sys.stderr is not None else "utf-8"
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(messages), encoding=encoding, errors="backslashreplace", line_buffering=True
    )


def stop_on_signals() -> None:
    """Have every request to stop raise `KeyboardInterrupt`, so that nothing half-written is left.

    A signal that the caller had the process ignore (``nohup``) stays ignored. Python drops an exception that is raised
    where none can be (in the callback of a weak reference, say): the request is then made again.
    """
    for number in STOP_SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _stop)
    report = sys.unraisablehook

    def again(dropped: "sys.UnraisableHookArgs") -> None:
        if isinstance(dropped.exc_value, KeyboardInterrupt) and hasattr(signal, "setitimer"):
            _stop_soon()
        else:
            report(dropped)

    sys.unraisablehook = again


def _stop(number: int, frame: FrameType | None) -> None:
    """Raise `KeyboardInterrupt`, or, in the middle of an import, wait for its end.

    Libraries take an interrupt of their import for a failure of their own, and go on without what they lack.
    """
    _requests.append(number)
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    if frame is None or not hasattr(signal, "setitimer"):
        raise KeyboardInterrupt
    _stop_soon()


def _stop_soon() -> None:
    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, 0.01)  # less than any work takes, so that it is not done before


def was_interrupted() -> bool:
    """Return whether a signal asked to stop; libraries that are interrupted may tell it as an error of another kind."""
    return bool(_requests)


def leave(status: int) -> None:
    """End the process with an exit status, quietly: what standard output could not take was told before."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # all is done: nothing is left to stop
    try:
        sys.stdout.flush()
    except (OSError, DataError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    exec("")  # CPython forgets an interrupt that passed through code in a string, for which it would kill the process
    sys.exit(status)
