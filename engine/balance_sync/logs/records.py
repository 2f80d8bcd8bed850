"""The two records that matter, read fast where their shape is certain and exactly everywhere else.

Whatever no layout recognises with certainty goes, event by event, to the exact reader; what that cannot
read either becomes a reject with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.exact_records import Record, read_sync_error, read_transaction
from balance_sync.logs.kinds import ClassifiedEvents
from balance_sync.logs.record_layouts import (
    SYNC_ERROR_LAYOUTS,
    TRANSACTION_LAYOUTS,
    Columns,
    Layout,
    read_layout,
)
from balance_sync.logs.record_values import Money

if TYPE_CHECKING:
    from numpy.typing import NDArray

ExactReader = Callable[[str], tuple[Record, str]]

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


def read_transactions(classified: ClassifiedEvents) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the transactions among the events of a batch.

    Returns
    -------
    records, rejects
        ``event`` UInt32 (position of the event) with `TRANSACTION_COLUMNS`; and ``event`` with ``reason``
        for each event that announces a transaction and cannot be read as one. Both in no certain order.
    """
    chosen = classified.of_kind("transaction")
    return _read(classified, chosen, TRANSACTION_LAYOUTS, TRANSACTION_COLUMNS, exact=read_transaction)


def read_sync_errors(classified: ClassifiedEvents) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the not-in-sync records; as `read_transactions`, with `SYNC_ERROR_COLUMNS`."""
    chosen = classified.of_kind("sync_error")
    return _read(classified, chosen, SYNC_ERROR_LAYOUTS, SYNC_ERROR_COLUMNS, exact=read_sync_error)


def _read(
    classified: ClassifiedEvents,
    chosen: NDArray[np.int64],
    layouts: Sequence[Layout],
    columns: Columns,
    *,
    exact: ExactReader,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rest, parts = chosen, []
    for layout in layouts:
        certain, rest = read_layout(classified, rest, layout)
        parts.append(certain)
    slow, rejects = _read_exactly(classified, rest, len(layouts[0].notice), columns, exact=exact)
    filled = [_aligned(part, columns) for part in parts if part.height]
    if slow.height or not filled:
        filled.append(slow)
    return pl.concat(filled), rejects


def _aligned(records: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    nulls = {
        name: pl.Series(name, dtype=kind).clear(records.height)
        for name, kind in columns.items()
        if name not in records.columns
    }
    return pl.DataFrame(
        [records["event"], *(nulls[name] if name in nulls else records[name] for name in columns)]
    )


def _read_exactly(
    classified: ClassifiedEvents,
    chosen: NDArray[np.int64],
    notice_bytes: int,
    columns: Columns,
    *,
    exact: ExactReader,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows: list[dict[str, object]] = []
    rejects: list[dict[str, object]] = []
    events = classified.events
    begins = classified.message_at[chosen] + notice_bytes
    for event, begin, end in zip(chosen.tolist(), begins.tolist(), events.end[chosen].tolist(), strict=True):
        record, reason = exact(events.octets.data[begin:end].decode("utf-8", "replace"))
        if reason:
            rejects.append({"event": event, "reason": reason})
        else:
            rows.append({"event": event, **record})
    schema = {"event": pl.UInt32, **columns}
    return (
        pl.DataFrame(rows, schema=schema),
        pl.DataFrame(rejects, schema={"event": pl.UInt32, "reason": pl.String}),
    )
