"""Objects of a bucket, found and read like files: listed as they come, and never kept on disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from balance_sync.sources.buckets import SCHEME, bucket_store, refusal, split_address

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta

_AT_ONCE_BYTES = 8 << 20
"""An object of up to so many bytes is fetched once and held; a larger one is streamed, once for its hash."""

_CHUNK_BYTES = 1 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FoundObject(NamedTuple):
    """An object that a listing names."""

    key: str
    size_bytes: int
    modified_ns: int


def iter_objects(path: str) -> Iterator[FoundObject]:
    """List what lies under ``s3://bucket/prefix``, in the order of the keys; or the one object of that key.

    Raises
    ------
    InputError
        The bucket cannot be listed; says why, and what to do.
    UsageError
        `path` is no such address, or the package that it takes is missing.
    """
    import obstore

    bucket, prefix = split_address(path)
    store = bucket_store(bucket)
    found = False
    try:
        for batch in obstore.list(store, prefix=prefix.rstrip("/") or None):
            for meta in batch:
                found = True
                yield _found(meta)
        if not found and prefix and not prefix.endswith("/"):
            yield _found(obstore.head(store, prefix))
    except FileNotFoundError:
        return
    except (obstore.exceptions.BaseError, OSError) as error:
        raise refusal(error, path) from error


def _found(meta: ObjectMeta) -> FoundObject:
    modified = (meta["last_modified"] - _EPOCH) // timedelta(microseconds=1) * 1000
    return FoundObject(meta["path"], meta["size"], modified)


class RemoteObject(io.RawIOBase):
    """An object as a file that is read from its begin, and from its begin again.

    Attributes
    ----------
    state
        Bytes and time of change of what is read, known once something was.

    Raises
    ------
    OSError
        From `readinto`: it cannot be read (any more), or became another one in between.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._bucket, self._key = split_address(path)
        self._held: bytes | None = None
        self._chunks: Iterator[bytes] | None = None
        self._left = memoryview(b"")
        self._tag: str | None = None
        self._failure: OSError | None = None
        self.state: tuple[int, int] | None = None

    def fetched(self) -> RemoteObject:
        """Fetch it and return it, to be read as if it had not been; what goes wrong is told then, too.

        One that has become large since it was listed is not held.
        """
        try:
            next(self._streamed(), None)
        except OSError as error:
            self._failure = error
        return self

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that its begin can be gone back to, and no other place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go back to the begin."""
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("an object is read from its begin")
        self._chunks, self._left = None, memoryview(b"")
        return 0

    def readinto(self, buffer: object) -> int:
        """Read into `buffer`; return how much, 0 at the end."""
        if self._failure:
            raise self._failure
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if self._chunks is None:
            self._chunks = iter([self._held]) if self._held is not None else self._streamed()
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        size = min(len(target), len(self._left))
        target[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _streamed(self) -> Iterator[bytes]:
        import obstore

        try:
            got = self._get()
            if got.meta["size"] <= _AT_ONCE_BYTES:
                self._held = bytes(got.bytes())
                yield self._held
                return
            for chunk in got.stream(min_chunk_size=_CHUNK_BYTES):
                yield bytes(chunk)
        except FileNotFoundError as error:
            raise OSError("it is not there any more") from error
        except obstore.exceptions.PreconditionError as error:
            raise OSError("it became another object while it was read") from error
        except (obstore.exceptions.BaseError, OSError) as error:
            told = refusal(error, self._path)
            raise OSError(f"{told.what} ({told.reason})" if told.reason else told.what) from error

    def _get(self) -> GetResult:
        import obstore

        options = {"if_match": self._tag} if self._tag else {}
        got = obstore.get(bucket_store(self._bucket), self._key, options=options)  # type: ignore[arg-type]
        self._tag = got.meta["e_tag"]
        found = _found(got.meta)
        self.state = (found.size_bytes, found.modified_ns)
        return got


def address(path: str, key: str) -> str:
    """Return where an object lies that a listing of `path` named."""
    bucket, _ = split_address(path)
    return f"{SCHEME}{bucket}/{key}"
