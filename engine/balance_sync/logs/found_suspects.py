"""What was found to be suspect, as numbers and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from balance_sync.logs.kinds import KINDS
from balance_sync.logs.lines import NEVER, Lines
from balance_sync.logs.rows import at_rows
from balance_sync.logs.windows import IS_PLATFORM
from balance_sync.vocabulary import SuspectReason

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REASONS = tuple(SuspectReason)
_TIME = pl.Datetime("us", "UTC")
_NOTHING = pl.DataFrame(
    schema={
        **{"event": pl.UInt32, "kind": pl.String, "reason": pl.String},
        **dict.fromkeys(("said_at", "began_at", "ended_at"), _TIME),
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """Suspects among some lines; each array has an element for each.

    Attributes
    ----------
    row
        Which line it is.
    reason
        Position in `SuspectReason`.
    began, ended
        Of the invocation that proves it, or of the pause between two; `NEVER` for none.
    """

    row: NDArray[np.int64]
    reason: NDArray[np.int64]
    began: NDArray[np.int64]
    ended: NDArray[np.int64]

    @classmethod
    def of(cls, reason: SuspectReason, row: NDArray[np.int64], *span: NDArray[np.int64]) -> Found:
        """Return `row` as suspects for one reason, with the `span` that proves it or none."""
        began, ended = span or (np.full(len(row), NEVER),) * 2
        return cls(row, np.full(len(row), _REASONS.index(reason)), began, ended)

    @classmethod
    def joined(cls, several: Sequence[Found]) -> Found:
        """Return all of them in one, in the order of the lines."""
        order = np.argsort(np.concatenate([one.row for one in several]), kind="stable")
        return cls(
            *(np.concatenate([getattr(one, each.name) for one in several])[order] for each in fields(cls))
        )

    def frame(self, lines: Lines) -> pl.DataFrame:
        """Return ``event`` UInt32, ``kind, reason, said_at, began_at, ended_at``, the times null for none."""
        if not len(self.row):
            return _NOTHING
        kind = lines.kind[self.row].astype(np.int64)
        said = np.where(IS_PLATFORM[kind], NEVER, lines.at[self.row] + lines.apart[self.row])
        return pl.DataFrame(
            {
                "event": pl.Series(self.row, dtype=pl.UInt32),
                "kind": at_rows(pl.Series(KINDS), kind),
                "reason": at_rows(pl.Series(_REASONS, dtype=pl.String), self.reason),
                "said_at": _times(said),
                "began_at": _times(self.began),
                "ended_at": _times(self.ended),
            }
        )


def _times(moments: NDArray[np.int64]) -> pl.Series:
    known = pl.Series(moments).set(pl.Series(moments == NEVER), None)
    return known.cast(_TIME)
