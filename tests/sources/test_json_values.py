"""JSON that is larger than what is read at once, and JSON that leads nowhere."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
from unfolded import unfold

from balance_sync.sources import json_values

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"


@pytest.mark.parametrize("lists", [9, 1_000, 20_000, pytest.param(400_000, marks=pytest.mark.slow)])
def test_lists_in_lists_without_an_end_are_damage(tmp_path: Path, lists: int) -> None:
    """Each was looked through to its end for its own sake: that took minutes, or the stack gave out."""
    ended = unfold(tmp_path / "000000.gz", b'{"events":[' * lists)
    (file,) = ended.values()
    assert "no whole JSON value" in file.problem


def test_a_small_file_of_objects_without_end_is_given_up(tmp_path: Path, looked_at: list[int]) -> None:
    """It was looked through until 16 MB were, however small it is."""
    found = (CORPUS / "records" / "objects_without_end").read_bytes()
    content = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(found)
    assert unfold(tmp_path / "000000.gz", content)
    # 162,000 tokens are, and 596,000 were.
    assert 0 < len(looked_at) < 300_000


def test_values_without_an_end_are_looked_through_once(tmp_path: Path, looked_at: list[int]) -> None:
    """Each was looked through from its begin to the end of the file."""
    event = json.dumps({"logStreamName": "s", "timestamp": 1_705_352_400_000, "message": "kept"})
    content = b'{"events":[' * 300 + event.encode() + b'{"x": {"y": [' * 300
    ended = unfold(tmp_path / "000000.gz", content)
    assert any(one.text.endswith(b" kept\n\n") for one in ended.values())
    # 2,100 tokens and what is looked through again, within the lists that are followed.
    assert len(looked_at) < 40_000


def test_large_objects_are_read_event_by_event_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "_LARGEST_VALUE", 10_000)
    monkeypatch.setattr(json_values, "_READ_BYTES", 1_000)
    monkeypatch.setattr(json_values, "_MOST_WASTED", 20_000)
    pages = [
        {
            "events": [
                {
                    "logStreamName": "s",
                    "timestamp": 1_705_352_400_000 + at,
                    "message": f"page {page} event {at}",
                    "eventId": f"{page}-{at}",
                }
                for at in range(300)
            ]
        }
        for page in range(12)
    ]
    ended = unfold(tmp_path / "000000.gz", "".join(map(json.dumps, pages)).encode())
    text = b"".join(one.text for one in ended.values())
    assert text.count(b" page ") == 12 * 300
    assert not any(one.problem for one in ended.values())
