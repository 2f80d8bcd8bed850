"""The command line as other programs meet it: codes, errors, streams, and where options come from."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from program import Ended, balance_sync

from archive_text import STREAM, start, synced, write_export
from balance_sync.cli import main

COMMANDS = ("run", "demo", "ingest", "explain", "feedback", "query", "rules", "info", "completion")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """Return a folder with an archive in which one subscriber is overdrawn, and the end of its first run."""
    folder = tmp_path_factory.mktemp("work")
    text = (
        synced(0, 1) + synced(100, 2, paymentBalance="-5", oldBalance="0", newBalance="-5") + synced(200, 3)
    )
    write_export(folder / "logs", {STREAM: text})
    (folder / "logs" / "aws-logs-write-test").write_text("Permission Check Successful")
    return folder, balance_sync("run", "logs", "--format", "json", "--format", "csv", cwd=folder)


@pytest.fixture(scope="module")
def work(finished: tuple[Path, Ended]) -> Path:
    return finished[0]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    ended = balance_sync(*filter(None, [command, "--help"]), cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: balance-sync" in ended.out


def test_run_writes_its_result_to_stdout_and_its_files(finished: tuple[Path, Ended]) -> None:
    work, ended = finished
    assert ended.code == 0
    assert "reports/summary.json" in ended.out.split("\n")
    assert ended.out.endswith("reports/balance-sync.duckdb\n")
    assert "1 source: 1 read, 0 known already" in ended.err
    assert "1 files are no logs and were passed over" in ended.err
    summary = json.loads((work / "reports" / "summary.json").read_text())
    assert (summary["transactions"], summary["messages"], summary["rejects"]) == (3, 3, 0)
    assert summary["outcomes"]["published"] == 3
    assert summary["findings"]["overdraft"] == 2
    assert not (work / "reports" / "report.xlsx").exists()


def test_a_run_in_pipes_shows_no_progress(finished: tuple[Path, Ended]) -> None:
    written = finished[1].out + finished[1].err
    assert not {"\x1b", "\r"} & set(written)
    assert "reading logs" not in written


def test_the_same_run_again_tells_the_same_and_fails_on_findings(work: Path) -> None:
    options = ("--format", "csv", "-o", "again", "--store", "reports/store", "--fail-on", "error", "--json")
    ended = balance_sync("run", "logs", "-q", *options, cwd=work)
    assert (ended.code, ended.err) == (1, "")
    result = json.loads(ended.out)
    assert (result["worst"], result["findings"]["overdraft"], result["sources_kept"]) == ("critical", 2, 1)
    assert result["run_id"] == json.loads((work / "reports/summary.json").read_text())["run_id"]
    for table in ("findings", "transactions", "messages"):
        assert (work / f"again/csv/{table}.csv").read_bytes() == (
            work / f"reports/csv/{table}.csv"
        ).read_bytes()


def test_fail_on_gives_0_where_there_are_only_milder_findings(tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: start(0, "0abcdef0-0000-0000-0000-000000000001")})
    assert balance_sync("run", "logs", "--format", "json", "-q", "--fail-on", "info", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "where", "what"),
    [
        (("nothing",), 2, "balance-sync", "No such command 'nothing'"),
        (("run",), 2, "run", "Missing argument 'LOGS...'"),
        (("run", "logs", "--nothing"), 2, "run", "No such option '--nothing'"),
        (("run", "logs", "--format", "docx"), 2, "run", "Invalid value for '--format'"),
        (("run", "logs", "--threads", "0"), 2, "run", "Invalid value for '--threads'"),
        (("run", "logs", "--since", "yesterday"), 2, "--since", "'yesterday' is no date or time"),
        (("run", "logs", "--since", "0001-01-01"), 2, "--since", "'0001-01-01' is no date or time"),
        (
            ("run", "logs", "--since", "2024-02-01", "--until", "2024-01-01"),
            2,
            "--until",
            "'2024-01-01' is not after --since '2024-02-01'",
        ),
        (("run", "logs", "--timezone", "Asia/Nowhere"), 2, "--timezone", "'Asia/Nowhere' is no time zone"),
        (("run", "logs", "--rule", "nothing"), 2, None, None),
        (("run", "logs", "--rules-dir", "logs"), 2, "--rules-dir", "'logs' holds no rules"),
        (("run", "logs", "--memory-limit", "lots"), 2, "--memory-limit", "'lots' cannot be meant"),
        (
            ("run", "logs", "--memory-limit", "100MB"),
            2,
            "--memory-limit",
            "'100MB' is less than the program needs",
        ),
        (("ingest", "logs", "--memory-limit", "-5GB"), 2, "--memory-limit", "'-5GB' cannot be meant"),
        (("run", "logs", "--spill-limit", "-5GB"), 2, "--spill-limit", "'-5GB' cannot be meant"),
        (("run", "logs", "--config", "none.toml"), 2, "none.toml", "cannot be read"),
        (("run", "nowhere"), 3, "nowhere", "no such file or folder"),
        (("ingest", "nowhere"), 3, "nowhere", "no such file or folder"),
        (
            ("query", "SELECT 1", "--database", "none.duckdb"),
            2,
            "none.duckdb",
            "there is no database of a run",
        ),
        (("query", "SELECT nothing"), 2, "query", 'Binder Error: Referenced column "nothing"'),
        (("query", "SELECT 1; SELECT 2"), 2, "query", "give one SQL statement"),
        (("query", ""), 2, "query", "give one SQL statement"),
        (("query", "SELECT 1", "--database", "taken"), 2, "taken", "is no database of a run"),
        (("explain", "zzz", "--database", "taken"), 2, "taken", "is no database of a run"),
        (
            ("explain", "zzz", "--database", "other.duckdb"),
            2,
            "other.duckdb",
            "is no whole database of a run",
        ),
        (("explain", "0", "--timezone", "Asia/Nowhere"), 2, "--timezone", "'Asia/Nowhere' is no time zone"),
        (("explain", "zzz"), 2, "zzz", "no finding of reports/balance-sync.duckdb has an id that begins so"),
        (("ingest", "logs", "--store", "taken/store"), 5, "taken/store", "the store cannot be written"),
    ],
)
def test_failures_have_their_code_and_form(
    work: Path, arguments: tuple[str, ...], code: int, where: str | None, what: str | None
) -> None:
    (work / "taken").write_text("a file is in the way")
    duckdb.connect(work / "other.duckdb").close()
    ended = balance_sync(*arguments, cwd=work)
    assert (ended.code, ended.out) == (code, "")
    if where is None:
        return
    first, *rest = ended.err.rstrip("\n").split("\n")
    assert first.startswith(f"balance-sync: error: {where}: {what}")
    assert all(line.startswith(("  reason: ", "  help: ")) for line in rest)
    assert "Traceback" not in ended.err


def test_no_command_is_a_usage_error_that_shows_the_commands(tmp_path: Path) -> None:
    ended = balance_sync(cwd=tmp_path)
    assert ended.code == 2
    assert "Usage: balance-sync" in ended.out + ended.err


def test_strict_gives_3_for_a_damaged_source(work: Path, tmp_path: Path) -> None:
    whole = (work / "logs" / STREAM / "000000.gz").read_bytes()
    (tmp_path / "a.gz").write_bytes(whole[:-2])
    ended = balance_sync("ingest", "a.gz", "--strict", cwd=tmp_path)
    assert ended.code == 3
    assert ended.err.startswith("balance-sync: error: a.gz: gzip data cut short at byte ")
    told = balance_sync("run", "a.gz", "--format", "json", cwd=tmp_path)
    assert told.code == 0
    assert "warning: a.gz: gzip data cut short at byte " in told.err


def test_strict_gives_3_for_an_event_that_cannot_be_read(work: Path, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"no log at all\n" * 3 + b"2024-02-31T00:00:00.000Z START\n")
    ended = balance_sync("ingest", "a.log", work / "logs", "--strict", cwd=tmp_path)
    assert ended.code == 3
    assert ended.err.startswith("balance-sync: error: a.log:1: an event cannot be read, and 1 more\n")
    assert "reason: text before the first event\n" in ended.err
    assert "--rejects FILE" in ended.err
    again = balance_sync("run", "a.log", "--strict", "--store", "reports/store", cwd=tmp_path)
    assert (again.code, again.err) == (3, ended.err)
    # Of what else is in the store nothing is said.
    assert balance_sync("ingest", work / "logs", "--strict", cwd=tmp_path).code == 0


def test_ingest_tells_the_store_and_reads_nothing_twice(work: Path, tmp_path: Path) -> None:
    for read, kept in ((1, 0), (0, 1)):
        ended = balance_sync("ingest", work / "logs", "--store", "s", cwd=tmp_path)
        assert (ended.code, ended.out) == (0, "s\n")
        assert ended.err.startswith(f"{read} source{'' if read == 1 else 's'} read, {kept} known already\n")


def test_flag_beats_environment_beats_file_beats_default(work: Path, tmp_path: Path) -> None:
    def store(*arguments: str, **variables: str) -> str:
        return balance_sync("ingest", work / "logs", "-q", *arguments, cwd=tmp_path, **variables).out.strip()

    assert store() == "reports/store"
    (tmp_path / "balance-sync.toml").write_text(
        '[ingest]\nstore = "by-default-file"\n[run]\nformat = ["csv"]\n'
    )
    assert store() == "by-default-file"
    (tmp_path / "other.toml").write_text('[ingest]\nstore = "by-file"\n')
    assert store("--config", "other.toml") == "by-file"
    assert store(BALANCE_SYNC_CONFIG="other.toml") == "by-file"
    assert store("--config", "other.toml", BALANCE_SYNC_STORE="by-environment") == "by-environment"
    assert store("--store", "by-flag", BALANCE_SYNC_STORE="by-environment") == "by-flag"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[ingest]\nstor = "x"\n', ["c.toml: [ingest]: there is no option 'stor'", "did you mean 'store'?"]),
        ("[ingest\n", ["balance-sync: error: c.toml: is no TOML"]),
        ("ingest = 5\n", ["balance-sync: error: c.toml: [ingest]: is no table"]),
        ("[ingset]\nthreads = 1\n", ["c.toml: [ingset]: there is no such command", "did you mean [ingest]?"]),
        ("[demo]\nseed = 1\n", ["c.toml: [demo]: this command takes no options", "may be [run], [ingest]"]),
        ("[ingest]\nmax-depth = -1\n", ["error: c.toml: [ingest] max-depth: -1 is not in the range"]),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_told(work: Path, tmp_path: Path, content: str, told: list[str]) -> None:
    (tmp_path / "c.toml").write_text(content)
    ended = balance_sync("ingest", work / "logs", "--config", "c.toml", cwd=tmp_path)
    assert ended.code == 2
    assert all(text in ended.err for text in told)


def test_one_text_in_the_file_stands_for_a_list_of_one(work: Path, tmp_path: Path) -> None:
    (tmp_path / "balance-sync.toml").write_text('[run]\nformat = "json"\nrule = "overdraft@1"\n')
    ended = balance_sync("run", work / "logs", "-q", cwd=tmp_path)
    assert ended.code == 0
    assert ended.out.splitlines()[-2:] == ["reports/summary.json", "reports/balance-sync.duckdb"]
    assert ended.out.startswith("overdraft")


def test_an_interrupt_that_a_library_renames_gives_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read_arrow(*_: object) -> None:
        # As DuckDB does where the signal finds it reading Arrow data.
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            message = "reading the object as Arrow data failed: KeyboardInterrupt: "
            raise duckdb.InvalidInputException(message) from None

    monkeypatch.setattr("balance_sync.pipeline.run.run", read_arrow)
    monkeypatch.setattr(sys, "argv", ["balance-sync", "run", "logs"])
    # Whatever starts tests in the background may have them ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SystemExit) as ended:
            main()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.value.code == 130
    assert capsys.readouterr().err.strip().startswith("balance-sync: error: interrupted: nothing half done")


def test_query_prints_tables_csv_and_json(work: Path) -> None:
    sql = "SELECT transaction_id, amount, logged_at FROM transactions ORDER BY 1 LIMIT 1"
    table = balance_sync("query", sql, cwd=work)
    assert table.code == 0
    assert "T1" in table.out
    rows = list(csv.DictReader(io.StringIO(balance_sync("query", sql, "--csv", cwd=work).out)))
    assert [row["transaction_id"] for row in rows] == ["T1"]
    (row,) = json.loads(balance_sync("query", sql, "--json", cwd=work).out)
    assert row["transaction_id"] == "T1"
    cut = balance_sync("query", "FROM transactions", "--max-rows", "2", cwd=work)
    assert "only the first 2 rows are shown" in cut.err


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO messages SELECT * FROM messages",
        "DELETE FROM findings",
        "DROP TABLE findings",
        "CREATE TABLE x AS SELECT 1",
        "COPY findings TO 'out.csv'",
        "SELECT * FROM read_csv('secret.csv')",
        "SELECT * FROM 'secret.csv'",
        "SELECT * FROM read_text('secret.csv')",
        "ATTACH 'other.duckdb'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "EXPORT DATABASE 'out'",
        "SELECT 1; COPY findings TO 'out.csv'",
    ],
)
def test_query_changes_and_reads_nothing_else(work: Path, sql: str) -> None:
    (work / "secret.csv").write_text("a,b\nvery,secret\n")
    database = work / "reports" / "balance-sync.duckdb"
    before, names = database.read_bytes(), sorted(work.iterdir())
    ended = balance_sync("query", sql, cwd=work)
    assert ended.code == 2
    assert ended.err.startswith("balance-sync: error: query: ")
    assert "secret,secret" not in ended.out + ended.err.replace("very", "")
    assert database.read_bytes() == before
    assert sorted(work.iterdir()) == names


def test_explain_leads_a_finding_back_to_its_lines(work: Path) -> None:
    sql = "SELECT finding_id FROM findings WHERE rule = 'overdraft' ORDER BY finding_id LIMIT 1"
    (row,) = json.loads(balance_sync("query", sql, "--json", cwd=work).out)
    ended = balance_sync("explain", row["finding_id"][:8], cwd=work)
    assert (ended.code, ended.err) == (0, "")
    assert "critical: overdraft" in ended.out
    assert f"{STREAM}/000000.gz:" in ended.out
    assert "newBalance: -5" in ended.out
    figures = [line.split() for line in ended.out.split("\n") if line.startswith("  Below zero")]
    assert figures == [["Below", "zero", "-5.000", "BHD"]]


def test_the_hint_of_explain_can_be_pasted_where_the_program_is_not_on_the_path(work: Path) -> None:
    database = work / "a b.duckdb"
    database.write_bytes((work / "reports/balance-sync.duckdb").read_bytes())
    sql = "SELECT finding_id FROM findings ORDER BY finding_id LIMIT 1"
    (row,) = json.loads(balance_sync("query", sql, "--json", cwd=work).out)

    def shell(command: str) -> str:
        path = {"PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            ["sh", "-c", command], cwd=work, env=path, capture_output=True, text=True, check=True
        )
        return done.stdout

    program = Path(sys.executable).with_name("balance-sync")
    told = shell(f"{program} explain --database 'a b.duckdb' {row['finding_id']}")
    assert "SELECT" in shell(told.rstrip("\n").rsplit("SQL: ", 1)[1])


def test_info_and_rules_and_completion_print_something(tmp_path: Path) -> None:
    facts = json.loads(balance_sync("info", "--json", cwd=tmp_path).out)
    assert {"balance-sync", "python", "polars", "duckdb"} <= facts.keys()
    assert "overdraft" in balance_sync("rules", "list", cwd=tmp_path).out
    assert "_BALANCE_SYNC_COMPLETE" in balance_sync("completion", "bash", cwd=tmp_path).out


def test_a_reader_that_goes_away_is_no_error(work: Path) -> None:
    command = f"{sys.executable} -m balance_sync query 'SELECT * FROM range(100000)' --max-rows 0 | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=work, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "range"


def test_help_needs_no_heavy_package(tmp_path: Path) -> None:
    code = (
        "import sys, runpy\nsys.argv = ['balance-sync', 'run', '--help']\n"
        "try: runpy.run_module('balance_sync', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'polars', 'duckdb', 'sklearn', 'xlsxwriter', 'jinja2', 'pyarrow', 'numpy'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stderr.strip() == "[]"


def test_a_small_run_needs_neither_pandas_nor_scikit_learn(work: Path, tmp_path: Path) -> None:
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['balance-sync', 'run', {str(work / 'logs')!r}, '--format', 'json', '--threads', '2']\n"
        "try: runpy.run_module('balance_sync', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "print('brought in:', *sorted({'pandas', 'sklearn', 'scipy'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-1].strip() == "brought in:"


@pytest.mark.slow
def test_a_sample_is_told_and_nothing_is_written(work: Path, tmp_path: Path) -> None:
    ended = balance_sync("run", work / "logs", "--sample", "100%", "--json", cwd=tmp_path)
    assert ended.code == 0
    told = json.loads(ended.out)
    assert told["records"]["transactions"] == {"seen": 3, "estimate": 3, "low": 3, "high": 3}
    assert told["findings"]["overdraft"]["estimate"] == 2
    assert "anomaly" in told["not_estimated"]
    assert "no report was written" in ended.err
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["store"]
    assert "overdraft" in balance_sync("run", work / "logs", "--sample", "5 %", cwd=tmp_path).out


@pytest.mark.parametrize("share", ["1", "0%", "101%", "-1%", "nan%", "lots"])
def test_a_sample_is_a_percentage(work: Path, share: str) -> None:
    ended = balance_sync("run", "logs", f"--sample={share}", cwd=work)
    assert ended.code == 2
    assert "write a percentage such as 1%" in ended.err
    assert balance_sync("run", "logs", "--sample=1%", "--fail-on=error", cwd=work).code == 2


def test_a_period_before_all_logs_is_an_error_that_says_so(work: Path, tmp_path: Path) -> None:
    ended = balance_sync("run", work / "logs", "--until", "2020-01-01", cwd=tmp_path)
    assert ended.code == 3
    assert "no logs of the period" in ended.err
    assert "begin after 2019-12-31 21:00 UTC" in ended.err
