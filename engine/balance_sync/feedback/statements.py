"""The words of feedback: what can be decided, how far it reaches, and who said what of which finding."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTE_CHARACTERS = 2_000
NAME_CHARACTERS = 100
_JOINERS = "\u200c\u200d"
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]")

DETECTOR = "anomaly"
"""The rule whose findings a decision can set aside: a suspicion may be answered, a proof stands."""


class Decision(StrEnum):
    """What somebody decided about a finding."""

    CONFIRMED = "confirmed"
    FALSE_POSITIVE = "false_positive"
    ACCEPTED = "accepted"
    NEEDS_INFORMATION = "needs_information"


SETS_ASIDE = frozenset({Decision.FALSE_POSITIVE, Decision.ACCEPTED})
"""Decisions after which an unusual transaction is not put before a person again."""

DECISION_WORDS: Mapping[str, str] = MappingProxyType(
    {
        Decision.CONFIRMED: "Confirmed",
        Decision.FALSE_POSITIVE: "False positive",
        Decision.ACCEPTED: "Accepted",
        Decision.NEEDS_INFORMATION: "Needs information",
    }
)
"""How a workbook says a decision."""

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "decision": "Decision",
        "note": "Note",
        "decided_by": "Decided by",
        "user_id": "Subscriber",
        "finding_id": "Finding",
        "entry_id": "Decision no.",
    }
)
"""Headers of the columns that a workbook is read back by."""


class Scope(StrEnum):
    """How far a decision reaches, narrowest first."""

    FINDING = "finding"
    CURRENCY = "rule+subscriber+currency"
    SUBSCRIBER = "rule+subscriber"


class Subject(msgspec.Struct, frozen=True):
    """The finding that is spoken of, and what wider scopes go by."""

    finding_id: str
    rule: str
    user_id: str | None = None
    currency: str | None = None
    transaction_id: str | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of a finding.

    Attributes
    ----------
    decided_at
        UTC, to the second.
    until
        The last business day on which it counts; `None`: for good.
    source
        ``cli``, or the name of the file it was read from.
    source_sha256
        Of that file; "" for none.
    """

    subject: Subject
    decision: Decision
    note: str
    decided_by: str
    decided_at: datetime
    scope: Scope = Scope.FINDING
    until: date | None = None
    source: str = "cli"
    source_sha256: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A statement in its place: the `entry_id`-th, chained to the one before by hashes."""

    entry_id: int
    statement: Statement
    previous_hash: str
    entry_hash: str


class Refused(ValueError):
    """A statement that cannot be meant; its text says why, in one clause."""


def read_decision(text: str) -> Decision:
    """Read a decision as a person may write it: ``false_positive``, ``False positive``.

    Raises
    ------
    Refused
        It is none.
    """
    word = re.sub(r"[\s_-]+", "_", text.strip().casefold())
    try:
        return Decision(word)
    except ValueError:
        raise Refused(f"{text!r} is no decision (use {', '.join(Decision)})") from None


def read_scope(text: str) -> Scope:
    """Read a scope; raise `Refused` where it is none."""
    try:
        return Scope(text.strip().casefold() or Scope.FINDING)
    except ValueError:
        raise Refused(f"{text!r} is no scope (use {', '.join(Scope)})") from None


def read_day(text: str) -> date | None:
    """Read the last day of a decision, ``2024-01-31``; empty: none. Raise `Refused` where it is no day."""
    text = text.strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(f"{text!r} is no day (write 2024-01-31)") from None


def now() -> datetime:
    """Return the present time as statements bear it: UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def normal_note(text: str) -> str:
    """Return a note as it is kept: on one line, without what nobody sees.

    Marks of direction go, the joiners of Arabic spelling and of emoji stay: a note that a sheet shows reads
    back as it is.
    """
    seen = (one for one in text if unicodedata.category(one) != "Cf" or one in _JOINERS)
    return " ".join("".join(seen).split())


def checked(statement: Statement) -> Statement:
    """Return `statement` with its texts trimmed and its time in UTC, to the second.

    Raises
    ------
    Refused
        It cannot be meant: acceptance without a reason, nobody who says it, a text that is too long, a scope
        that the finding has nothing for, or a time to come.
    """
    note = normal_note(statement.note)
    name = " ".join(statement.decided_by.split())
    if statement.decision is Decision.ACCEPTED and not note:
        raise Refused("is accepted without a reason: say it in the note")
    if not name:
        raise Refused("nobody is named who decided it")
    if _NO_TEXT.search(note):
        raise Refused("the note holds control characters")
    if len(note) > NOTE_CHARACTERS:
        raise Refused(f"the note has more than {NOTE_CHARACTERS:,} characters")
    if len(name) > NAME_CHARACTERS or not name.isprintable():
        raise Refused(f"the name of who decided has more than {NAME_CHARACTERS} characters or hidden ones")
    decided_at = statement.decided_at.astimezone(UTC).replace(microsecond=0)
    if decided_at > now():
        raise Refused(f"was decided in the future ({decided_at.isoformat()})")
    if statement.scope is not Scope.FINDING and statement.subject.user_id is None:
        raise Refused(f"the finding names no subscriber, so its scope cannot be {statement.scope}")
    return msgspec.structs.replace(statement, note=note, decided_by=name, decided_at=decided_at)
