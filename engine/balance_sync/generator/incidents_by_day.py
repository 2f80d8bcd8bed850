"""Breaks and oddities that come by day."""

from __future__ import annotations

from balance_sync.generator.calendar import Day
from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.javascript import js_round
from balance_sync.generator.ledger import Ledger
from balance_sync.generator.people import Subscriber
from balance_sync.generator.planting import Incident, Planted
from balance_sync.generator.records import Ending

_REJECTED_WITH_DUMP = 3
"""Every third refusal comes after the record was dumped."""


class DayIncidents:
    """Each method changes one subscriber's account, or refuses to, in a way that stands out."""

    def __init__(self, mint: IdentifierMint, ledger: Ledger, planted: Planted) -> None:
        self._mint = mint
        self._ledger = ledger
        self._planted = planted

    def arithmetic(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Credit a payment short of the tax that its record does not show."""
        decimals = subscriber.market.decimals
        amount = js_round(subscriber.price * 3, decimals)
        transaction = self._ledger.post(
            subscriber,
            day,
            made_ms=made_ms,
            kind="CREDIT",
            source="PAYMENT",
            action="PAY_PENDING_AMOUNT",
            amount=amount,
            shortfall=js_round(amount * (subscriber.market.vat or 1 / 11), decimals),
        )
        self._planted.note("arithmetic", transaction.transaction_id)
        return Incident([self._ledger.message(subscriber, transaction)], [])

    def duplicate(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Sync one payment twice, under one id and two messages; the money is credited twice."""
        decimals = subscriber.market.decimals
        identifier, amount = self._mint.ulid(made_ms), js_round(subscriber.price * 2, decimals)
        messages = []
        for _ in range(2):
            transaction = self._ledger.post(
                subscriber,
                day,
                made_ms=made_ms,
                kind="CREDIT",
                source="PAYMENT",
                action="PAY_PENDING_AMOUNT",
                amount=amount,
                vat=js_round(amount * subscriber.market.vat, decimals),
                transaction_id=identifier,
            )
            messages.append(self._ledger.message(subscriber, transaction))
        self._planted.note("duplicate_transaction", identifier)
        return Incident(messages, [])

    def repeated_message(self, subscriber: Subscriber, _day: Day, _made_ms: int) -> Incident | None:
        """Pass over a message that the queue then brings again."""
        turn = self._planted.turn("repeated_message")
        message = self._ledger.skipped(subscriber, (Ending.SKIPPED_FLAG, Ending.SKIPPED_CREATE)[turn % 2])
        self._planted.note("repeated_message", message.message_id)
        return Incident([message], [message])

    def rejected(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident | None:
        """Refuse a deduction that the balance does not cover."""
        transaction = None
        if self._planted.turn("rejected_negative") % _REJECTED_WITH_DUMP == _REJECTED_WITH_DUMP - 1:
            amount = js_round(subscriber.balance + subscriber.price * 3, subscriber.market.decimals)
            transaction = self._ledger.post(
                subscriber,
                day,
                made_ms=made_ms,
                kind="DEBIT",
                source="MANUAL_DEDUCTION",
                action="DOUBLE_ENTRY",
                amount=amount,
                apply=False,
            )
        message = self._ledger.rejected(subscriber, made_ms, transaction)
        self._planted.note("rejected_negative", message.message_id)
        return Incident([message], [])

    def odd_hour(self, subscriber: Subscriber, day: Day, made_ms: int) -> Incident:
        """Give a large compensation at an hour when nobody works: odd, and legal."""
        transaction = self._ledger.post(
            subscriber,
            day,
            made_ms=made_ms,
            kind="CREDIT",
            source="MANUAL_ADDITION",
            action="COMPENSATION",
            amount=js_round(subscriber.price * 12, subscriber.market.decimals),
        )
        self._planted.note("anomaly", transaction.transaction_id)
        return Incident([self._ledger.message(subscriber, transaction)], [])
