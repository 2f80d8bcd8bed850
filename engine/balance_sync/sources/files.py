"""Opens files that anybody may have put there, or exchanged since they were found."""

from __future__ import annotations

import os
import stat
from io import FileIO

OPENING = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""A link is not followed, and a pipe does not wait for somebody to write."""


def open_file(path: str) -> FileIO:
    """Open a regular file; whatever else may have taken its place since it was found is refused.

    Raises
    ------
    OSError
        It cannot be opened, or is a link, a pipe or a device by now.
    """
    handle = os.open(path, OPENING)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("not a regular file any more")
    return FileIO(handle)
