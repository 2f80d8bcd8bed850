"""Compares with the files of ``golden/``: a missing one fails, too.

``UPDATE_GOLDEN=1`` writes them anew, for a look at the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def check_golden(name, text):
    """Fail unless `text` is what the golden file `name` holds."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path} is missing: make it with UPDATE_GOLDEN=1 and look at it"
    assert text == path.read_text(encoding="utf-8")
