"""One subscriber, as `balance-sync subscriber` shows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import Ended, balance_sync

from archive_text import STREAM, synced, write_export


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work")
    text = synced(0, 1, id="'T1'", userId="'ab-1'", oldBalance="100", newBalance="95")
    text += synced(
        90_000_000, 2, id="'T2'", userId="'ab-1'", oldBalance="95", newBalance="90", paymentBalance="-5"
    )
    text += synced(200, 3, id="'T3'", userId="'ab-2'")
    text += synced(300, 4, id="'T4'", userId="'c\\x1b[31m'")
    write_export(folder / "logs", {STREAM: text})
    assert balance_sync("run", "logs", "--format", "json", cwd=folder).code == 0
    return folder


def shown(work: Path, *arguments: str) -> Ended:
    return balance_sync("subscriber", *arguments, cwd=work)


def test_balances_findings_and_roll_forward_are_shown(work: Path) -> None:
    ended = shown(work, "ab-1")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.split("\n")
    assert lines[0] == "subscriber ab-1, times in Asia/Bahrain"
    assert "BHD: 2 transactions" in lines
    assert next(line for line in lines if "= closing" in line).split() == ["=", "closing", "90.000"]
    assert "⠤⠤ subscription balance" in lines
    assert "⠤x⠤ value of a finding" in lines
    (episode,) = (line for line in lines if line.startswith("  critical"))
    assert "overdraft" in episode
    assert "worst -5.000 BHD, payment balance" in episode
    assert "\x1b" not in ended.out


def test_the_proof_is_one_command_away(work: Path) -> None:
    command = shown(work, "ab-1").out.rsplit("The proof of a finding: ", 1)[1].split()
    assert balance_sync(*command[command.index("explain") :], cwd=work).code == 0


def test_everything_as_json(work: Path) -> None:
    told = json.loads(shown(work, "ab-1", "--json").out)
    assert [link["new_balance"] for link in told["ledger"]] == [
        "95.000000000000000000",
        "90.000000000000000000",
    ]
    assert {finding["rule"] for finding in told["findings"]} >= {"overdraft"}
    assert told["roll_forward"][0]["closing"] == "90.000000000000000000"
    assert told["episodes"][0]["rule"] == "overdraft"


def test_the_beginning_of_an_id_is_enough_where_it_is_one(work: Path) -> None:
    assert shown(work, "ab-2").out.startswith("subscriber ab-2")
    several = shown(work, "ab")
    assert several.code == 2
    assert "2 subscribers have an id that begins so" in several.err
    nobody = shown(work, "zz")
    assert nobody.code == 2
    assert "no subscriber has such an id" in nobody.err


def test_an_id_with_control_characters_does_not_reach_the_terminal(work: Path) -> None:
    ended = shown(work, "c")
    assert ended.code == 0
    assert "\x1b" not in ended.out
