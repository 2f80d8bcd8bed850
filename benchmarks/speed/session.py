"""Runs a case and its yardstick in turn, each answer checked before its time counts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

from benchmarks.speed.archives import Archive, cache_folder
from benchmarks.speed.case import Case, Facts, Place, Program, wrong_facts
from benchmarks.speed.engine import SUITE_ROOT, Engine
from benchmarks.speed.measure import measure
from benchmarks.speed.yardsticks import GUNZIP

_SHOWN_LINES = 12


class RunError(Exception):
    """A program that did not end as it should: there is nothing to time.

    Attributes
    ----------
    engine
        The version that it was of.
    """

    def __init__(self, engine: Engine, text: str) -> None:
        super().__init__(text)
        self.engine = engine


@dataclass(frozen=True)
class Run:
    """One run of a program that ended well.

    Attributes
    ----------
    wrong
        Which facts are not as the archive's answer demands, in words.
    """

    seconds: float
    cpu_s: float
    peak_mb: float
    rows: int
    units: float
    wrong: list[str]

    @property
    def unit_s(self) -> float:
        """Seconds per unit, which is what ratios compare."""
        return self.seconds / self.units


@dataclass
class Result:
    """All runs of a case on an archive, beside those of its yardstick."""

    case: Case
    archive: Archive | None
    runs: list[Run] = field(default_factory=list)
    yardstick_runs: list[Run] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median."""
        return median(run.seconds for run in self.runs)

    @property
    def yardstick_s(self) -> float:
        """The median of the yardstick."""
        return median(run.seconds for run in self.yardstick_runs)

    @property
    def ratio(self) -> float:
        """The case's median over the yardstick's, of seconds per unit; less is better."""
        return median(run.unit_s for run in self.runs) / median(run.unit_s for run in self.yardstick_runs)

    @property
    def peak_mb(self) -> float:
        """The most that any run took."""
        return max(run.peak_mb for run in self.runs)


class Session:
    """Keeps what setting up made, for all cases of an invocation; removed at its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._warm: set[Path] = set()

    def place(self, engine: Engine, of: Archive | None) -> Place:
        """Return where programs of `engine` run on the archive `of`."""
        name = f"{engine.root.name}-{of.directory.name if of else 'nothing'}"
        prepared = self._folder / "prepared" / name
        prepared.mkdir(parents=True, exist_ok=True)
        return Place(engine, of, prepared, self._folder / "scratch")

    def prepare(self, program: Program, place: Place) -> None:
        """Do, untimed, what a program needs done before."""
        if program.prepare is not None:
            with _emptied(place.scratch):
                try:
                    program.prepare(place)
                except subprocess.CalledProcessError as error:
                    raise RunError(place.engine, f"{program.name} cannot be prepared: {error}") from error

    def warm(self, place: Place) -> None:
        """Bring the archive into the file cache, for whoever reads it first would pay for that."""
        if place.archive is not None and place.archive.directory not in self._warm:
            self.run(GUNZIP, place)
            self._warm.add(place.archive.directory)

    def run(self, program: Program, place: Place) -> Run:
        """Run a program once in an empty folder, and check its answer.

        Raises
        ------
        RunError
            It failed.
        """
        answer: Facts = place.archive.answer if place.archive else {}
        with _emptied(place.scratch):
            command = program.command(place)
            took = measure(command, environment=place.engine.environment(), directory=place.scratch)
            if took.code != 0:
                shown = "\n".join((took.err or took.out).strip().splitlines()[-_SHOWN_LINES:])
                raise RunError(place.engine, f"{program.name} ended with {took.code}:\n{shown}")
            outcome = program.read(place, took.out)
        return Run(
            outcome.seconds if outcome.seconds is not None else took.seconds,
            outcome.cpu_s if outcome.cpu_s is not None else took.cpu_s,
            took.peak_mb,
            outcome.rows,
            outcome.units,
            wrong_facts(program.expected(answer), outcome.facts),
        )


@contextmanager
def open_session() -> Iterator[Session]:
    """Give a session in the cache folder, so that archives can be linked."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix="session-", dir=cache_folder()))
    try:
        yield Session(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def this_engine() -> Engine:
    """Return the version that the suite itself belongs to."""
    return Engine(SUITE_ROOT, Path(sys.executable))


def measure_case(session: Session, case: Case, of: Archive | None, *, repeats: int) -> Result:
    """Run yardstick and case in turn, `repeats` times; stop at the first wrong answer or failure."""
    result = Result(case, of)
    place = session.place(this_engine(), of)
    try:
        for program in (case.program, case.yardstick):
            session.prepare(program, place)
        session.warm(place)
        for _ in range(repeats):
            result.yardstick_runs.append(session.run(case.yardstick, place))
            run = session.run(case.program, place)
            if run.wrong:
                result.problems.extend(f"wrong answer: {text}" for text in run.wrong)
                break
            result.runs.append(run)
    except RunError as error:
        result.problems.append(str(error))
    return result
