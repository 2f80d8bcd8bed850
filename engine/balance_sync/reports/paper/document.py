"""Sets the printed summary: a template of ours, the content as JSON, fonts of ours alone.

The content reaches typst as data (``sys.inputs``), never as source, so no text of a log can be markup. No
clock, no font of the machine and no network is asked, so the same run gives the same bytes.
"""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, cast

from balance_sync.reports.paper.content import build_content
from balance_sync.reports.paper.glyphs import printable_content

if TYPE_CHECKING:
    from pathlib import Path

    from balance_sync.reports.data import ReportData


def write_pdf(path: Path, data: ReportData) -> None:
    """Write ``report.pdf`` to `path`.

    Raises
    ------
    OSError
        The file could not be written.
    """
    import typst

    package = files("balance_sync.reports")
    template = package.joinpath("templates", "report.typ").read_bytes()
    content = json.dumps(printable_content(build_content(data)), ensure_ascii=True, allow_nan=False)
    last = data.totals.last_at
    with as_file(package.joinpath("fonts")) as folder:
        compiler = typst.Compiler(
            template,
            root=folder,
            font_paths=typst.Fonts(
                include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
            ),
            ignore_system_fonts=True,
            sys_inputs={"content": content},
        )
        made = compiler.compile(
            format="pdf",
            # PDF/A is what archives ask for, PDF/UA what screen readers do.
            pdf_standards=["a-2a", "ua-1"],
            # The document's date is that of the last event: the archive's, not the clock's.
            timestamp=int(last.timestamp()) if last else 0,
        )
    path.write_bytes(cast("bytes", made))
