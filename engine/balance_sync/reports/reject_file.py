"""``--rejects FILE``: every event that could not be read, as CSV for a spreadsheet or as JSON lines."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from balance_sync.errors import DeliveryError, UsageError
from balance_sync.reports.queries import iter_frames
from balance_sync.reports.tabular import csv_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

COLUMNS = ("path", "line", "reason", "text", "source_id")
_ROWS = 1_024
"""Rows at a time: the text of one may have a megabyte."""


def require_reject_format(path: Path) -> None:
    """Raise `UsageError` unless the name of `path` says how to write it."""
    if path.suffix.lower() not in _WRITERS:
        raise UsageError(
            "--rejects",
            f"the name {path.name!r} does not say how to write it",
            help=f"choose a name that ends in {', '.join(_WRITERS)}",
        )


def write_reject_file(path: Path, connection: DuckDBPyConnection) -> None:
    """Write all rejects to `path`, whole or not at all, in the order of their sources and lines.

    In CSV texts are guarded as in all CSV files; in JSON lines they are as the database has them.

    Raises
    ------
    DeliveryError
        It could not be written; what was there before is still there.
    """
    beside: str | None = None
    write = _WRITERS[path.suffix.lower()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=".rejects-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            write(file, connection)
            file.flush()
            os.fsync(file.fileno())
            # A temporary file is its owner's alone; this one is for whoever may read the reports.
            os.fchmod(file.fileno(), 0o666 & ~_mask())
        Path(beside).replace(path)
        beside = None
    except OSError as error:
        raise DeliveryError(
            str(path),
            "the rejects could not be written",
            reason=str(error.strerror or error),
            help="check free disk space and permissions, or name another file with --rejects",
        ) from error
    finally:
        if beside is not None:
            Path(beside).unlink(missing_ok=True)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_csv(file: IO[bytes], connection: DuckDBPyConnection) -> None:
    file.write((",".join(COLUMNS) + "\n").encode())
    for frame in iter_frames(connection, "rejects", {}, batch_rows=_ROWS):
        csv_frame(frame.select(COLUMNS)).write_csv(file, include_header=False)


def _write_json_lines(file: IO[bytes], connection: DuckDBPyConnection) -> None:
    for frame in iter_frames(connection, "rejects", {}, batch_rows=_ROWS):
        frame.select(COLUMNS).write_ndjson(file)


_WRITERS: dict[str, Callable[[IO[bytes], DuckDBPyConnection], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_json_lines,
    ".ndjson": _write_json_lines,
}
