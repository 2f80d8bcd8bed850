"""What the environment and ``~/.aws`` say of credentials, region and server, in the order of AWS's tools.

Keys of the environment come first, then a web identity, then the profile, then a container's and an
instance's role. Roles of web identities, containers and instances are the business of obstore, which reads
their variables itself. What takes a further program, or another call of AWS, is not done here: the message
says what does it.
"""

from __future__ import annotations

import configparser
import os
from pathlib import Path

from balance_sync.errors import InputError

EXPORTED = 'eval "$(aws configure export-credentials{profile} --format env)"'
"""What turns any credentials that AWS's own tools find into those of the environment."""

_KEYS = ("access_key_id", "secret_access_key", "session_token")
_WEB_IDENTITY = ("web_identity_token_file", "role_arn", "role_session_name")
_SIGNED_IN_OTHERWISE = {
    "sso_session": "signs in through single sign-on",
    "sso_start_url": "signs in through single sign-on",
    "login_session": "signs in through the console",
    "credential_process": "takes its credentials from another program",
    "role_arn": "assumes a role",
    "source_profile": "assumes a role",
    "credential_source": "assumes a role",
}
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")


def aws_settings(path: str) -> dict[str, str]:
    """Return what obstore is to know beside what it reads of the environment itself.

    Parameters
    ----------
    path
        The address that is to be read, for messages.

    Raises
    ------
    InputError
        The credentials are of a kind that is not read here; says how to make one of them that is.
    """
    named = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    profile = _profile(named or "default")
    found = {
        "endpoint": _first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL") or profile.get("endpoint_url"),
        "region": _first("AWS_REGION", "AWS_DEFAULT_REGION") or profile.get("region"),
        "metadata_endpoint": _first("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
        **_credentials(path, named, profile),
    }
    return {name: value for name, value in found.items() if value}


def _first(*variables: str) -> str | None:
    return next((value for name in variables if (value := os.environ.get(name))), None)


def _credentials(path: str, named: str | None, profile: dict[str, str]) -> dict[str, str]:
    """Return keys of the profile where the environment has none."""
    if _first("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SKIP_SIGNATURE"):
        return {}
    if "aws_access_key_id" in profile:
        return {name: profile[f"aws_{name}"] for name in _KEYS if f"aws_{name}" in profile}
    if "web_identity_token_file" in profile:
        return {name: profile[name] for name in _WEB_IDENTITY if name in profile}
    if named and not profile:
        raise InputError(
            path,
            f"there is no profile {named!r}",
            help="`aws configure list-profiles` lists those of ~/.aws/config and ~/.aws/credentials",
        )
    in_container = _first(*_CONTAINER) is not None
    if named or not in_container:
        _refuse_other_ways(path, named, profile)
    _refuse_unknown_container(path)
    if not in_container and os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise InputError(
            path,
            "no credentials were found",
            help=f"set AWS_PROFILE or AWS_ACCESS_KEY_ID, or {_export(named)}",
        )
    return {}


def _refuse_other_ways(path: str, named: str | None, profile: dict[str, str]) -> None:
    how = next((how for key, how in _SIGNED_IN_OTHERWISE.items() if key in profile), None)
    if how or named:
        raise InputError(
            path,
            f"the profile {named or 'default'!r} {how or 'has no keys'}",
            reason="of a profile only the keys that stand in it are read here, and a web identity",
            help=f"{_export(named)} makes keys of it that are; then run the same command again",
        )


def _refuse_unknown_container(path: str) -> None:
    relative, full = (os.environ.get(name) for name in _CONTAINER)
    if full and not relative and not os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        raise InputError(
            path,
            "the credentials of this container are not read",
            reason="AWS_CONTAINER_CREDENTIALS_FULL_URI needs AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            help=f"{_export(None)} makes keys of them that are; then run the same command again",
        )


def _export(named: str | None) -> str:
    return EXPORTED.format(profile=f" --profile {named}" if named else "")


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
