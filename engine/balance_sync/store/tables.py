"""Makes the empty tables of the database and fills in what follows from others: the currencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balance_sync.currency import minor_unit, tolerance
from balance_sync.store.sql_files import sql_directory

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNKNOWN_CURRENCY = ""
"""The row of `currencies` that stands for an unstated one."""


def create_tables(connection: DuckDBPyConnection) -> None:
    """Create the published tables, `currencies` and the macros, where they do not exist yet."""
    for path in sorted((sql_directory() / "schema").glob("*.sql")):
        connection.execute(path.read_text(encoding="utf-8"))


def fill_currencies(connection: DuckDBPyConnection, *, transactions: str = "transactions") -> None:
    """Fill `currencies` anew: each code of `transactions` and of what was before, and the unknown one."""
    seen = connection.execute(
        f"""
        SELECT DISTINCT currency
        FROM (SELECT currency FROM {transactions} UNION ALL SELECT currency FROM brought_forward)
        WHERE currency IS NOT NULL
        ORDER BY currency
        """  # noqa: S608 - the product's own words
    ).fetchall()
    codes = sorted({UNKNOWN_CURRENCY, *(code for (code,) in seen)})
    connection.execute("DELETE FROM currencies")
    connection.execute(
        "INSERT INTO currencies SELECT unnest($codes), unnest($minor_units), unnest($tolerances)",
        {
            "codes": codes,
            "minor_units": [minor_unit(code) for code in codes],
            "tolerances": [tolerance(code) for code in codes],
        },
    )
