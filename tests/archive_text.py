"""Log text as an export prints it, for tests that need an archive without having one."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

DAY = datetime(2024, 1, 15, 21, tzinfo=UTC)
STREAM = "2024-01-15-[$LATEST]0123456789abcdef0123456789abcdef"
OTHER_STREAM = "2024-01-15-[$LATEST]fedcba9876543210fedcba9876543210"

SYNC_NOTICE = "Start syncing the balance"
ERROR_NOTICE = "Subscription balance and payment balance are not in sync"
PUBLISHED = "SubscriptionBalanceUpdated event published"
ALREADY_SYNCED = "Skipping the process, balance is already synced from other listeners"
SKIPPED_CREATE = "Skipping the balance sync for create subscription, another listener does it"
SKIPPED_FLAG = (
    "Skipping the process, Update Payment Balance Flag is set to false { transactionAction: 'DONATION' }"
)
NEGATIVE = "Subscriber will have a negative balance due to this action, the process will terminate."


def stamp(at: int) -> str:
    """Return the time `at` milliseconds after `DAY`."""
    return (DAY + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request(number: int) -> str:
    return str(UUID(int=0xABCDEF << 100 | number))


def event(at: int, body: str) -> str:
    """Return an event of the export: its time, its text and the blank line after it."""
    return f"{stamp(at)} {body}\n\n"


def line(at: int, request_id: str, message: str, level: str = "INFO") -> str:
    return event(at, f"{stamp(at)}\t{request_id}\t{level}\t{message}")


def start(at: int, request_id: str) -> str:
    return event(at, f"START RequestId: {request_id} Version: $LATEST")


def end(at: int, request_id: str) -> str:
    return event(at, f"END RequestId: {request_id}")


def report(at: int, request_id: str, *, duration: str = "10.50", init: str = "", status: str = "") -> str:
    fields = [f"REPORT RequestId: {request_id}", f"Duration: {duration} ms", "Billed Duration: 11 ms"]
    fields += ["Memory Size: 1024 MB", "Max Memory Used: 100 MB"]
    fields += [f"Init Duration: {init} ms"] if init else []
    fields += [f"Status: {status}"] if status else []
    return event(at, "\t".join([*fields, ""]))


def processing(at: int, request_id: str, message_id: str) -> str:
    return line(at, request_id, f"Processing message {message_id}")


def older_fields(**changed: str) -> dict[str, str]:
    """Return the fields of a transaction before types were logged, as Node prints their values."""
    fields = {"id": "'T1'", "userId": "'U1'", "currency": "'BHD'", "amount": "5", "vat": "0"}
    return {**fields, "oldBalance": "100", "newBalance": "95", **changed}


def typed_fields(**changed: str) -> dict[str, str]:
    """Return the fields of a typed transaction, in their order, as Node prints their values."""
    fields = {
        "id": "'T1'",
        "type": "'DEBIT'",
        "source": "'MANUAL_DEDUCTION'",
        "action": "'DELIVERY_DEDUCTION'",
        "userId": "'U1'",
        "paymentBalance": "95",
        "updatePaymentBalance": "true",
        "metadata": """'{"deliveryId":"d-1"}'""",
        "currency": "'BHD'",
        "amount": "5",
        "vat": "0",
        "oldBalance": "100",
        "newBalance": "95",
    }
    return {**fields, **changed}


def transaction_dump(fields: dict[str, str]) -> str:
    """Return what follows the notice of a transaction."""
    lines = ",\n".join(f"    {name}: {value}" for name, value in fields.items())
    return f" {{\n  transaction: {{\n{lines}\n  }}\n}}"


def transaction(at: int, request_id: str, **changed: str) -> str:
    return line(at, request_id, SYNC_NOTICE + transaction_dump(typed_fields(**changed)))


def sync_error_dump(user: str = "'U1'", subscription: str = "95", payment: str = "90.5") -> str:
    return f" {{\n  userId: {user},\n  subscriptionBalance: {subscription},\n  paymentBalance: {payment}\n}}"


def sync_error(at: int, request_id: str, **values: str) -> str:
    return line(at, request_id, ERROR_NOTICE + sync_error_dump(**values), "ERROR")


def synced(at: int, number: int, **changed: str) -> str:
    """Return a whole invocation that syncs one transaction, 50 milliseconds long."""
    own = {"id": f"'T{number}'", "userId": f"'U{number}'"}
    one = request(number)
    return "".join(
        (
            start(at, one),
            processing(at + 10, one, f"M{number}"),
            transaction(at + 20, one, **{**own, **changed}),
            line(at + 30, one, PUBLISHED),
            end(at + 50, one),
            report(at + 50, one),
        )
    )


def write_gz(path: Path, text: str | bytes) -> Path:
    """Write `text` as a gzip file whose bytes depend on it alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(content, mtime=0))
    return path


def write_export(root: Path, texts: dict[str, str]) -> Path:
    """Write an export: a folder for each stream, one file in each."""
    for stream, text in texts.items():
        write_gz(root / stream / "000000.gz", text)
    return root
