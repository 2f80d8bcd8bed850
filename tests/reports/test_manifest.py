"""The hash that a sign-off covers: what goes into it, and that it needs little memory."""

from __future__ import annotations

import hashlib

import duckdb

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
