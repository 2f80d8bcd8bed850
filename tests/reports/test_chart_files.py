"""What the page carries of Vega and its charts is what ``docs/charts`` makes."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from balance_sync.reports.page import SCRIPTS

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "engine" / "balance_sync" / "reports" / "templates"


def test_charts_are_those_of_the_program_that_writes_them():
    charts = json.loads((TEMPLATES / "charts.json").read_bytes())
    program = (ROOT / "docs" / "charts" / "specifications.py").read_bytes()
    assert charts["source"] == hashlib.sha256(program).hexdigest(), "run sh docs/charts/make.sh"
    assert set(charts["specifications"]) == {"findings", "overdrafts", "balances"}


def test_charts_load_nothing():
    specifications = json.loads((TEMPLATES / "charts.json").read_bytes())["specifications"]
    assert [data for chart in specifications.values() for data in chart["data"] if "url" in data] == []


def test_every_package_in_the_bundle_has_its_licence():
    licences = (TEMPLATES / "vega.LICENCES.txt").read_text(encoding="utf-8")
    versions = json.loads((ROOT / "docs" / "charts" / "package-lock.json").read_bytes())["packages"]
    for name in ("vega-interpreter", "vega-parser", "vega-scenegraph", "vega-view", "d3-scale", "d3-shape"):
        assert f"{name} {versions[f'node_modules/{name}']['version']}" in licences
    assert "(licence:" not in licences


def test_no_script_ends_its_own_element():
    for name in SCRIPTS:
        assert not re.search(r"</script|<!--", (TEMPLATES / name).read_text(encoding="utf-8"), re.IGNORECASE)
