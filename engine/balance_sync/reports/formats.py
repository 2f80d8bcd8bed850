"""What a report can be written as, and which of it needs a library that may not be there."""

from __future__ import annotations

from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING

from balance_sync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection


class Format(StrEnum):
    """What a report can be written as."""

    XLSX = "xlsx"
    HTML = "html"
    PDF = "pdf"
    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


def require_formats(formats: Collection[str]) -> None:
    """Refuse formats whose libraries are not installed, before any work is done for them.

    Raises
    ------
    UsageError
        With the command that installs what is missing.
    """
    if Format.PDF in formats and not find_spec("typst"):
        raise UsageError(
            "--format pdf",
            "needs typst, which is not installed",
            reason="it is large, so it comes only with balance-sync[pdf]",
            help="pip install 'balance-sync[pdf]', or leave out --format pdf",
        )
