"""Paths on the command line: what is empty names none, and does not mean the current folder."""

from __future__ import annotations

import os
from pathlib import Path

import click


class GivenPath(click.Path):
    """A path that was really given: ``-o "$FOLDER"`` with the variable unset is a mistake."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True, exists: bool = False) -> None:
        super().__init__(exists=exists, file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """Return the path.

        Raises
        ------
        click.BadParameter
            It is empty, or click refuses it.
        """
        if not os.fspath(value):
            self.fail("an empty text names no file and no folder", param, ctx)
        return super().convert(value, param, ctx)
