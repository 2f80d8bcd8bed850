from __future__ import annotations

from datetime import date

import pytest

from balance_sync.rules.scaffold import new_rule
from balance_sync.rules.workbench import workbench


@pytest.fixture(scope="module")
def bench():
    """Give a locked-down session with all tables; each use of it fills the tables anew."""
    with workbench() as connection:
        yield connection


@pytest.fixture
def own_rule(tmp_path):
    """Begin a rule of one's own; return its folder and a way to rewrite its file."""
    new_rule("large_amount", tmp_path / "rules", today=date(2024, 1, 31))
    path = tmp_path / "rules" / "large_amount" / "v1.sql"

    def rewrite(old, new):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return tmp_path / "rules"

    return rewrite
