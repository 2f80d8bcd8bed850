"""The page's charts in Altair, written to stdout as Vega-Lite: an object of specifications by name.

Run by ``make.sh``, when a chart changes; a run of balance-sync needs neither Altair nor Vega-Lite. The page
puts in its own rows (``table``, ``marks``, ``zero``), which bring the words of their tooltip in ``said``.
Colours are the variables of its style sheet, so they follow light, dark and print. Times are milliseconds
since 1970 that show a local time as if it were UTC, so that every reader sees the business time zone.
"""

from __future__ import annotations

import json
import sys

import altair as alt

SEVERITIES = ["critical", "error", "warning", "info"]
WALLETS = ["subscription", "payment"]
HEIGHT = 210
PADDING = {"left": 8, "right": 8, "top": 2, "bottom": 2}
"""Vega takes letters for narrower than some fonts have them."""
FIGURES = ",.10~f"
"""Thousands apart, and no more decimals than there are."""


def styled(chart: alt.LayerChart | alt.Chart, height: int = HEIGHT) -> alt.LayerChart | alt.Chart:
    """Return `chart` as wide as its place, in the colours and letters of the page."""
    text = {"labelColor": "var(--muted)", "labelFontSize": 12}
    return (
        chart.properties(width="container", height=height, background="transparent", padding=PADDING)
        .configure_view(stroke=None)
        .configure_axis(gridColor="var(--line)", domainColor="var(--line)", tickColor="var(--line)", **text)
        .configure_axisX(
            grid=False,
            labelFlush=True,
            labelOverlap="greedy",
            labelSeparation=12,
            labelBound=True,
            tickCount=4,
        )
        .configure_axisY(tickCount=5, domain=False, ticks=False)
    )


def by_severity(**channel: object) -> alt.Color:
    """Return the colour of a finding."""
    scale = alt.Scale(domain=SEVERITIES, range=[f"var(--{name})" for name in SEVERITIES])
    return alt.Color("severity:N", scale=scale, legend=None, **channel)


def time_axis(field: str) -> alt.X:
    """Return a horizontal axis of days."""
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc"), axis=alt.Axis(format="%Y-%m-%d", title=None))


def findings() -> alt.Chart:
    """Return bars of findings from one day to another, stacked by severity."""
    hidden = alt.param(name="hidden", value=[])
    return (
        alt.Chart(alt.NamedData("table"))
        .mark_bar(orient="vertical", stroke="var(--card)", strokeWidth=1)
        .encode(
            time_axis("from"),
            alt.X2("to"),
            alt.Y("findings:Q", stack="zero", axis=alt.Axis(title=None, format=FIGURES)),
            by_severity(),
            order="order:Q",
            tooltip="said:N",
        )
        .transform_filter("indexof(hidden, datum.severity) < 0")
        .add_params(hidden)
    )


def wallet_lines(amount: str) -> alt.Chart:
    """Return a stepped line a wallet."""
    return (
        alt.Chart(alt.NamedData("table"))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            time_axis("at"),
            alt.Y(f"{amount}:Q", axis=alt.Axis(title=None, format=FIGURES)),
            alt.Color(
                "wallet:N",
                scale=alt.Scale(domain=WALLETS, range=[f"var(--{name})" for name in WALLETS]),
                legend=None,
            ),
            alt.StrokeDash("wallet:N", scale=alt.Scale(domain=WALLETS, range=[[6, 3], [1, 0]]), legend=None),
        )
        .transform_filter("indexof(hidden, datum.wallet) < 0")
    )


def points_under_pointer(lines: alt.Chart, near: alt.Parameter) -> alt.Chart:
    """Return the point of a line that is nearest to the pointer, with its words."""
    return (
        lines.mark_point(filled=True, size=70)
        .encode(
            opacity=alt.condition(near, alt.value(1), alt.value(0), empty=False),
            strokeDash=alt.value([1, 0]),
            tooltip="said:N",
        )
        .add_params(near)
    )


def overdrafts() -> alt.LayerChart:
    """Return what overdrawn balances add up to over time, a line a wallet."""
    hidden = alt.param(name="hidden", value=[])
    near = alt.selection_point(
        name="near", nearest=True, on="pointerover", clear="pointerout", fields=["at", "wallet"]
    )
    lines = wallet_lines("amount")
    return alt.layer(lines, points_under_pointer(lines, near)).add_params(hidden)


def balances() -> alt.LayerChart:
    """Return a subscriber's two balances over time, with its findings on them."""
    hidden = alt.param(name="hidden", value=[])
    zoom = alt.selection_interval(
        name="zoom",
        bind="scales",
        encodings=["x"],
        translate="[mousedown, window:mouseup] > window:mousemove!",
        zoom="wheel![event.ctrlKey]",
    )
    lines = wallet_lines("amount")
    zero = (
        alt.Chart(alt.NamedData("zero"))
        .mark_rule(color="var(--negative)", strokeWidth=1)
        .encode(y="amount:Q")
    )
    points = lines.mark_point(filled=True, size=22, opacity=0.55).encode(
        strokeDash=alt.value([1, 0]), tooltip="said:N"
    )
    marks = (
        alt.Chart(alt.NamedData("marks"))
        .mark_point(filled=True, size=110, opacity=1, stroke="var(--card)", strokeWidth=1)
        .encode(
            time_axis("at"),
            alt.Y("amount:Q"),
            by_severity(),
            shape=alt.Shape(
                "severity:N",
                scale=alt.Scale(domain=SEVERITIES, range=["triangle-down", "diamond", "square", "circle"]),
                legend=None,
            ),
            tooltip="said:N",
        )
        .transform_filter("indexof(hidden, datum.severity) < 0")
    )
    layers = alt.layer(zero, lines.add_params(zoom), points, marks)
    return layers.resolve_scale(color="independent").add_params(hidden)


def main() -> None:
    """Write all charts."""
    charts = {
        "findings": styled(findings()),
        "overdrafts": styled(overdrafts()),
        "balances": styled(balances(), 280),
    }
    json.dump({name: chart.to_dict() for name, chart in charts.items()}, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
