"""Decisions handed on as text come back as they were."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from said import AT, said

from balance_sync.errors import InputError
from balance_sync.feedback.importing import Plan, Source, plan_import
from balance_sync.feedback.journal import Imported
from balance_sync.feedback.statements import Entry, Refused, Statement, checked, normal_note, read_decision
from balance_sync.feedback.texts import as_csv, as_json_lines, read_texts

SOURCE = Source(Imported("file", "hash"), "Importer", AT)

notes = st.text(max_size=40) | st.sampled_from(["=1+1", "'=1", "''=x", "'tis", "-1", 'a,b"c', "@x", "＝1"])


def entries(*statements: Statement) -> list[Entry]:
    return [Entry(number, one, "", f"h{number}") for number, one in enumerate(statements, start=1)]


def read_back(text: str, name: str, known: list[Entry], *, into: list[Entry] | None = None) -> Plan:
    subjects = {one.statement.subject.finding_id: one.statement.subject for one in known}
    rows = read_texts(Path(name), text.encode())
    return plan_import(rows, subjects=subjects, entries=into or [], source=SOURCE)


@given(st.lists(st.tuples(st.sampled_from("ab"), notes, st.sampled_from(["Anna", "=Bo"])), max_size=5))
def test_an_export_reads_back_into_another_file(given_rows: list[tuple[str, str, str]]) -> None:
    kept = []
    for at, (finding, note, by) in enumerate(given_rows):
        try:
            moment = AT + timedelta(seconds=at)
            kept.append(checked(said(finding, "confirmed", note=note, decided_by=by, decided_at=moment)))
        except Refused:
            continue
    original = entries(*kept)
    for text, name in ((as_csv(original), "x.csv"), (as_json_lines(original), "x.jsonl")):
        plan = read_back(text, name, original)
        assert [one.note for one in plan.statements] == [one.note for one in kept]
        assert [(one.subject, one.decided_by, one.decided_at) for one in plan.statements] == [
            (one.subject, one.decided_by, one.decided_at) for one in kept
        ]
        again = read_back(text, name, original, into=original)
        assert (again.statements, again.known) == ((), len(kept))


def test_a_history_about_one_finding_reads_back_as_one() -> None:
    known = entries(said("a"), said("a", "confirmed", decided_at=AT + timedelta(hours=1)))
    assert [one.decision for one in read_back(as_csv(known), "x.csv", known).statements] == [
        "false_positive",
        "confirmed",
    ]


def test_a_table_made_by_hand_needs_three_columns() -> None:
    known = entries(said("a"), said("b"))
    plan = read_back("Finding ID,Decision,Note\na,Confirmed,seen\nb,,\n", "x.csv", known)
    ((statement),) = plan.statements
    assert (statement.decision, statement.note, statement.decided_by) == ("confirmed", "seen", "Importer")
    assert plan.undecided == 1


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("x.csv", "a,b\n1,2\n", "x.csv:1"),
        ("x.csv", 'finding_id,decision\na,"open', "x.csv:2"),
        ("x.jsonl", "{}\nnot json\n", "x.jsonl:2"),
        ("x.jsonl", "[1]\n", "x.jsonl:1"),
        ("x.jsonl", json.dumps({"finding_id": {"a": 1}}), "x.jsonl:1"),
        ("x.jsonl", "[" * 100_000, "x.jsonl:1"),
    ],
)
def test_what_is_no_such_file_is_told_with_its_line(name: str, text: str, where: str) -> None:
    with pytest.raises(InputError) as told:
        read_back(text, name, [])
    assert told.value.where == where


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("zz,confirmed,,,,,", "no finding has the id 'zz'"),
        ("a,perhaps,,,,,", "is no decision"),
        ("a,accepted,,,,,", "without a reason"),
        ("a,,only a note,,,,", "a note and no decision"),
        ("a,confirmed,,,,everything,", "is no scope"),
        ("a,confirmed,,,,,31.1.2024", "is no day"),
        ("a,confirmed,,Anna,yesterday,,", "is no time"),
        ("a,confirmed,,Anna,2024-01-31T12:00:00,,", "names no time zone"),
        ("a,confirmed,,Anna,2999-01-31T12:00:00Z,,", "in the future"),
        ("a,confirmed,\x07,,,,", "control characters"),
        ("a,confirmed," + "x" * 2001 + ",,,,", "more than 2,000 characters"),
    ],
)
def test_a_row_that_cannot_be_meant_is_told_and_nothing_is_taken(row: str, reason: str) -> None:
    header = "finding_id,decision,note,decided_by,decided_at,scope,until\n"
    with pytest.raises(InputError, match="nothing was imported") as told:
        read_back(f"{header}a,confirmed,fine,,,,\n{row}\n", "x.csv", entries(said("a")))
    assert "line 3: " in told.value.reason
    assert reason in told.value.reason


def test_two_rows_may_not_say_two_things_of_one_finding() -> None:
    text = "finding_id,decision\na,confirmed\na,false positive\n"
    with pytest.raises(InputError) as told:
        read_back(text, "x.csv", entries(said("a")))
    assert "decides otherwise than line 2" in told.value.reason
    plan = read_back("finding_id,decision\na,confirmed\na,Confirmed\n", "x.csv", entries(said("a")))
    assert (len(plan.statements), plan.known) == (1, 1)


def test_what_a_sheet_showed_already_is_nothing_new_though_somebody_decided_since() -> None:
    known = entries(said("a", note="seen"), said("a", "confirmed", decided_at=AT + timedelta(hours=1)))
    header = "finding_id,decision,note,entry_id\n"
    assert read_back(f"{header}a,False positive,seen,1\n", "x.csv", known, into=known).statements == ()
    changed = read_back(f"{header}a,False positive,seen again,1\n", "x.csv", known, into=known)
    assert [one.note for one in changed.statements] == ["seen again"]
    with pytest.raises(InputError) as told:
        read_back(f"{header}a,,,1\n", "x.csv", known, into=known)
    assert "was taken out" in told.value.reason


@pytest.mark.parametrize("text", ["False positive", " FALSE_POSITIVE ", "false-positive"])
def test_a_decision_may_be_written_in_words(text: str) -> None:
    assert read_decision(text) == "false_positive"


def test_a_note_is_one_line_that_hides_nothing() -> None:
    assert normal_note(" a\r\nb\t\u202ec\u200f\u00a0d ") == "a b c d"
    assert normal_note("نامه\u200cای") == "نامه\u200cای"
