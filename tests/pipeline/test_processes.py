"""Further processes: they need nothing of the caller's script, and one that is lost costs no result."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from archive_text import STREAM, synced, write_export
from balance_sync.config import IngestOptions, RunOptions
from balance_sync.errors import (
    BalanceSyncError,
    DeliveryError,
    InputError,
    ResourceError,
    RuleFileError,
    UsageError,
)
from balance_sync.generator import generate_archive
from balance_sync.pipeline import filling, ingest, search
from balance_sync.pipeline.database import Filled
from balance_sync.pipeline.parsing import begun_helpers
from balance_sync.pipeline.previous import COUNTED_TABLES
from balance_sync.pipeline.processes import Processes
from balance_sync.pipeline.reporting import write_run_reports
from balance_sync.pipeline.run import RunResult, run
from balance_sync.pipeline.watcher import Unwatched
from balance_sync.sources.batching import plan_batches
from balance_sync.store.reading import read_only_session

EVENT = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", re.MULTILINE)

SCRIPT = """
import sys
import threading
import time
from balance_sync.config import IngestOptions, RunOptions
from balance_sync.pipeline.run import run

print("begun")
result = run(RunOptions(logs=(sys.argv[1],), output=sys.argv[2], formats=("json",), threads=2))
print(result.run_id)
"""


@pytest.mark.slow
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


FINDING = """
import sys
from pathlib import Path
from balance_sync.config import IngestOptions
from balance_sync.pipeline.search import Search
from balance_sync.pipeline.watcher import Unwatched
from balance_sync.sources.batching import plan_batches

logs = (sys.argv[1],)
search = Search(IngestOptions(logs, store=Path("store")), logs, Unwatched(), None)
batches = plan_batches(search.missing(None), batch_bytes=2_000)
print(next(batches).files[0].label, *sorted({"polars", "numpy", "pyarrow"} & set(sys.modules)))
"""


def test_another_process_has_its_first_batch_before_anything_heavy_is_imported_here(tmp_path: Path) -> None:
    texts = {f"2024-01-15-[$LATEST]{number:032x}": synced(number * 100, number) for number in range(1, 20)}
    logs = write_export(tmp_path / "logs", texts)
    command = [sys.executable, "-c", FINDING, str(logs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [next(iter(texts)) + "/000000.gz"]


def test_a_lost_process_is_told_of() -> None:
    with Processes(1) as processes:
        pid = processes.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenProcessPool):
            processes.submit(os.getpid).result()


def _fail(error: BalanceSyncError) -> None:
    raise error


@pytest.mark.parametrize("kind", [UsageError, RuleFileError, InputError, ResourceError, DeliveryError])
def test_an_expected_failure_comes_whole_from_another_process(kind: type[BalanceSyncError]) -> None:
    with Processes(1) as processes, pytest.raises(kind) as raised:
        processes.submit(_fail, kind("a.gz:17", "is none", reason="it is empty", help="remove it")).result()
    error = raised.value
    assert (error.where, error.what, error.reason, error.help) == (
        *("a.gz:17", "is none", "it is empty"),
        "remove it",
    )
    assert str(error) == "a.gz:17: is none"


def _small_archive(directory: Path) -> Path:
    """Make one for which a second process is started."""
    generate_archive(directory, text_bytes=2_000_000, seed=3)
    return directory / "logs"


def _run(
    logs: Path, output: Path, *, threads: int, formats: tuple[str, ...] = (), since: datetime | None = None
) -> RunResult:
    return run(RunOptions(logs=(str(logs),), output=output, formats=formats, threads=threads, since=since))


@pytest.mark.parametrize(
    ("transactions", "review_budget", "few_bytes", "begun"),
    [
        (25, 50, search.FEW_BYTES, True),
        (25, 0, search.FEW_BYTES, False),
        (19, 50, search.FEW_BYTES, False),
        (25, 50, 1000, False),
    ],
)
def test_a_process_begins_behind_the_reading_only_where_something_is_ranked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    transactions: int,
    review_budget: int,
    few_bytes: int,
    begun: bool,
) -> None:
    """All of it is read before another process could help; of much there would be no memory for it."""
    monkeypatch.setattr(ingest, "FEW_BYTES", few_bytes)
    write_export(tmp_path / "logs", {STREAM: "".join(synced(60 * n, n) for n in range(transactions))})
    seen: list[Processes] = []
    monkeypatch.delitem(sys.modules, "sklearn.ensemble", raising=False)
    monkeypatch.setattr(
        "balance_sync.pipeline.second_process.Processes",
        lambda count: seen.append(Processes(count)) or seen[-1],
    )
    options = RunOptions(
        logs=(str(tmp_path / "logs"),), output=tmp_path / "out", formats=(), review_budget=review_budget
    )
    beside = run(replace(options, threads=2))
    assert len(seen) == begun
    assert run(replace(options, threads=1, output=tmp_path / "here")).findings == beside.findings
    assert len(seen) == begun


@pytest.mark.slow
def test_reports_are_the_same_from_one_process_and_from_two(tmp_path: Path) -> None:
    logs = _small_archive(tmp_path / "archive")
    formats = ("json", "csv", "html", "xlsx")
    one, two = (
        _run(logs, tmp_path / name, threads=threads, formats=formats)
        for name, threads in (("one", 1), ("two", 2))
    )
    files = [path.relative_to(tmp_path / "one") for path in one.reports]
    assert files == [path.relative_to(tmp_path / "two") for path in two.reports]
    assert {"report.xlsx", "report.html", "summary.json"} <= set(map(str, files))
    for file in files:
        # These two tell when the run was.
        if file.name not in ("summary.json", "runs.csv"):
            assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file
    left = {path.name for path in (tmp_path / "two").iterdir()}
    assert left == {path.name for path in (tmp_path / "one").iterdir()}


@pytest.mark.slow
def test_a_process_lost_before_the_reports_costs_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = _small_archive(tmp_path / "archive")
    killed = []

    def kill(*given: Any, executor: Processes, **named: Any) -> tuple[Path, ...]:
        killed.append(executor.submit(os.getpid).result())
        os.kill(killed[0], signal.SIGKILL)
        return write_run_reports(*given, executor=executor, **named)

    monkeypatch.setattr("balance_sync.pipeline.run.write_run_reports", kill)
    done = _run(logs, tmp_path / "out", threads=2, formats=("xlsx", "html", "json"))
    assert killed
    assert [path.name for path in done.reports] == ["report.xlsx", "report.html", "summary.json"]
    assert all(path.stat().st_size for path in done.reports)


@pytest.mark.slow
def test_a_large_archive_is_filled_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = _small_archive(tmp_path / "archive")
    here = _run(logs, tmp_path / "here", threads=2)
    filled = []
    fill_apart = filling.fill_apart

    def noting(given: filling.Filling) -> Filled:
        filled.append(given)
        return fill_apart(given)

    monkeypatch.setattr(filling, "_LARGE_BYTES", 0)
    monkeypatch.setattr("balance_sync.pipeline.filling.fill_apart", noting)
    apart = _run(logs, tmp_path / "apart", threads=2)
    assert len(filled) == 1
    assert apart.run_id == here.run_id
    assert apart.findings == here.findings
    for table in COUNTED_TABLES:
        assert _rows(apart, table) == _rows(here, table), table


@pytest.mark.slow
def test_a_period_of_a_large_archive_is_filled_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = _small_archive(tmp_path / "archive")
    since = datetime(2024, 9, 16, tzinfo=UTC)
    here = _run(logs, tmp_path / "here", threads=2, since=since)
    monkeypatch.setattr(filling, "_LARGE_BYTES", 0)
    apart = _run(logs, tmp_path / "apart", threads=2, since=since)
    assert sum(apart.findings.values()) > 0
    for table in (*COUNTED_TABLES, "brought_forward"):
        assert _rows(apart, table) == _rows(here, table), table
    assert _rows(apart, "brought_forward")


def _compare_much(given: filling.Filling) -> object:
    # In the other process, which has the module as it is.
    filling._MANY_COMPARED = 0
    return filling._fill_alone(given)


def _export_again(logs: Path) -> None:
    """Put an export before `logs`, by its name, that ends an event earlier in every file."""
    for path in sorted(logs.glob("*/*/*.gz")):
        text = gzip.decompress(path.read_bytes())
        export, stream, name = path.relative_to(logs).parts
        shorter = logs / f"+{export}" / stream / name
        shorter.parent.mkdir(parents=True)
        *_, last = EVENT.finditer(text)
        shorter.write_bytes(gzip.compress(text[: last.start()]))


@pytest.mark.slow
def test_where_much_is_compared_another_process_loads_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = _small_archive(tmp_path / "archive")
    _export_again(logs)
    here = _run(logs, tmp_path / "here", threads=2)
    steps = []

    def noting(given: filling.Filling, step: Callable[..., Any], *args: Any) -> Any:
        steps.append(step.__name__)
        return apart(given, step, *args)

    apart = filling._apart
    monkeypatch.setattr(filling, "_LARGE_BYTES", 0)
    monkeypatch.setattr(filling, "_fill_alone", _compare_much)
    monkeypatch.setattr(filling, "_apart", noting)
    done = _run(logs, tmp_path / "apart", threads=2)
    assert steps == ["_compare_much", "_insert_sources_alone", "_load_alone"]
    assert done.run_id == here.run_id
    for table in COUNTED_TABLES:
        assert _rows(done, table) == _rows(here, table), table
    repeated = [row for row in _rows(done, "sources") if '"repeated_events":0' not in str(row)]
    assert repeated
    assert not list((tmp_path / "apart" / "store").glob("working/*"))


def _rows(done: RunResult, table: str) -> list[tuple[object, ...]]:
    with read_only_session(done.database) as connection:
        return connection.execute(f"SELECT to_json({table})::VARCHAR FROM {table} ORDER BY 1").fetchall()


def _end(_: object) -> None:
    os._exit(9)


def test_a_lost_filling_process_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = _small_archive(tmp_path / "archive")
    monkeypatch.setattr(filling, "_LARGE_BYTES", 0)
    monkeypatch.setattr(filling, "_fill_alone", _end)
    with pytest.raises(ResourceError, match="ended from outside"):
        _run(logs, tmp_path / "out", threads=2)
    assert not (tmp_path / "out" / "balance-sync.duckdb").exists()


def _tell_and_wait(given: filling.Filling) -> None:
    given.database.write_text(str(os.getpid()))
    time.sleep(600)


def test_an_interrupt_ends_the_filling_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "database"
    given = filling.Filling(None, None, None, told, tmp_path, 2)  # type: ignore[arg-type]
    monkeypatch.setattr(filling, "_fill_alone", _tell_and_wait)

    def interrupt() -> None:
        while not (told.exists() and told.read_text()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            filling.fill_apart(given)
    finally:
        signal.signal(signal.SIGINT, before)
    while Path(f"/proc/{told.read_text()}").exists():
        time.sleep(0.01)


def _tell_and_go_on(told: Path) -> None:
    told.write_text(str(os.getpid()))
    time.sleep(600)


def _be_interrupted_while_helped(told: Path) -> None:
    with begun_helpers(1) as helpers:
        helpers.submit(_tell_and_go_on, told)
        while not (told.exists() and told.read_text()):
            time.sleep(0.01)
        raise KeyboardInterrupt


def test_an_interrupt_ends_processes_in_the_middle_of_a_file(tmp_path: Path) -> None:
    """It took as long as they needed for the file that they had begun."""
    told = tmp_path / "told"
    with pytest.raises(KeyboardInterrupt):
        _be_interrupted_while_helped(told)
    assert not Path(f"/proc/{told.read_text()}").exists()


def test_an_interrupted_reading_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Unwatched):
        def advance(self, steps: int) -> None:
            raise KeyboardInterrupt

    generate_archive(tmp_path / "logs", text_bytes=3_000_000)
    monkeypatch.setattr(search, "FEW_BYTES", 0)
    monkeypatch.setattr(ingest, "plan_batches", partial(plan_batches, batch_bytes=100_000))
    options = IngestOptions(logs=(str(tmp_path / "logs"),), store=tmp_path / "store", threads=2)
    with pytest.raises(KeyboardInterrupt):
        ingest.ingest(options, Interrupted())
    assert not ingest.find_store(options.store).working_directory.exists()
    assert ingest.ingest(options).sources_read > 0
