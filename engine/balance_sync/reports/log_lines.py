"""What a report may ask of whoever can still read the logs: the events at given places.

Reports know neither sources nor stores, so the pipeline hands them a `LogReader`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class LogPlace(NamedTuple):
    """Where an event begins: its source, and the 1-based line in its uncompressed text."""

    source_id: str
    line: int


class LogText(NamedTuple):
    """An event as the log has it, or why it cannot be shown.

    Attributes
    ----------
    text
        The event without its final line breaks; "" where `missing` says why it is not there.
    path
        The source's file as it was listed.
    missing
        A clause, or "".
    """

    text: str
    path: str = ""
    missing: str = ""


LogReader = Callable[[Sequence[LogPlace]], Mapping[LogPlace, LogText]]
"""Gives the events at places, the most wanted first; may leave out what takes too long to read."""
