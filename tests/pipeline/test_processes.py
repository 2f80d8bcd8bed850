"""Further processes: they need nothing of the caller's script, and one that is lost costs no result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from archive_text import synced, write_export
from balance_sync.pipeline.processes import Processes

SCRIPT = """
import sys
from balance_sync.config import RunOptions
from balance_sync.pipeline.run import run

print("begun")
result = run(RunOptions(logs=(sys.argv[1],), output=sys.argv[2], formats=("json",), threads=2))
print(result.run_id)
"""


def test_a_script_need_not_be_made_for_several_processes(tmp_path: Path) -> None:
    texts = {f"2024-01-15-[$LATEST]{number:032x}": synced(number * 100, number) for number in range(1, 40)}
    logs = write_export(tmp_path / "logs", texts)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("output=sys.argv[2]", "output=__import__('pathlib').Path(sys.argv[2])"))
    command = [sys.executable, str(script), str(logs), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    begun, run_id = done.stdout.split()
    assert begun == "begun"
    assert run_id in (tmp_path / "out" / "summary.json").read_text()
    assert done.stderr == ""


def test_a_lost_process_is_told_of() -> None:
    with Processes(1) as processes:
        pid = processes.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenProcessPool):
            processes.submit(os.getpid).result()
