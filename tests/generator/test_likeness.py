"""The archives are like the real export, whose figures stand here as plain numbers."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from statistics import quantiles

import pytest

EVENTS_PER_MILLE = {
    **{"PROCESSING": 210.1, "SYNC": 197.0, "PUBLISHED": 189.6, "START": 103.3, "END": 103.3, "REPORT": 103.3},
    **{"NOT_IN_SYNC": 51.3, "INIT_START": 17.9, "SYNCED": 7.35, "FLAG": 6.85, "CREATE": 6.13},
}
BYTES_PER_EVENT = {
    **{"PROCESSING": 149.0, "SYNC": 624.9, "PUBLISHED": 136.0, "START": 97.0, "END": 78.0, "REPORT": 183.7},
    **{"NOT_IN_SYNC": 258.3, "INIT_START": 188.0, "FLAG": 204.2, "CREATE": 204.0, "CRASH": 1389.0},
}
RARE_PER_MILLE = {"CRASH": 1.08, "INIT_REPORT": 1.08, "UNKNOWN": 0.8, "EMF": 0.62, "REJECTED": 0.14}
COMPRESSION = 5.2035
FILES_PER_MEGABYTE = 73.7
BELOW_2048, ABOVE_10000 = 0.789, 0.096
DISORDERED = 0.349
CURRENCIES = {"BHD": 0.689, "SAR": 0.278, "KWD": 0.014, "AED": 0.014, "QAR": 0.005}
AT_NINE_IN_THE_EVENING = 0.918
INTACT_CHAIN = 0.97


@pytest.mark.parametrize("kind", EVENTS_PER_MILLE)
def test_shares_of_frequent_events(kind, demo) -> None:
    _, _, reading = demo
    share = 1000 * reading.kinds[kind] / reading.events
    slack = 0.15 if EVENTS_PER_MILLE[kind] > 20 else 0.5
    assert share == pytest.approx(EVENTS_PER_MILLE[kind], rel=slack)


@pytest.mark.parametrize("kind", RARE_PER_MILLE)
def test_rare_events_are_there_and_rare(kind, demo) -> None:
    _, _, reading = demo
    assert 0 < 1000 * reading.kinds[kind] / reading.events < 4 * RARE_PER_MILLE[kind]


@pytest.mark.parametrize("kind", BYTES_PER_EVENT)
def test_lengths_of_events(kind, demo) -> None:
    _, _, reading = demo
    mean = reading.kind_bytes[kind] / reading.kinds[kind]
    assert mean == pytest.approx(BYTES_PER_EVENT[kind], rel=0.04)


def test_compression_ratio(demo) -> None:
    _, answer, _ = demo
    assert answer.bytes / answer.gzip_bytes == pytest.approx(COMPRESSION, rel=0.15)


def test_sizes_of_files(demo) -> None:
    _, answer, reading = demo
    below = sum(size < 2048 for size in reading.gzip_sizes) / reading.files
    above = sum(size > 10_000 for size in reading.gzip_sizes) / reading.files
    assert below == pytest.approx(BELOW_2048, abs=0.06)
    assert above == pytest.approx(ABOVE_10000, abs=0.03)
    assert reading.files / answer.bytes * 1e6 == pytest.approx(FILES_PER_MEGABYTE, rel=0.2)
    assert min(reading.text_sizes) < 200
    assert max(reading.text_sizes) > 120_000


def test_a_third_of_the_files_is_out_of_order(demo) -> None:
    _, _, reading = demo
    assert reading.disordered / reading.files == pytest.approx(DISORDERED, abs=0.08)


def test_a_request_can_stand_thousands_of_lines_ahead_of_its_start(demo) -> None:
    import gzip

    directory, _, _ = demo
    farthest = 0
    for path in (directory / "logs").rglob("*.gz"):
        lines = gzip.decompress(path.read_bytes()).decode().split("\n")
        starts = {line.split()[3]: n for n, line in enumerate(lines) if line[25:31] == "START "}
        for number, line in enumerate(lines):
            match = re.search(r"Z\t([0-9a-f-]{36})\tINFO\tProcessing", line)
            if match:
                farthest = max(farthest, starts[match[1]] - number)
    assert farthest > 1000


def test_currencies_and_hours(demo) -> None:
    _, _, reading = demo
    count = len(reading.transactions)
    currencies = Counter(t["currency"] for t in reading.transactions)
    for currency, share in CURRENCIES.items():
        assert currencies[currency] / count == pytest.approx(share, abs=0.05 if share > 0.1 else 0.02)
    night = sum(t["at"][11:13] == "21" for t in reading.transactions) / count
    assert night == pytest.approx(AT_NINE_IN_THE_EVENING, abs=0.03)


def test_requests_carry_up_to_ten_messages(demo) -> None:
    _, _, reading = demo
    per_start = reading.kinds["PROCESSING"] / reading.kinds["START"]
    assert per_start == pytest.approx(2.034, rel=0.12)


def test_histories_reconcile_but_for_what_is_planted(demo) -> None:
    _, answer, reading = demo
    breaks = len(answer.lost_update) + len(answer.continuity)
    followed = len(reading.transactions) - answer.users
    assert INTACT_CHAIN < 1 - breaks / followed < 1


def test_numbers_come_in_all_the_forms_of_doubles(demo) -> None:
    _, _, reading = demo
    old = [t["oldBalance"] for t in reading.transactions]
    assert any(re.fullmatch(r"\d+\.\d{9,}", text) for text in old)
    assert any(re.fullmatch(r"\d+\.\d{4}", text) for text in old)
    assert any(re.fullmatch(r"\d+", text) for text in old)
    assert not any(text.endswith(".0") or "E" in text or "+" in text for text in old)
    assert any(len(t["amount"].partition(".")[2]) > 10 for t in reading.transactions)
    assert all(Decimal(t["vat"]) >= 0 for t in reading.transactions)


def test_metadata_comes_in_many_shapes(demo) -> None:
    _, _, reading = demo
    texts = [t["metadata"] for t in reading.transactions if "metadata" in t]
    shapes = {tuple(re.findall(r'[{,]"(\w+)":', text)) for text in texts}
    assert len(shapes) >= 20
    assert any(text == "undefined" for text in texts)
    assert any('\\\\"' in text for text in texts)
    assert any(re.search(r"[\u0600-\u06ff]", text) for text in texts)
    assert max(map(len, texts)) > 3000
    assert quantiles(map(len, texts), n=20)[0] > 100
