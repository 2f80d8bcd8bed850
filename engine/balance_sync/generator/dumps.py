"""Lines that somebody debugging left in: whole queue records, with names, e-mails and phone numbers.

The people in them are made up. A reader has to keep such lines out of everything it publishes.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.javascript import js_string
from balance_sync.generator.people import Subscriber
from balance_sync.generator.records import Transaction

_QUEUE = "arn:aws:sqs:us-east-1:000000000000:sufra-subscription-sync-balance.fifo"


class DumpWriter:
    """Writes the three forms of such lines: `transaction {…}`, `record.body {…}` and `record {…}`."""

    def __init__(self, rng: random.Random, mint: IdentifierMint) -> None:
        self._rng = rng
        self._mint = mint

    def any_dump(
        self,
        subscriber: Subscriber,
        transaction: Transaction,
        action: str,
        source: str,
        made_ms: int,
        message_id: str,
    ) -> str:
        """Return the text behind the log level."""
        body = self._body(subscriber, transaction, action, source, made_ms)
        form = self._rng.randrange(4)
        if form == 0:
            return self._record(subscriber, transaction, made_ms, message_id, body)
        return f"record.body {body}" if form == 1 else f"transaction {body}"

    def _body(
        self, subscriber: Subscriber, transaction: Transaction, action: str, source: str, made_ms: int
    ) -> str:
        mint = self._mint
        made = datetime.fromtimestamp(made_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        data = {
            "id": transaction.transaction_id,
            "type": "CREDIT" if float(transaction.new) > float(transaction.old) else "DEBIT",
            "source": source,
            "action": action,
            "amount": _plain(transaction.amount),
            "vat": _plain(transaction.vat),
            "userBalance": _plain(transaction.new),
            "userId": subscriber.user_id,
            "name": subscriber.name,
            "email": subscriber.email,
            "phoneNumber": subscriber.phone,
            "brand": "SUFRA",
            "kitchen": f"{subscriber.market.country}104",
            "invoiceId": mint.uuid(),
            "currency": transaction.currency,
            "paymentMethod": "cc",
            "paymentProvider": "CHECKOUT",
            "notes": f"{action.replace('_', ' ').capitalize()}\n              ----------\n              "
            f"Subscription Plan: {subscriber.plan}\n              ",
            "uniqueReferenceId": f"pay_{mint.hex(26)}",
            "updatePaymentBalance": True,
            "metadata": {
                "walletId": f"wallet#{subscriber.user_id}",
                "walletSk": mint.uuid(),
                "version2": True,
            },
            "actor": "system",
            "createdAt": f"{made}.{made_ms % 1000:03d}Z",
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    def _record(
        self, subscriber: Subscriber, transaction: Transaction, made_ms: int, message_id: str, body: str
    ) -> str:
        mint = self._mint
        return (
            "record {\n"
            f"  messageId: '{message_id}',\n"
            f"  receiptHandle: 'AQEB{mint.hex(96)}/{mint.hex(64)}+{mint.hex(40)}==',\n"
            f"  body: {js_string(body)},\n"
            "  attributes: {\n"
            "    ApproximateReceiveCount: '1',\n"
            f"    AWSTraceHeader: 'Root=1-{mint.hex(8)}-{mint.hex(24)};Parent={mint.hex(16)};Sampled=0',\n"
            f"    SentTimestamp: '{made_ms}',\n"
            f"    SequenceNumber: '188{int(mint.hex(14), 16):017d}',\n"
            f"    MessageGroupId: '{subscriber.user_id}',\n"
            f"    SenderId: 'AIDA{mint.hex(17).upper()}',\n"
            f"    MessageDeduplicationId: '{transaction.transaction_id}',\n"
            f"    ApproximateFirstReceiveTimestamp: '{made_ms}'\n"
            "  },\n"
            "  messageAttributes: {},\n"
            f"  md5OfBody: '{mint.hex(32)}',\n"
            "  eventSource: 'aws:sqs',\n"
            f"  eventSourceARN: '{_QUEUE}',\n"
            "  awsRegion: 'us-east-1'\n"
            "}"
        )


def _plain(text: str) -> float | int:
    value = float(text)
    return int(value) if value == int(value) else value
