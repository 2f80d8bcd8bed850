"""Reads the SQL files of ``sql/views``, which the ledger and the summaries are made by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.errors import RuleFileError
from balance_sync.rules.header import SqlFile, ViewHeader, read_sql_file
from balance_sync.rules.lock import check_released, read_lock
from balance_sync.store.sql_files import sql_directory

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

View = SqlFile[ViewHeader]


def load_views(*, check_lock: bool = True) -> dict[str, View]:
    """Return the views by id.

    Raises
    ------
    RuleFileError
        A view's header is not as it must be, or the view was changed without a new version.
    """
    locked = read_lock(sql_directory()).views
    views = {}
    for path in sorted((sql_directory() / "views").glob("*.sql")):
        view = read_sql_file(path, ViewHeader)
        if view.header.id != path.stem:
            raise RuleFileError(
                f"{path}:2", f"the header says {view.header.id!r}", help="the file is called <id>.sql"
            )
        if check_lock:
            check_released(view, locked, must=True)
        views[view.header.id] = view
    return views


def write_profile(
    connection: DuckDBPyConnection, query: str, values: Mapping[str, object], path: Path
) -> None:
    """Run `query` once more under EXPLAIN ANALYZE and keep what it says at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = connection.execute(f"EXPLAIN ANALYZE {query}", dict(values)).fetchall()
    path.write_text("\n".join(str(row[-1]) for row in rows) + "\n", encoding="utf-8")
