"""The file of decisions: SQLite, append-only, every entry chained to the one before by its hash.

Triggers refuse what is no addition. They bind programs, not whoever owns the file: that such a person changed
or removed an entry shows in the chain, and that the last ones are gone shows against the head that each run
records.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from balance_sync.errors import InputError, ResourceError
from balance_sync.feedback.statements import Decision, Entry, Scope, Statement, Subject, now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_APPLICATION = 0x62736662
_LAYOUT = 1
_WAIT_S = 10.0

_SCHEMA = f"""
BEGIN IMMEDIATE;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_LAYOUT};
CREATE TABLE IF NOT EXISTS entries (
    entry_id INTEGER PRIMARY KEY,
    finding_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    user_id TEXT,
    currency TEXT,
    transaction_id TEXT,
    decision TEXT NOT NULL
        CHECK (decision IN ('confirmed', 'false_positive', 'accepted', 'needs_information')),
    note TEXT NOT NULL,
    decided_by TEXT NOT NULL CHECK (decided_by <> ''),
    decided_at TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('finding', 'rule+subscriber+currency', 'rule+subscriber')),
    until TEXT,
    source TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    entry_hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS imports (
    sha256 TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    entries INTEGER NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS entries_follow_each_other BEFORE INSERT ON entries
WHEN NEW.entry_id <> (SELECT coalesce(max(entry_id), 0) + 1 FROM entries)
    OR NEW.previous_hash <> coalesce((SELECT entry_hash FROM entries ORDER BY entry_id DESC LIMIT 1), '')
BEGIN SELECT RAISE(ABORT, 'an entry follows the last one'); END;
CREATE TRIGGER IF NOT EXISTS entries_stay_as_they_are BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;
CREATE TRIGGER IF NOT EXISTS imports_are_told_once BEFORE INSERT ON imports
WHEN EXISTS (SELECT 1 FROM imports WHERE sha256 = NEW.sha256)
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;
CREATE TRIGGER IF NOT EXISTS imports_stay_as_they_are BEFORE UPDATE ON imports
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;
CREATE TRIGGER IF NOT EXISTS imports_stay BEFORE DELETE ON imports
BEGIN SELECT RAISE(ABORT, 'feedback is append-only'); END;
COMMIT;
"""  # noqa: S608 - this module's own numbers
_COLUMNS = (
    *("entry_id", "finding_id", "rule", "user_id", "currency", "transaction_id", "decision", "note"),
    *("decided_by", "decided_at", "scope", "until", "source", "source_sha256", "previous_hash"),
    "entry_hash",
)

_EVERY = f"SELECT {', '.join(_COLUMNS)} FROM entries ORDER BY entry_id"  # noqa: S608 - own names


class Imported(msgspec.Struct, frozen=True):
    """A file whose decisions were read.

    Attributes
    ----------
    sha256
        Of its content.
    """

    name: str
    sha256: str


class Journal:
    """The decisions in one file, which need not exist before the first is written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> tuple[Entry, ...]:
        """Return every entry in order, the chain of hashes checked.

        Raises
        ------
        InputError
            The file is no file of decisions, or an entry is not what was written.
        ResourceError
            It cannot be opened.
        """
        if not self._is_begun():
            return ()
        with self._reading() as connection:
            rows = connection.execute(_EVERY).fetchall()
        return self._chained(rows)

    def knows_import(self, sha256: str) -> bool:
        """Return whether a file of this content was imported."""
        if not self._is_begun():
            return False
        with self._reading() as connection:
            found = connection.execute("SELECT 1 FROM imports WHERE sha256 = ?", (sha256,)).fetchone()
        return found is not None

    def append(
        self, statements: Sequence[Statement], *, imported: Imported | None = None
    ) -> tuple[Entry, ...]:
        """Add `statements` in their order, all or none, and return them as entries.

        Parameters
        ----------
        imported
            The file that they are from; it is remembered even where it brings none.

        Raises
        ------
        InputError, ResourceError
            As for `entries`; or the file cannot be written.
        """
        self._make()
        with self._writing() as connection:
            last = "SELECT entry_id, entry_hash FROM entries ORDER BY entry_id DESC LIMIT 1"
            before, head = connection.execute(last).fetchone() or (0, "")
            entries = []
            for entry_id, statement in enumerate(statements, start=before + 1):
                entry = _sealed(entry_id, statement, head)
                entries.append(entry)
                head = entry.entry_hash
            marks = ", ".join("?" * len(_COLUMNS))
            connection.executemany(f"INSERT INTO entries VALUES ({marks})", map(_row, entries))  # noqa: S608
            if imported is not None:
                told = (imported.sha256, imported.name, now().isoformat(), len(entries))
                connection.execute("INSERT INTO imports VALUES (?, ?, ?, ?)", told)
        return tuple(entries)

    def _chained(self, rows: list[tuple[Any, ...]]) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        head = ""
        for place, row in enumerate(rows, start=1):
            entry = _entry(row)
            if entry is None or entry.entry_id != place or entry != _sealed(place, entry.statement, head):
                raise InputError(
                    f"{self.path}: entry {place}",
                    "is not what was written: somebody changed or removed entries",
                    help="put back a copy of the file; `run --no-feedback` works without it",
                )
            entries.append(entry)
            head = entry.entry_hash
        return tuple(entries)

    def _is_begun(self) -> bool:
        return self.path.exists() and self.path.stat().st_size > 0

    def _make(self) -> None:
        if self._is_begun():
            return
        with self._failures():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_WAIT_S)) as connection:
                connection.executescript(_SCHEMA)
                # From here on readers wait for no writer, and a writer for no reader.
                connection.execute("PRAGMA journal_mode = WAL")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._failures(), closing(sqlite3.connect(self.path, timeout=_WAIT_S)) as connection:
            self._check_layout(connection)
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._failures(), closing(self._open_to_read()) as connection:
            self._check_layout(connection)
            yield connection

    def _open_to_read(self) -> sqlite3.Connection:
        # Opened to write, for the last to close then clears away what SQLite keeps beside the file.
        address = f"file:{quote(str(self.path.absolute()))}?mode=rw"
        connection = sqlite3.connect(address, uri=True, timeout=_WAIT_S)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            connection.close()
            if self.path.with_name(self.path.name + "-wal").exists():
                raise
            # In a folder that cannot be written nobody else writes either.
            connection = sqlite3.connect(f"{address[:-2]}ro&immutable=1", uri=True)
        return connection

    def _check_layout(self, connection: sqlite3.Connection) -> None:
        ((application,),) = connection.execute("PRAGMA application_id").fetchall()
        ((layout,),) = connection.execute("PRAGMA user_version").fetchall()
        if (application, layout) != (_APPLICATION, _LAYOUT):
            raise InputError(
                str(self.path),
                "holds no decisions that this version reads",
                help="name the file of decisions with --feedback",
            )

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError as error:
            raise ResourceError(
                str(self.path),
                "another program wrote decisions at the same time",
                reason=str(error),
                help="run the same command again",
            ) from error
        except sqlite3.OperationalError as error:
            raise ResourceError(
                str(self.path),
                "the file of decisions cannot be used",
                reason=str(error),
                help="check permissions and free space, and that no other program holds it",
            ) from error
        except sqlite3.DatabaseError as error:
            raise InputError(
                str(self.path),
                "is no file of decisions, or is damaged",
                reason=str(error),
                help="put back a copy of it, or name another with --feedback",
            ) from error
        except OSError as error:
            raise ResourceError(
                str(self.path), "the file of decisions cannot be used", reason=str(error.strerror)
            ) from error


def head_of(entries: Sequence[Entry]) -> str:
    """Return the hash that stands for all of `entries`; "" for none."""
    return entries[-1].entry_hash if entries else ""


def _sealed(entry_id: int, statement: Statement, previous_hash: str) -> Entry:
    content = msgspec.json.encode([entry_id, statement, previous_hash], order="deterministic")
    return Entry(entry_id, statement, previous_hash, hashlib.sha256(content).hexdigest())


def _row(entry: Entry) -> tuple[Any, ...]:
    said, about = entry.statement, entry.statement.subject
    return (
        *(entry.entry_id, about.finding_id, about.rule, about.user_id, about.currency, about.transaction_id),
        *(said.decision.value, said.note, said.decided_by, said.decided_at.isoformat(), said.scope.value),
        *(said.until.isoformat() if said.until else None, said.source, said.source_sha256),
        *(entry.previous_hash, entry.entry_hash),
    )


def _entry(row: tuple[Any, ...]) -> Entry | None:
    """Return the entry of a row; `None` where a value is none that is ever written."""
    cells = dict(zip(_COLUMNS, row, strict=True))
    try:
        statement = Statement(
            subject=Subject(*(cells[name] for name in Subject.__struct_fields__)),
            decision=Decision(cells["decision"]),
            note=cells["note"],
            decided_by=cells["decided_by"],
            decided_at=datetime.fromisoformat(cells["decided_at"]).astimezone(UTC),
            scope=Scope(cells["scope"]),
            until=date.fromisoformat(cells["until"]) if cells["until"] else None,
            source=cells["source"],
            source_sha256=cells["source_sha256"],
        )
    except ValueError:
        return None
    return Entry(cells["entry_id"], statement, cells["previous_hash"], cells["entry_hash"])
