"""The hash that a sign-off covers: what goes into it, and that it needs little memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from balance_sync.reports.data import manifest_hash


def test_many_findings_are_hashed_in_little_memory() -> None:
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.execute("SET memory_limit = '40MB'")
        connection.execute(
            "CREATE TABLE findings AS SELECT md5(range::VARCHAR)[:20] AS finding_id FROM range(300_000)"
        )
        connection.execute(
            "CREATE TABLE sources AS FROM (VALUES ('b.gz', '1', 7, 'second'), ('a.gz', '2', 3, 'first')) "
            "AS t (path, source_id, size_bytes, content_hash)"
        )
        findings = [one for (one,) in connection.execute("FROM findings ORDER BY 1").fetchall()]
        lines = ["run", "a.gz\t3\tfirst", "b.gz\t7\tsecond", *findings]
        assert manifest_hash(connection, "run") == hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize("limit_mb", [60, 66, 72, 78])
def test_many_sources_beside_many_findings_are_hashed_in_little_memory(tmp_path: Path, limit_mb: int) -> None:
    """Sorted together, they ran out of memory, though not with half of that limit."""
    with duckdb.connect(config={"temp_directory": str(tmp_path)}) as connection:
        connection.execute("SET threads = 2")
        connection.execute(
            "CREATE TABLE findings AS SELECT md5(range::VARCHAR)[:20] AS finding_id FROM range(380_000)"
        )
        connection.execute(
            """
            CREATE TABLE sources AS SELECT
                'export/2024-09-01-[$LATEST]' || repeat(md5(range::VARCHAR), 2) || '/000000.gz' AS path,
                md5(range::VARCHAR)[:16] AS source_id,
                2000 AS size_bytes,
                repeat(md5((range + 1)::VARCHAR), 2) AS content_hash
            FROM range(130_000)
            """
        )
        connection.execute(f"SET memory_limit = '{limit_mb}MB'")
        assert len(manifest_hash(connection, "run")) == 64
