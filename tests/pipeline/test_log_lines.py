"""The log lines that a report shows, read out of the archive again."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from balance_sync.pipeline.log_lines import log_reader
from balance_sync.reports.log_lines import LogPlace
from balance_sync.store.dataset import manifest_frame
from forms_of import zipped

EVENTS = (
    "2024-01-15T21:00:00.000Z START RequestId: a\n\n"
    "2024-01-15T21:00:00.100Z 2024-01-15T21:00:00.100Z\ta\tINFO\tStart {\n"
    "  email: 'someone@example.com'\n}\n\n"
    "2024-01-15T21:00:00.200Z END RequestId: a\n"
)


@pytest.fixture
def archive(tmp_path: Path):
    path = tmp_path / "000000.gz"
    path.write_bytes(gzip.compress(EVENTS.encode()))
    known = {
        "source_id": ["one", "gone"],
        "path": ["logs/one.gz", "logs/gone.gz"],
        "location": [str(path), str(tmp_path / "gone.gz")],
        "stream": ["one", "gone"],
        "size_bytes": [path.stat().st_size, 10],
        "modified_ns": [1, 1],
        "file": ["logs/one.gz", "logs/gone.gz"],
        "file_bytes": [path.stat().st_size, 10],
    }
    return manifest_frame(known)


def manifest_of(manifest):
    """Give what a store gives whose manifest this is."""
    return lambda source_ids: manifest.filter(manifest["source_id"].is_in(source_ids))


def test_event_is_given_whole_without_personal_data(archive):
    place = LogPlace("one", 3)
    text = log_reader(manifest_of(archive))([place])[place]
    assert (text.path, text.missing) == ("logs/one.gz", "")
    assert text.text == (
        "2024-01-15T21:00:00.100Z 2024-01-15T21:00:00.100Z\ta\tINFO\tStart {\n  email: '[hidden]'\n}"
    )


def test_what_cannot_be_read_says_why(archive):
    places = [LogPlace("gone", 1), LogPlace("one", 2), LogPlace("one", 999), LogPlace("never", 1)]
    texts = log_reader(manifest_of(archive))(places)
    assert [texts[place].text for place in places] == [""] * 4
    assert "not there any more" in texts[places[0]].missing
    assert "has changed" in texts[places[1]].missing
    assert "has changed" in texts[places[2]].missing
    assert "not there any more" in texts[places[3]].missing


def test_sources_too_large_for_a_report_are_left_out(archive, monkeypatch):
    monkeypatch.setattr("balance_sync.pipeline.log_lines.READ_BYTES", 10)
    assert log_reader(manifest_of(archive))([LogPlace("one", 3)]) == {}


def test_event_in_an_archive_is_found_by_its_member(tmp_path: Path):
    content = zipped({"x.gz": b"", "y.gz": gzip.compress(EVENTS.encode())})
    (tmp_path / "a.zip").write_bytes(content)
    known = {
        "source_id": ["one"],
        "path": ["logs/a.zip/y.gz"],
        "location": [str(tmp_path / "a.zip")],
        "file": ["logs/a.zip"],
        "file_bytes": [len(content)],
        "modified_ns": [1],
        "size_bytes": [9],
    }
    place = LogPlace("one", 3)
    text = log_reader(manifest_of(manifest_frame(known)))([place])[place]
    assert (text.path, text.missing) == ("logs/a.zip/y.gz", "")
    assert "[hidden]" in text.text
