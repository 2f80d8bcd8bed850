"""How far reading goes, in years and into what a file unfolds to: what keeps a hostile archive harmless."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_YEAR, LAST_YEAR = 1970, 2099
"""Years in which something is logged: a line that begins with a time of another year tells none.

CloudWatch counts milliseconds from 1970 on. A text that somebody logged may hold any time, and between that
and the others every day would be looked at.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is read out of one file.

    Where one is reached, what was read before is kept and the source says so.

    Attributes
    ----------
    unpacked_bytes
        All that its compressed and archived layers give together.
    ratio
        How many times as large as the file that may be, once it is more than `RATIO_FREE_BYTES`.
    members
        Sources in it: members of archives within archives, streams of records.
    depth
        Layers in each other: ``a.zip/b.tar.gz`` has three, two archives and a compression.
    """

    unpacked_bytes: int = 1 << 40
    ratio: int = 250
    members: int = 100_000
    depth: int = 8


RATIO_FREE_BYTES = 100_000_000
"""Unpacked bytes below which the ratio is not looked at: a small file of spaces is no danger."""
