"""What a user waits for before anything begins; no archive is read."""

from __future__ import annotations

from benchmarks.speed.case import Case, Outcome, Place, Program
from benchmarks.speed.yardsticks import BARE_PYTHON


def _help(place: Place) -> list[str]:
    return place.engine.program("--help")


def _read_help(_: Place, out: str) -> Outcome:
    return Outcome({"tells of run": " run " in out})


def _import(place: Place) -> list[str]:
    return [str(place.engine.python), "-c", "import balance_sync; print(balance_sync.__version__)"]


def _read_version(_: Place, out: str) -> Outcome:
    return Outcome({"tells its version": bool(out.strip())})


CASES = (
    Case(
        Program("help", _help, _read_help, lambda _: {"tells of run": True}),
        title="`balance-sync --help`",
        yardstick=BARE_PYTHON,
        bar=15,
        memory_mb=150,
        shapes=(),
    ),
    Case(
        Program("import", _import, _read_version, lambda _: {"tells its version": True}),
        title="`import balance_sync`, Python's own start included",
        yardstick=BARE_PYTHON,
        bar=3,
        memory_mb=100,
        shapes=(),
    ),
)
