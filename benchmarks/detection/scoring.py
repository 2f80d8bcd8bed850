"""Times scoring against a plain forest's: ``python -m benchmarks.detection.scoring DATABASE``.

DATABASE is one that `balance-sync run` made. Its features are taken again and again until there are a
million rows; the detector scores them in chunks as a run does, and `IsolationForest.score_samples` of a
forest of scikit-learn's default size scores the same matrix, in turn, on one thread each.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from statistics import median

import duckdb
import numpy as np
from sklearn.ensemble import IsolationForest

from balance_sync.anomalies.feature_values import CHUNK_ROWS, iter_features, sample_features
from balance_sync.anomalies.features import FloatMatrix, build_features
from balance_sync.anomalies.model import Model, fit_model
from balance_sync.config import BUSINESS_ZONE

ROWS = 1_000_000
REPEATS = 5


def read_features(database: Path) -> tuple[FloatMatrix, FloatMatrix]:
    """Return a million rows of features, and the sample to fit on."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH '{str(database).replace(chr(39), chr(39) * 2)}' AS run (READ_ONLY)")
        for table in ("ledger", "numbered_ledger", "findings"):
            connection.execute(f"CREATE TABLE {table} AS FROM run.{table}")
        count = build_features(connection, timezone=BUSINESS_ZONE)
        sample = sample_features(connection, count)
        values = np.concatenate([chunk.values for chunk in iter_features(connection)])
    return np.resize(values, (ROWS, values.shape[1])), sample


def score_in_chunks(model: Model, values: FloatMatrix) -> None:
    """Score as a run does."""
    for start in range(0, len(values), CHUNK_ROWS):
        model.score(values[start : start + CHUNK_ROWS])


def main() -> None:
    """Measure in turn and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path)
    values, sample = read_features(parser.parse_args().database)
    model = fit_model(sample, seed=1)
    forest = IsolationForest(random_state=1, n_jobs=1).fit(sample.astype(np.float32))
    matrix = np.ascontiguousarray(values, dtype=np.float32)
    ours, theirs = [], []
    for _ in range(REPEATS):
        started = time.process_time()
        score_in_chunks(model, values)
        ours.append(time.process_time() - started)
        started = time.process_time()
        forest.score_samples(matrix)
        theirs.append(time.process_time() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{ROWS:,} rows, processor time: scoring {median(ours):.1f} s, score_samples {median(theirs):.1f} s, "
        f"ratio {median(ours) / median(theirs):.2f}; peak of this process {peak} MiB"
    )


if __name__ == "__main__":
    main()
