"""What ``s3://bucket/prefix`` names: where its credentials come from, and what to say where it fails."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from balance_sync.errors import InputError, UsageError
from balance_sync.sources.aws_settings import EXPORTED, aws_settings

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME = "s3://"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}\Z")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_METADATA_SERVICE = "169.254.169.254"
_RETRIES = 4
_LONGEST = timedelta(seconds=60)
_CONNECTING = timedelta(seconds=10)


def is_remote(path: str) -> bool:
    """Return whether `path` names objects of a bucket."""
    return path.startswith(SCHEME)


def split_address(path: str) -> tuple[str, str]:
    """Return bucket and key (or prefix) of ``s3://bucket/key``.

    Raises
    ------
    UsageError
        It is no such address. What may be a secret in it is not repeated.
    """
    bucket, _, key = path.removeprefix(SCHEME).partition("/")
    if not _BUCKET.match(bucket):
        raise UsageError(
            "s3://…",
            "this is no address of a bucket",
            reason="credentials stand in it" if "@" in bucket or ":" in bucket else "",
            help="write s3://BUCKET/PREFIX; credentials come from the environment or ~/.aws/credentials",
        )
    return bucket, key


def bucket_store(bucket: str) -> S3Store:
    """Return the way to a bucket.

    Raises
    ------
    UsageError
        The package that it takes is not installed.
    InputError
        The credentials are of a kind that is not read here.
    """
    return _store(bucket, tuple(sorted(aws_settings(f"{SCHEME}{bucket}").items())))


@cache
def _store(bucket: str, settings: tuple[tuple[str, str], ...]) -> S3Store:
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise UsageError(
            f"{SCHEME}{bucket}",
            "reading buckets needs a further package",
            help="install it: pip install 'balance-sync[s3]'",
        ) from error
    config: Any = dict(settings)
    insecure = config.get("endpoint", "").startswith("http://")
    return S3Store(
        bucket,
        config=config,
        client_options={"allow_http": insecure, "timeout": _LONGEST, "connect_timeout": _CONNECTING},
        retry_config={"max_retries": _RETRIES, "retry_timeout": _LONGEST},
    )


def refusal(error: Exception, path: str) -> InputError:
    """Return what to tell where `path` cannot be read: what is wrong, and the next thing to do."""
    text = str(error)
    code = _CODE.search(text)
    status = _STATUS.search(text)
    said = code[1] if code else f"status {status[1]}" if status else ""
    for signs, what, help_ in _REFUSALS:
        if any(sign in text for sign in signs):
            return InputError(path, what, reason=said, help=help_)
    return InputError(path, "cannot be read", reason=said or type(error).__name__, help=_REFUSALS[-1][2])


_REFUSALS = (
    (
        (_METADATA_SERVICE, "CredentialsNotLoaded", "Missing AccessKeyId", "Missing SecretAccessKey"),
        "no credentials were found",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile of ~/.aws/credentials; "
        f"after `aws sso login`: {EXPORTED.format(profile='')}",
    ),
    (
        ("NoSuchBucket",),
        "there is no such bucket",
        "check its name; `aws s3 ls` lists those of the account",
    ),
    (
        ("ExpiredToken", "TokenRefreshRequired"),
        "the credentials have expired",
        "sign in again, and run the same command: what was read is kept",
    ),
    (
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"),
        "the credentials are not valid",
        "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile",
    ),
    (
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "incorrectly configured region"),
        "the bucket is in another region",
        "set AWS_REGION to the bucket's region",
    ),
    (
        ("AccessDenied", "403 Forbidden", "AllAccessDisabled"),
        "access is denied",
        "the credentials need s3:ListBucket on the bucket and s3:GetObject on what is in it",
    ),
    (
        ("error sending request", "HTTP error", "timed out", "dns error", "Connection refused"),
        "it cannot be reached",
        "check the network and the proxy, and AWS_ENDPOINT_URL where one is set",
    ),
)
