"""The detector's part of a run: whether it runs, in which process, and what is recorded of it."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from balance_sync.config import RunOptions
from balance_sync.feedback import statements
from balance_sync.pipeline.feedback import setting_aside
from balance_sync.pipeline.processes import Processes

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from balance_sync.anomalies.detect import AnomalyResult
    from balance_sync.feedback.standing import Standing
    from balance_sync.reports.context import RuleRun

DETECTOR = statements.DETECTOR
"""The rule id under which the detector's findings are recorded."""

DETECTOR_DESCRIPTION = """
No rule explains the transaction, and it is among the most unusual of all for its subscriber, its action, its
amount or its time. It need not be wrong: the reasons say what is unusual about it.
"""
DETECTOR_TRIAGE = """
Read the reasons, most unusual first. Ask in the subscription service whether the transaction was meant; if it
was, nothing needs to be done.
"""


def is_ranked(options: RunOptions) -> bool:
    """Return whether the detector is among the chosen rules, as it is where none is chosen."""
    return not options.rules or any(word.partition("@")[0] == DETECTOR for word in options.rules)


class DetectorProcess:
    """A process for the detector, where little is read: else the processors have enough to do."""

    def __init__(self, options: RunOptions) -> None:
        self._wanted = options.threads > 1 and is_ranked(options)
        self.executor: Processes | None = None

    def __enter__(self) -> DetectorProcess:
        return self

    def start(self) -> None:
        """Start the process, and let it import what the detector needs."""
        from balance_sync.anomalies import warm_up

        if self._wanted:
            self.executor = Processes(1)
            self.executor.submit(warm_up)

    def prepare(self) -> None:
        """Import it here, beside other work, where no process was started."""
        from balance_sync.anomalies import warm_up

        if self.executor is None and self._wanted:
            threading.Thread(target=warm_up, daemon=True).start()

    def end(self) -> None:
        """Let the process go, if there is one."""
        if self.executor is not None:
            self.executor.shutdown(wait=False, cancel_futures=True)
            self.executor = None

    def __exit__(self, *_: object) -> None:
        self.end()


def record_anomalies(
    connection: DuckDBPyConnection, options: RunOptions, detector: DetectorProcess, standing: Standing
) -> RuleRun:
    """Rank the transactions, and record the most unusual ones that nobody has answered as findings."""
    from balance_sync.anomalies.detect import detect
    from balance_sync.anomalies.features import FEATURES_VERSION
    from balance_sync.anomalies.publish import RULE, RULE_VERSION, SEVERITY, publish
    from balance_sync.reports.context import RuleRun
    from balance_sync.store.sql_files import sql_directory

    features = sql_directory() / "features" / f"v{FEATURES_VERSION}.sql"

    def ranked(executor: Processes | None) -> AnomalyResult:
        return detect(
            connection,
            review_budget=options.review_budget,
            seed=options.seed,
            timezone=options.timezone,
            threads=options.threads,
            executor=executor,
            setting_aside=setting_aside(standing, options),
        )

    try:
        result = ranked(detector.executor)
    except BrokenProcessPool:
        # Somebody ended the other process, most often the system when memory ran out: here it still works.
        result = ranked(None)
    # It ends beside the reports, and the run need not wait for it after them.
    detector.end()
    return RuleRun(
        rule=RULE,
        version=RULE_VERSION,
        severity=SEVERITY.value,
        title="Unusual transaction",
        description=DETECTOR_DESCRIPTION,
        sha256=hashlib.sha256(features.read_bytes()).hexdigest(),
        findings=publish(connection, result),
        triage=DETECTOR_TRIAGE,
    )
