"""What makes Excel offer to repair a workbook, looked for in its files, as no Excel can open it here.

The limits are those of "Excel specifications and limits" and of the schemas of ECMA-376, part 1, section 18.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from openpyxl.utils import coordinate_to_tuple, range_boundaries

from balance_sync.reports.workbook import write_workbook

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
ORDER = (  # of the parts of a sheet (18.3.1.99)
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
    *("sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate"),
    *("customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations"),
    *("hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks"),
    *("customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing"),
    *("legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"),
)


class Package:
    """The files of a workbook."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert len(set(archive.namelist())) == len(archive.namelist())
            self.files = {name: archive.read(name) for name in archive.namelist()}

    def xml(self, name: str) -> ET.Element:
        return ET.fromstring(self.files[name])

    def related(self, name: str) -> dict[str, str]:
        """Give the files that `name` refers to, by the id of the reference."""
        folder, file = posixpath.split(name)
        relations = posixpath.join(folder, "_rels", f"{file}.rels")
        if relations not in self.files:
            return {}
        return {
            one.get("Id", ""): posixpath.normpath(posixpath.join(folder, one.get("Target", ""))).lstrip("/")
            for one in self.xml(relations)
            if one.get("TargetMode") != "External"
        }


@pytest.fixture(scope="module")
def package(data, tmp_path_factory) -> Package:
    path = tmp_path_factory.mktemp("excel") / "report.xlsx"
    write_workbook(path, data)
    return Package(path)


@pytest.fixture(scope="module")
def sheets(package: Package) -> dict[str, ET.Element]:
    """Give the sheets by their names."""
    names = package.related("xl/workbook.xml")
    return {
        one.get("name", ""): package.xml(names[one.get(f"{R}id", "")])
        for one in package.xml("xl/workbook.xml").iter(f"{S}sheet")
    }


def test_every_file_has_a_type_and_every_reference_a_file(package: Package) -> None:
    types = package.xml("[Content_Types].xml")
    endings = {one.get("Extension") for one in types if one.tag.endswith("Default")}
    named = {one.get("PartName", "").lstrip("/") for one in types if one.tag.endswith("Override")}
    assert named <= set(package.files)
    for name in package.files:
        assert name in named or name.rpartition(".")[2] in endings
        assert set(package.related(name).values()) <= set(package.files)


def test_names_of_sheets_and_ranges_are_legal(package: Package, sheets: dict[str, ET.Element]) -> None:
    assert len({name.casefold() for name in sheets}) == len(sheets)
    for name in sheets:
        assert 0 < len(name) <= 31
        assert not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'")
        assert not name.endswith("'")
    for one in package.xml("xl/workbook.xml").iter(f"{S}definedName"):
        assert re.fullmatch(r"(_xlnm\.)?[A-Za-z_][\w.]*", one.get("name", ""))
        assert "#REF!" not in (one.text or "")


def test_parts_of_a_sheet_come_in_their_order(sheets: dict[str, ET.Element]) -> None:
    for sheet in sheets.values():
        parts = [part.tag.removeprefix(S) for part in sheet]
        assert [ORDER.index(part) for part in parts] == sorted(ORDER.index(part) for part in parts)
        once = [part for part in parts if part != "conditionalFormatting"]
        assert len(set(once)) == len(once)


def test_cells_stand_in_order_and_hold_what_a_cell_holds(
    package: Package, sheets: dict[str, ET.Element]
) -> None:
    styles = package.xml("xl/styles.xml")
    formats = len(styles.find(f"{S}cellXfs") or ())
    for sheet in sheets.values():
        before = (0, 0)
        for row in sheet.iter(f"{S}row"):
            for cell in row:
                at = coordinate_to_tuple(cell.get("r", ""))
                assert before < at <= (LAST_ROW, LAST_COLUMN)
                assert at[0] == int(row.get("r", 0))
                assert int(cell.get("s", 0)) < formats
                assert len("".join(cell.itertext()).encode("utf-16-le")) // 2 <= 32_767
                assert len(cell.findtext(f"{S}f") or "") <= 8_192
                before = at


def test_marks_refer_to_formats_that_there_are(package: Package, sheets: dict[str, ET.Element]) -> None:
    marks = len(package.xml("xl/styles.xml").find(f"{S}dxfs") or ())
    for sheet in sheets.values():
        rules = list(sheet.iter(f"{S}cfRule"))
        assert all(int(rule.get("dxfId", 0)) < marks for rule in rules)
        priorities = [rule.get("priority") for rule in rules]
        assert len(set(priorities)) == len(priorities)


def test_lists_and_prompts_are_as_long_as_they_may_be(sheets: dict[str, ET.Element]) -> None:
    for sheet in sheets.values():
        for one in sheet.iter(f"{S}dataValidation"):
            assert len(one.findtext(f"{S}formula1") or "") <= 257  # of a list, with its quotes
            assert len(one.get("error", "")) <= 255
            assert len(one.get("prompt", "")) <= 255
            assert len(one.get("promptTitle", "")) <= 32


def test_links_lead_to_cells_of_sheets_that_there_are(sheets: dict[str, ET.Element]) -> None:
    for sheet in sheets.values():
        links = list(sheet.iter(f"{S}hyperlink"))
        assert len(links) <= 65_530
        assert len({one.get("ref") for one in links}) == len(links)
        for one in links:
            name, _, cell = one.get("location", "").rpartition("!")
            assert name.strip("'").replace("''", "'") in sheets
            assert coordinate_to_tuple(cell)[0] <= LAST_ROW


def test_tables_lie_apart_and_have_legal_names(package: Package) -> None:
    ids: list[str] = []
    for name in package.files:
        if not name.startswith("xl/worksheets/sheet"):
            continue
        areas = []
        for related in package.related(name).values():
            if related.startswith("xl/tables/"):
                table = package.xml(related)
                ids.append(table.get("id", ""))
                areas.append(range_boundaries(table.get("ref", "")))
                assert re.fullmatch(r"[A-Za-z_][\w.]{0,254}", table.get("name", ""))
                assert not re.fullmatch(r"[A-Za-z]{1,3}\d+|[RrCc]", table.get("name", ""))
        for one, other in pairwise(sorted(areas, key=lambda area: area[1])):
            assert one[3] < other[1]
        parts = package.xml(name).find(f"{S}tableParts")
        assert len(areas) == (0 if parts is None else len(parts) or 0)
    assert len(set(ids)) == len(ids)
