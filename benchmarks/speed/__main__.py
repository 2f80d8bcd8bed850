"""Measures balance-sync stage by stage: ``python -m benchmarks.speed measure|compare|gate|trend|list``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed import history, table, trend
from benchmarks.speed.archives import SHAPES, archive, size_bytes
from benchmarks.speed.case import Case
from benchmarks.speed.catalogue import CASES, applies, chosen_cases
from benchmarks.speed.compare import compare
from benchmarks.speed.gate import Figures, objections
from benchmarks.speed.session import Result, Session, measure_case, open_session, this_engine
from benchmarks.speed.yardsticks import START

SMALL = "20MB"
_GATE_REPEATS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 1 for wrong answers and refused results."""
    options = _parser().parse_args(arguments)
    commands = {
        "measure": _measure,
        "compare": _compare,
        "gate": _gate,
        "trend": _trend,
        "list": _list,
    }
    try:
        return commands[options.command](options)
    except ValueError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measure = commands.add_parser("measure", help="measure cases beside their yardsticks")
    compare_to = commands.add_parser("compare", help="measure cases beside those of another revision")
    compare_to.add_argument("base", help="a revision of Git")
    for each in (measure, compare_to):
        each.add_argument("--size", default=SMALL, help="20MB, 200MB, 1GB, 10GB; several with commas")
        each.add_argument(
            "--shape", default="export", help=f"{', '.join(SHAPES)} or all; several with commas"
        )
        each.add_argument("--repeats", type=int, default=5)
        each.add_argument("cases", nargs="*", metavar="CASE")
    measure.add_argument(
        "--no-record", dest="record", action="store_false", help="add nothing to the history"
    )
    gate = commands.add_parser("gate", help="fail on wrong answers, memory and ratios far out of line")
    gate.add_argument("--size", default=SMALL)
    gate.add_argument("--shape", default="export", help="of most cases; logs to tables and the job: all")
    gate.add_argument("cases", nargs="*", metavar="CASE")
    page = commands.add_parser("trend", help="make the page of charts from the history")
    page.add_argument("--output", type=Path, default=trend.PAGE)
    commands.add_parser("list", help="list the cases")
    return parser


def _points(options: argparse.Namespace) -> list[tuple[Case, str, str]]:
    """Return each case with each size and shape that it has a meaning for; those without an archive once."""
    shapes = SHAPES if options.shape == "all" else options.shape.split(",")
    if unknown := sorted(set(shapes) - set(SHAPES)):
        raise ValueError(f"no such shape: {', '.join(unknown)}; there are {', '.join(SHAPES)}")
    sizes = options.size.split(",")
    for size in sizes:
        size_bytes(size)
    points: list[tuple[Case, str, str]] = []
    for shape in shapes:
        for size in sizes:
            points.extend(
                (case, size, shape)
                for case in chosen_cases(options.cases)
                if applies(case, size=size, shape=shape)
                and (case.shapes or (size, shape) == (sizes[0], shapes[0]))
            )
    return points


def _measure_point(session: Session, point: tuple[Case, str, str], repeats: int) -> Result:
    case, size, shape = point
    of = archive(size, shape) if case.shapes else None
    return measure_case(session, case, of, repeats=repeats)


def _measure(options: argparse.Namespace) -> int:
    failed = False
    points = _points(options)
    print(table.HEADER)
    with open_session() as session:
        for point in points:
            result = _measure_point(session, point, options.repeats)
            if result.problems:
                failed = True
                _tell_problems(result)
                continue
            line = history.line_of(result)
            print(table.row(line), flush=True)
            for missed in line.yardstick_misses:
                print(f"{line.yardstick} is off: {missed}", file=sys.stderr)
            if options.record:
                history.append([line])
    return int(failed)


def _tell_problems(result: Result) -> None:
    of = f" ({result.archive.size}, {result.archive.shape})" if result.archive else ""
    for problem in result.problems:
        print(f"FAILED: {result.case.name}{of}: {problem}", file=sys.stderr, flush=True)


def _gate(options: argparse.Namespace) -> int:
    refused = 0
    with open_session() as session:
        start_s = min(session.run(START, session.place(this_engine(), None)).seconds for _ in range(2))
        for point in _gated_points(options):
            result = _measure_point(session, point, 1)
            found = result.problems or objections(point[0], _figures(result, start_s))
            if found and not result.problems:
                # A ratio may be out of line because something else ran in the same second.
                result = _measure_point(session, point, _GATE_REPEATS)
                found = result.problems or objections(point[0], _figures(result, start_s))
            print(f"{point[0].name} ({point[2]}): {'; '.join(found) or _well(result)}", flush=True)
            refused += bool(found)
    print(f"{refused} of the benchmarks refused" if refused else "the benchmarks are in line")
    return int(refused > 0)


def _gated_points(options: argparse.Namespace) -> list[tuple[Case, str, str]]:
    points = _points(options)
    if not options.cases:
        points += [
            (CASES[name], options.size, shape)
            for name in ("tables", "job")
            for shape in SHAPES
            if shape != options.shape
        ]
    return points


def _figures(result: Result, start_s: float) -> Figures:
    return Figures(result.ratio, result.yardstick_s, result.peak_mb, start_s)


def _well(result: Result) -> str:
    return f"right, ratio {result.ratio:.3g} to {result.case.yardstick.name}, {result.peak_mb:.0f} MB"


def _compare(options: argparse.Namespace) -> int:
    return compare(options.base, _points(options), repeats=options.repeats)


def _trend(options: argparse.Namespace) -> int:
    lines = history.read()
    if not lines:
        raise ValueError(f"{history.HISTORY} holds nothing yet: run 'make bench' first")
    found = trend.write(options.output, lines)
    for each in found:
        print(f"regression: {each}")
    print(options.output)
    return 0


def _list(_: argparse.Namespace) -> int:
    for case in CASES.values():
        print(f"{case.name:<18} {case.title}; beside {case.yardstick.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
