"""Scores the transactions of a ledger in chunks, so that memory does not grow with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from balance_sync.anomalies.feature_values import FeatureChunk, iter_features
from balance_sync.anomalies.ranking import Scored

if TYPE_CHECKING:
    from datetime import datetime

    import numpy.typing as npt
    from duckdb import DuckDBPyConnection

    from balance_sync.anomalies.detectors import Scores
    from balance_sync.anomalies.distant import DistantModel
    from balance_sync.anomalies.model import Model


def score_open(
    connection: DuckDBPyConnection, model: Model | DistantModel, *, threads: int, since: datetime | None
) -> Iterator[Scored]:
    """Score what may be flagged: what no rule explains.

    Parameters
    ----------
    threads
        How many chunks are scored at a time; the trees run outside Python's lock.
    since
        Only transactions from then on may be flagged, UTC.
    """
    waiting: deque[Future[Scored]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for chunk in iter_features(connection):
            waiting.append(pool.submit(_score_chunk, chunk, model, since))
            # One more than are scored, so that none waits for the next one to be fetched.
            if len(waiting) > threads:
                yield waiting.popleft().result()
        yield from (one.result() for one in waiting)


def score_once(
    connection: DuckDBPyConnection, model: Model | DistantModel, *, threads: int, since: datetime | None
) -> tuple[list[Scored], Scores]:
    """Score few transactions, each once, where the scores of all are asked for as well.

    Parameters
    ----------
    threads, since
        As of `score_open`.

    Returns
    -------
    parts, scores
        What `score_open` gives; and the scores of all, float64, shape (n, views), in no particular order.
    """
    chunks = list(iter_features(connection))
    with ThreadPoolExecutor(threads) as pool:
        scores = list(pool.map(lambda chunk: model.score(chunk.values), chunks))
    parts = []
    for chunk, scored in zip(chunks, scores, strict=True):
        rows = _open_rows(chunk, since)
        parts.append(Scored(chunk.ledger_rows[rows], scored[rows]))
    return parts, np.concatenate(scores)


def _score_chunk(chunk: FeatureChunk, model: Model | DistantModel, since: datetime | None) -> Scored:
    rows = _open_rows(chunk, since)
    return Scored(chunk.ledger_rows[rows], model.score(chunk.values[rows]))


def _open_rows(chunk: FeatureChunk, since: datetime | None) -> npt.NDArray[np.int64]:
    open_rows = ~chunk.explained
    if since is not None:
        open_rows &= chunk.at_us >= int(since.timestamp()) * 1_000_000
    return np.flatnonzero(open_rows)
