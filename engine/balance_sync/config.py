"""What a run is asked to do: typed options, their defaults, and how their texts are read."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from balance_sync.errors import UsageError
from balance_sync.limits import Limits

BUSINESS_ZONE = "Asia/Bahrain"
"""Where the business is: UTC+3 all year. Its days are the accountants' days."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(%|[kmgt]i?b|[kmgt]|b)", re.IGNORECASE)
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

DATABASE_NAME = "balance-sync.duckdb"
"""Name of a run's database in its folder of reports."""

FORMATS = ("xlsx", "html", "pdf", "csv", "parquet", "json")
SECTIONS = (
    *("findings", "changes", "episodes", "anomalies", "roll-forward", "transactions", "rejects", "sources"),
    *("completeness", "rules", "charts"),
)
NO_FORMAT = "none"
"""In place of formats: the database alone."""

DEFAULT_FORMATS = ("xlsx", "html", "json")
REVIEW_BUDGET = 50
DETECTOR_NAME = "views"
DETECTOR_NAMES = ("views", "forest", "neighbours", "ensemble", "active", "deep")
"""How the unusual can be ranked; what each is stands in docs/detection.md."""
EXTRAS = {"pdf": "typst", "s3": "obstore", "active": "coniferest", "deep": "torch"}
"""The packages that parts of the program need which not everybody has, by the extra that brings each."""
SEED = 1
MEMORY_LIMIT = "1500MB"
INGEST_MEMORY_LIMIT = "500MB"
SPILL_LIMIT = "50GB"
FEEDBACK_FILE = "feedback.sqlite"


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
    memory_limit
        Of all processes together, as `read_memory` reads it.
    limits
        How far archives are read.
    """

    logs: tuple[str, ...]
    store: Path
    threads: int = field(default_factory=default_threads)
    until: datetime | None = None
    strict: bool = False
    memory_limit: str = INGEST_MEMORY_LIMIT
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The whole job.

    Attributes
    ----------
    formats
        Of `FORMATS`; none of them: the database alone.
    since, until
        The period, ``[since, until)``, in UTC; `None` is open.
    timezone
        IANA name of the business time zone.
    rules
        Chosen rules as ``id`` or ``id@version``; empty: the newest active version of each.
    review_budget
        How many unusual transactions are put before a person.
    review_since
        Only those from then on, in UTC; the earlier ones still say what is usual.
    detector
        One of `DETECTOR_NAMES`.
    model
        A kept model to rank with, which has its own detector and seed.
    keep_model
        Where to keep the model of this archive.
    memory_limit
        Of all processes together, as `read_memory` reads it.
    rebuild
        Judge everything anew, also where the database of the run before could be added to.
    against
        Folders or databases of earlier runs that reports compare with, oldest first.
    feedback
        The file of decisions; by default beside the store.
    ignore_feedback
        Rank as if nothing had been decided.
    limits
        How far archives are read.
    rejects
        A file for all that could not be read; its name says how.
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
    review_since: datetime | None = None
    detector: str = DETECTOR_NAME
    model: Path | None = None
    keep_model: Path | None = None
    seed: int = SEED
    threads: int = field(default_factory=default_threads)
    memory_limit: str = MEMORY_LIMIT
    spill_directory: Path | None = None
    spill_limit: str = SPILL_LIMIT
    strict: bool = False
    profile_directory: Path | None = None
    rebuild: bool = False
    against: tuple[Path, ...] = ()
    feedback: Path | None = None
    ignore_feedback: bool = False
    limits: Limits = field(default_factory=Limits)
    rejects: Path | None = None

    @property
    def store_directory(self) -> Path:
        """Where parsed tables are kept."""
        return self.store or self.output / "store"

    @property
    def database_path(self) -> Path:
        """Where the database of the run is published."""
        return self.database or self.output / DATABASE_NAME

    @property
    def feedback_path(self) -> Path:
        """Where decisions are kept."""
        return self.feedback or self.store_directory.parent / FEEDBACK_FILE

    @property
    def ingest(self) -> IngestOptions:
        """The options of the first half."""
        return IngestOptions(
            logs=self.logs,
            store=self.store_directory,
            threads=self.threads,
            until=self.until,
            strict=self.strict,
            memory_limit=self.memory_limit,
            limits=self.limits,
        )


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


def read_memory(text: str, *, option: str) -> int:
    """Read a size such as ``512MB``, ``1.5 GiB`` or ``75%`` (of the machine's memory); return bytes.

    Raises
    ------
    UsageError
        `text` is no size. A negative one or ``none``, which DuckDB takes for no limit at all, is none here.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise UsageError(
            option, f"{text!r} cannot be meant", help="write a number and a unit, e.g. 2GB, 512MiB or 75%"
        )
    number, unit = Decimal(match[1]), match[2].lower()
    if unit == "%":
        if number > 100:
            raise UsageError(option, f"{text!r} is more than there is", help="write at most 100%")
        return int(number * _machine_memory() / 100)
    return int(number * (1024 if "i" in unit else 1000) ** "bkmgt".index(unit[0]))


def _machine_memory() -> int:
    """Return the bytes that the machine has, or its container may use."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(_CGROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):
        return machine


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone called `name`, or raise `UsageError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            "--timezone", f"{name!r} is no time zone", help="use an IANA name such as Asia/Bahrain"
        ) from error
