"""The two records that matter, read fast where their shape is certain and exactly everywhere else.

The fast path takes an event apart line by line in Polars and accepts it only if every line is, to the
letter, what Node prints for plain values. Whatever it does not recognise with certainty goes, event by
event, to the exact reader; what that cannot read either becomes a reject with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from balance_sync.logs.decoding import decoded
from balance_sync.logs.exact_records import Record, read_sync_error, read_transaction
from balance_sync.logs.kinds import SYNC_ERROR_NOTICE, TRANSACTION_NOTICE
from balance_sync.logs.metadata import allowed_metadata, is_common

Money = pl.Decimal(38, 18)
Columns = dict[str, pl.DataType | type[pl.DataType]]
ExactReader = Callable[[str], tuple[Record, str]]

# No quote, no backslash: a string without either is printed as it is.
_PLAIN_STRING = r"^'[^'\\]*'$"
_PLAIN_ID = r"^'[^'\\]+'$"
# Pairs of backslashes are all that JSON within JSON adds; `undefined` is how missing metadata is printed.
_PLAIN_METADATA = r"^(?:'(?:[^'\\]|\\\\)*'|undefined)$"
_PLAIN_NUMBER = r"^-?[0-9]{1,15}(?:\.[0-9]{1,18})?$"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a record as Node prints it: ``<indent><name>: <value>``."""

    name: str
    column: str
    kind: str


def _field(name: str, column: str, kind: str = "string") -> Field:
    return Field(name, column, kind)


_OLDER_FIELDS = (
    _field("id", "transaction_id", "id"),
    _field("userId", "user_id", "id"),
    _field("currency", "currency"),
    _field("amount", "amount", "money"),
    _field("vat", "vat", "money"),
    _field("oldBalance", "old_balance", "money"),
    _field("newBalance", "new_balance", "money"),
)
_TYPED_FIELDS = (
    _field("id", "transaction_id", "id"),
    _field("type", "type"),
    _field("source", "source_kind"),
    _field("action", "action"),
    _field("userId", "user_id", "id"),
    _field("paymentBalance", "payment_balance", "money"),
    _field("updatePaymentBalance", "update_payment_balance", "flag"),
    _field("metadata", "metadata", "metadata"),
    *_OLDER_FIELDS[2:],
)
_SYNC_ERROR_FIELDS = (
    _field("userId", "user_id", "id"),
    _field("subscriptionBalance", "subscription_balance", "money"),
    _field("paymentBalance", "payment_balance", "money"),
)

TRANSACTION_COLUMNS: Columns = {
    "transaction_id": pl.String,
    "user_id": pl.String,
    "type": pl.String,
    "source_kind": pl.String,
    "action": pl.String,
    "currency": pl.String,
    "amount": Money,
    "vat": Money,
    "old_balance": Money,
    "new_balance": Money,
    "payment_balance": Money,
    "update_payment_balance": pl.Boolean,
    "metadata": pl.String,
}
SYNC_ERROR_COLUMNS: Columns = {
    "user_id": pl.String,
    "subscription_balance": Money,
    "payment_balance": Money,
}


def read_transactions(events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the transactions among classified `events`.

    Returns
    -------
    records, rejects
        ``event`` UInt32 (row of `events`) with `TRANSACTION_COLUMNS`; and ``event`` with ``reason``
        for each event that announces a transaction and cannot be read as one.
    """
    chosen = _messages(events, "transaction", len(TRANSACTION_NOTICE))
    layouts = (
        _Layout(" {\n  transaction: {\n", _TYPED_FIELDS, "    ", "  }\n}"),
        _Layout(" {\n  transaction: {\n", _OLDER_FIELDS, "    ", "  }\n}"),
    )
    return _read(chosen, layouts, TRANSACTION_COLUMNS, exact=read_transaction)


def read_sync_errors(events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the not-in-sync records among `events`; as `read_transactions`, with `SYNC_ERROR_COLUMNS`."""
    chosen = _messages(events, "sync_error", len(SYNC_ERROR_NOTICE))
    layouts = (_Layout(" {\n", _SYNC_ERROR_FIELDS, "  ", "}"),)
    return _read(chosen, layouts, SYNC_ERROR_COLUMNS, exact=read_sync_error)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The lines of a record in one version of the service."""

    opening: str
    fields: tuple[Field, ...]
    indent: str
    closing: str


def _messages(events: pl.DataFrame, kind: str, notice_bytes: int) -> pl.DataFrame:
    """Return ``event`` and what follows the notice: ``octets``, and ``dump`` (null if not UTF-8)."""
    octets = pl.col("text").bin.slice(pl.col("message_at") + notice_bytes, None)
    chosen = events.with_row_index("event").filter(pl.col("kind") == kind)
    return chosen.select("event", octets.alias("octets")).with_columns(dump=decoded(pl.col("octets")))


def _read(
    chosen: pl.DataFrame, layouts: Sequence[_Layout], columns: Columns, *, exact: ExactReader
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rest = chosen
    parts = []
    for layout in layouts:
        if rest.is_empty():
            break
        certain, rest = _read_layout(rest, layout)
        parts.append(_aligned(certain, columns))
    slow, rejects = _read_exactly(rest, columns, exact)
    parts.append(slow)
    return pl.concat(parts).sort("event"), rejects


def _read_layout(chosen: pl.DataFrame, layout: _Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what has exactly the lines of `layout`, as columns, and the rest."""
    body = pl.col("dump").str.strip_prefix(layout.opening)
    count = len(layout.fields)
    closing_lines = layout.closing.count("\n") + 1
    lines = chosen.select(
        "event",
        pl.col("dump").str.starts_with(layout.opening).alias("opened"),
        body.str.split_exact("\n", count + closing_lines).alias("lines"),
    ).unnest("lines")
    names = [f"field_{position}" for position in range(count + closing_lines + 1)]
    values, certain = [], [pl.col("opened")]
    for position, field in enumerate(layout.fields):
        comma = "" if position == count - 1 else ","
        prefix = f"{layout.indent}{field.name}: "
        line = pl.col(names[position])
        certain.append(line.str.starts_with(prefix) & (line.str.ends_with(comma) if comma else True))
        values.append(line.str.strip_prefix(prefix).str.strip_suffix(comma).alias(field.column))
    for offset, closing in enumerate(layout.closing.split("\n")):
        certain.append(pl.col(names[count + offset]) == closing)
    certain.append(pl.col(names[-1]).is_null() | (pl.col(names[-1]).str.strip_chars("\n") == ""))
    split = lines.select("event", pl.all_horizontal(certain).fill_null(False).alias("certain"), *values)
    checked = split.filter("certain")
    checks = [_is_plain(field) for field in layout.fields]
    checked = checked.with_columns(certain=pl.all_horizontal(checks).fill_null(False))
    accepted = checked.filter("certain")
    rest = chosen.join(accepted.select("event"), on="event", how="anti")
    records = accepted.select("event", *[_value(field) for field in layout.fields])
    return _with_allowed_metadata(records), rest


def _is_plain(field: Field) -> pl.Expr:
    value = pl.col(field.column)
    if field.kind == "money":
        return value.str.contains(_PLAIN_NUMBER)
    if field.kind == "flag":
        return value.is_in(["true", "false"])
    patterns = {"metadata": _PLAIN_METADATA, "id": _PLAIN_ID}
    return value.str.contains(patterns.get(field.kind, _PLAIN_STRING))


def _value(field: Field) -> pl.Expr:
    value = pl.col(field.column)
    if field.kind == "money":
        return value.cast(Money)
    if field.kind == "flag":
        return value == "true"
    string = value.str.strip_prefix("'").str.strip_suffix("'")
    if field.kind != "metadata":
        return string
    missing = value == "undefined"
    unescaped = string.str.replace_all("\\\\", "\\", literal=True)
    return pl.when(~missing).then(unescaped).alias(field.column)


def _with_allowed_metadata(records: pl.DataFrame) -> pl.DataFrame:
    if "metadata" not in records.columns:
        return records
    rare = records.filter(~is_common(pl.col("metadata"))).select("event", "metadata")
    allowed = pl.Series("metadata", map(allowed_metadata, rare["metadata"]), dtype=pl.String)
    return records.update(rare.with_columns(allowed), on="event")


def _aligned(records: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    present = set(records.columns)
    filled = [
        pl.col(name) if name in present else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in columns.items()
    ]
    return records.select("event", *filled)


def _read_exactly(
    chosen: pl.DataFrame, columns: Columns, exact: ExactReader
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows: list[dict[str, object]] = []
    rejects: list[dict[str, object]] = []
    for event, octets, dump in chosen.iter_rows():
        record, reason = exact(octets.decode("utf-8", "replace") if dump is None else dump)
        if reason:
            rejects.append({"event": event, "reason": reason})
        else:
            rows.append({"event": event, **record})
    schema = {"event": pl.UInt32, **columns}
    return (
        pl.DataFrame(rows, schema=schema),
        pl.DataFrame(rejects, schema={"event": pl.UInt32, "reason": pl.String}),
    )
