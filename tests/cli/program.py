"""Runs the program as people do: in a process of its own, with pipes for its output."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def balance_sync(*arguments: str | Path, cwd: Path, **variables: str) -> Ended:
    """Run ``balance-sync`` with `arguments` in the folder `cwd`, `variables` added to its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BALANCE_SYNC_")}
    # Tests run side by side already; what several processes do has tests of its own.
    kept["BALANCE_SYNC_THREADS"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "balance_sync", *map(str, arguments)],
        cwd=cwd,
        env={**kept, "COLUMNS": "110", **variables},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
