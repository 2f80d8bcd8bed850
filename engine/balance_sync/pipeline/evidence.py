"""Where a file may be written that an option names: never among the logs, which are evidence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from balance_sync.errors import UsageError
from balance_sync.sources.buckets import is_remote
from balance_sync.sources.discovery import named_roots
from balance_sync.sources.standard_input import STANDARD_INPUT

if TYPE_CHECKING:
    from pathlib import Path


def refuse_among_logs(option: str, path: Path, logs: tuple[str, ...]) -> None:
    """Raise `UsageError` where `path` is one of the inputs, lies in one of them, or is a folder.

    Links are followed on both sides: what counts is where the file would be.
    """
    place = os.path.realpath(path)
    if path.is_dir():
        raise UsageError(option, f"{str(path)!r} is a folder", help="name a file")
    for root in named_roots(name for name in logs if name != STANDARD_INPUT and not is_remote(name)):
        real = os.path.realpath(root)
        same = os.path.exists(place) and os.path.exists(real) and os.path.samefile(place, real)  # noqa: PTH110, PTH121
        if same or place == real or place.startswith(os.path.join(real, "")):  # noqa: PTH118
            raise UsageError(
                option,
                f"{str(path)!r} is one of the logs, or lies among them",
                help="name a file outside of them: what is read is never written to",
            )
