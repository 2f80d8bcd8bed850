"""Names of files and of members of archives, as people and tables get to see them.

A name is bytes that anybody may have chosen. A label is text: it is shown and compared, and nothing is ever
opened or written by it.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

NOT_LOGS = frozenset({".DS_Store", "aws-logs-write-test", "Thumbs.db", "desktop.ini"})
"""Files that exports, and the machines they pass through, leave beside the logs."""

NOT_LOG_FOLDERS = frozenset({"__MACOSX", ".git"})

OWN_DATABASE = "balance-sync.duckdb"
OWN_NAMES = frozenset(
    {
        *(OWN_DATABASE, "feedback.sqlite", "summary.json", "report.xlsx", "report.html", "report.pdf"),
        *("csv", "parquet", "store"),
    }
)
"""What this program writes beside a run's database; somebody may have it write among the logs."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def readable(name: str) -> str:
    r"""Return `name` with what cannot be shown escaped: bytes that are no UTF-8, line breaks, ``\u202e``."""
    if name.isascii() and name.isprintable():
        return name
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def is_no_log(name: str) -> bool:
    """Return whether a file of this name is one of those that lie beside logs."""
    return name in NOT_LOGS or name.startswith("._")


def lies_beside_logs(path: str) -> bool:
    """Return whether a member of an archive is one of those that lie beside logs."""
    *folders, name = [part for part in path.split("/") if part not in ("", ".")] or [""]
    return is_no_log(name) or not NOT_LOG_FOLDERS.isdisjoint(folders)


def stream_of(label: str) -> tuple[str, date | None]:
    """Return the log stream that a source belongs to, and the UTC day on which it began.

    It is the name of the folder of an export, else the label itself; then there is no day.
    """
    return stream_of_folder(label.rpartition("/")[0].rpartition("/")[2]) or (label, None)


def stream_of_folder(name: str) -> tuple[str, date | None] | None:
    """Return the log stream whose folder in an export has that name, and its day, if one has."""
    # As the pattern date-[anything]letters-and-digits would say; an archive has a hundred thousand of them.
    version, closed, instance = name[10:].partition("]")
    if not (closed and version.startswith("-[") and instance.isalnum() and instance.isascii()):
        return None
    is_date, day = day_of(name[:10])
    return (name, day) if is_date else None


@cache
def day_of(text: str) -> tuple[bool, date | None]:
    """Return whether it is written as a day, and the day, where there is such a one."""
    if not _DATE.fullmatch(text):
        return False, None
    try:
        return True, date.fromisoformat(text)
    except ValueError:
        return True, None


class Labels:
    """The labels given out so far: the second of two equal names gets a number."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def unique(self, label: str) -> str:
        """Return `label`, with ``~2`` or the next free number behind it where it is taken."""
        free, count = label, 1
        while free in self._given:
            count += 1
            free = f"{label}~{count}"
        self._given.add(free)
        return free
