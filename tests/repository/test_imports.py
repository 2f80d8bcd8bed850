"""What importing the package costs, and which stage may know which."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ["polars", "duckdb", "pyarrow", "numpy", "sklearn", "xlsxwriter", "jinja2", "scipy"]

MODULES = [
    *("balance_sync", "balance_sync.cli", "balance_sync.pipeline"),
    # What a run needs until it has found its files, and another process has begun.
    *("balance_sync.pipeline.run", "balance_sync.reports.formats", "balance_sync.store.publish"),
]


@pytest.mark.parametrize("module", MODULES)
def test_importing_it_brings_in_no_heavy_package(module: str) -> None:
    program = f"import sys, {module}; print(*sorted(set({HEAVY}) & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.split()) == (0, []), ran.stderr


def test_imports_go_down_only(root: Path) -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    ran = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
