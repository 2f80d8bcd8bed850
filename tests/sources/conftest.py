"""What tests of sources share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from balance_sync.sources import json_values


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give a list that gets the place of each token whenever it is looked at."""
    seen: list[int] = []

    class Counting:
        def __init__(self, pattern: re.Pattern[bytes]) -> None:
            self.pattern = pattern

        def finditer(self, *place: Any) -> Iterator[re.Match[bytes]]:
            for token in self.pattern.finditer(*place):
                seen.append(token.start())
                yield token

    monkeypatch.setattr(json_values, "_TOKEN", Counting(json_values._TOKEN))
    return seen
