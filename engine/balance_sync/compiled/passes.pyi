from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from balance_sync.sources.reading import Reading, TextPiece
from balance_sync.sources.source import Source

_Table = Sequence[tuple[bytes, int]]

def begins_plainly(text: bytes, unwanted: bytes, within: int) -> bool: ...
def read_plain(
    sources: Sequence[Source],
    enough: int,
    elsewhere: str,
    inflate: Callable[[bytes], bytes | None],
    sha256: Callable[[bytes], Any],
    reading: type[Reading],
    piece_type: type[TextPiece],
    unwanted: bytes,
    within: int,
) -> list[TextPiece | None]: ...
def differ_within(
    text: NDArray[np.uint8], starts: NDArray[np.int64], offset: int, length: int
) -> NDArray[np.bool_]: ...
def views(
    text: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.uint64]: ...
def split_events(
    text: NDArray[np.uint8],
    size: int,
    piece_ends: NDArray[np.int64],
    first_lines: NDArray[np.int64],
    behind: int,
) -> tuple[
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.bool_],
    NDArray[np.bool_],
    NDArray[np.int64],
    NDArray[np.int64],
]: ...
def number_parts(
    text: NDArray[np.uint8], request_at: NDArray[np.int64], piece: NDArray[np.int64], id_octets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...

class Notices:
    def __init__(
        self,
        *,
        places: Sequence[int],
        lengths: Sequence[int],
        levels: _Table,
        platform: _Table,
        messages: _Table,
        timeouts: _Table,
        said: _Table,
        failures: _Table,
        ends_words: bytes,
        errors: Container[int],
        codes: Sequence[int],
        request_offsets: Sequence[int],
        outcomes: Sequence[int],
    ) -> None: ...

def classify(
    notices: Notices,
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    line_ends: NDArray[np.int64],
    is_time: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]: ...

class RecordLayout:
    def __init__(
        self,
        *,
        notice: bytes,
        opening: bytes,
        heads: Sequence[bytes],
        kinds: Sequence[str],
        closings: Sequence[bytes],
        shapes: Sequence[Sequence[bytes]],
    ) -> None: ...

class RecordValues:
    fitting: NDArray[np.bool_]
    views: NDArray[np.uint64]
    money: NDArray[np.uint64]
    flags: NDArray[np.bool_]
    are_certain: NDArray[np.bool_]
    are_quoted: NDArray[np.bool_]
    have_common_metadata: NDArray[np.bool_]

def read_values(
    layout: RecordLayout,
    text: NDArray[np.uint8],
    line_ends: NDArray[np.int64],
    first_line: NDArray[np.int64],
    ends: NDArray[np.int64],
    message_at: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> RecordValues: ...
def unescaped(text: str) -> str | None: ...

class Figures:
    def __init__(
        self, *, labels: Sequence[bytes], units: Sequence[bytes], decimals: Sequence[int]
    ) -> None: ...

def read_figures(
    figures: Figures, text: NDArray[np.uint8], at: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]] | None: ...
def print_events(times: list[int], messages: list[str]) -> bytes | None: ...

class ArrowValues:
    def __init__(
        self,
        format: bytes,
        length: int,
        present: NDArray[np.uint8] | None,
        values: NDArray[np.uint64],
        text: bytes,
    ) -> None: ...
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...
