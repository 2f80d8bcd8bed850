"""A sample: whole streams, the same ones every time, and about as much as was asked for."""

from __future__ import annotations

import random
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from balance_sync.sources.sample import LEAST_STREAMS, draw_sample
from balance_sync.sources.source import Source


def source(number: int, size_bytes: int, stream: str) -> Source:
    label = f"{stream}/{number:06}.gz"
    return Source(label, f"/logs/{label}", size_bytes, 0, stream, None)


SOURCES = st.lists(st.tuples(st.integers(0, 1 << 24), st.integers(0, 40)), min_size=1, max_size=120).map(
    lambda rows: [source(number, size, f"stream{one}") for number, (size, one) in enumerate(rows)]
)


@given(SOURCES, st.floats(0.001, 1), st.integers(0, 9))
def test_a_stream_is_read_whole_or_not_at_all(sources: list[Source], share: float, seed: int) -> None:
    sample = draw_sample(sources, share, seed=seed)
    drawn = [stream for stratum in sample.strata for stream, _ in stratum.drawn]
    assert sample.sources == tuple(one for one in sources if one.stream in set(drawn))
    assert len(drawn) == len(set(drawn))
    sizes: defaultdict[str, int] = defaultdict(int)
    for one in sources:
        sizes[one.stream] += one.size_bytes
    assert sum(stratum.streams for stratum in sample.strata) == len(sizes)
    assert sample.archive_bytes == sum(sizes.values())
    assert sample.archive_sources == len(sources)
    for stratum in sample.strata:
        assert len(stratum.drawn) >= min(LEAST_STREAMS, stratum.streams)
        assert all(size == sizes[stream] for stream, size in stratum.drawn)
        assert len({size.bit_length() for _, size in stratum.drawn}) == 1


@given(SOURCES, st.floats(0.001, 1), st.randoms())
def test_the_order_in_which_sources_are_found_decides_nothing(
    sources: list[Source], share: float, chance: random.Random
) -> None:
    other = list(sources)
    chance.shuffle(other)
    first, second = (draw_sample(found, share, seed=1) for found in (sources, other))
    assert first.strata == second.strata
    assert set(first.sources) == set(second.sources)


@given(SOURCES)
def test_all_of_it_is_everything(sources: list[Source]) -> None:
    assert draw_sample(sources, 1.0, seed=0).sources == tuple(sources)


def test_as_much_is_read_as_was_asked_for() -> None:
    chance = random.Random(5)
    sources = [source(number, int(chance.paretovariate(0.9) * 600), f"s{number}") for number in range(20_000)]
    sources = [one._replace(size_bytes=min(one.size_bytes, 200_000)) for one in sources]
    for share in (0.02, 0.1, 0.5):
        sample = draw_sample(sources, share, seed=3)
        assert 0.9 < sample.size_bytes / sample.archive_bytes / share < 1.1
    assert draw_sample(sources, 0.1, seed=3).sources != draw_sample(sources, 0.1, seed=4).sources
