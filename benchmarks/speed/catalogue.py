"""All cases, in the order in which the work goes."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.speed.archives import size_bytes
from benchmarks.speed.case import Case
from benchmarks.speed.rivals import duckdb_regex, pandas_re
from benchmarks.speed.stages import (
    anomalies,
    cold,
    deliveries,
    increment,
    inflate,
    overlap,
    packed,
    parse,
    reports,
    rules,
    split,
    start,
    store,
    tables,
    whole_job,
    workbook,
)

CASES: dict[str, Case] = {
    case.name: case
    for module in (
        *(
            start,
            inflate,
            split,
            parse,
            store,
            tables,
            cold,
            packed,
            deliveries,
            rules,
            anomalies,
            workbook,
            reports,
        ),
        *(whole_job, increment, overlap, duckdb_regex, pandas_re),
    )
    for case in module.CASES
}


def chosen_cases(names: Sequence[str]) -> list[Case]:
    """Return the named cases, or all.

    Raises
    ------
    ValueError
        There is no case of a name.
    """
    unknown = sorted(set(names) - set(CASES))
    if unknown:
        raise ValueError(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
    return [CASES[name] for name in names] if names else list(CASES.values())


def applies(case: Case, *, size: str, shape: str) -> bool:
    """Tell whether a case has a meaning for archives of this size and shape."""
    if not case.shapes:
        return True
    return shape in case.shapes and (not case.largest or size_bytes(size) <= case.largest)
