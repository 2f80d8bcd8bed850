"""The page of trends: one HTML file with a chart for each series, regressions and promises first.

It needs no network and no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from benchmarks.speed.archives import size_bytes
from benchmarks.speed.bars import standings
from benchmarks.speed.catalogue import CASES
from benchmarks.speed.charts import ratio_chart
from benchmarks.speed.history import HISTORY, NOTHING, Line, series
from benchmarks.speed.regressions import EARLIER, WORSE, Regression, regressions

PAGE = HISTORY.with_name("trend.html")

_BARS_FROM = size_bytes("1GB")

_STYLE = (Path(__file__).parent / "trend.css").read_text(encoding="utf-8")
_COLUMNS = (
    *("case", "size", "shape", "seconds", "least–most", "MB/s", "rows/s", "CPU s", "peak MB"),
    *("yardstick", "its seconds", "ratio", "runs", "commit", "date"),
)


def write(path: Path, lines: Sequence[Line]) -> list[Regression]:
    """Write the page, and return the regressions that it names."""
    found = regressions(lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(lines, found), encoding="utf-8", newline="\n")
    return found


def page(lines: Sequence[Line], found: Sequence[Regression]) -> str:
    """Return the page's text."""
    newest = max(lines, key=lambda line: line.date)
    body = [
        "<h1>balance-sync: speed over time</h1>",
        "<p>Each figure is a ratio to a yardstick run in turn with it; less is better. Newest measurement: "
        f"{escape(newest.commit)}, {newest.date[:10]}, {escape(newest.cpu)}, {newest.cores} cores.</p>",
        *_regressions(found),
        *_promises(lines),
        *_charts(lines, found),
        *_newest(lines),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>balance-sync: speed over time</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _regressions(found: Sequence[Regression]) -> list[str]:
    rule = f"more than {WORSE - 1:.0%} above the median of the {EARLIER} measurements before"
    if not found:
        return [f'<p class="good">No regression: no newest ratio is {rule}.</p>']
    items = [f"<li>{escape(str(each))}</li>" for each in found]
    title = f"<h2>{len(found)} regression{'s' if len(found) > 1 else ''}</h2>"
    return [title, f"<p>The newest ratio is {rule}.</p>", f'<ul class="bad">{"".join(items)}</ul>']


def _promises(lines: Sequence[Line]) -> list[str]:
    rows = []
    for each in standings(lines):
        found = "–" if each.found is None else _figure(each.found)
        cells = (escape(each.bar.promise).replace("`", ""), _figure(each.bar.limit), found)
        look = each.word.replace(" ", "-")
        commits = escape(", ".join(each.commits)) or "–"
        rows.append(
            f"<tr><td>{cells[0]}</td><td class=n>{cells[1]}</td><td class=n>{cells[2]}</td>"
            f'<td><span class="{look}">{each.word}</span></td><td class=id>{commits}</td></tr>'
        )
    head = "<tr><th>promise</th><th class=n>at most</th><th class=n>newest</th><th></th><th>commit</th></tr>"
    return ["<h2>Promises</h2>", _table(head, rows)]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _charts(lines: Sequence[Line], found: Sequence[Regression]) -> list[str]:
    worse = {each.line.series for each in found}
    figures = []
    for key, measured in sorted(series(lines).items(), key=lambda item: _order(item[0])):
        line = measured[-1]
        case = CASES.get(line.case)
        chart = ratio_chart(measured, bar=_bar_of(line), is_worse=key in worse)
        where = f"{line.size}, {line.shape}" if line.files else "no archive"
        look = " class=worse" if key in worse else ""
        title = case.title.replace("`", "") if case else ""
        figures.append(
            f"<figure{look}><figcaption><b>{line.ratio:.3g}</b><strong>{escape(line.case)}</strong> "
            f"<span>{escape(where)}</span><small>{escape(f'{title}; beside {line.yardstick}')}</small>"
            f"</figcaption>{chart}</figure>"
        )
    legend = (
        "<p>One point a measurement; the dashed line is the case's bar, "
        "where it applies and is near enough to show.</p>"
    )
    return ["<h2>Ratios</h2>", legend, f'<div class="charts">{"".join(figures)}</div>']


def _bar_of(line: Line) -> float | None:
    """Return the bar of a line's case, but for small archives, of which starting Python is the most."""
    case = CASES.get(line.case)
    if case is None or (case.starts and size_bytes(line.size) < _BARS_FROM):
        return None
    return case.bar


def _order(key: tuple[str, str, str, str]) -> tuple[int, str, int, str]:
    case, shape, size, yardstick = key
    places = list(CASES)
    place = places.index(case) if case in places else len(places)
    return (place, shape, size_bytes(size) if size != NOTHING else 0, yardstick)


def _newest(lines: Sequence[Line]) -> list[str]:
    rows = []
    for _, measured in sorted(series(lines).items(), key=lambda item: _order(item[0])):
        line = measured[-1]
        least, most = line.seconds_range
        cells = (
            *(line.case, line.size, line.shape, f"{line.seconds:.3g}", f"{least:.3g}–{most:.3g}"),
            f"{line.mb_s:,.0f}" if line.mb_s else "–",
            f"{line.rows_s:,.0f}" if line.rows_s else "–",
            *(f"{line.cpu_s:.3g}", f"{line.peak_mb:,.0f}", line.yardstick, f"{line.yardstick_s:.3g}"),
            *(
                f"{line.ratio:.3g}",
                str(line.repeats),
                line.commit + ("+" if line.dirty else ""),
                line.date[:10],
            ),
        )
        numeric = {3, 4, 5, 6, 7, 8, 10, 11, 12}
        rows.append(
            "<tr>"
            + "".join(
                f"<td{' class=n' if at in numeric else ''}>{escape(cell)}</td>"
                for at, cell in enumerate(cells)
            )
            + "</tr>"
        )
    head = "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in _COLUMNS) + "</tr>"
    return [
        "<h2>Newest measurements</h2>",
        _table(head, rows),
        "<p>A + marks files that differed from the commit.</p>",
    ]


def _table(head: str, rows: Sequence[str]) -> str:
    return f'<div class="wide"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'
