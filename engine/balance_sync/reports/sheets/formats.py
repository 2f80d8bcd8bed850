"""The cell formats of the workbook, made once and found by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

INK, MUTED, RULE_LINE, HEADER_FILL = "#1F2933", "#52606D", "#CBD2D9", "#243B53"
INPUT_FILL = "#0B5CAD"
"""Behind the headers of columns that people write in."""

SEVERITY_FILLS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "critical": ("#FFFFFF", "#9B1C1C"),
        "error": ("#7A2E0E", "#FBD5B5"),
        "warning": ("#723B13", "#FDF2B8"),
        "info": ("#1E4B7A", "#DCEBFA"),
    }
)
"""Ink and fill of a severity's cell, which always shows its word too."""

_DATA: dict[str, Any] = {"font_size": 10, "valign": "top", "font_color": INK}
_TEXT = _DATA | {"align": "left", "indent": 1}
_BADGE = _DATA | {"bold": True, "align": "center"}

_HEADER = _DATA | {
    **{"bold": True, "font_color": "#FFFFFF", "bg_color": HEADER_FILL, "text_wrap": True},
    **{"valign": "vcenter", "border": 1, "border_color": RULE_LINE},
}

_TOTAL = _DATA | {"bold": True, "top": 1, "top_color": HEADER_FILL}

_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": HEADER_FILL},
    "heading": {
        "bold": True,
        "font_size": 12,
        "font_color": HEADER_FILL,
        "bottom": 2,
        "bottom_color": HEADER_FILL,
    },
    "note": {"font_size": 10, "font_color": MUTED},
    "detail": _TEXT | {"font_color": MUTED},
    "header": _HEADER | {"align": "left", "indent": 1},
    "header_right": _HEADER | {"align": "right"},
    "text": _TEXT,
    "bold": _TEXT | {"bold": True},
    "wrapped": _TEXT | {"text_wrap": True},
    "input": _TEXT | {"locked": False},
    "input_wrapped": _TEXT | {"locked": False, "text_wrap": True},
    "input_header": _HEADER | {"align": "left", "indent": 1, "bg_color": INPUT_FILL},
    "to_fill_in": {"bg_color": "#FFFBEA"},
    "count": _DATA | {"num_format": "#,##0"},
    "plain_count": _DATA | {"num_format": "0"},
    "percentile": _DATA | {"num_format": "0.00"},
    "time": _TEXT | {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "day": _TEXT | {"num_format": "yyyy-mm-dd"},
    "link": _TEXT | {"font_color": "#0B5CAD", "underline": 1},
    "total": _TOTAL | {"align": "left", "indent": 1},
    "total_rows": _TOTAL | {"align": "left", "indent": 1, "num_format": '[=1]0" row";#,##0" rows"'},
    "total_count": _TOTAL | {"num_format": "#,##0"},
    "box": _TEXT | {"text_wrap": True, "border": 1, "border_color": MUTED, "locked": False},
    "good": _BADGE | {"font_color": "#14532D", "bg_color": "#D3F2DD"},
    "bad": _BADGE | {"font_color": "#FFFFFF", "bg_color": "#9B1C1C"},
    "open": _BADGE | {"font_color": "#7A2E0E", "bg_color": "#FBD5B5"},
    "closed": _BADGE | {"font_color": "#14532D", "bg_color": "#D3F2DD"},
    "event": _BADGE | {"bold": False},
    **{
        severity: _BADGE | {"font_color": ink, "bg_color": fill}
        for severity, (ink, fill) in SEVERITY_FILLS.items()
    },
}

MONEY_DECIMALS = (0, 2, 3, 4)
"""The minor units that ISO 4217 knows."""


def money_style(minor_unit: int) -> str:
    """Return the name of the format for money with so many decimals (2 where no currency has as many)."""
    return f"money_{minor_unit if minor_unit in MONEY_DECIMALS else 2}"


def money_format(decimals: int) -> str:
    """Return the number format of money: thousands separators, red below zero.

    What rounds to zero shows as plain zero: noise of the sixteenth digit is no red figure. What is below
    zero has to come second: LibreOffice keeps the sign beside the format's own minus in a first section.

    Examples
    --------
    >>> money_format(2)
    '[>=0.005]#,##0.00;[Red][<=-0.005]-#,##0.00;"0.00"'
    """
    zero = f"0{'.' if decimals else ''}{'0' * decimals}"
    half = f"0.{'0' * decimals}5"
    return f'[>={half}]#,##{zero};[Red][<=-{half}]-#,##{zero};"{zero}"'


class FormatBook:
    """The formats of one workbook by name; a format's place in `formats` stands for it in columns."""

    def __init__(self, workbook: Workbook) -> None:
        styles = dict(_STYLES)
        for decimals in MONEY_DECIMALS:
            styles[f"money_{decimals}"] = _DATA | {"num_format": money_format(decimals)}
            styles[f"total_money_{decimals}"] = _TOTAL | {"num_format": money_format(decimals)}
        self.formats: list[Format] = [workbook.add_format(dict(style)) for style in styles.values()]
        self._places = {name: place for place, name in enumerate(styles)}

    def __getitem__(self, name: str) -> Format:
        return self.formats[self._places[name]]

    def place(self, name: str) -> int:
        """Return the place of a format in `formats`."""
        return self._places[name]
