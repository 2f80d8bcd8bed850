"""Which balance-sync runs: a source tree, and a Python that has the packages it needs.

The suite stays the same whichever version it measures: the tree's ``engine`` comes first on the path of the
measured process, the suite's own folder second.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

SUITE_ROOT = Path(__file__).resolve().parents[2]
"""The repository that these benchmarks belong to."""


@dataclass(frozen=True)
class Engine:
    """A version of balance-sync.

    Attributes
    ----------
    root
        Its repository or work tree.
    python
        An interpreter with the packages of its lock file.
    """

    root: Path
    python: Path

    def environment(self) -> dict[str, str]:
        """Return the variables of a measured process: settings of the user's own do not reach it."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("BALANCE_SYNC_", "PYTHON", "POLARS_"))
        }
        path = os.pathsep.join([str(self.root / "engine"), str(SUITE_ROOT)])
        return {**kept, "PYTHONPATH": path, "LC_ALL": "C.UTF-8"}

    def program(self, *arguments: str | Path) -> list[str]:
        """Return the command line of balance-sync with `arguments`."""
        return [str(self.python), "-m", "balance_sync", *map(str, arguments)]

    def module(self, name: str, *arguments: str | Path) -> list[str]:
        """Return the command line that runs a module of the suite, named from ``benchmarks.speed`` on."""
        return [str(self.python), "-m", f"benchmarks.speed.{name}", *map(str, arguments)]
