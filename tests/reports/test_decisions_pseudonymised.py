"""A report that leaves the house names nobody who decided, and quotes nobody's note."""

from __future__ import annotations

import duckdb

from balance_sync.reports.pseudonyms import pseudonymise
from balance_sync.store.tables import create_tables


def test_decisions_stay_without_names_and_notes():
    with duckdb.connect(":memory:") as connection:
        create_tables(connection)
        connection.execute("INSERT INTO findings (finding_id, user_id) VALUES ('f1', 'U1')")
        connection.execute(
            "INSERT INTO decisions (finding_id, decision, decided_by, note)"
            " VALUES ('f1', 'accepted', 'Aisha', 'called U1')"
        )
        pseudonymise(connection, b"k" * 32)
        rows = connection.execute("SELECT decided_by, note, decision FROM decisions").fetchall()
        joined = "SELECT count(*) FROM decisions INNER JOIN findings USING (finding_id)"
        assert connection.execute(joined).fetchall() == [(1,)]
    ((name, note, decision),) = rows
    assert (name[:2], note, decision) == ("P-", None, "accepted")
