"""A process beside the first one where little is read: for the detector, and then for reports.

Else the processors have enough to do. Where next to nothing is read it begins behind the reading, if there is
anything to rank at all: scikit-learn takes longer to import than all the rest of such a run.
"""

from __future__ import annotations

import sys
import threading

from balance_sync.config import RunOptions
from balance_sync.pipeline.detection import is_ranked
from balance_sync.pipeline.processes import Processes
from balance_sync.pipeline.reporting import prepare_to_write


class SecondProcess:
    """The process, once it was started.

    Attributes
    ----------
    executor
        Of the process; `None` where there is none.
    """

    def __init__(self, options: RunOptions) -> None:
        self._wanted = options.threads > 1 and is_ranked(options)
        self._ranks = options.review_budget > 0
        self._formats = options.formats
        self.executor: Processes | None = None

    def __enter__(self) -> SecondProcess:
        return self

    def start(self) -> None:
        """Start the process, and let it import what the detector needs, then what reports need."""
        from balance_sync.anomalies import warm_up_alone

        if self._wanted:
            self.executor = Processes(1)
            if self._ranks:
                self.executor.submit(warm_up_alone)
            self.executor.submit(prepare_to_write, self._formats)

    def prepare_detector(self, transactions: int, *, read_little: bool) -> None:
        """Have it imported beside other work, if it will be needed.

        Parameters
        ----------
        transactions
            How many there are to rank.
        read_little
            Whether the logs are so few that a process for it, and what that then holds, is within all limits;
            else it is imported here.
        """
        from balance_sync.anomalies import warm_up
        from balance_sync.anomalies.detect import LEAST_TRANSACTIONS

        is_needed = self._wanted and self._ranks and transactions >= LEAST_TRANSACTIONS
        if self.executor is not None or not is_needed or "sklearn.ensemble" in sys.modules:
            return
        if read_little:
            self.start()
        else:
            threading.Thread(target=warm_up, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Let the process go, if there is one; nobody waits for it."""
        if self.executor is not None:
            self.executor.let_go()
            self.executor = None
