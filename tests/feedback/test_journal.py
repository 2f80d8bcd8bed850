"""The file of decisions takes additions and nothing else, and shows where somebody changed it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from said import AT, said

from balance_sync.errors import InputError, ResourceError
from balance_sync.feedback.journal import Imported, Journal, head_of


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "kept" / "feedback.sqlite")
    journal.append([said("a", note="one “call”, =1+1"), said("b", "confirmed", until=date(2024, 6, 30))])
    journal.append([said("c", user_id=None, currency=None, decided_by="عائشة")])
    return journal


def execute(journal: Journal, *statements: str) -> None:
    """Do what another program could do to the file."""
    with closing(sqlite3.connect(journal.path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_what_was_said_reads_back_in_order(journal: Journal) -> None:
    entries = journal.entries()
    assert [one.entry_id for one in entries] == [1, 2, 3]
    assert [one.statement for one in entries] == [
        said("a", note="one “call”, =1+1"),
        said("b", "confirmed", until=date(2024, 6, 30)),
        said("c", user_id=None, currency=None, decided_by="عائشة"),
    ]


def test_nothing_is_left_beside_the_file(journal: Journal) -> None:
    journal.entries()
    assert [path.name for path in journal.path.parent.iterdir()] == ["feedback.sqlite"]


def test_a_file_that_is_not_there_holds_nothing_and_is_not_made(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none" / "feedback.sqlite").entries() == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET decision = 'accepted' WHERE entry_id = 1",
        "DELETE FROM entries WHERE entry_id = 3",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE entry_id = 1",
        "INSERT INTO entries SELECT 4, finding_id, rule, user_id, currency, transaction_id, decision, note,"
        " decided_by, decided_at, scope, until, source, source_sha256, previous_hash, 'x' FROM entries",
        "UPDATE imports SET name = 'x'",
        "DELETE FROM imports",
        "INSERT OR REPLACE INTO imports VALUES ('hash', 'other', '', 0)",
    ],
)
def test_the_file_refuses_what_is_no_addition(journal: Journal, statement: str) -> None:
    journal.append([], imported=Imported("report.xlsx", "hash"))
    before = journal.entries()
    with pytest.raises(sqlite3.IntegrityError):
        execute(journal, statement)
    assert journal.entries() == before
    assert journal.knows_import("hash")


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("UPDATE entries SET note = 'other' WHERE entry_id = 2", "entry 2"),
        ("UPDATE entries SET decided_at = 'never' WHERE entry_id = 1", "entry 1"),
        ("UPDATE entries SET entry_hash = 'x' WHERE entry_id = 3", "entry 3"),
        ("DELETE FROM entries WHERE entry_id = 2", "entry 2"),
    ],
)
def test_whoever_removes_the_triggers_is_seen(journal: Journal, statement: str, shown: str) -> None:
    names = [
        name
        for (name,) in sqlite3.connect(journal.path).execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
    ]
    execute(journal, *(f"DROP TRIGGER {name}" for name in names), statement)
    with pytest.raises(InputError, match=shown):
        journal.entries()


def test_the_head_shows_that_the_last_entries_are_gone(journal: Journal) -> None:
    entries = journal.entries()
    assert head_of(entries[:2]) != head_of(entries)
    assert head_of(()) == ""


def test_all_of_an_addition_is_kept_or_nothing(journal: Journal) -> None:
    journal.append([], imported=Imported("report.xlsx", "hash"))
    before = journal.entries()
    with pytest.raises(ResourceError, match="at the same time"):
        journal.append([said("d")], imported=Imported("report.xlsx", "hash"))
    assert journal.entries() == before


def test_several_programs_may_write(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from said import said;"
        "from balance_sync.feedback.journal import Journal;"
        "[Journal(Path(sys.argv[1])).append([said(sys.argv[2] + str(n))]) for n in range(20)]"
    )
    path = tmp_path / "feedback.sqlite"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, path, name], cwd=Path(__file__).parent)
        for name in "xyz"
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert len(Journal(path).entries()) == 60


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(200)])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "feedback.sqlite"
    path.write_bytes(content)
    with pytest.raises(InputError):
        Journal(path).entries()
    with pytest.raises(InputError):
        Journal(path).append([said("a")])
    assert path.read_bytes() == content


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE entries (a)")
    with pytest.raises(InputError, match="holds no decisions"):
        Journal(path).append([said("a")])


def test_times_are_kept_in_utc(journal: Journal) -> None:
    assert {one.statement.decided_at for one in journal.entries()} == {AT}
    with closing(sqlite3.connect(journal.path)) as connection:
        ((kept,),) = connection.execute("SELECT DISTINCT decided_at FROM entries").fetchall()
    assert kept == "2024-05-01T09:30:00+00:00"
