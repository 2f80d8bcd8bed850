"""How a run tells how far it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Is told how far a run is; the command line shows it on a terminal."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin the stage `name`, of `total` steps; `None` where it is not known yet."""

    def expect(self, total: int) -> None:
        """Say how many steps the stage turns out to have."""

    def advance(self, steps: int) -> None:
        """Count `steps` of the stage as done."""


class Unwatched:
    """Tells nobody."""

    def stage(self, name: str, total: int | None) -> None:
        """Do nothing."""

    def expect(self, total: int) -> None:
        """Do nothing."""

    def advance(self, steps: int) -> None:
        """Do nothing."""
