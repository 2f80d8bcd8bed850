"""Reports that do not tell whom they are about, and the way back for who holds the key."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import duckdb
import polars as pl
import pytest
from program import Ended, balance_sync
from pypdf import PdfReader

from balance_sync.generator import generate_archive
from balance_sync.reports.pseudonyms import pseudonym, replaced

DATABASE = "run/balance-sync.duckdb"
UNTIL = "2024-09-21"
FORMATS = ("xlsx", "html", "pdf", "csv", "parquet", "json")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two runs, of an archive and of a part of it, and pseudonymised reports."""
    folder = tmp_path_factory.mktemp("work")
    generate_archive(folder, text_bytes=1_200_000, seed=5, workers=1)
    for name, period in (("run", ()), ("before", ("--until", UNTIL))):
        ended = balance_sync("run", "logs", "-o", name, "--format", "json", *period, cwd=folder)
        assert ended.code == 0, ended.err
    (folder / "key").write_text("0123456789abcdef0123456789abcdef\n")
    formats = [part for name in FORMATS for part in ("--format", name)]
    ended = report(folder, "shared", *formats, "--against", "before")
    assert ended.code == 0, ended.err
    return folder


def report(work: Path, output: str, *arguments: str) -> Ended:
    given = ("--database", DATABASE, "-o", output, "--pseudonymise", "--key-file", "key")
    return balance_sync("report", *given, *arguments, cwd=work)


def identifiers(work: Path) -> set[str]:
    with duckdb.connect(str(work / DATABASE), read_only=True) as connection:
        columns = {
            "transactions": ("user_id", "transaction_id"),
            "sync_errors": ("user_id",),
            "messages": ("message_id", "transaction_id"),
            "findings": ("finding_id",),
        }
        return {
            value
            for table, names in columns.items()
            for name in names
            for (value,) in connection.execute(f"SELECT DISTINCT {name} FROM {table}").fetchall()
            if value
        }


def text_of(path: Path) -> str:
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as parts:
            return "\n".join(parts.read(name).decode() for name in parts.namelist())
    if path.suffix == ".parquet":
        return pl.read_parquet(path).select(pl.all().cast(pl.String, strict=False)).write_csv()
    return path.read_text()


def printed(path: Path) -> str:
    """Return all that a PDF says, without blanks: a long id goes on in the next line."""
    return "".join("".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_no_file_names_anybody(work: Path) -> None:
    known = identifiers(work)
    assert len(known) > 1000
    files = [path for path in (work / "shared").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {f".{name}" for name in FORMATS}
    for path in files:
        if path.suffix == ".pdf":
            shown = printed(path)
            assert "Pseudonyms:" in shown
            assert not [one for one in known if one in shown]
            continue
        words = set(re.findall(r"[0-9A-Za-z_-]{8,}", text_of(path)))
        assert not words & known, path


def test_figures_are_those_of_the_run(work: Path) -> None:
    plain = json.loads((work / "run" / "summary.json").read_text())
    shared = json.loads((work / "shared" / "summary.json").read_text())
    assert (plain["pseudonymised"], shared["pseudonymised"]) == (False, True)
    assert shared["changes"]["totals"]["new"] > 0
    for name in plain.keys() - {"pseudonymised"}:
        assert shared[name] == plain[name], name


def test_same_key_same_pseudonyms_and_another_key_others(work: Path) -> None:
    again = report(work, "again", "--format", "csv")
    assert again.code == 0
    findings = "csv/findings.csv"
    assert (work / "again" / findings).read_bytes() == (work / "shared" / findings).read_bytes()
    (work / "other").write_text("another key of more than sixteen bytes")
    balance_sync(
        *("report", "--database", DATABASE, "-o", "others", "--format", "csv"),
        *("--pseudonymise", "--key-file", "other"),
        cwd=work,
    )
    first, second = (pl.read_csv(work / name / findings)["user_id"] for name in ("shared", "others"))
    assert not (set(first) & set(second)) - {None}


def test_who_holds_the_key_can_tell(work: Path) -> None:
    plain = {row["finding_id"]: row for row in rows(work)}
    shown = pl.read_csv(work / "shared" / "csv" / "findings.csv", infer_schema=False).row(0, named=True)
    wanted = [shown[name] for name in ("finding_id", "user_id", "transaction_id") if shown[name]]
    ended = balance_sync("reveal", *wanted, "--database", DATABASE, "--key-file", "key", cwd=work)
    assert ended.code == 0
    told = dict(line.split("\t") for line in ended.out.splitlines())
    row = plain[told[shown["finding_id"]]]
    assert [told[one] for one in wanted[1:]] == [
        row[name] for name in ("user_id", "transaction_id") if row[name]
    ]


def rows(work: Path) -> list[dict]:
    with duckdb.connect(str(work / DATABASE), read_only=True) as connection:
        table = connection.sql("SELECT finding_id, user_id, transaction_id FROM findings")
        return table.to_arrow_table().to_pylist()


def test_who_does_not_cannot(work: Path) -> None:
    name = pl.read_csv(work / "shared" / "csv" / "findings.csv")["finding_id"][0]
    (work / "wrong").write_text("some other key of sixteen bytes or more")
    for arguments in (("--key-file", "wrong"), ("--key-file", "nowhere"), ()):
        ended = balance_sync("reveal", name, "--database", DATABASE, *arguments, cwd=work)
        assert ended.code == 2
        assert "help: " in ended.err
    from_environment = balance_sync(
        "reveal", name, "--database", DATABASE, cwd=work, BALANCE_SYNC_KEY=(work / "key").read_text().strip()
    )
    assert from_environment.code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--pseudonymise", "--key-file", "key"),
        ("--pseudonymise", "-o", "x"),
        ("--pseudonymise", "-o", "x", "--key-file", "short"),
    ],
)
def test_what_would_not_protect_anybody_is_refused(work: Path, arguments: tuple[str, ...]) -> None:
    (work / "short").write_text("too short")
    ended = balance_sync("report", "--database", DATABASE, *arguments, cwd=work)
    assert ended.code == 2
    assert "help: " in ended.err


def test_identifiers_in_sentences_are_found_whatever_stands_around_them() -> None:
    key = b"k" * 16
    names = {one: pseudonym(key, "T", one) for one in ("tx-1", "tx-12", "two words", "dot.")}
    odd = ["two words", "dot."]
    said = "The one before (tx-1) and tx-12, then tx-1: not tx-123; two words and dot. too."
    assert replaced(said, names, odd) == (
        f"The one before ({names['tx-1']}) and {names['tx-12']}, then {names['tx-1']}: not tx-123; "
        f"{names['two words']} and {names['dot.']} too."
    )
