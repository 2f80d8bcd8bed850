"""How to call this program again, for hints that can be pasted."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

_NAME = "balance-sync"


def command(*arguments: str | Path) -> str:
    """Return the command of `arguments`, by the name that the shell knows the program by.

    In an environment that is not on the path, as ``.venv`` after the installation, that is the way it was
    called just now.
    """
    called = sys.argv[0]
    if shutil.which(_NAME) or Path(called).name != _NAME:
        called = _NAME
    return shlex.join([called, *map(str, arguments)])
