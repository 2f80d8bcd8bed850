"""What a sample tells of the whole: exact where all was read, and else as near as it says."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from balance_sync.config import RunOptions
from balance_sync.errors import UsageError
from balance_sync.generator import generate_archive
from balance_sync.pipeline.estimate import RULES_OF_SINGLE_RECORDS, Estimate, estimate
from balance_sync.pipeline.extrapolation import LEAST_SEEN, extrapolate
from balance_sync.pipeline.run import run
from balance_sync.sources.sample import draw_sample
from balance_sync.sources.source import Source

RECORDS = ("events", "transactions", "sync_errors", "messages", "rejects")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    generate_archive(folder, text_bytes=6_000_000, seed=11, workers=1)
    return folder / "logs"


def options(archive: Path, folder: Path, **given: object) -> RunOptions:
    return RunOptions((str(archive),), output=folder, formats=("json",), threads=1, **given)


def counts(result: Estimate) -> dict[str, int]:
    return {one.name: one.estimate for one in (*result.records, *result.findings)}


@pytest.mark.parametrize("since", [None, datetime(2024, 9, 10, tzinfo=UTC)])
def test_a_sample_of_everything_tells_what_a_run_finds(
    since: datetime | None, archive: Path, tmp_path: Path
) -> None:
    told = estimate(options(archive, tmp_path / "sample", since=since), 1.0)
    ran = run(options(archive, tmp_path / "run", since=since))
    assert {name: counts(told)[name] for name in RULES_OF_SINGLE_RECORDS} == {
        name: ran.findings[name] for name in RULES_OF_SINGLE_RECORDS
    }
    assert sum(counts(told)[name] for name in RULES_OF_SINGLE_RECORDS) > 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert {name: counts(told)[name] for name in RECORDS} == {name: summary[name] for name in RECORDS}
    assert all(one.low == one.estimate == one.high for one in told.records)
    assert set(told.rules_left_out) | set(RULES_OF_SINGLE_RECORDS) == set(ran.findings)
    assert told.reading_s is not None


def test_a_part_tells_of_the_whole_within_what_it_says(archive: Path, tmp_path: Path) -> None:
    whole = counts(estimate(options(archive, tmp_path / "whole"), 1.0))
    part = estimate(options(archive, tmp_path / "part"), 0.2)
    assert len(part.sample.sources) < part.sample.archive_sources / 2
    for one in part.records[:4]:
        assert one.low is not None
        assert one.high is not None
        assert one.seen < one.low < one.high
        half = (one.high - one.low) / 2
        # Twice the interval: one sample in ten lies beside it, and this test draws a single one.
        assert abs(one.estimate - whole[one.name]) < 2 * half


def test_a_sample_publishes_nothing_and_a_run_need_not_read_it_again(archive: Path, tmp_path: Path) -> None:
    part = estimate(options(archive, tmp_path), 0.2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]
    ran = run(options(archive, tmp_path))
    assert ran.ingested.sources_kept == len(part.sample.sources)
    again = estimate(options(archive, tmp_path), 0.2)
    assert again.reading_s is None
    assert (again.records, again.findings) == (part.records, part.findings)


@pytest.mark.parametrize("given", [{"rules": ("overdraft",)}, {"profile_directory": Path("profile")}])
def test_what_no_sample_tells_is_refused(archive: Path, tmp_path: Path, given: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="cannot be estimated from a sample"):
        estimate(options(archive, tmp_path, **given), 0.2)


@pytest.mark.slow
def test_intervals_hold_the_count_as_often_as_they_say() -> None:
    chance = random.Random(7)
    sizes = [round(chance.lognormvariate(7, 1.2)) + 1 for _ in range(6000)]
    sources = [Source(f"{n}", f"/{n}", size, 0, f"s{n}", None) for n, size in enumerate(sizes)]
    # Every stream holds some of one thing, and few streams hold many of another.
    common = {f"s{n}": round(size / 90 * chance.uniform(0.5, 1.5)) for n, size in enumerate(sizes)}
    lumped = {f"s{n}": chance.choice((0, 0, 0, 0, size // 40)) for n, size in enumerate(sizes)}
    for seen in (common, lumped):
        total, held, estimates = sum(seen.values()), 0, []
        for seed in range(200):
            sample = draw_sample(sources, 0.03, seed=seed)
            drawn = {stream for stratum in sample.strata for stream, _ in stratum.drawn}
            count = extrapolate("events", {s: n for s, n in seen.items() if s in drawn}, sample.strata)
            held += (count.low or 0) <= total <= (count.high or 0)
            estimates.append(count.estimate)
        assert held >= 180
        assert sum(estimates) / len(estimates) == pytest.approx(total, rel=0.02)


def test_few_seen_have_no_interval() -> None:
    sources = [Source(f"{n}", f"/{n}", 1000, 0, f"s{n}", None) for n in range(1000)]
    sample = draw_sample(sources, 0.1, seed=1)
    names = [stream for stratum in sample.strata for stream, _ in stratum.drawn]
    few = extrapolate("rejects", dict.fromkeys(names[: LEAST_SEEN - 1], 1), sample.strata)
    assert (few.seen, few.low, few.high) == (LEAST_SEEN - 1, None, None)
    assert few.estimate == round((LEAST_SEEN - 1) / len(names) * 1000)
    nothing = extrapolate("rejects", {}, sample.strata)
    assert (nothing.estimate, nothing.low) == (0, None)
