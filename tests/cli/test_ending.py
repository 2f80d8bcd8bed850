"""How the process ends: at once, and still with all that it has said and with its exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "balance_sync"]


def test_a_full_disk_is_no_bug(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "info"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 5
    assert done.stderr.startswith("balance-sync: error: output: the disk is full")


@pytest.mark.parametrize(
    ("command", "code"), [(["info"], 0), (["--version"], 0), (["--nothing"], 2), (["run", "nowhere"], 3)]
)
def test_all_is_said_before_the_end(tmp_path: Path, command: list[str], code: int) -> None:
    said, told = tmp_path / "said", tmp_path / "told"
    with said.open("w") as out, told.open("w") as err:
        done = subprocess.run([*PROGRAM, *command], cwd=tmp_path, stdout=out, stderr=err, check=False)
    assert done.returncode == code
    assert (said if code == 0 else told).read_text().endswith("\n")
    assert "leaked" not in told.read_text()
