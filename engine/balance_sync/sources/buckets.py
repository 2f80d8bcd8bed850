"""What ``s3://bucket/prefix`` names: where its credentials come from, and what to say where it fails."""

from __future__ import annotations

import configparser
import os
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from balance_sync.errors import InputError, UsageError

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME = "s3://"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}\Z")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_SOURCES_OF_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
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
    """
    return _store(bucket, tuple(sorted(_settings().items())))


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


def _settings() -> dict[str, str]:
    """Return what the environment and, where it says nothing, a profile in ``~/.aws`` say."""
    settings = {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        settings["endpoint"] = endpoint
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    named = os.environ.get("AWS_PROFILE")
    if named or not any(os.environ.get(name) for name in _SOURCES_OF_CREDENTIALS):
        profile = _profile(named or "default")
        settings |= {
            name: profile[f"aws_{name}"]
            for name in ("access_key_id", "secret_access_key", "session_token")
            if f"aws_{name}" in profile
        }
        region = region or profile.get("region")
    if region:
        settings["region"] = region
    return settings


def _profile(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for variable, file, section in (
        ("AWS_CONFIG_FILE", "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name),
    ):
        parser = configparser.RawConfigParser()
        try:
            parser.read(os.environ.get(variable) or Path.home() / ".aws" / file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            # What is in it may be a secret: that there are no credentials will be said.
            continue
        if parser.has_section(section):
            found |= dict(parser.items(section))
    return found


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
        'after `aws sso login`: eval "$(aws configure export-credentials --format env)"',
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
