"""The service's own bookkeeping: what each change does to both balances, and what the log shows of it.

Balances are doubles and the logged ones are rounded to three decimals, as the service does it; an
account that carries dust keeps the unrounded double, so that its next record starts from there.
"""

from __future__ import annotations

import random

from balance_sync.generator.calendar import Day
from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.javascript import js_number, js_round
from balance_sync.generator.metadata import MetadataWriter
from balance_sync.generator.people import Subscriber
from balance_sync.generator.records import Ending, Message, Mismatch, Transaction

_OLD_ALREADY_SYNCED = 0.27
_MISMATCH_LOGGED = 0.96
_METRIC = 0.008
_SLACK = 0.001
_RESENT_WALLET_ENTRY = 0.0015


class Ledger:
    """Posts changes to subscribers and keeps their balances."""

    def __init__(self, rng: random.Random, mint: IdentifierMint) -> None:
        self._rng = rng
        self._mint = mint
        self._metadata = MetadataWriter(rng, mint)

    def is_typed(self, day: Day) -> bool:
        """Return whether the next record of `day` follows the newer schema."""
        return day.typed and not (day.mixed and self._rng.random() < 0.05)

    def post(
        self,
        subscriber: Subscriber,
        day: Day,
        *,
        made_ms: int,
        kind: str,
        source: str,
        action: str,
        amount: float,
        vat: float = 0.0,
        delivery_id: str | None = None,
        resent: bool = False,
        apply: bool = True,
        shortfall: float = 0.0,
        transaction_id: str | None = None,
    ) -> Transaction:
        """Post one change and return its record.

        Parameters
        ----------
        made_ms
            When the change was made upstream: its id carries that time.
        resent
            The delivery was deducted before; the wallet entry is a new one.
        apply
            False where the service logs the change and the balances stay as they are.
        shortfall
            What is missing of the change when it arrives (an arithmetic break).
        transaction_id
            The id of an earlier change that is synced again.
        """
        net = amount - vat - shortfall
        if kind == "DEBIT":
            net = -net
        old, target = subscriber.balance, subscriber.balance + net
        new = js_round(target)
        payment = js_round(subscriber.payment + net) if subscriber.apart else new
        if apply:
            subscriber.last_old = old
            subscriber.payment = payment
            subscriber.balance = new
            if subscriber.dusty:
                subscriber.balance = round(target, 4) if subscriber.halves else target
        common = (
            transaction_id or self._mint.ulid(made_ms),
            subscriber.user_id,
            subscriber.market.currency,
            js_number(amount),
            js_number(vat),
            js_number(old),
            js_number(new),
        )
        if not self.is_typed(day):
            return Transaction(*common, delivery_id=None)
        return Transaction(
            *common,
            kind=kind,
            source=source,
            action=action,
            payment=js_number(payment),
            metadata=self._metadata_text(subscriber, day, action, source, delivery_id, resent=resent),
            delivery_id=delivery_id,
        )

    def _metadata_text(
        self,
        subscriber: Subscriber,
        day: Day,
        action: str,
        source: str,
        delivery_id: str | None,
        *,
        resent: bool,
    ) -> str:
        rng = self._rng
        marked = day.marked and rng.random() < 0.5
        if delivery_id is not None:
            resent = resent or rng.random() < _RESENT_WALLET_ENTRY
            return self._metadata.delivery(subscriber.user_id, delivery_id, marked=marked, resent=resent)
        return self._metadata.of_action(action, subscriber, day.index, source=source, marked=marked)

    def deliver(
        self,
        subscriber: Subscriber,
        day: Day,
        *,
        made_ms: int,
        amount: float | None = None,
        delivery_id: str | None = None,
        apply: bool = True,
    ) -> Transaction:
        """Deduct one delivery; a `delivery_id` that is given was deducted before."""
        return self.post(
            subscriber,
            day,
            made_ms=made_ms,
            kind="DEBIT",
            source="MANUAL_DEDUCTION",
            action="DELIVERY_DEDUCTION",
            amount=subscriber.price if amount is None else amount,
            delivery_id=delivery_id or self._mint.uuid(),
            resent=delivery_id is not None,
            apply=apply,
        )

    def message(
        self, subscriber: Subscriber, transaction: Transaction, *, ending: Ending | None = None
    ) -> Message:
        """Return the queue message that syncs `transaction`."""
        rng = self._rng
        if ending is None:
            ending = Ending.PUBLISHED
            if transaction.kind is None and rng.random() < _OLD_ALREADY_SYNCED:
                ending = Ending.ALREADY_SYNCED if rng.random() < 0.98 else Ending.ALREADY_SYNCED_SHORT
        mismatch = None
        shown = ending in (Ending.PUBLISHED, Ending.ALREADY_SYNCED)
        if shown and (subscriber.apart or subscriber.near is not None):
            mismatch = self._mismatch(subscriber, transaction)
        action = transaction.action or "PAY_PENDING_AMOUNT"
        return Message(
            message_id=self._mint.uuid(),
            ending=ending,
            user_id=subscriber.user_id,
            transaction=transaction,
            mismatch=mismatch,
            metric_action=action if mismatch and rng.random() < _METRIC else None,
            slack=mismatch is not None and rng.random() < _SLACK,
        )

    def _mismatch(self, subscriber: Subscriber, transaction: Transaction) -> Mismatch | None:
        user_id, currency = subscriber.user_id, subscriber.market.currency
        if subscriber.near is not None and not subscriber.apart:
            if subscriber.market.decimals == 3:
                near = js_number(round(float(transaction.new) + subscriber.near, 4))
                return Mismatch(user_id, currency, near, transaction.new)
            near = js_number(js_round(float(transaction.new) + subscriber.near))
            return Mismatch(user_id, currency, transaction.new, near)
        if self._rng.random() >= _MISMATCH_LOGGED:
            return None
        if transaction.payment is None:
            change = float(transaction.new) - float(transaction.old)
            return Mismatch(
                user_id, currency, transaction.old, js_number(js_round(subscriber.payment - change))
            )
        return Mismatch(user_id, currency, transaction.new, transaction.payment)

    def skipped(self, subscriber: Subscriber, ending: Ending) -> Message:
        """Return a message that is passed over before anything is synced."""
        return Message(self._mint.uuid(), ending, subscriber.user_id)

    def rejected(self, subscriber: Subscriber, made_ms: int, transaction: Transaction | None) -> Message:
        """Return a message whose change is refused, with or without a dump of the change."""
        return Message(
            message_id=self._mint.uuid(),
            ending=Ending.REJECTED,
            user_id=subscriber.user_id,
            transaction=transaction,
            refused_id=transaction.transaction_id if transaction else self._mint.ulid(made_ms),
            metric_action="DOUBLE_ENTRY",
            balance=js_number(subscriber.balance),
        )
