from __future__ import annotations

import pytest
from made_up_run import made_up_run

from balance_sync.reports.data import build_report_data


@pytest.fixture(scope="module")
def run():
    """Give a finished run: its session and the context of its report."""
    reject = {
        "source_id": "source-a",
        "line": 7,
        "reason": "no id",
        "text": "=cmd|' /C calc'!A0 " + "x" * 3000,
    }
    with made_up_run(rejects=[reject]) as session:
        yield session


@pytest.fixture(scope="module")
def data(run):
    connection, context = run
    return build_report_data(connection, context)
