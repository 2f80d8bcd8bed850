"""Everything that stands in ``report.pdf``, as plain values: texts, tables and places in charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balance_sync.reports.context import Section
from balance_sync.reports.labels import (
    DECISIONS,
    NOTHING,
    PSEUDONYMISED,
    PURPOSE,
    SECTION_NOTES,
    SEVERITIES,
    SIGN_OFF,
    TITLE,
    WALLETS,
)
from balance_sync.reports.paper import basis, charts, findings, periods, times
from balance_sync.reports.paper.words import CHECKS, DAY_ENDS, NOTHING_FOUND, PRINTED
from balance_sync.reports.phrases import asked_for, local_time, zone_words
from balance_sync.reports.sheets.sign_off import ROLES
from balance_sync.reports.visible_text import cut

if TYPE_CHECKING:
    from balance_sync.reports.data import ReportData

LOGS_SHOWN = 300


def build_content(data: ReportData) -> dict[str, Any]:
    """Return what the template of the summary sets, section by section."""
    return {
        "words": {
            **PRINTED,
            "title": TITLE,
            "purpose": PURPOSE,
            "nothing_found": NOTHING_FOUND,
            "nothing_changed": NOTHING["Changes"],
            "nothing_rolls": NOTHING["Roll-forward"],
            "all_read": PRINTED["all_read"] if data.totals.sources else NOTHING["Sources"],
            "roll_forward_note": SECTION_NOTES["Roll-forward"],
            "rules_note": SECTION_NOTES["Rules"],
            "rejects_note": SECTION_NOTES["Rejects"],
            "still_open_note": PRINTED["still_open_note"].format(cap=findings.open_shown(data)),
            "worst_note": PRINTED["worst_note"].format(cap=findings.worst_shown(data)),
            "decisions_note": DECISIONS,
            "ages_note": PRINTED["ages_note"].format(day=data.as_of),
            "sign_off_note": SIGN_OFF,
        },
        "keys": {**SEVERITIES, **WALLETS, "gap": PRINTED["gap"]},
        **_front(data),
        "attention": findings.attention(data),
        "checks": [CHECKS[not data.broken_totals], "critical" if data.broken_totals else "good"],
        "compared": times.compared_with(data),
        "changes": times.changes(data),
        "ages": times.ages(data),
        "decisions": findings.decisions(data),
        "shows": {section.value: data.shows(section) for section in Section},
        "findings_chart": charts.findings_chart(data),
        "overdraft_charts": charts.overdraft_charts(data),
        "gap_charts": charts.gap_charts(data),
        "still_open": findings.still_open(data),
        "worst": findings.worst_findings(data),
        "periods": periods.periods(data),
        "drift": periods.drift(data),
        "roll_forward": basis.roll_forward(data),
        "control_totals": basis.control_totals(data),
        "amounts": basis.amounts(data),
        "read": basis.what_was_read(data),
        "outcomes": basis.outcomes(data),
        "unread_sources": basis.unread_sources(data),
        "rejects": basis.rejects(data),
        "currencies": basis.currencies(data),
        "rules": basis.rules(data),
        "roles": list(ROLES),
        "hash": data.manifest_sha256,
        "options": [[name, value] for name, value in data.context.options if value],
    }


def _front(data: ReportData) -> dict[str, Any]:
    """Return the head of the first page and the feet of all."""
    context, totals = data.context, data.totals
    zone = ZoneInfo(context.timezone)
    zone_name = zone_words(context.timezone, totals.last_at)
    period = " to ".join(local_time(moment, zone) for moment in data.period)
    run = f"{context.run_id}, balance-sync {context.version}"
    facts = [(PRINTED["period"], period)]
    if asked := asked_for(context.since, context.until, zone):
        facts.append((PRINTED["asked"], asked))
    facts += [
        (PRINTED["zone"], f"{zone_name}; {DAY_ENDS}"),
        (PRINTED["run"], run),
        *([(PRINTED["identifiers"], PSEUDONYMISED)] if context.pseudonymised else []),
        *_chosen_sections(data),
        (PRINTED["logs"], cut(", ".join(context.inputs) or "–", LOGS_SHOWN)),
    ]
    return {
        "facts": [list(fact) for fact in facts],
        "head": period,
        "run": run,
        "foot": f"{PRINTED['run']} {run} · {zone_name}",
        "tiles": _tiles(data),
    }


def _chosen_sections(data: ReportData) -> list[tuple[str, str]]:
    """Say which sections are shown, where some are not."""
    shown = [section.value for section in Section if data.shows(section)]
    if len(shown) == len(Section):
        return []
    return [(PRINTED["sections"], PRINTED["sections_note"].format(sections=", ".join(shown)))]


def _tiles(data: ReportData) -> list[list[str]]:
    """Return the headline figures: label, figure, kind."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for result in data.rules:
        counts[result.run.severity] += result.findings
    totals = data.totals
    return [
        *([SEVERITIES[name], f"{count:,}", name] for name, count in counts.items()),
        ["Transactions", f"{totals.transactions:,}", ""],
        ["Subscribers", f"{totals.users:,}", ""],
        ["Log events", f"{totals.events:,}", ""],
        ["Unreadable records", f"{totals.rejects:,}", "error" if totals.rejects else ""],
    ]
