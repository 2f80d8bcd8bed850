from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Sorting rows as wide as the ledger's takes DuckDB more than 160 MB of buffers before it can spill.
DUCKDB_MB = 256

MEASURE = """
import resource, sys
from pathlib import Path
from made_up_run import made_up_run
from balance_sync.reports.data import build_report_data
from balance_sync.reports.workbook import write_workbook

copies, path = int(sys.argv[1]), Path(sys.argv[2])
with made_up_run(locked=False) as (connection, context):
    connection.execute("SET memory_limit = '%sMB'" % sys.argv[3])
    connection.execute("SET threads = 2")
    connection.execute(f"SET temp_directory = '{path.parent}/spill'")
    connection.execute(
        "CREATE TEMP TABLE many AS SELECT l.* REPLACE (transaction_id || '-' || n AS transaction_id, "
        f"source_id || n AS source_id) FROM ledger AS l, range({copies}) AS t (n)"
    )
    connection.execute("DROP VIEW ledger")
    connection.execute("ALTER TABLE many RENAME TO ledger")
    write_workbook(path, build_report_data(connection, context))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak_mb(copies, path):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(copies), str(path), str(DUCKDB_MB)],
        cwd=Path(__file__).parent,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.split()[-1])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems count peak memory in other units")
def test_memory_does_not_follow_the_rows(tmp_path):
    """Whatever a workbook's rows take beyond DuckDB's own buffers, they do not take more when they grow."""
    small = peak_mb(2_000, tmp_path / "small.xlsx")
    large = peak_mb(20_000, tmp_path / "large.xlsx")
    assert large < small + DUCKDB_MB
