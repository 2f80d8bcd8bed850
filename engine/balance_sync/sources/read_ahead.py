"""Has the system fetch what is read soon, where one waits for it: a cold file cache, or a drive far away.

Nothing is learned of a file by it, so that it changes nothing but the time. Where files are at hand, a few of
a thousand are looked at and nothing else is done.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from balance_sync import compiled

try:
    from resource import RUSAGE_THREAD, getrusage
except ImportError:
    # Linux alone tells how often one thread waited.
    CAN_TELL = False
else:
    CAN_TELL = True

FEWEST_NAMES = 16
"""Names in a folder of which the next ones are worth looking up."""

_NAMES_AHEAD = 2_048
"""Names of a folder that are looked up while as many before them are used."""

_ASKED_AFTER = 1_024
"""Names after which it is asked again whether one waits."""

_ASKED, _WAITS = 8, 4
"""How many names are looked up to ask, and how many of them must make one wait, or not be at hand."""

_THREADS = 16
"""They wait for the system, and do next to nothing themselves."""

_NAMES_OF_A_TASK = 32
_MOST_TASKS = 4 * _NAMES_AHEAD // _NAMES_OF_A_TASK
_MOST_FILES = 4
"""Files that are looked up in a folder before it is listed: an export's hold one to a few."""

_FILE_BYTES, _TASK_BYTES = 128 << 10, 4 << 20
"""What is fetched at most of each file, and of those of a task together.

While a file is read, the system fetches by itself what follows.
"""


class ReadAhead:
    """Threads that have the system fetch files, begun whenever one waits for some.

    Attributes
    ----------
    fetches
        Whether what is in the files is fetched, and not only what their folders say of them.
    """

    def __init__(self, *, fetches: bool) -> None:
        self.fetches = fetches
        self._is_of_use = CAN_TELL and compiled.are_used()
        self._unasked = 0
        self._waits = False
        self._threads: ThreadPoolExecutor | None = None
        self._tasks: deque[Future[int]] = deque()

    def close(self) -> None:
        """End the threads; what they have not begun is not done."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None
            self._tasks.clear()

    def looked_up(self, folder: str, names: Iterable[str]) -> Iterator[str]:
        """Give out `names` of what is in `folder`, and look up the next ones meanwhile.

        The names of folders, and `folder`, end with a slash.
        """
        coming = iter(names)
        block = list(islice(coming, _NAMES_AHEAD))
        self._look_up(folder, block)
        while block:
            following = list(islice(coming, _NAMES_AHEAD))
            self._look_up(folder, following)
            yield from block
            block = following

    def _look_up(self, folder: str, names: list[str]) -> None:
        if not self._is_of_use or len(names) < FEWEST_NAMES:
            return
        begin = 0
        if self._unasked <= 0:
            begin, self._unasked = _ASKED, _ASKED_AFTER
            self._waits = self._must_wait(folder, names[:begin])
        self._unasked -= len(names)
        if self._waits:
            for at in range(begin, len(names), _NAMES_OF_A_TASK):
                self._begin(folder, names[at : at + _NAMES_OF_A_TASK])

    def _must_wait(self, folder: str, names: list[str]) -> bool:
        waited = getrusage(RUSAGE_THREAD).ru_nvcsw
        away = self._touch(folder, names, asks=True)
        return max(away, getrusage(RUSAGE_THREAD).ru_nvcsw - waited) >= _WAITS

    def _begin(self, folder: str, names: list[str]) -> None:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, "read-ahead")
        if len(self._tasks) == _MOST_TASKS:
            # What is that late was overtaken.
            self._tasks.popleft().cancel()
        self._tasks.append(self._threads.submit(self._touch, folder, names, asks=False))

    def _touch(self, folder: str, names: list[str], *, asks: bool) -> int:
        paths = [os.fsencode(folder + name) for name in names]
        octets = _FILE_BYTES if self.fetches else 0
        return compiled.files.touch(paths, _MOST_FILES, octets, _TASK_BYTES, asks)
