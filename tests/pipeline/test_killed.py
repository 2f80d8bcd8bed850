"""A run that was killed, wherever it was, goes on when it is run again and ends as an undisturbed one."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from balance_sync.generator import generate_archive
from balance_sync.store.reading import read_only_session

KILLS, OUTPUTS = {"many batches": 20, "few": 30}, 2
"""Of each archive."""

TEXT_BYTES = {"many batches": 4_500_000, "few": 2_000_000}
FORMATS = {"many batches": ("xlsx", "html", "json"), "few": ("json", "csv", "parquet")}


class Archive(NamedTuple):
    logs: Path
    kind: str


@pytest.fixture(scope="module", params=["many batches", "few"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return logs that several processes read, and the same packed: read by one, with another to detect.

    Plain text goes into batches of 2 MB, so that there are three of so small an archive.
    """
    folder = tmp_path_factory.mktemp("archive")
    generate_archive(folder, text_bytes=TEXT_BYTES[request.param])
    for file in (folder / "logs").rglob("*.gz") if request.param == "many batches" else ():
        file.with_suffix(".log").write_bytes(gzip.decompress(file.read_bytes()))
        file.unlink()
    return Archive(folder / "logs", request.param)


def start(archive: Archive, output: Path) -> subprocess.Popen[str]:
    formats = [word for name in FORMATS[archive.kind] for word in ("--format", name)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BALANCE_SYNC_")}
    return subprocess.Popen(
        [sys.executable, "-m", "balance_sync", "run", archive.logs, "-o", output, "--threads", "3", *formats],
        env=kept,
        cwd=output.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def members(group: int) -> list[int]:
    """Return the living processes of a process group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(folder.name))
    return found


def kill_after(seconds: float, archive: Archive, output: Path) -> int:
    """Start a run and kill its first process alone; return how many were beside it.

    All that it started must end by itself. A run that was done too soon does not count, and another is killed
    earlier.
    """
    process = start(archive, output)
    time.sleep(seconds)
    beside = len(members(process.pid)) - 1
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_for_all(process.pid)
    process.communicate()
    return beside if process.returncode == -signal.SIGKILL else kill_after(seconds * 0.8, archive, output)


def wait_for_all(group: int) -> None:
    """Return when a process group has no member left; they have some seconds for that."""
    for _ in range(250):
        if not members(group):
            return
        time.sleep(0.02)
    pytest.fail(f"{members(group)} go on without the process that started them")


def finish(archive: Archive, output: Path) -> float:
    """Let a run end, and return how many seconds it took."""
    started = time.monotonic()
    process = start(archive, output)
    _, told = process.communicate()
    assert process.returncode == 0, told
    wait_for_all(process.pid)
    return time.monotonic() - started


def files_of(output: Path) -> dict[str, bytes]:
    """Return all files but the store's and the database, and leave the times of the run out of them."""
    found = {}
    for path in sorted(output.rglob("*")):
        name = path.relative_to(output).as_posix()
        if path.is_file() and not name.startswith("store/") and path.stem not in ("runs", "balance-sync"):
            found[name] = path.read_bytes()
    summary = json.loads(found["summary.json"])
    times = {"started_at", "finished_at", "elapsed_s"}
    found["summary.json"] = json.dumps({k: v for k, v in summary.items() if k not in times}).encode()
    return found


def tables_of(output: Path) -> dict[str, Any]:
    with read_only_session(output / "balance-sync.duckdb") as connection:
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {
            name: connection.sql(f"FROM {name} ORDER BY ALL").to_arrow_table()
            for name in sorted(names)
            if name != "runs"
        }


def leftovers(output: Path) -> list[str]:
    """Return what is hidden, half written or in work."""
    working = output / "store" / "working"
    paths = [path for path in output.rglob("*") if path.name.startswith(".") or ".part" in path.name]
    return sorted(map(str, [*paths, *working.glob("*")]))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_run_killed_anywhere_goes_on_and_ends_as_an_undisturbed_one(
    archive: Archive, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    seconds = finish(archive, whole)
    files, tables = files_of(whole), tables_of(whole)
    of_tables = {"csv/findings.csv", "parquet/ledger.parquet"}
    assert ({"report.xlsx", "report.html"} if archive.kind == "many batches" else of_tables) <= set(files)
    assert leftovers(whole) == []
    dice = random.Random(1)
    kills = KILLS[archive.kind]
    moments = [seconds * (place + dice.random()) / kills for place in range(kills)]
    beside = []
    for number in range(OUTPUTS):
        output = tmp_path / f"killed-{number}"
        # The earliest first, so that several runs in a row are killed while they read.
        beside += [kill_after(moment, archive, output) for moment in moments[number::OUTPUTS]]
        finish(archive, output)
        assert files_of(output) == files
        assert tables_of(output) == tables
        assert leftovers(output) == []
    assert sum(count >= 2 for count in beside) >= OUTPUTS, "hardly one was killed while others worked for it"
