"""Where credentials come from, asked for by a bucket that a server on loopback pretends to have."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from balance_sync.errors import InputError
from balance_sync.sources import buckets
from balance_sync.sources.aws_settings import aws_settings
from balance_sync.sources.objects import iter_objects

pytest.importorskip("obstore")

EMPTY = (
    "<?xml version='1.0'?><ListBucketResult><Name>b</Name><Prefix></Prefix><KeyCount>0</KeyCount>"
    "<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"
)


def keys(name: str) -> str:
    return json.dumps(
        {
            "Code": "Success",
            "AccessKeyId": name,
            "SecretAccessKey": "not-a-secret",
            "Token": "t",
            "Expiration": "2099-01-01T00:00:00Z",
        }
    )


class Amazon(BaseHTTPRequestHandler):
    """An empty bucket, and the roles of a container and an instance; notes whose keys signed."""

    signed: list[str]

    def do_PUT(self) -> None:
        self.answer("a token")

    def do_GET(self) -> None:
        if self.path == "/container":
            self.answer(keys("OF-THE-CONTAINER") if self.headers["Authorization"] == "secret" else "{}")
        elif self.path.endswith("/security-credentials/"):
            self.answer("role")
        elif self.path.endswith("/security-credentials/role"):
            self.answer(keys("OF-THE-INSTANCE"))
        else:
            _, _, credential = self.headers.get("Authorization", "").partition("Credential=")
            self.signed.append(credential.partition("/")[0])
            self.answer(EMPTY)

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in [*os.environ]:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(Amazon, "signed", [], raising=False)
    running = ThreadingHTTPServer(("127.0.0.1", 0), Amazon)
    Thread(target=running.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{running.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    # An own one for each test: what it asks is found out once.
    buckets._store.cache_clear()
    yield address
    buckets._store.cache_clear()
    running.shutdown()
    running.server_close()


def configure(home: Path, *, config: str = "", credentials: str = "") -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(credentials)


def section(name: str, **values: str) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in values.items()), ""])


def own_keys(name: str) -> dict[str, str]:
    return {"aws_access_key_id": name, "aws_secret_access_key": "x", "region": "me-south-1"}


def signer() -> str:
    assert list(iter_objects("s3://the-logs/x/")) == []
    (signed,) = Amazon.signed
    return signed


def refusal() -> InputError:
    with pytest.raises(InputError) as refused:
        list(iter_objects("s3://the-logs/x/"))
    assert Amazon.signed == []
    assert refused.value.exit_code == 3
    return refused.value


def test_keys_of_the_environment_come_before_a_profile(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path, credentials=section("x", **own_keys("OF-THE-PROFILE")))
    monkeypatch.setenv("AWS_PROFILE", "x")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OF-THE-ENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    assert signer() == "OF-THE-ENVIRONMENT"
    assert aws_settings("s3://x") == {"endpoint": server, "region": "me-south-1"}


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", ""])
def test_a_profile_may_stand_in_either_file(
    variable: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "x" if variable else "default"
    heading = f"profile {name}" if variable else name
    configure(tmp_path, config=section(heading, **own_keys("OF-THE-PROFILE"), endpoint_url=server))
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    if variable:
        monkeypatch.setenv(variable, name)
    assert signer() == "OF-THE-PROFILE"


def test_files_may_be_elsewhere(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").write_text(section("default", **own_keys("OF-THE-FILE")))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    assert signer() == "OF-THE-FILE"


def test_a_container_and_an_instance_have_roles(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server)
    assert signer() == "OF-THE-INSTANCE"
    Amazon.signed.clear()
    buckets._store.cache_clear()
    (tmp_path / "token").write_text("secret")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server}/container")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    assert signer() == "OF-THE-CONTAINER"


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"sso_session": "us", "sso_account_id": "1"}, "signs in through single sign-on"),
        ({"sso_start_url": "https://example.com/start"}, "signs in through single sign-on"),
        ({"role_arn": "arn:aws:iam::1:role/r", "source_profile": "default"}, "assumes a role"),
        ({"role_arn": "arn:aws:iam::1:role/r", "credential_source": "Ec2InstanceMetadata"}, "assumes a role"),
        ({"credential_process": "print-keys"}, "takes its credentials from another program"),
        ({"login_session": "arn:aws:iam::1:user/u"}, "signs in through the console"),
        ({"region": "eu-west-1"}, "has no keys"),
    ],
)
def test_what_is_not_read_is_said_with_what_makes_keys_of_it(
    values: dict[str, str], what: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path, config=section("profile reader", **values))
    monkeypatch.setenv("AWS_PROFILE", "reader")
    told = refusal()
    assert told.what == f"the profile 'reader' {what}"
    assert 'eval "$(aws configure export-credentials --profile reader --format env)"' in told.help


def test_the_default_profile_may_sign_in_otherwise_too(server: str, tmp_path: Path) -> None:
    configure(tmp_path, config=section("default", sso_session="us"))
    told = refusal()
    assert told.what == "the profile 'default' signs in through single sign-on"
    assert 'eval "$(aws configure export-credentials --format env)"' in told.help


def test_other_credentials_of_a_container_are_not_read(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server}/container")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret")
    assert refusal().what == "the credentials of this container are not read"


def test_without_any_an_instance_is_asked_unless_that_is_switched_off(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert refusal().what == "no credentials were found"


def test_a_web_identity_may_stand_in_the_environment_or_in_a_profile(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library asks AWS for the keys itself, over TLS alone."""
    identity = {"web_identity_token_file": str(tmp_path / "token"), "role_arn": "arn:aws:iam::1:role/r"}
    (tmp_path / "token").write_text("secret")
    configure(tmp_path, config=section("default", **identity))
    assert aws_settings("s3://x") == {"endpoint": server, **identity}
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    assert aws_settings("s3://x") == {"endpoint": server}
