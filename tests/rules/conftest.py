from __future__ import annotations

import pytest

from balance_sync.rules.workbench import workbench


@pytest.fixture(scope="module")
def bench():
    """A locked-down session with all tables, shared by a module: each use fills the tables anew."""
    with workbench() as connection:
        yield connection
