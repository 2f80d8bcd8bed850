"""A row of a file of decisions, as it stands there: texts, not yet believed."""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True):
    """What a row says.

    Attributes
    ----------
    place
        Where it stands: ``Overdrafts row 17``, ``line 4``.
    entry_id
        The decision that a workbook showed when it was written, or "".
    user_id
        The subscriber that the row shows, or "" where it shows none.
    """

    place: str
    finding_id: str
    decision: str = ""
    note: str = ""
    decided_by: str = ""
    decided_at: str = ""
    scope: str = ""
    until: str = ""
    entry_id: str = ""
    user_id: str = ""

    @classmethod
    def texts(cls) -> tuple[str, ...]:
        """Return the names of what a file may state."""
        return cls.__struct_fields__[1:]
