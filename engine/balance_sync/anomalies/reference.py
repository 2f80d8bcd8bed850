"""A model that is kept: the sample it is fitted on, as plain arrays in one file.

Forests are grown anew from the sample and the seed, which takes less time than reading trees and gives
the same ones; nothing in the file is ever executed.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np

from balance_sync.anomalies.feature_values import SAMPLE_ROWS
from balance_sync.anomalies.features import FEATURES, FEATURES_VERSION, FloatMatrix
from balance_sync.anomalies.views import DETECTORS, VIEWS_VERSION, matrix_width
from balance_sync.errors import InputError
from balance_sync.store.publish import published

_MOST_BYTES = 64 * 1024 * 1024
_FIT_AGAIN = "fit it again on the same archive with `run --keep-model FILE`"
_MOST_ROWS = 4 * SAMPLE_ROWS
_NO_MODEL = (
    ValueError,
    KeyError,
    EOFError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    msgspec.MsgspecError,
)


class Description(msgspec.Struct, frozen=True):
    """What a kept model was made of.

    Attributes
    ----------
    detector
        A name of `DETECTORS`.
    transactions
        Of the archive that the sample was taken of.
    first_at, last_at
        Its first and its last transaction, ISO 8601 in UTC; "" where none states a time.
    scikit_learn
        Version of the library that fitted it: with another one its forests may be others.
    views_version
        Of the views behind the names of `DETECTORS`.
    """

    detector: str
    seed: int
    features_version: int
    features: tuple[str, ...]
    transactions: int
    first_at: str
    last_at: str
    scikit_learn: str
    views_version: int = 1


@dataclass(frozen=True, slots=True)
class Reference:
    """A kept model.

    Attributes
    ----------
    sample
        Unscaled features, float64, shape (n, features).
    sha256
        Of the file it was read from.
    """

    description: Description
    sample: FloatMatrix
    sha256: str


def describe(*, detector: str, seed: int, transactions: int, first_at: str, last_at: str) -> Description:
    """Return the description of what is fitted here and now."""
    return Description(
        detector,
        seed,
        FEATURES_VERSION,
        FEATURES,
        transactions,
        first_at,
        last_at,
        version("scikit-learn"),
        VIEWS_VERSION,
    )


def keep_reference(path: Path, description: Description, sample: FloatMatrix) -> None:
    """Write a model; the same one gives the same bytes.

    Raises
    ------
    DeliveryError
        It cannot be written there.
    """
    with published(path) as beside, beside.open("wb") as file:
        text = np.frombuffer(msgspec.json.encode(description), dtype=np.uint8)
        np.savez_compressed(file, description=text, sample=sample)


def read_reference(path: Path) -> Reference:
    """Read a model that was kept.

    Raises
    ------
    InputError
        There is none, or it was made for other features or other views.
    """
    try:
        content = _content(path)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            description = msgspec.json.decode(arrays["description"].tobytes(), type=Description)
            sample = arrays["sample"]
    except OSError as error:
        reason = str(error.strerror or error)
        raise InputError(
            str(path), "cannot be read", reason=reason, help="make one with `run --keep-model FILE`"
        ) from error
    except _NO_MODEL as error:
        raise InputError(
            str(path), "is no kept model", help="make one with `run --keep-model FILE`"
        ) from error
    _require_fit(path, description, sample)
    return Reference(description, sample, hashlib.sha256(content).hexdigest())


def _content(path: Path) -> bytes:
    """Return the bytes of the file, once they are known to unfold to a size that a model has."""
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError("too large")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
            raise ValueError("unfolds to too much")
    return content


def _require_fit(path: Path, description: Description, sample: FloatMatrix) -> None:
    known = description.detector in DETECTORS
    shaped = sample.ndim == 2 and sample.dtype == np.float64 and 0 < len(sample) <= _MOST_ROWS
    if not known or not shaped or not np.isfinite(sample).all():
        raise InputError(str(path), "is no kept model", help="make one with `run --keep-model FILE`")
    made_for = (description.features_version, description.features, sample.shape[1])
    if made_for != (FEATURES_VERSION, FEATURES, matrix_width(DETECTORS[description.detector])):
        raise InputError(
            str(path),
            f"was made for version {description.features_version} of the features, and this is "
            f"version {FEATURES_VERSION}",
            help=_FIT_AGAIN,
        )
    if description.views_version != VIEWS_VERSION:
        raise InputError(
            str(path),
            f"was made for version {description.views_version} of the detectors, and this is "
            f"version {VIEWS_VERSION}",
            help=_FIT_AGAIN,
        )
