"""The sheet on which people sign: what they sign for, and room for names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balance_sync.reports.labels import ADDS_UP, DOES_NOT_ADD_UP, SEVERITIES, SIGN_OFF, TITLE
from balance_sync.reports.phrases import asked_for, counted, local_time

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData
    from balance_sync.reports.sheets.block_sheet import BlockSheet

ROLES = ("Prepared by", "Reviewed by", "Approved by")
BOXES = ("Name", "Date", "Signature", "Remarks")


def write_sign_off(sheet: BlockSheet, data: ReportData) -> None:
    """Write the sheet from top to bottom."""
    context, zone = data.context, ZoneInfo(data.context.timezone)
    sheet.text(0, "Sign-off", "title")
    sheet.next_row()
    sheet.link(0, "README", "← README")
    sheet.next_row()
    sheet.paragraph(SIGN_OFF)
    sheet.next_row()
    sheet.fact("Report", TITLE)
    sheet.fact("Period", " to ".join(local_time(moment, zone) for moment in data.period))
    if asked := asked_for(context.since, context.until, zone):
        sheet.fact("Asked for", asked)
    sheet.fact("Run", f"{context.run_id}, balance-sync {context.version}")
    sheet.fact("Hash of the run", data.manifest_sha256)
    sheet.fact("It covers", "the files with their contents, rules and options of the run, and every finding")
    broken = len(data.broken_totals)
    sheet.fact("Control totals", f"{broken} {DOES_NOT_ADD_UP.lower()}" if broken else f"each {ADDS_UP}")
    sheet.fact("Findings", _findings(data))
    sheet.heading("Signatures")
    sheet.header("Role", *BOXES)
    for role in ROLES:
        sheet.signature_line(role, boxes=len(BOXES))


def _findings(data: ReportData) -> str:
    counts = dict.fromkeys(SEVERITIES, 0)
    for result in data.rules:
        counts[result.run.severity] = counts.get(result.run.severity, 0) + result.findings
    parts = [f"{count:,} {SEVERITIES[name].lower()}" for name, count in counts.items() if count]
    return f"{counted(data.totals.findings, 'finding')}: {', '.join(parts)}" if parts else "none"
