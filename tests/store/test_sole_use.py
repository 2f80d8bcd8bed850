"""One run at a time writes to a place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from balance_sync.errors import ResourceError
from balance_sync.store.dataset import Store
from balance_sync.store.publish import published
from balance_sync.store.sole_use import sole_use

HOLD = """
import sys, time
from pathlib import Path
from balance_sync.store.sole_use import sole_use
with sole_use(Path(sys.argv[1]), of=Path(sys.argv[1]).parent, otherwise="go elsewhere"):
    print("held", flush=True)
    time.sleep(600)
"""


def hold_elsewhere(lock: Path) -> subprocess.Popen[str]:
    """Start a process that holds `lock`, and return when it does."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def refused(lock: Path) -> ResourceError:
    with pytest.raises(ResourceError) as failure, sole_use(lock, of=lock.parent, otherwise="go elsewhere"):
        pass
    return failure.value


def test_another_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "made" / "lock"
    with hold_elsewhere(lock) as holder:
        error = refused(lock)
        holder.kill()
    assert (error.what, error.where) == ("another run is writing there", str(lock.parent))
    assert "go elsewhere" in error.help
    with sole_use(lock, of=lock.parent, otherwise=""):
        assert lock.exists()
    assert list(lock.parent.iterdir()) == []


def test_a_process_may_use_it_within_its_own_use(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with sole_use(lock, of=tmp_path, otherwise=""):
        with sole_use(lock, of=tmp_path, otherwise=""):
            pass
        assert lock.exists()
    assert not lock.exists()


def test_store_and_database_are_refused_while_another_run_writes_them(tmp_path: Path) -> None:
    with (
        hold_elsewhere(tmp_path / "store" / "lock") as first,
        hold_elsewhere(tmp_path / ".run.duckdb.lock") as second,
    ):
        with pytest.raises(ResourceError, match="writing there"), Store(tmp_path / "store", "1").sole_use():
            pass
        beside = tmp_path / ".run.duckdb.1.part"
        beside.write_text("of the other run")
        with pytest.raises(ResourceError, match="writing there"), published(tmp_path / "run.duckdb"):
            pass
        assert beside.exists()
        first.kill()
        second.kill()
