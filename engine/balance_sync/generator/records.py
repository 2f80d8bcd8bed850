"""What the parts of the generator hand to each other.

Money stands here as the text that the log will show, so that whoever keeps the books reads the same
digits as a reader of the archive. Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

from enum import Enum

import msgspec


class Ending(Enum):
    """How the processing of a message ends, by what its events show."""

    PUBLISHED = "published"
    ALREADY_SYNCED = "already_synced"
    ALREADY_SYNCED_SHORT = "already_synced_short"
    SKIPPED_CREATE = "skipped_create"
    SKIPPED_FLAG = "skipped_flag"
    REJECTED = "rejected_negative"
    SILENT = "incomplete"
    ERROR = "error"
    INVOKE_ERROR = "invoke_error"
    TIMEOUT = "timeout"
    CRASH = "crash"

    @property
    def outcome(self) -> str:
        """The name of the outcome that a reader of the archive must arrive at."""
        if self in _FAILURES:
            return "failed"
        return "already_synced" if self is Ending.ALREADY_SYNCED_SHORT else self.value

    @property
    def stops_request(self) -> bool:
        """Whether nothing of the request is processed after this message."""
        return self in (Ending.INVOKE_ERROR, Ending.TIMEOUT, Ending.CRASH)


_FAILURES = frozenset((Ending.ERROR, Ending.INVOKE_ERROR, Ending.TIMEOUT, Ending.CRASH))


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """One dump of a transaction, as ``Start syncing the balance`` logs it.

    `kind`, `source`, `action`, `payment` and `metadata` are None in the older schema.
    `metadata` is the text behind ``metadata:``, quoted as Node quotes it.
    """

    transaction_id: str
    user_id: str
    currency: str
    amount: str
    vat: str
    old: str
    new: str
    kind: str | None = None
    source: str | None = None
    action: str | None = None
    payment: str | None = None
    metadata: str | None = None
    delivery_id: str | None = None


class Mismatch(msgspec.Struct, frozen=True, gc=False):
    """A not-in-sync record: the two balances as the log shows them."""

    user_id: str
    currency: str
    subscription: str
    payment: str


class Message(msgspec.Struct, frozen=True, gc=False):
    """One queue message and what processing it logs.

    `dump` is a line that somebody debugging has printed before the sync; `refused_id` and `balance`
    belong to a change that is rejected; `metric_action` asks for a metric beside the message.
    """

    message_id: str
    ending: Ending
    user_id: str
    transaction: Transaction | None = None
    mismatch: Mismatch | None = None
    dump: str | None = None
    refused_id: str | None = None
    balance: str | None = None
    metric_action: str | None = None
    slack: bool = False


class Errand(msgspec.Struct, frozen=True, gc=False):
    """Messages of one subscriber that are processed one after the other, not before `due_ms`."""

    due_ms: int
    messages: list[Message]


class StreamPlan(msgspec.Struct, frozen=True, gc=False):
    """One container's life: its errands in order; `crowded` when many messages share a request."""

    start_ms: int
    errands: list[Errand]
    crowded: bool = False
    crashes: int = 0


class Event(msgspec.Struct, frozen=True, gc=False):
    """One log event: when, its whole text with the closing blank line, and whether a request begins."""

    at_ms: int
    text: str
    begins_request: bool = False
