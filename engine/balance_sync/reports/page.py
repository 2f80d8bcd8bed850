"""``report.html``: one self-contained page that opens from disk, without network.

Its policy lets nothing run or load but its own scripts and style, by their hashes. The tables stand in the
page as they are; the scripts sort and filter them, draw the charts anew so that they answer the pointer,
and show the proof of a finding and the balances of a subscriber from data embedded as JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from balance_sync.reports import comparison_views, labels, period_labels, periods, views
from balance_sync.reports.answers import answers
from balance_sync.reports.attention import points_of_attention
from balance_sync.reports.chart_rows import finding_rows, overdraft_rows
from balance_sync.reports.charts import findings_chart, overdraft_charts
from balance_sync.reports.completeness import completeness_places, completeness_totals
from balance_sync.reports.data import ANOMALY_RULE
from balance_sync.reports.embedded import embedded_json
from balance_sync.reports.labels import rule_words
from balance_sync.reports.phrases import asked_for, counted, local_time, zone_words
from balance_sync.reports.proofs import CHAIN_COLUMNS, proofs
from balance_sync.reports.shown import OPEN_SHOWN, choose_shown
from balance_sync.reports.subscribers import subscriber_accounts
from balance_sync.reports.visible_text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jinja2 import Template

    from balance_sync.reports.data import ReportData
    from balance_sync.reports.log_lines import LogReader
    from balance_sync.reports.shown import Shown


SCRIPTS = ("vega.min.js", "tables.js", "charts.js", "subscribers.js", "details.js")
"""In the order in which they run; each finds what the ones before it offer in ``balanceSync``."""


def write_page(path: Path, data: ReportData, read_logs: LogReader | None = None) -> None:
    """Write the page to `path`.

    Parameters
    ----------
    read_logs
        Reads the log lines of the findings shown; without it the page says that it has none.
    """
    css, scripts = _asset("report.css"), [_asset(name) for name in SCRIPTS]
    shown = choose_shown(data)
    assets = {"css": css, "scripts": scripts, "policy": _policy(css, scripts)}
    content = {**_content(data, shown), "embedded": _embedded(data, shown, read_logs)}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for piece in page_template().generate(**assets, **content):
            file.write(piece)


@cache
def page_template() -> Template:
    """Return the compiled template, which takes a tenth of a second to compile."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("balance_sync.reports", "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja")


def _shown(value: object) -> object:
    """Return what the page shows for a value: text without hidden characters, a dash for nothing."""
    if value is None:
        return "–"
    # Markup is text of our own, which escaping and this leave alone.
    return visible(value, keep_lines=True) if type(value) is str else value


def _asset(name: str) -> Any:
    """Return a file of ours to stand in the page as it is."""
    from markupsafe import Markup

    text = files("balance_sync.reports").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text.strip())  # noqa: S704 (a file of the package)


def _policy(css: str, scripts: Sequence[str]) -> str:
    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(str(text).encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {source(css)}; script-src {' '.join(map(source, scripts))}; "
        "base-uri 'none'; form-action 'none'"
    )


def _embedded(data: ReportData, shown: Shown, read_logs: LogReader | None) -> Any:
    """Return what the scripts work on, as JSON that is safe in the page."""
    from markupsafe import Markup

    charts = json.loads(files("balance_sync.reports").joinpath("templates", "charts.json").read_bytes())
    content = {
        "specifications": charts["specifications"],
        "findings_chart": finding_rows(data),
        "overdraft_charts": overdraft_rows(data),
        "explained": not data.context.pseudonymised,
        "words": {"severities": dict(labels.SEVERITIES), "wallets": dict(labels.WALLETS)},
        "chain": [labels.COLUMNS[name] for name in CHAIN_COLUMNS],
        "proofs": proofs(data, shown, read_logs),
        "subscribers": subscriber_accounts(data, shown),
    }
    return Markup(embedded_json(content))  # noqa: S704 (what means something to HTML is escaped)


def _anchors(data: ReportData) -> dict[str, str]:
    """Return where in the page a rule or section is shown."""
    sections = {
        "Anomalies": "anomalies",
        "Control totals": "totals",
        "Sources": "read",
        "Rejects": "rejects",
        "Completeness": "missing",
    }
    return {**{one.run.rule: f"rule-{place}" for place, one in enumerate(data.rules, 1)}, **sections}


def _places(data: ReportData) -> dict[str, str]:
    """Return where in the page a section's answer is, of those that the page shows."""
    sections = {"Episodes": ("open", "episodes"), "Roll-forward": ("roll-forward", "roll-forward")}
    sections |= {"Changes": ("changes", "changes"), "Anomalies": ("anomalies", "anomalies")}
    rules = {one.run.rule: f"rule-{place}" for place, one in enumerate(data.rules, 1)}
    shown = {name: anchor for name, (anchor, section) in sections.items() if data.shows(section)}
    return shown | (rules if data.shows("findings") else {})


def _content(data: ReportData, shown: Shown) -> dict[str, Any]:
    context, zone = data.context, ZoneInfo(data.context.timezone)
    return {
        "data": data,
        "context": context,
        "labels": labels,
        "anomaly_rule": ANOMALY_RULE,
        "subscribers": len(shown.subscribers),
        "period": tuple(local_time(moment, zone) for moment in data.period),
        "counted": counted,
        "asked": asked_for(context.since, context.until, zone),
        "zone": zone_words(context.timezone, data.totals.last_at),
        "tiles": views.tiles(data),
        "attention": points_of_attention(data),
        "answers": [(one, rule_words(one.rule).name if one.rule else "") for one in answers(data)],
        "places": _places(data),
        "anchors": _anchors(data),
        "findings_chart": findings_chart(data),
        "overdraft_charts": overdraft_charts(data),
        "exposures": views.exposures(shown),
        "open_shown": OPEN_SHOWN,
        "rule_tables": views.rule_tables(data, shown),
        "ages": comparison_views.ages(data),
        "decisions": views.decisions(data),
        "change_counts": comparison_views.change_counts(data),
        "changes": comparison_views.changes(data, shown),
        "episodes": views.episodes(data, shown),
        "roll_forward": views.roll_forward(data),
        "top_roll_forward": views.top_roll_forward(data, shown),
        "anomalies": views.anomalies(data, shown),
        "period_labels": period_labels,
        "nights": periods.unusual_nights(data),
        "levels": periods.change_points(data, shown),
        "drift": periods.model_drift(data),
        "drift_words": periods.drift_words(data),
        "control_totals": views.control_totals(data),
        "amounts": views.amounts(data),
        "read": views.what_was_read(data),
        "outcomes": views.outcomes(data),
        "rejects": views.rejects(data),
        "rules": views.rules(data),
        "sources": views.unread_sources(data),
        "missing": completeness_totals(data),
        "missing_places": completeness_places(data),
    }
