"""How a measured process tells its own time, where setting up must not count.

A stage that starts from parsed text or from a filled database prepares these first; the stopwatch runs only
around the stage itself. The last line on stdout is then what the suite reads.
"""

from __future__ import annotations

import json
import time
from typing import Any


class Stopwatch:
    """Adds up the wall-clock and processor time of the blocks that it is put around."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu_s = 0.0
        self._started = (0.0, 0.0)

    def __enter__(self) -> Stopwatch:
        self._started = (time.perf_counter(), time.process_time())
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._started[0]
        self.cpu_s += time.process_time() - self._started[1]

    def tell(self, *, rows: int = 0, units: float = 1, **facts: Any) -> None:
        """Print the time, and what was found.

        Parameters
        ----------
        rows
            What rows per second are counted of.
        units
            What the ratio to the yardstick is per, where both do not do the same amount of work.
        facts
            Compared with the archive's answer.
        """
        told = {"seconds": self.seconds, "cpu_s": self.cpu_s, "rows": rows, "units": units, "facts": facts}
        print(json.dumps(told))
