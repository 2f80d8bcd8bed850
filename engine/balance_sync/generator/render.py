"""The text of a container's life: every event the service and the platform log, in time order."""

from __future__ import annotations

import random
import time
from math import ceil

from balance_sync.generator import timing
from balance_sync.generator.calendar import Day
from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.records import Ending, Event, Message, StreamPlan
from balance_sync.generator.texts import (
    PLAIN,
    SLACK,
    FailureTexts,
    mismatch_text,
    refusal_text,
    transaction_text,
)

_TRACED = 0.098
_LIMIT_MS = 30_000


class StreamRenderer:
    """Turns a container's plan into its events.

    Parameters
    ----------
    rng, mint
        The archive's only sources of chance and of identifiers.

    """

    def __init__(self, rng: random.Random, mint: IdentifierMint) -> None:
        self._rng = rng
        self._mint = mint
        self._draw = timing.Clock(rng).draw
        self._failures = FailureTexts(mint)
        self._events: list[Event] = []
        self._now = 0
        self._second = -1
        self._second_text = ""
        self._memory = 100
        self._processed: list[tuple[int, Message]] = []

    def take_processed(self) -> list[tuple[int, Message]]:
        """Return the messages rendered since the last call, each with when its sync was logged (ms)."""
        processed, self._processed = self._processed, []
        return processed

    def render(self, stream: StreamPlan, day: Day) -> list[Event]:
        """Return the events of `stream`, in time order; equal times keep their order."""
        self._events = []
        self._now = stream.start_ms
        self._memory = self._draw(timing.MEMORY_MB)
        init_ms: float | None = self._init_start(day)
        if stream.crashes:
            self._crash_loop(stream, day)
            return self._events
        for due_ms, batch in self._requests(stream):
            self._now = max(self._now, due_ms)
            restarted = self._request(batch, day, init_ms)
            init_ms = None
            if restarted:
                self._init_start(day)
            self._now += self._draw(timing.BETWEEN_REQUESTS)
        return self._events

    def _requests(self, stream: StreamPlan) -> list[tuple[int, list[Message]]]:
        """Cut the messages into requests: alone or in batches, what breaks off ends its request."""
        requests: list[tuple[int, list[Message]]] = []
        room, batch_due = 0, 0
        for errand in stream.errands:
            for message in errand.messages:
                alone = message.ending is Ending.SILENT
                if room == 0 or alone or errand.due_ms > batch_due:
                    batch_due = errand.due_ms
                    requests.append((batch_due, []))
                    room = 1 if alone else self._batch_size(crowded=stream.crowded)
                requests[-1][1].append(message)
                room = 0 if message.ending.stops_request else room - 1
        return requests

    def _batch_size(self, *, crowded: bool) -> int:
        chance = self._rng.random()
        if crowded:
            if chance < 0.38:
                return 10
            return 1 + int(self._rng.random() * 5) if chance < 0.84 else self._rng.randint(5, 9)
        return 1 if chance < 0.95 else 2 if chance < 0.985 else 3

    def _stamp(self) -> str:
        second, ms = divmod(self._now, 1000)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
        return f"{self._second_text}{ms:03d}Z"

    def _platform(self, text: str, *, begins_request: bool = False) -> None:
        self._events.append(Event(self._now, f"{self._stamp()} {text}\n\n", begins_request))

    def _log(self, request_id: str, level: str, text: str) -> None:
        stamp = self._stamp()
        self._events.append(Event(self._now, f"{stamp} {stamp}\t{request_id}\t{level}\t{text}\n\n"))

    def _init_start(self, day: Day) -> float:
        """Log the start of a runtime; return how long its initialisation takes (ms)."""
        self._platform(
            f"INIT_START Runtime Version: nodejs:{day.runtime}\tRuntime Version ARN: "
            f"arn:aws:lambda:us-east-1::runtime:{day.runtime_hash}",
            begins_request=True,
        )
        takes = self._draw(timing.INIT_TO_START)
        self._now += takes
        return max(takes - 1, 1) + self._rng.random()

    def _request(self, batch: list[Message], day: Day, init_ms: float | None) -> bool:
        """Log one invocation; return whether its container has to start anew."""
        request_id = self._mint.uuid("5")
        started = self._now
        self._platform(f"START RequestId: {request_id} Version: $LATEST", begins_request=init_ms is None)
        self._now += self._draw(timing.START_TO_MESSAGE)
        last = Ending.PUBLISHED
        for number, message in enumerate(batch):
            if number:
                self._now += self._draw(timing.TO_NEXT_MESSAGE)
            self._message(request_id, message, started)
            last = message.ending
        if not last.stops_request:
            skipped = last in (Ending.SKIPPED_CREATE, Ending.SKIPPED_FLAG, Ending.REJECTED)
            self._now += self._draw(timing.SKIP_TO_END if skipped else timing.TO_END)
        self._platform(f"END RequestId: {request_id}")
        self._report(request_id, day, self._now - started, init_ms, last)
        return last in (Ending.TIMEOUT, Ending.CRASH)

    def _report(
        self, request_id: str, day: Day, took_ms: int, init_ms: float | None, last: Ending = Ending.PUBLISHED
    ) -> None:
        duration = max(took_ms - 1, 0) + self._rng.random() * 0.98 + 0.01
        status = ""
        if last is Ending.TIMEOUT:
            duration = _LIMIT_MS + 0.0
            status = "Status: timeout\t"
        elif last is Ending.CRASH:
            status = "Status: error\tError Type: Runtime.ExitError\t"
        self._memory = min(self._memory + (self._rng.random() < 0.06), 155)
        init = f"Init Duration: {init_ms:.2f} ms\t" if init_ms is not None else ""
        trace = ""
        if self._rng.random() < _TRACED:
            ids = f"1-{self._now // 1000:x}-{self._mint.hex(24)}\tSegmentId: {self._mint.hex(16)}"
            trace = f"\nXRAY TraceId: {ids}\tSampled: true\t"
        self._platform(
            f"REPORT RequestId: {request_id}\tDuration: {duration:.2f} ms\t"
            f"Billed Duration: {ceil(duration)} ms\t"
            f"Memory Size: {day.memory_mb} MB\tMax Memory Used: {self._memory} MB\t{init}{status}{trace}"
        )

    def _message(self, request_id: str, message: Message, started: int) -> None:
        """Log the processing of one message, up to what shows its outcome."""
        draw, ending = self._draw, message.ending
        self._log(request_id, "INFO", f"Processing message {message.message_id}")
        self._processed.append((self._now, message))
        if message.dump is not None:
            self._log(request_id, "INFO", message.dump)
        transaction = message.transaction
        if transaction is not None:
            self._now += draw(timing.MESSAGE_TO_SYNC)
            self._log(request_id, "INFO", transaction_text(transaction))
            self._processed[-1] = (self._now, message)
        if ending is Ending.PUBLISHED:
            self._now += draw(timing.SYNC_TO_PUBLISHED)
            self._log(request_id, "INFO", "SubscriptionBalanceUpdated event published")
        elif ending in PLAIN:
            self._now += draw(timing.SHORT)
            self._log(request_id, "INFO", PLAIN[ending])
        elif ending is Ending.REJECTED:
            self._reject(request_id, message)
        elif ending is not Ending.SILENT:
            self._fail(request_id, message, started)
        if message.mismatch is not None:
            self._now += draw(timing.TO_MISMATCH)
            self._log(request_id, "ERROR", mismatch_text(message.mismatch))
            self._asides(request_id, message)

    def _asides(self, request_id: str, message: Message) -> None:
        """Log what sometimes goes with a not-in-sync record: a notification, a metric."""
        if message.slack:
            self._log(request_id, "INFO", "Sending slack notification")
        if message.metric_action is not None:
            self._metric("subBalanceDiscrapancy", message)
        if message.slack:
            self._now += 1
            self._log(request_id, "INFO", SLACK)

    def _metric(self, name: str, message: Message) -> None:
        detail = (
            f',"userId":"{message.user_id}","action":"{message.metric_action}"'
            if message.metric_action
            else ""
        )
        self._platform(
            f'{{"_aws":{{"Timestamp":{self._now},"CloudWatchMetrics":[{{"Namespace":"apiService","Dimensions":'
            f'[["service"]],"Metrics":[{{"Name":"{name}","Unit":"Count"}}]}}]}},"service":"syncBalanceSQS",'
            f'"{name}":1{detail}}}'
        )

    def _reject(self, request_id: str, message: Message) -> None:
        self._now += self._draw(timing.TO_MISMATCH)
        self._metric("negativeBalance", message)
        self._now += 1
        self._log(request_id, "INFO", refusal_text(message))

    def _fail(self, request_id: str, message: Message, started: int) -> None:
        self._now += self._draw(timing.SYNC_TO_PUBLISHED)
        if message.ending is Ending.TIMEOUT:
            self._now = max(started + _LIMIT_MS, self._now + 1)
            seconds = (self._now - started) / 1000
            self._platform(f"{self._stamp()} {request_id} Task timed out after {seconds:.2f} seconds")
        elif message.ending is Ending.CRASH:
            self._platform(
                f"RequestId: {request_id} Error: Runtime exited with error: exit status 129\n"
                "Runtime.ExitError"
            )
        else:
            handled = message.ending is Ending.ERROR
            self._log(
                request_id, "ERROR", self._failures.handled() if handled else self._failures.unhandled()
            )
            if handled:
                self._metric("synBalanceError", message)

    def _crash_loop(self, stream: StreamPlan, day: Day) -> None:
        """Log invocations of a release that cannot load: no message is ever processed."""
        self._uncaught("init", 230)
        for number in range(stream.crashes):
            if number:
                self._now += self._draw(timing.BETWEEN_REQUESTS) + 300_000 * (self._rng.random() < 0.12)
                if self._rng.random() < 0.4:
                    self._init_start(day)
                    self._uncaught("init", 230)
            self._now += 640 + int(self._rng.random() * 60)
            started = self._now - 700
            self._uncaught("invoke", 750)
            request_id = self._mint.uuid("5")
            self._platform(f"START RequestId: {request_id} Version: $LATEST", begins_request=True)
            self._now += self._draw(timing.SHORT)
            self._platform("Unknown application error occurred\nRuntime.Unknown")
            self._platform(f"END RequestId: {request_id}")
            self._report(request_id, day, self._now - started, None)

    def _uncaught(self, phase: str, usual_ms: int) -> None:
        self._log("undefined", "ERROR", self._failures.uncaught())
        self._now += 20 + self._draw(timing.SHORT) * 4
        took = usual_ms + self._rng.random() * 40
        self._platform(
            f"INIT_REPORT Init Duration: {took:.2f} ms\tPhase: {phase}\t"
            "Status: error\tError Type: Runtime.ExitError"
        )
