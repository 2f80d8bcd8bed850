"""Where the SQL files are: in the wheel's ``_sql`` folder, else in the repository's ``sql``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from balance_sync.errors import BalanceSyncError


@cache
def sql_directory() -> Path:
    """Return the folder that holds ``schema``, ``views``, ``rules`` and ``rules.lock.json``.

    An installed wheel carries the files inside the package; an editable install has no such folder
    and reads the repository's own.
    """
    package = Path(str(files("balance_sync")))
    for candidate in (package / "_sql", package.parents[1] / "sql"):
        if (candidate / "rules.lock.json").is_file() or (candidate / "schema").is_dir():
            return candidate
    raise BalanceSyncError(str(package), "the SQL files are missing", help="install balance-sync again")


def repository_directory() -> Path | None:
    """Return the repository's root where the package runs from its source tree, else `None`."""
    root = sql_directory().parent
    return root if (root / "tests" / "rules").is_dir() and (root / "pyproject.toml").is_file() else None
