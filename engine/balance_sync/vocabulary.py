"""The words that columns of the tables hold: each list is complete, and only grows."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is, mildest first."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Position in the order of severity: info 0 … critical 3."""
        return list(Severity).index(self)


class Outcome(StrEnum):
    """What became of a message, as the first of its events that tells shows."""

    PUBLISHED = "published"
    ALREADY_SYNCED = "already_synced"
    SKIPPED_CREATE = "skipped_create"
    SKIPPED_FLAG = "skipped_flag"
    REJECTED_NEGATIVE = "rejected_negative"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


OUTSIDE_OF_EVENTS = ("text before the first event", "the time of the event is impossible")
"""Reasons of rejects that are no event: of the text of a source before its first one."""


class SuspectReason(StrEnum):
    """Why an event cannot be what it says; ``began_at`` and ``ended_at`` of a suspect are what it names."""

    OTHER_TIME = "other_time"
    """The time within the line is none, or far from that of the event."""

    OUTSIDE_INVOCATION = "outside_invocation"
    """The request that it names ran from ``began_at`` to ``ended_at``, and not then."""

    BEFORE_STREAM = "before_stream"
    """It is of a day before its log stream began, as the stream's name says."""

    INSIDE_ANOTHER = "inside_another"
    """Another request ran then, from ``began_at`` to ``ended_at``; of this one the stream says nothing."""

    BETWEEN_INVOCATIONS = "between_invocations"
    """Nothing ran then, from ``began_at`` to ``ended_at``; of the request the stream says nothing."""
