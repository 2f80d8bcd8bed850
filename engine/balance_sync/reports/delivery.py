"""Puts finished files in their places: all are written beside first, so nobody meets half a report."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from balance_sync.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Staging:
    """A folder beside the final places, whose files take those places together.

    Attributes
    ----------
    folder
        Where the files are written.
    names
        Of the files (relative, with ``/``), in the order in which they were begun.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def place(self, name: str) -> Path:
        """Return where to write the file that will be `name` (relative, with ``/``) in the end."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.names.append(name)
        return path

    def publish(self, directory: Path) -> tuple[Path, ...]:
        """Move every file to its place in `directory`, replacing what was there, and return the places."""
        for name in self.names:
            with (self.folder / name).open("rb+") as file:
                os.fsync(file.fileno())
        places = []
        for name in self.names:
            final = directory / name
            final.parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).replace(final)
            places.append(final)
        return tuple(places)


@contextmanager
def staging(directory: Path) -> Iterator[Staging]:
    """Yield a `Staging` for `directory`; whatever was not published is gone after the block.

    What a killed run left beside is removed first; what another run is writing there stays.

    Raises
    ------
    DeliveryError
        A file could not be written: no space, no permission, a name in the way.
    """
    from balance_sync.store.temporary_folder import REPORTS, temporary_folder

    try:
        with temporary_folder(directory, REPORTS) as beside:
            yield Staging(beside)
    except OSError as error:
        raise DeliveryError(
            str(directory),
            "the reports could not be written",
            reason=f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""),
            help="check free disk space and permissions, or choose another folder with -o",
        ) from error
