"""Records out of dumps of any shape, through the exact reader: slow, and never guesses.

Text gives either a record or the reason why it is none; a record never holds a value that its dump does
not state.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from balance_sync.logs.inspect_reader import UNDEFINED, DumpError, read_dump
from balance_sync.logs.inspect_values import Dump, Instance, Loss
from balance_sync.logs.metadata import allowed_metadata

_SCALE = Decimal(1).scaleb(-18)
# Sums of a hundred thousand amounts below it still fit the 20 digits that DECIMAL(38, 18) has.
_LIMIT = Decimal(10) ** 15
_CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)

_TRANSACTION = "$.transaction"
_TRANSACTION_FIELDS = frozenset(
    {
        *(
            "id",
            "userId",
            "type",
            "source",
            "action",
            "currency",
            "amount",
            "vat",
            "oldBalance",
            "newBalance",
        ),
        *("paymentBalance", "updatePaymentBalance"),
    }
)
_SYNC_ERROR_FIELDS = frozenset({"userId", "subscriptionBalance", "paymentBalance"})

Record = dict[str, object]


class _NotARecord(ValueError):
    """The dump was read and is no record; the text says why."""


def read_transaction(dump: str) -> tuple[Record, str]:
    """Read what follows ``Start syncing the balance`` as a transaction.

    Returns
    -------
    record, reason
        Columns of a transaction, and "" — or an empty record and the reason why it cannot be read.
    """
    try:
        read = _dump(dump)
        fields = _fields(_object(read).get("transaction"))
        if fields is None:
            return {}, "the dump holds no transaction object"
        _refuse_losses(read, f"{_TRANSACTION}.", _TRANSACTION_FIELDS)
        return _transaction(fields, _losses_below(read, f"{_TRANSACTION}.metadata")), ""
    except _NotARecord as error:
        return {}, str(error)


def read_sync_error(dump: str) -> tuple[Record, str]:
    """Read what follows the not-in-sync notice; as `read_transaction`."""
    try:
        read = _dump(dump)
        fields = _object(read)
        _refuse_losses(read, "$.", _SYNC_ERROR_FIELDS)
        return {
            "user_id": _string(fields, "userId", required=True),
            "subscription_balance": _money(fields, "subscriptionBalance", required=True),
            "payment_balance": _money(fields, "paymentBalance", required=True),
        }, ""
    except _NotARecord as error:
        return {}, str(error)


def _dump(dump: str) -> Dump:
    try:
        return read_dump(dump)
    except DumpError as error:
        raise _NotARecord(f"the dump cannot be read: {error}") from error


def _refuse_losses(read: Dump, parent: str, names: frozenset[str]) -> None:
    """Refuse a record of which a value is not the one that was printed: part of an id is another id."""
    for loss in read.losses:
        name = loss.path.removeprefix(parent)
        if loss.path.startswith(parent) and name in names:
            raise _NotARecord(f"{name} is not whole: {_loss_words(loss)}")


def _losses_below(read: Dump, path: str) -> str:
    """Return in words what the dump left out at `path` and below; "" where it is whole."""
    below = (f"{path}.", f"{path}[")
    found = (loss for loss in read.losses if loss.path == path or loss.path.startswith(below))
    return "; ".join(dict.fromkeys(map(_loss_words, found)))


def _loss_words(loss: Loss) -> str:
    return f"{loss.kind}, {loss.missing} missing" if loss.missing else str(loss.kind)


def _object(read: Dump) -> dict[str, Any]:
    fields = _fields(read.value)
    if fields is None:
        raise _NotARecord("what follows the notice is no object")
    return fields


def _fields(value: Any) -> dict[str, Any] | None:
    """Return the fields of an object, a class's instance or one without a prototype; else `None`."""
    if isinstance(value, Instance):
        value = value.fields
    return (
        {key: item for key, item in value.items() if isinstance(key, str)}
        if isinstance(value, dict)
        else None
    )


def _transaction(fields: dict[str, Any], left_out: str) -> Record:
    return {
        "transaction_id": _string(fields, "id", required=True),
        "user_id": _string(fields, "userId", required=True),
        "type": _string(fields, "type"),
        "source_kind": _string(fields, "source"),
        "action": _string(fields, "action"),
        "currency": _string(fields, "currency"),
        "amount": _money(fields, "amount", required=True),
        "vat": _money(fields, "vat"),
        "old_balance": _money(fields, "oldBalance", required=True),
        "new_balance": _money(fields, "newBalance", required=True),
        "payment_balance": _money(fields, "paymentBalance"),
        "update_payment_balance": _flag(fields, "updatePaymentBalance"),
        "metadata": _metadata(fields.get("metadata"), left_out),
    }


def _present(fields: dict[str, Any], key: str, *, required: bool) -> Any:
    value = fields.get(key)
    if value is None or value is UNDEFINED:
        if required:
            raise _NotARecord(f"{key} is missing")
        return None
    return value


def _string(fields: dict[str, Any], key: str, *, required: bool = False) -> str | None:
    value = _present(fields, key, required=required)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _NotARecord(f"{key} is not a string")
    if required and not value:
        raise _NotARecord(f"{key} is empty")
    return value.encode("utf-8", "replace").decode()


def _flag(fields: dict[str, Any], key: str) -> bool | None:
    value = _present(fields, key, required=False)
    if value is not None and not isinstance(value, bool):
        raise _NotARecord(f"{key} is neither true nor false")
    return value


def _money(fields: dict[str, Any], key: str, *, required: bool = False) -> Decimal | None:
    value = _present(fields, key, required=required)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _NotARecord(f"{key} is not a number")
    number = Decimal(value)
    if not number.is_finite():
        raise _NotARecord(f"{key} is {number}")
    # Not in the usual context, which keeps 28 digits.
    if number.copy_abs() >= _LIMIT:
        raise _NotARecord(f"{key} has more than 15 digits before the point")
    # The only rounding between the log and the report: beyond 18 decimals, half to even.
    return _CONTEXT.add(number.quantize(_SCALE, context=_CONTEXT), 0)


def _metadata(value: Any, left_out: str) -> str | None:
    if value is None or value is UNDEFINED:
        return None
    fields = _fields(value)
    if fields is not None:
        plain = {key: item for key, item in fields.items() if isinstance(item, str | bool | None)}
        numbers = {
            key: item for key, item in fields.items() if isinstance(item, Decimal) and item.is_finite()
        }
        text = json.dumps(
            {**plain, **{key: float(item) for key, item in numbers.items()}}, ensure_ascii=False
        )
        return allowed_metadata(text, left_out=left_out)
    if not isinstance(value, str):
        return allowed_metadata("{}", left_out=left_out)
    return allowed_metadata(value, left_out=left_out)
