"""What a correct reading of the archive finds, kept by plain bookkeeping over the logged text.

The rules are those of the product's definitions, applied to each record as it was written (decimal
text, times in milliseconds): nothing here reads the archive, and nothing here is used to read one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from decimal import Context, Decimal, localcontext
from pathlib import Path

from balance_sync.currency import minor_unit, tolerance
from balance_sync.generator.records import Message, Mismatch, Transaction

_EXACT = Context(prec=80)
_SCALE = Decimal("1e-18")


@dataclass
class Answer:
    """Counts, sums and findings of an archive.

    Lists hold transaction ids, sorted; an id stands as often as the rule fires for it.

    Attributes
    ----------
    bytes, gzip_bytes, files
        Uncompressed text, what it takes on disk, and in how many files.
    amount_by_currency_type
        Exact sums by ``<currency>/<type>`` (``None`` for the older schema), as decimal text.
    discrepancies, near_discrepancies
        Not-in-sync records beyond the tolerance, and within it.
    planted
        What was planted on purpose: the ids of transactions, of messages (`failed_sync`,
        `incomplete_sync`, `repeated_message`, `rejected_negative`) or of subscribers
        (`discrepancy`, `near_discrepancy`, `overdraft_payment`) by kind.
    """

    seed: int = 0
    shape: str = ""
    bytes: int = 0
    gzip_bytes: int = 0
    files: int = 0
    events: int = 0
    invocations: int = 0
    messages: int = 0
    transactions: int = 0
    sync_errors: int = 0
    sync_errors_negative_payment: int = 0
    users: int = 0
    rejects: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    amount_by_currency_type: dict[str, str] = field(default_factory=dict)
    discrepancies: int = 0
    near_discrepancies: int = 0
    failed_sync: int = 0
    incomplete_sync: int = 0
    repeated_messages: int = 0
    arithmetic: list[str] = field(default_factory=list)
    continuity: list[str] = field(default_factory=list)
    duplicate_ids: list[str] = field(default_factory=list)
    lost_update: list[str] = field(default_factory=list)
    negative_amount: list[str] = field(default_factory=list)
    overdraft_ledger: list[str] = field(default_factory=list)
    overdraft_payment: list[str] = field(default_factory=list)
    repeated_delivery: list[str] = field(default_factory=list)
    sub_minor_unit: list[str] = field(default_factory=list)
    planted: dict[str, list[str]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the answer as JSON; a reader sees the whole of it or nothing."""
        beside = path.with_name(f"{path.name}.part")
        beside.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        beside.replace(path)


class Books:
    """Keeps the answer while an archive is written.

    Days have to come in order. A transaction, delivery or message comes again within its day or
    not at all, so what was seen is remembered for a day only.
    """

    def __init__(self) -> None:
        self.answer = Answer()
        self._last: dict[str, tuple[Decimal, Decimal] | None] = {}
        self._sums: dict[str, Decimal] = {}
        self._seen: set[str] = set()

    def enter_day(self, processed: list[tuple[int, Message]]) -> None:
        """Enter a day's messages, each with when its transaction (or itself) was logged."""
        self._seen.clear()
        with localcontext(_EXACT):
            for _, message in sorted(processed, key=_by_time_then_id):
                self._enter(message)

    def close(self, planted: dict[str, list[str]]) -> Answer:
        """Return the finished answer."""
        answer = self.answer
        answer.users = len(self._last)
        answer.amount_by_currency_type = {key: f"{self._sums[key]:f}" for key in sorted(self._sums)}
        answer.outcomes = dict(sorted(answer.outcomes.items()))
        answer.failed_sync = answer.outcomes.get("failed", 0)
        answer.planted = {kind: sorted(planted[kind]) for kind in sorted(planted)}
        for value in vars(answer).values():
            if isinstance(value, list):
                value.sort()
        return answer

    def _seen_before(self, key: str) -> bool:
        known = key in self._seen
        self._seen.add(key)
        return known

    def _enter(self, message: Message) -> None:
        answer, outcome = self.answer, message.ending.outcome
        answer.messages += 1
        answer.outcomes[outcome] = answer.outcomes.get(outcome, 0) + 1
        answer.repeated_messages += self._seen_before(message.message_id)
        if message.mismatch is not None:
            self._enter_mismatch(message.mismatch)
        if message.transaction is not None:
            answer.incomplete_sync += outcome == "incomplete"
            self._enter_transaction(message.transaction, outcome)

    def _enter_mismatch(self, mismatch: Mismatch) -> None:
        answer = self.answer
        payment = money(mismatch.payment)
        answer.sync_errors += 1
        answer.sync_errors_negative_payment += payment < 0
        if abs(money(mismatch.subscription) - payment) > tolerance(mismatch.currency):
            answer.discrepancies += 1
        else:
            answer.near_discrepancies += 1

    def _enter_transaction(self, t: Transaction, outcome: str) -> None:
        answer, within = self.answer, tolerance(t.currency)
        amount, vat, old, new = money(t.amount), money(t.vat), money(t.old), money(t.new)
        answer.transactions += 1
        key = f"{t.currency}/{t.kind}"
        self._sums[key] = self._sums.get(key, Decimal(0)) + amount
        if new < 0:
            answer.overdraft_ledger.append(t.transaction_id)
        if t.payment is not None and money(t.payment) < 0:
            answer.overdraft_payment.append(t.transaction_id)
        if amount < 0:
            answer.negative_amount.append(t.transaction_id)
        if -amount.normalize().as_tuple().exponent > minor_unit(t.currency):  # type: ignore[operator]
            answer.sub_minor_unit.append(t.transaction_id)
        if not _adds_up(t.kind, old, amount - vat, new, within):
            answer.arithmetic.append(t.transaction_id)
        if self._seen_before(t.transaction_id):
            answer.duplicate_ids.append(t.transaction_id)
        delivered = t.kind == "DEBIT" and t.action == "DELIVERY_DEDUCTION" and t.delivery_id is not None
        if delivered and self._seen_before(f"{t.user_id} {t.delivery_id}"):
            answer.repeated_delivery.append(t.transaction_id)
        self._follow_chain(t, outcome, old, new, within)

    def _follow_chain(
        self, t: Transaction, outcome: str, old: Decimal, new: Decimal, within: Decimal
    ) -> None:
        """Compare with the subscriber's previous applied transaction (each has one currency only)."""
        last = self._last.setdefault(t.user_id, None)
        if outcome in ("rejected_negative", "failed"):
            return
        if last is not None and abs(old - last[1]) > within:
            lost = abs(old - last[0]) <= within
            (self.answer.lost_update if lost else self.answer.continuity).append(t.transaction_id)
        self._last[t.user_id] = (old, new)


def money(text: str) -> Decimal:
    """Return the amount in `text`; beyond 18 decimals it is rounded half-even."""
    value = Decimal(text)
    if "e" in text or len(text) > 19:
        return value.quantize(_SCALE, context=_EXACT)
    return value


def _by_time_then_id(entry: tuple[int, Message]) -> tuple[int, str]:
    at_ms, message = entry
    return at_ms, message.transaction.transaction_id if message.transaction else message.message_id


def _adds_up(kind: str | None, old: Decimal, net: Decimal, new: Decimal, within: Decimal) -> bool:
    credit, debit = abs(old + net - new) <= within, abs(old - net - new) <= within
    if kind is None:
        return credit or debit
    return credit if kind == "CREDIT" else debit
