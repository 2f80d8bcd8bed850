"""What a run is asked to do: typed options, their defaults, and how their texts are read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from balance_sync.errors import UsageError

BUSINESS_ZONE = "Asia/Bahrain"
"""Where the business is: UTC+3 all year. Its days are the accountants' days."""

FORMATS = ("xlsx", "html", "csv", "parquet", "json")
DEFAULT_FORMATS = ("xlsx", "html", "json")
REVIEW_BUDGET = 50
SEED = 1
MEMORY_LIMIT = "1GB"
SPILL_LIMIT = "50GB"


def default_threads() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """Logs in, Parquet tables out.

    Attributes
    ----------
    logs
        Folders, files or patterns, as the user named them.
    store
        The folder of parsed tables.
    until
        Sources whose name says that they begin on or after this instant (UTC) are not opened.
    """

    logs: tuple[str, ...]
    store: Path
    threads: int = field(default_factory=default_threads)
    until: datetime | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The whole job.

    Attributes
    ----------
    since, until
        The period, ``[since, until)``, in UTC; `None` is open.
    timezone
        IANA name of the business time zone.
    rules
        Chosen rules as ``id`` or ``id@version``; empty: the newest active version of each.
    review_budget
        How many unusual transactions are put before a person.
    """

    logs: tuple[str, ...]
    output: Path = Path("reports")
    store: Path | None = None
    database: Path | None = None
    formats: tuple[str, ...] = DEFAULT_FORMATS
    rules: tuple[str, ...] = ()
    rules_directory: Path | None = None
    since: datetime | None = None
    until: datetime | None = None
    timezone: str = BUSINESS_ZONE
    review_budget: int = REVIEW_BUDGET
    seed: int = SEED
    threads: int = field(default_factory=default_threads)
    memory_limit: str = MEMORY_LIMIT
    spill_directory: Path | None = None
    spill_limit: str = SPILL_LIMIT
    strict: bool = False
    profile_directory: Path | None = None

    @property
    def store_directory(self) -> Path:
        """Where parsed tables are kept."""
        return self.store or self.output / "store"

    @property
    def database_path(self) -> Path:
        """Where the database of the run is published."""
        return self.database or self.output / "balance-sync.duckdb"

    @property
    def ingest(self) -> IngestOptions:
        """The options of the first half."""
        return IngestOptions(self.logs, self.store_directory, self.threads, self.until, self.strict)


def read_instant(text: str | None, *, timezone: str, option: str) -> datetime | None:
    """Read a point in time: a date (its midnight in `timezone`) or an ISO 8601 time.

    A time without an offset is meant in `timezone`. Returns UTC.

    Raises
    ------
    UsageError
        `text` is neither.
    """
    if text is None:
        return None
    zone = read_zone(timezone)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            local = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            local = datetime.fromisoformat(text)
            local = local if local.tzinfo else local.replace(tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            option, f"{text!r} is no date or time", help="write 2024-01-31 or 2024-01-31T21:00:00+03:00"
        ) from error


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone called `name`, or raise `UsageError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            "--timezone", f"{name!r} is no time zone", help="use an IANA name such as Asia/Bahrain"
        ) from error
