"""A process beside the first one where little is read: for the detector, and then for reports.

Else the processors have enough to do. Where next to nothing is read, it would take longer to begin than all
the rest of the run.
"""

from __future__ import annotations

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
        self._formats = options.formats
        self.executor: Processes | None = None

    def __enter__(self) -> SecondProcess:
        return self

    def start(self) -> None:
        """Start the process, and let it import what the detector needs, then what reports need."""
        from balance_sync.anomalies import warm_up_alone

        if self._wanted:
            self.executor = Processes(1)
            self.executor.submit(warm_up_alone)
            self.executor.submit(prepare_to_write, self._formats)

    def prepare_detector(self, transactions: int) -> None:
        """Import it here, beside other work, where no process was started and it will be needed."""
        if self.executor is not None or not self._wanted:
            return
        from balance_sync.anomalies import warm_up
        from balance_sync.anomalies.detect import LEAST_TRANSACTIONS

        if transactions >= LEAST_TRANSACTIONS:
            threading.Thread(target=warm_up, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Let the process go, if there is one; nobody waits for it."""
        if self.executor is not None:
            self.executor.let_go()
            self.executor = None
