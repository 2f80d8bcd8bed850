"""Slips on the command line and in the environment: told, never taken for something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import balance_sync

from archive_text import STREAM, synced, write_export


@pytest.mark.parametrize("arguments", [("-o", ""), ("--store", ""), ("--database", "")])
def test_an_empty_path_is_not_the_current_folder(arguments: tuple[str, str], tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1)})
    ended = balance_sync("run", "logs", *arguments, cwd=tmp_path)
    assert ended.code == 2
    assert "an empty text names no file and no folder" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_a_variable_that_no_option_reads_is_told_of(tmp_path: Path) -> None:
    read = {"BALANCE_SYNC_KEY": "secret", "BALANCE_SYNC_COMPILED": "no"}
    ended = balance_sync("info", cwd=tmp_path, BALANCE_SYNC_MEMORY_LIMITS="1GB", **read)
    assert ended.code == 0
    assert ended.err == (
        "warning: BALANCE_SYNC_MEMORY_LIMITS is no setting of this program and is ignored; "
        "did you mean BALANCE_SYNC_MEMORY_LIMIT?\n"
    )


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("max-depth", "many"), ("memory-limit", "much"), ("format", "doc"), ("timezone", "Mars")],
)
def test_an_error_names_the_place_where_the_wrong_value_stands(name: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(f'[run]\n{name} = "{wrong}"\n')
    variable = f"BALANCE_SYNC_{name.replace('-', '_').upper()}"
    for arguments, variables, place in (
        (("--config", "c.toml"), {}, f"c.toml: [run] {name}: '{wrong}'"),
        ((), {variable: wrong}, f"{variable}: '{wrong}'"),
        ((f"--{name}", wrong), {"BALANCE_SYNC_CONFIG": "c.toml"}, f"--{name}"),
    ):
        ended = balance_sync("run", "logs", *arguments, cwd=tmp_path, **variables)
        assert ended.code == 2
        first, *_ = ended.err.splitlines()
        assert place in first
        assert f"'{wrong}'" in first


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('rule = ["nope"]', "c.toml: [run] rule nope: there is no such rule"),
        ("review = -3", "c.toml: [run] review: -3 is not in the range"),
        ("output = 5", "c.toml: [run] output: is no text"),
        ('format = ["none", "json"]', "c.toml: [run] format none: has another format beside it"),
    ],
)
def test_an_error_names_the_key_that_holds_the_wrong_value(line: str, told: str, tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1)})
    (tmp_path / "c.toml").write_text(f"[run]\n{line}\n")
    ended = balance_sync("run", "logs", "--config", "c.toml", cwd=tmp_path)
    assert ended.code == 2
    assert told in ended.err.splitlines()[0]


def test_a_run_where_another_writes_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    from balance_sync.store.dataset import Store

    write_export(tmp_path / "logs", {STREAM: synced(0, 1)})
    with Store(tmp_path / "out" / "store", "1").sole_use():
        ended = balance_sync("run", "logs", "-o", "out", cwd=tmp_path)
    assert ended.code == 4
    assert ended.err.splitlines()[:2] == [
        "balance-sync: error: out/store: another run is writing there",
        "  help: wait until it has ended, or name another folder with --store",
    ]
    assert list((tmp_path / "out" / "store").iterdir()) == []


@pytest.mark.slow
def test_without_a_report_there_is_the_database_alone(tmp_path: Path) -> None:
    write_export(tmp_path / "logs", {STREAM: synced(0, 1)})
    ended = balance_sync("run", "logs", "-o", "out", "--format", "none", cwd=tmp_path)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "out/balance-sync.duckdb")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["balance-sync.duckdb", "store"]
    assert balance_sync("report", "--database", ended.out.split()[-1], cwd=tmp_path).code == 0
    assert (tmp_path / "out" / "report.xlsx").is_file()


@pytest.mark.parametrize("also", [("--format", "json"), ("--against", "out")])
def test_no_report_and_one_all_the_same_is_refused(also: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_export(tmp_path / "logs", {STREAM: synced(0, 1)})
    ended = balance_sync("run", "logs", "--format", "none", *also, cwd=tmp_path)
    assert ended.code == 2
    assert "--format none" in ended.err
