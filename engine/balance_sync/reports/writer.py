"""The door of the reports: writes the formats that were asked for, all or none."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Protocol

from balance_sync.reports.context import ReportContext, Section
from balance_sync.reports.data import ReportData, build_report_data
from balance_sync.reports.delivery import Staging, staging
from balance_sync.reports.formats import Format, require_formats

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from balance_sync.reports.changes import EarlierRun
    from balance_sync.reports.log_lines import LogReader


class Elsewhere(Protocol):
    """Has another process write files of a report."""

    def __call__(self, formats: tuple[Format, ...], folder: Path, /) -> Future[tuple[str, ...]] | None:
        """Begin to write `formats` into `folder`; the names of the files are told when they are written.

        `None` where it cannot any more.
        """


_SECTION_TABLES: dict[Section, tuple[str, ...]] = {
    Section.FINDINGS: ("findings",),
    Section.CHANGES: ("changes",),
    Section.EPISODES: ("episodes",),
    Section.ANOMALIES: (
        *("anomalies", "anomaly_reasons", "anomalies_set_aside", "anomaly_drift"),
        *("unusual_nights", "change_points"),
    ),
    Section.ROLL_FORWARD: ("roll_forward", "brought_forward"),
    Section.TRANSACTIONS: ("transactions", "ledger"),
    Section.REJECTS: ("rejects", "suspects"),
    Section.SOURCES: ("sources",),
    Section.COMPLETENESS: ("completeness", "dropped_logs"),
    Section.RULES: ("runs",),
}
"""The tables that ``csv`` and ``parquet`` write of a section."""


_WITH_CHARTS = frozenset({Format.XLSX, Format.HTML, Format.PDF})


def write_reports(
    connection: DuckDBPyConnection,
    directory: Path,
    *,
    formats: Collection[str],
    context: ReportContext,
    earlier: Sequence[EarlierRun] = (),
    read_logs: LogReader | None = None,
    elsewhere: Elsewhere | None = None,
) -> tuple[Path, ...]:
    """Write the reports of a finished run into `directory`.

    Parameters
    ----------
    connection
        A session on the finished run's database, locked down or not. Nothing is written to it.
    directory
        Made where there is none; files of the same names are replaced, all at once.
    formats
        Names of `Format`; files are written in its order.
    context
        What the database does not know about the run.
    earlier
        Runs to compare with, oldest first.
    read_logs
        Reads the log lines that the page shows; without it the page says that it has none.
    elsewhere
        Another process, which writes what this one does not write.

    Returns
    -------
    tuple of Path
        The files written: ``report.xlsx``, ``report.html``, ``report.pdf``, ``csv/<table>.csv``,
        ``parquet/<table>.parquet``, ``summary.json``.

    Raises
    ------
    DeliveryError
        A file could not be written. Then no file of this call is in its place, unless the failure came
        while they took them.
    UsageError
        A format whose library is not installed.
    ValueError
        A format there is none of.
    """
    require_formats(formats)
    named = {Format(name) for name in formats}
    wanted = tuple(kind for kind in Format if kind in named)
    here, there = _divided(wanted) if elsewhere else (wanted, ())
    with staging(directory) as files:
        writing = elsewhere(there, files.folder) if elsewhere and there else None
        data = build_report_data(connection, context, earlier, charts=_show_charts(wanted))
        for kind in here:
            _write(kind, files, data, read_logs)
        if writing and (names := _awaited(writing)):
            files.names += names
        else:
            for kind in there:
                _write(kind, files, data, read_logs)
        return files.publish(directory)


def _awaited(writing: Future[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return what was written elsewhere; `None` where that process was lost, mostly for want of memory."""
    try:
        return writing.result()
    except BrokenProcessPool:
        return None


def _divided(wanted: tuple[Format, ...]) -> tuple[tuple[Format, ...], tuple[Format, ...]]:
    """Return what is written here, and what elsewhere: the workbook takes as long as page and summary."""
    if Format.XLSX not in wanted:
        return wanted, ()
    return (Format.XLSX,), tuple(kind for kind in wanted if kind is not Format.XLSX)


def _show_charts(formats: Iterable[Format]) -> bool:
    return not _WITH_CHARTS.isdisjoint(formats)


def write_files(
    connection: DuckDBPyConnection,
    folder: Path,
    *,
    formats: Sequence[Format],
    context: ReportContext,
    earlier: Sequence[EarlierRun] = (),
    read_logs: LogReader | None = None,
) -> tuple[str, ...]:
    """Write `formats` into a folder of `write_reports`; return the names of the files.

    Parameters and errors are those of `write_reports`.
    """
    files = Staging(folder)
    data = build_report_data(connection, context, earlier, charts=_show_charts(formats))
    for kind in formats:
        _write(kind, files, data, read_logs)
    return tuple(files.names)


def import_writers(formats: Collection[str], *, elsewhere: bool) -> bool:
    """Import what writes small reports, so that it can be done beside other work.

    Returns whether any of `formats` is written there.

    Parameters
    ----------
    elsewhere
        Whether this is the other process of two.
    """
    divided = _divided(tuple(kind for kind in Format if kind in set(formats)))
    wanted = divided[elsewhere]
    if Format.XLSX in wanted:
        import balance_sync.reports.workbook
    if Format.HTML in wanted:
        from balance_sync.reports.page import page_template

        page_template()
    if Format.JSON in wanted:
        import balance_sync.reports.summary  # noqa: F401
    return bool(wanted)


def _write(kind: Format, files: Staging, data: ReportData, read_logs: LogReader | None) -> None:
    """Write one format; each imports its own libraries, which take longer than a small report."""
    match kind:
        case Format.XLSX:
            from balance_sync.reports.workbook import write_workbook

            write_workbook(files.place("report.xlsx"), data)
        case Format.HTML:
            from balance_sync.reports.page import write_page

            write_page(files.place("report.html"), data, read_logs)
        case Format.PDF:
            from balance_sync.reports.paper.document import write_pdf

            write_pdf(files.place("report.pdf"), data)
        case Format.CSV:
            from balance_sync.reports.tabular import write_csv

            for name in _tables(data):
                write_csv(files.place(f"csv/{name}.csv"), data.connection, name)
        case Format.PARQUET:
            from balance_sync.reports.tabular import write_parquet

            for name in _tables(data):
                write_parquet(files.place(f"parquet/{name}.parquet"), data.connection, name)
        case Format.JSON:
            from balance_sync.reports.summary import write_summary

            write_summary(files.place("summary.json"), data)


def _tables(data: ReportData) -> tuple[str, ...]:
    """Return the tables of the chosen sections, all of them where all are chosen."""
    from balance_sync.reports.tabular import TABLE_ORDERS

    every = (*TABLE_ORDERS, "changes") if data.changes else tuple(TABLE_ORDERS)
    if data.context.sections == frozenset(Section):
        return every
    named = {table for section in data.context.sections for table in _SECTION_TABLES.get(section, ())}
    return tuple(name for name in every if name in named)
