"""What is measured: a case is a program, the answer it must give, and a yardstick run in turn with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed.archives import SHAPES, Archive
from benchmarks.speed.engine import Engine

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a program runs, and on what.

    Attributes
    ----------
    archive
        None for what reads no archive.
    prepared
        Kept for all runs of an engine on an archive: what setting up made.
    scratch
        Empty at the start of each run.
    """

    engine: Engine
    archive: Archive | None
    prepared: Path
    scratch: Path

    @property
    def logs(self) -> Path:
        """The folder of the archive's logs."""
        if self.archive is None:
            raise ValueError("this program reads no archive")
        return self.archive.logs

    def make_once(self, name: str, make: Callable[[Path], None]) -> None:
        """Have `make` fill the folder `name` of `prepared`, unless it is there: whole or not at all."""
        made = self.prepared / name
        if made.exists():
            return
        unfinished = made.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        make(unfinished)
        unfinished.rename(made)


@dataclass(frozen=True)
class Outcome:
    """What a program said or left behind.

    Attributes
    ----------
    facts
        To be compared with the right ones.
    seconds, cpu_s
        By the program's own clock; None: those of the whole process count.
    units
        The ratio is of seconds per unit.
    """

    facts: Facts = field(default_factory=dict)
    rows: int = 0
    units: float = 1
    seconds: float | None = None
    cpu_s: float | None = None


def told_outcome(_: Place, out: str) -> Outcome:
    """Read what `benchmarks.speed.stopwatch.Stopwatch.tell` printed."""
    told = json.loads(out.strip().splitlines()[-1])
    return Outcome(told["facts"], told["rows"], told["units"], told["seconds"], told["cpu_s"])


def told_facts(place: Place, out: str) -> Outcome:
    """Read the same, but let the time of the whole process count."""
    told = told_outcome(place, out)
    return Outcome(told.facts, told.rows, told.units)


def no_outcome(_: Place, __: str) -> Outcome:
    """Find nothing: for programs whose result is thrown away."""
    return Outcome()


def no_facts(_: Facts) -> Facts:
    """Expect nothing."""
    return {}


@dataclass(frozen=True)
class Program:
    """Something that can be run and timed.

    Attributes
    ----------
    read
        Finds out, after a run and untimed, what came of it.
    expected
        The facts that the archive's answer demands; what else `read` finds is not compared.
    prepare
        Done once for an engine and archive, untimed; must bear being called again.
    """

    name: str
    command: Callable[[Place], list[str]]
    read: Callable[[Place, str], Outcome] = no_outcome
    expected: Callable[[Facts], Facts] = no_facts
    prepare: Callable[[Place], None] | None = None


@dataclass(frozen=True)
class Case:
    """A program of balance-sync beside its yardstick.

    Attributes
    ----------
    title
        What is measured, in words.
    bar
        The ratio to stay below. What is promised (`benchmarks.speed.bars`) is promised at 1 GB; the bar of
        any other case is about what it takes at 20 MB, and is lowered when it becomes faster.
    memory_mb
        The ceiling of its memory, whatever the size.
    starts
        Whether its time holds the start of Python and the import of what it needs, which no amount of data
        changes: the gate allows for that at small sizes.
    shapes
        Of archives; none for what reads no archive.
    of_text
        Whether MB of the archive's text a second say something about it.
    largest
        Bytes of text beyond which the case has no meaning; 0: none.
    """

    program: Program
    title: str
    yardstick: Program
    bar: float
    memory_mb: float
    starts: bool = False
    shapes: tuple[str, ...] = SHAPES
    of_text: bool = True
    largest: int = 0

    @property
    def name(self) -> str:
        """The name it is asked for and recorded under."""
        return self.program.name


def wrong_facts(expected: Facts, found: Facts) -> list[str]:
    """Say in words each fact that is not as expected."""
    return [
        f"{name} is {found.get(name, 'missing')} and should be {right}"
        for name, right in expected.items()
        if found.get(name) != right
    ]
