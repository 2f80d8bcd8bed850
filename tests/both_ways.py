"""What the compiled passes and those in numpy make of a text, to be compared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from balance_sync.logs.invocations import Told
from balance_sync.logs.kinds import ClassifiedEvents, classify
from balance_sync.logs.record_layouts import SYNC_ERROR_LAYOUTS, TRANSACTION_LAYOUTS, read_layout
from balance_sync.logs.requests import number_parts
from balance_sync.logs.split import split_events
from balance_sync.sources.reading import TextPiece


@contextmanager
def in_numpy() -> Iterator[None]:
    before = os.environ.get("BALANCE_SYNC_COMPILED")
    os.environ["BALANCE_SYNC_COMPILED"] = "no"
    try:
        yield
    finally:
        if before is None:
            del os.environ["BALANCE_SYNC_COMPILED"]
        else:
            os.environ["BALANCE_SYNC_COMPILED"] = before


def made_of(pieces: list[TextPiece]) -> dict[str, Any]:
    """Return everything that a pass has a part in, by name, as lists and frames."""
    events = split_events(pieces)
    classified = classify(events)
    part, parts = number_parts(classified)
    octets, shift = events.octets, min(40, events.octets.size)
    return {
        **{name: getattr(events, name) for name in ("start", "end", "text_end", "piece", "line")},
        **{name: getattr(events, name) for name in ("is_stamped", "is_time", "first_line", "line_ends")},
        "at": np.where(events.is_time, events.at, 0),
        **{name: getattr(classified, name) for name in ("kind", "level", "message_at")},
        **{name: getattr(classified, name) for name in ("request_at", "outcome")},
        "part": part,
        "parts": parts,
        "texts": octets.binaries(events.start, events.text_end),
        "differ": octets.differ_within(events.start, shift, 24),
        "figures": Told.read(classified, part).figures,
        **_records(classified),
    }


def _records(classified: ClassifiedEvents) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for kind, layouts in (("transaction", TRANSACTION_LAYOUTS), ("sync_error", SYNC_ERROR_LAYOUTS)):
        rest = classified.of_kind(kind)
        for number, layout in enumerate(layouts):
            if not len(rest):
                break
            made[f"{kind} {number}"], rest = read_layout(classified, rest, layout)
            made[f"rest of {kind} {number}"] = rest
    return made


def differences(pieces: list[TextPiece]) -> list[str]:
    """Return the names of what comes out otherwise when it is compiled."""
    compiled = made_of(pieces)
    with in_numpy():
        plain = made_of(pieces)
    return [name for name, made in plain.items() if not _are_equal(made, compiled[name])]


def _are_equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return one.dtype == other.dtype and one.equals(other) if hasattr(one, "dtype") else one.equals(other)
