"""``report.xlsx``: the accountant's workbook, of any size in bounded memory."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.reports.context import Section
from balance_sync.reports.labels import TITLE, rule_words
from balance_sync.reports.sheets import sections
from balance_sync.reports.sheets.archive import fast_archives
from balance_sync.reports.sheets.block_sheet import BLOCK_SHEETS, BlockSheet
from balance_sync.reports.sheets.charts_sheet import CHARTS, write_charts
from balance_sync.reports.sheets.completeness_plan import completeness_plan
from balance_sync.reports.sheets.formats import FormatBook
from balance_sync.reports.sheets.period_plans import QUERIES, period_plans
from balance_sync.reports.sheets.plan import EXCEL_ROWS, SheetPlan
from balance_sync.reports.sheets.readme import Readme
from balance_sync.reports.sheets.sign_off import write_sign_off
from balance_sync.reports.sheets.table_sheet import FIRST_SHEET, TableSheet
from balance_sync.reports.visible_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from xlsxwriter import Workbook

    from balance_sync.reports.data import ReportData

_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in the properties of a workbook about an empty archive, or one older than Excel can say."""


def write_workbook(path: Path, data: ReportData, *, max_rows: int = EXCEL_ROWS) -> None:
    """Write the workbook to `path`.

    Parameters
    ----------
    max_rows
        Rows a sheet may hold; longer sections continue on further sheets.

    Raises
    ------
    DeliveryError
        A cell could not be written.
    OSError
        The file could not be written.
    """
    from xlsxwriter.exceptions import XlsxFileError

    workbook = _open(path, data)
    try:
        _fill(workbook, data, max_rows=max_rows)
    except BaseException:
        _abandon(workbook)
        raise
    try:
        with fast_archives():
            workbook.close()
    except XlsxFileError as error:
        raise OSError(str(error)) from error


def _open(path: Path, data: ReportData) -> Workbook:
    from xlsxwriter import Workbook

    workbook = Workbook(
        str(path),
        {
            # Rows go to a file beside the workbook as they are written, so memory does not grow with them.
            "constant_memory": True,
            "tmpdir": str(path.parent),
            "use_zip64": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    context = data.context
    # The last moment of the archive, not of the run: the same input gives the same bytes.
    created = max(data.totals.last_at or _NO_DATE, _NO_DATE).astimezone(UTC).replace(tzinfo=None)
    workbook.set_properties(
        {"title": TITLE, "comments": f"Run {context.run_id}", "author": "balance-sync", "created": created}
    )
    return workbook


def _fill(workbook: Workbook, data: ReportData, *, max_rows: int) -> None:
    book = FormatBook(workbook)
    plans = _plans(data, max_rows=max_rows)
    footer = visible(f"Run {data.context.run_id}").replace("&", "&&")

    def block_sheet(name: str) -> BlockSheet:
        return BlockSheet(workbook, name, book=book, plans=plans, footer=footer)

    Readme(block_sheet(FIRST_SHEET), data, plans=plans).write()
    if data.shows(Section.CHARTS):
        write_charts(workbook, block_sheet(CHARTS), data)
    transactions = plans.get("Transactions")

    def write(section: str, frames: Iterator[pl.DataFrame]) -> None:
        if section not in plans:
            return
        TableSheet(
            workbook,
            plans[section],
            book=book,
            zone=data.context.timezone,
            footer=footer,
            target=None if section == "Transactions" else transactions,
        ).write(frames)

    if data.shows(Section.FINDINGS):
        for rule, frames in _by_rule(data.frames("findings")):
            write(rule, frames)
    for section, queries in (
        ("Episodes", ("episodes",)),
        ("Anomalies", ("anomalies", "anomalies_set_aside")),
        *((name, (query,)) for name, query in QUERIES.items()),
        ("Roll-forward", ("roll_forward",)),
        ("Transactions", ("transactions",)),
        ("Rejects", ("rejects",)),
        ("Sources", ("sources",)),
        ("Completeness", ("completeness",)),
    ):
        if section in plans:
            write(section, chain.from_iterable(data.frames(query) for query in queries))
    write("Rules", iter([_rules_frame(data)]))
    write_sign_off(block_sheet("Sign-off"), data)
    if "Changes" in plans:
        write("Changes", data.frames("changes"))


def _plans(data: ReportData, *, max_rows: int) -> dict[str, SheetPlan]:
    """Return the plan of each section in the order of the sheets; rules by their id."""
    fixed = {
        "Episodes": sections.episodes_plan(data, max_rows=max_rows),
        "Anomalies": sections.anomalies_plan(data, max_rows=max_rows),
        **period_plans(data, max_rows=max_rows),
        "Roll-forward": sections.roll_forward_plan(data, max_rows=max_rows),
        "Transactions": sections.transactions_plan(data, max_rows=max_rows),
        "Rejects": sections.rejects_plan(data, max_rows=max_rows),
        "Sources": sections.sources_plan(data, max_rows=max_rows),
        "Completeness": completeness_plan(data, max_rows=max_rows),
        "Rules": sections.rules_plan(data, max_rows=max_rows),
    }
    if data.changes:
        fixed["Changes"] = sections.changes_plan(data, max_rows=max_rows)
    names = sections.sheet_names(data, [*BLOCK_SHEETS, *fixed])
    rules = {
        result.run.rule: sections.rule_plan(result, names[result.run.rule], max_rows=max_rows)
        for result in sections.shown_rules(data)
        if data.shows(Section.FINDINGS)
    }
    of_section = dict.fromkeys(QUERIES, Section.ANOMALIES)
    shown = rules | {
        name: plan for name, plan in fixed.items() if data.shows(of_section.get(name, name.lower()))
    }
    return {name: plan.summing(data.currencies).limited(data.most(plan.rows)) for name, plan in shown.items()}


def _by_rule(frames: Iterator[pl.DataFrame]) -> Iterator[tuple[str, Iterator[pl.DataFrame]]]:
    """Cut a stream of findings, ordered by rule, into one stream a rule; each must be used up in turn."""
    pieces = (piece for frame in frames for piece in frame.partition_by("rule", maintain_order=True))
    return groupby(pieces, key=lambda piece: str(piece["rule"][0]))


def _rules_frame(data: ReportData) -> pl.DataFrame:
    import polars as pl

    rows = [
        {
            "severity": one.run.severity,
            "rule": one.run.rule,
            "version": one.run.version,
            "findings": one.findings,
            "title": visible(f"{rule_words(one.run.rule, one.run.title).name}: {one.run.title}"),
            "description": visible(" ".join(one.run.description.split())),
            "sha256": one.run.sha256,
        }
        for one in data.rules
    ]
    return pl.DataFrame(rows)


def _abandon(workbook: Workbook) -> None:
    """Close and remove the row files of a workbook that will not be finished."""
    for sheet in workbook.worksheets():
        sheet._opt_close()
        Path(sheet.row_data_filename).unlink(missing_ok=True)
    # Keeps its destructor from writing the file after all.
    workbook.fileclosed = True
