"""Stopping in good order: signals that ask for it, and work in pieces that heeds them."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from seq2seq.process import STOP_SIGNALS

__all__ = ["Stopped", "until", "watching_for_stop"]

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818 (no error)
    """Work was given up because a signal asked to stop."""


def until(stopped: Callable[[], bool], items: Iterable[T]) -> Iterator[T]:
    """Yield items one by one.

    Raises:
        Stopped: a signal asked to stop.
    """
    for item in items:
        if stopped():
            raise Stopped
        yield item


@contextmanager
def watching_for_stop() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether a signal has asked to stop (`STOP_SIGNALS`) since this was opened.

    A second signal does what it did before.
    """
    received: list[int] = []
    previous: dict[signal.Signals, Any] = {}

    def remember(number: int, _: FrameType | None) -> None:
        received.append(number)
        for kind, handler in previous.items():
            signal.signal(kind, handler)

    try:
        for kind in STOP_SIGNALS:
            if signal.getsignal(kind) is not signal.SIG_IGN:  # `nohup`, say
                previous[kind] = signal.signal(kind, remember)
    except ValueError:  # not in the main thread: signals are somebody else's business
        pass
    try:
        yield lambda: bool(received)
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)
