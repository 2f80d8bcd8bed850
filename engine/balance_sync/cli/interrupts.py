"""Remembers that the run was interrupted, whatever a library makes of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def interrupts_noticed() -> Iterator[Event]:
    """Yield what is set once Ctrl-C was pressed inside the block, or the process was asked to end.

    Both raise `KeyboardInterrupt`, so that what is half done is removed: schedulers and containers send
    SIGTERM. DuckDB turns an interrupt that reaches it while it reads Arrow data into an error of its own,
    which says nothing of where it came from.
    """
    noticed = Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        noticed.set()
        signal.default_int_handler(number, frame)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # Others are ignored, as in the background of a shell, or somebody else's.
    usual = (signal.default_int_handler, signal.SIG_DFL)
    ours = {number: handler for number, handler in before.items() if handler in usual}
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield noticed
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
