"""Reads the decisions out of a workbook that somebody worked in.

The file may come from anywhere, and a cell far off in a sheet of a few hundred bytes lets the library ask for
terabytes, at which it ends the process. So it reads in a process of its own, with limits, and what comes back
is text.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from balance_sync.errors import InputError
from balance_sync.feedback.rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MEMORY_BYTES = 3 << 30
PROCESSOR_S = 300


class Request(msgspec.Struct, frozen=True):
    """What the other process is asked for; `passed_over` are names of sheets."""

    path: str
    passed_over: tuple[str, ...]
    memory_bytes: int
    processor_s: int


class Answer(msgspec.Struct, frozen=True):
    """What it answers: rows of the sheets that have decisions, or why there are none."""

    rows: tuple[Row, ...] = ()
    sheets: int = 0
    problem: str = ""


def read_workbook(
    path: Path, *, passed_over: Sequence[str] = (), memory_bytes: int = MEMORY_BYTES
) -> tuple[Row, ...]:
    """Return the rows of all sheets with the columns of decisions, in order.

    Parameters
    ----------
    passed_over
        Sections whose sheets are not looked at.
    memory_bytes
        What the reading process may take.

    Raises
    ------
    InputError
        It is no workbook, none of its sheets has the columns, or it takes more than a workbook should.
    """
    request = Request(str(path.absolute()), tuple(passed_over), memory_bytes, PROCESSOR_S)
    # -P: nothing is imported from the folder that the program happens to be called in.
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "balance_sync.feedback.sheet_process"],
        input=msgspec.json.encode(request),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    try:
        answer = msgspec.json.decode(ended.stdout, type=Answer)
    except msgspec.DecodeError:
        answer = Answer(
            problem=f"its reader ended with {ended.returncode}: it takes more than a workbook should"
        )
    if answer.problem:
        raise InputError(
            str(path),
            "cannot be read as a workbook",
            reason=answer.problem,
            help="import the report.xlsx of a run, saved as .xlsx",
        )
    if not answer.sheets:
        raise InputError(
            str(path),
            "no sheet has the columns Finding, Decision and Note",
            help="keep the headers of the report's sheets as they are",
        )
    return answer.rows
