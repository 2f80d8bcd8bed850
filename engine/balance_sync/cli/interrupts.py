"""Remembers that the user interrupted, whatever a library makes of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def interrupts_noticed() -> Iterator[Event]:
    """Yield what is set once Ctrl-C was pressed inside the block.

    DuckDB turns a `KeyboardInterrupt` that reaches it while it reads Arrow data into an error of its own,
    which says nothing of where it came from.
    """
    noticed = Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        noticed.set()
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        # Ignored, as in the background of a shell, or somebody else's.
        yield noticed
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield noticed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
