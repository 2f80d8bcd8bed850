"""A kept model ranks as it did when it was kept, tells of drift, and is never more than numbers."""

from __future__ import annotations

import io
import pickle
import zipfile
from datetime import timedelta

import numpy as np
import pytest
from meal_ledgers import MIDNIGHT, chained, found, identifiers, judged, ordinary_moves, transaction

from balance_sync.anomalies.drift import CHANGED, SHIFTING, measure_drift
from balance_sync.anomalies.features import FEATURES
from balance_sync.anomalies.reference import describe, keep_reference, read_reference
from balance_sync.errors import InputError

DESCRIPTION = describe(
    detector="views",
    seed=1,
    transactions=400,
    first_at="2024-01-01T00:00:00Z",
    last_at="2024-02-01T00:00:00Z",
)


def sample(rows=400, seed=5, scale=1.0):
    random = np.random.default_rng(seed)
    values = random.exponential(scale, (rows, len(FEATURES)))
    return np.where(random.random(values.shape) < 0.9, 0.0, values)


def test_it_reads_back_as_it_was_kept(tmp_path):
    kept = tmp_path / "model.npz"
    keep_reference(kept, DESCRIPTION, sample())
    read = read_reference(kept)
    assert read.description == DESCRIPTION
    assert read.sample.tobytes() == sample().tobytes()


def test_the_same_model_has_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        keep_reference(tmp_path / name, DESCRIPTION, sample())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_archive_it_was_made_of_is_ranked_the_same(tmp_path):
    rows = ordinary_moves()
    rows.append(transaction("user-003", MIDNIGHT + timedelta(days=9, minutes=1), 80, transaction_id="slip"))
    with judged(chained(rows), tmp_path) as connection:
        first = found(connection)
        again = found(connection, reference=first.sample)
    assert "slip" in identifiers(first)
    assert again.anomalies == first.anomalies
    assert {one.verdict for one in again.drift} == {"stable"}
    assert {one.psi for one in again.drift} == {0.0}


def test_drift_is_told_by_feature():
    moved = sample(seed=6)
    column = FEATURES.index("pause")
    moved[:, column] = np.random.default_rng(1).exponential(3.0, len(moved))
    drift = {one.feature: one for one in measure_drift(sample(4000), moved)}
    assert drift["pause"].psi >= CHANGED
    assert drift["pause"].verdict == "changed"
    assert max(one.psi for name, one in drift.items() if name != "pause") < SHIFTING


def test_drift_of_an_index_that_is_known():
    """One class of two moves from 50 to 80 %: (0.8 - 0.5) ln(0.8 / 0.5) + (0.2 - 0.5) ln(0.2 / 0.5)."""
    before, after = np.zeros((10, len(FEATURES))), np.zeros((10, len(FEATURES)))
    before[:5], after[:8] = 1.0, 1.0
    (first, *_) = measure_drift(before, after)
    assert first.psi == 0.4159


def arrays(**named):
    file = io.BytesIO()
    np.savez_compressed(file, **named)
    return file.getvalue()


class Evil:
    def __reduce__(self):
        return (open, ("evil-was-here", "w"))


def pickled():
    file = io.BytesIO()
    np.savez(file, description=np.array([Evil()], dtype=object), sample=sample())
    return file.getvalue()


def bomb():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sample.npy", b"\0" * 80_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        pickle.dumps([1]),
        pickled(),
        bomb(),
        arrays(sample=sample()),
        arrays(description=np.frombuffer(b"{}", np.uint8), sample=sample()),
        arrays(description=np.frombuffer(b"\xff", np.uint8), sample=sample()),
    ],
    ids=["empty", "text", "pickle", "object", "bomb", "half", "nothing said", "no text"],
)
def test_what_is_no_model_is_refused(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(InputError, match="is no kept model"):
        read_reference(tmp_path / "model")
    assert not (tmp_path / "evil-was-here").exists()


@pytest.mark.parametrize("values", [sample()[:, :3], sample().astype(np.float32), sample() * np.nan])
def test_numbers_that_are_no_features_are_refused(values, tmp_path):
    keep_reference(tmp_path / "model", DESCRIPTION, values)
    with pytest.raises(InputError):
        read_reference(tmp_path / "model")


def test_a_model_of_other_features_says_what_to_do(tmp_path):
    import msgspec

    other = msgspec.structs.replace(DESCRIPTION, features_version=1)
    keep_reference(tmp_path / "model", other, sample())
    with pytest.raises(InputError, match="version 1 of the features") as refused:
        read_reference(tmp_path / "model")
    assert "--keep-model" in refused.value.help


def test_a_model_of_other_views_says_what_to_do(tmp_path):
    import msgspec

    told = msgspec.json.decode(msgspec.json.encode(DESCRIPTION))
    del told["views_version"]  # as it was before views had versions
    older = np.frombuffer(msgspec.json.encode(told), np.uint8)
    (tmp_path / "model").write_bytes(arrays(description=older, sample=sample()))
    with pytest.raises(InputError, match="version 1 of the detectors") as refused:
        read_reference(tmp_path / "model")
    assert "--keep-model" in refused.value.help


def test_none_there_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_reference(tmp_path / "none")
