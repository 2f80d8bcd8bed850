"""From counts in a sample of streams to counts in the archive, with how far off they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, sqrt

from balance_sync.sources.sample import Stratum

LEAST_SEEN = 30
"""Fewer than this many seen say too little of how they are spread for an interval."""

_NORMAL_95 = 1.96
"""Standard errors on either side of the mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many of something the sample holds, and how many the archive is likely to hold.

    Attributes
    ----------
    low, high
        Ends of the interval that holds the archive's count in about nine of ten samples; `None` where fewer
        than `LEAST_SEEN` were seen. Both are the count itself where all streams were read.
    """

    name: str
    seen: int
    estimate: int
    low: int | None
    high: int | None


def extrapolate(name: str, seen: Mapping[str, int], strata: Sequence[Stratum]) -> Count:
    """Estimate the archive's count from the one of each stream in the sample.

    The estimator is the combined ratio to bytes on disk over the strata, its variance that of the residuals
    with the correction for a finite population (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, 6.11).

    Parameters
    ----------
    seen
        Count by stream; a stream of the sample that is not named has none.
    """
    total = sum(seen.values())
    counts = [[seen.get(stream, 0) for stream, _ in stratum.drawn] for stratum in strata]
    expanded = sum(_expanded(stratum, values) for stratum, values in zip(strata, counts, strict=True))
    bytes_expanded = sum(_expanded(stratum, [size for _, size in stratum.drawn]) for stratum in strata)
    archive_bytes = sum(stratum.size_bytes for stratum in strata)
    if not bytes_expanded:
        return Count(name, total, total, total, total)
    ratio = expanded / bytes_expanded
    estimate = max(total, round(ratio * archive_bytes))
    if all(len(stratum.drawn) == stratum.streams for stratum in strata):
        return Count(name, total, total, total, total)
    if total < LEAST_SEEN:
        return Count(name, total, estimate, None, None)
    off = _half_width([_variance(stratum, seen, ratio) for stratum in strata], strata)
    off *= archive_bytes / bytes_expanded
    return Count(name, total, estimate, max(total, floor(estimate - off)), round(estimate + off))


def _expanded(stratum: Stratum, values: Sequence[int]) -> float:
    return stratum.streams / len(values) * sum(values)


def _half_width(variances: Sequence[float], strata: Sequence[Stratum]) -> float:
    """Return half of the 95 % interval of a sum whose parts have the `variances`.

    The degrees of freedom are Satterthwaite's, the quantile of Student's t is by Abramowitz and Stegun,
    Handbook of Mathematical Functions, 26.7.5.
    """
    variance = sum(variances)
    if not variance:
        return 0.0
    lost = [part**2 / (len(one.drawn) - 1) for part, one in zip(variances, strata, strict=True) if part]
    freedom = variance**2 / sum(lost)
    z = _NORMAL_95
    quantile = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return quantile * sqrt(variance)


def _variance(stratum: Stratum, seen: Mapping[str, int], ratio: float) -> float:
    count = len(stratum.drawn)
    if count == stratum.streams or count < 2:
        return 0.0
    residuals = [seen.get(stream, 0) - ratio * size for stream, size in stratum.drawn]
    mean = sum(residuals) / count
    spread = sum((residual - mean) ** 2 for residual in residuals) / (count - 1)
    return stratum.streams**2 * (1 - count / stratum.streams) / count * spread
