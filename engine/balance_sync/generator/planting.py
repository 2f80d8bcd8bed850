"""Notes of what was planted, and what a planted break consists of."""

from __future__ import annotations

import msgspec

from balance_sync.generator.records import Message


class Incident(msgspec.Struct, frozen=True, gc=False):
    """Messages that come at once, and those that the queue brings some time later."""

    now: list[Message]
    later: list[Message]


class Planted:
    """What was planted so far, and whose turn it is where a break has several forms."""

    def __init__(self) -> None:
        self.by_kind: dict[str, list[str]] = {}
        self._turns: dict[str, int] = {}

    def note(self, kind: str, identifier: str) -> None:
        """Enter the transaction, message or subscriber that carries a break."""
        self.by_kind.setdefault(kind, []).append(identifier)

    def turn(self, kind: str) -> int:
        """Return how many times this was asked for `kind` before."""
        turn = self._turns.get(kind, 0)
        self._turns[kind] = turn + 1
        return turn
