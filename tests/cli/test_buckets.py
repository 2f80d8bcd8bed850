"""Logs in a bucket, read through the program from a server that speaks S3."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from program import Ended, balance_sync

from archive_text import OTHER_STREAM, STREAM, synced, write_export

pytest.importorskip("obstore")
boto3 = pytest.importorskip("boto3")
server = pytest.importorskip("moto.server")

EXPORT = "exported logs/a3fb6cdb-607b-469f-8f8a-ec4792e827cb"
FORMATS = ("--format", "json", "--format", "csv")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIATESTKEYID", "AWS_SECRET_ACCESS_KEY": "not-a-secret+of/anybody"}


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    _, port = running.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    running.stop()


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path) -> Iterator[Any]:
    """Give a bucket with an export: two streams, and what exports leave beside them."""
    resource = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    made = resource.create_bucket(Bucket="the-logs")
    texts = {STREAM: synced(0, 1) + synced(100, 2), OTHER_STREAM: synced(50, 3, newBalance="-4")}
    write_export(tmp_path / "local", texts)
    for file in (tmp_path / "local").rglob("*.gz"):
        made.put_object(Key=f"{EXPORT}/{file.relative_to(tmp_path / 'local')}", Body=file.read_bytes())
    made.put_object(Key="exported logs/aws-logs-write-test", Body=b"Permission Check Successful")
    made.put_object(Key="exported logs/", Body=b"")
    made.put_object(Key="exported logs of others/000000.gz", Body=gzip.compress(synced(0, 9).encode()))
    yield made
    made.objects.all().delete()
    made.delete()


def run(endpoint: str, cwd: Path, *arguments: str | Path, **variables: str) -> Ended:
    """Run the program with these variables and none of the machine's own; an empty one is left out."""
    named = {**KEYS, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint, "HOME": str(cwd)}
    chosen = {name: value for name, value in (named | variables).items() if value}
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith("AWS_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        return balance_sync(*arguments, cwd=cwd, **chosen)


def summary(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return told


def sources_of(folder: Path) -> list[tuple[str, ...]]:
    """Return what is told of each source: how it is called, its bytes and their hash, what is wrong."""
    with (folder / "csv" / "sources.csv").open(encoding="utf-8", newline="") as file:
        columns = ("path", "stream", "size_bytes", "text_bytes", "content_hash", "status", "reason")
        return [tuple(row[name] for name in columns) for row in csv.DictReader(file)]


SAME = ("events", "transactions", "sync_errors", "messages", "outcomes", "users", "rejects", "findings")


def test_a_bucket_gives_what_the_same_files_give(endpoint: str, bucket: Any, tmp_path: Path) -> None:
    done = run(endpoint, tmp_path, "run", f"s3://the-logs/{EXPORT}", "-o", "far", *FORMATS, "-v")
    assert done.code == 0, done.err
    assert run(endpoint, tmp_path, "run", "local", "-o", "near", *FORMATS).code == 0
    far, near = summary(tmp_path / "far"), summary(tmp_path / "near")
    assert {name: far[name] for name in SAME} == {name: near[name] for name in SAME}
    assert sources_of(tmp_path / "far") == sources_of(tmp_path / "near")
    again = run(endpoint, tmp_path, "run", f"s3://the-logs/{EXPORT}", "-o", "far", *FORMATS)
    assert "0 read, 2 known already" in again.err


def test_a_finding_in_a_bucket_leads_back_to_its_line(endpoint: str, bucket: Any, tmp_path: Path) -> None:
    address = f"s3://the-logs/{EXPORT}/"
    done = run(endpoint, tmp_path, "run", address, "-o", "out", "--format", "csv", "--format", "html")
    assert done.code == 0, done.err
    rows = (tmp_path / "out" / "csv" / "findings.csv").read_text().splitlines()
    overdraft = next(row for row in rows if ",overdraft," in row)
    told = run(
        endpoint, tmp_path, "explain", overdraft.partition(",")[0], "--database", "out/balance-sync.duckdb"
    )
    assert told.code == 0, told.err
    assert "newBalance: -4" in told.out
    for file in (tmp_path / "out").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert KEYS["AWS_SECRET_ACCESS_KEY"].encode() not in content
        assert KEYS["AWS_ACCESS_KEY_ID"].encode() not in content


def test_one_object_and_whole_buckets_and_folders_may_be_named_together(
    endpoint: str, bucket: Any, tmp_path: Path
) -> None:
    one = f"s3://the-logs/{EXPORT}/{STREAM}/000000.gz"
    done = run(endpoint, tmp_path, "run", one, "-o", "one", "--format", "json")
    assert done.code == 0, done.err
    assert summary(tmp_path / "one")["transactions"] == 2
    done = run(endpoint, tmp_path, "run", "s3://the-logs", "local", "-o", "all", "--format", "json", "-v")
    assert done.code == 0, done.err
    assert summary(tmp_path / "all")["transactions"] == 4
    assert summary(tmp_path / "all")["source_statuses"] == {"read": 3, "duplicate": 2}
    assert "aws-logs-write-test: not logs" in done.err


def test_a_prefix_is_a_folder_and_not_the_begin_of_a_name(endpoint: str, bucket: Any, tmp_path: Path) -> None:
    done = run(endpoint, tmp_path, "run", "s3://the-logs/exported logs", "-o", "out", "--format", "json")
    assert done.code == 0, done.err
    assert summary(tmp_path / "out")["sources"] == 2


def test_large_and_packed_and_damaged_objects_are_read_as_files_are(
    endpoint: str, bucket: Any, tmp_path: Path
) -> None:
    noise = os.urandom(10 << 20).hex().encode()
    filler = b"\n".join(noise[at : at + 1000] for at in range(0, len(noise), 1000))
    large = synced(0, 1).encode() + filler + b"\n" + synced(900, 2).encode()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("inside/000000.gz", gzip.compress(synced(1000, 3).encode()))
    cut = gzip.compress(synced(2000, 4).encode() + filler[:100_000])[:-50]
    objects = {"large.gz": gzip.compress(large, 1), "archive.zip": zipped.getvalue(), "cut.gz": cut}
    (tmp_path / "files").mkdir()
    for name, content in objects.items():
        bucket.put_object(Key=f"forms/{name}", Body=content)
        (tmp_path / "files" / name).write_bytes(content)
    assert len(objects["large.gz"]) > 8 << 20
    done = run(endpoint, tmp_path, "run", "s3://the-logs/forms", "-o", "far", *FORMATS)
    assert done.code == 0, done.err
    assert run(endpoint, tmp_path, "run", "files", "-o", "near", *FORMATS).code == 0
    far, near = summary(tmp_path / "far"), summary(tmp_path / "near")
    for name in (*SAME, "source_statuses", "completeness"):
        assert far[name] == near[name], name
    assert sources_of(tmp_path / "far") == sources_of(tmp_path / "near")
    assert "cut.gz: gzip data cut short" in done.err
    strict = run(endpoint, tmp_path, "ingest", "s3://the-logs/forms", "--strict", "--store", "strict")
    assert strict.code == 3


def test_limits_hold_for_objects(endpoint: str, bucket: Any, tmp_path: Path) -> None:
    bomb = gzip.compress(synced(0, 1).encode() + b"x" * (120 << 20))
    bucket.put_object(Key="bomb/000000.gz", Body=bomb)
    done = run(endpoint, tmp_path, "ingest", "s3://the-logs/bomb", "--store", "store", "--strict")
    assert done.code == 3
    assert "--max-ratio" in done.err


@pytest.mark.parametrize(
    ("address", "variables", "what", "help_"),
    [
        ("s3://no-such-bucket/x", {}, "there is no such bucket", "check its name"),
        ("s3://the-logs/nothing/here", {}, "no logs found", "name the folder"),
        (
            "s3://the-logs",
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "nobody"},
            "there is no profile 'nobody'",
            "aws configure list-profiles",
        ),
        ("s3://the-logs", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "it cannot be reached", "network"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    endpoint: str, bucket: Any, tmp_path: Path, address: str, variables: dict[str, str], what: str, help_: str
) -> None:
    done = run(endpoint, tmp_path, "run", address, "-o", "out", **variables)
    assert done.code == 3, done.err
    assert f"{address}: {what}" in done.err
    assert help_ in done.err.partition("help:")[2]
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in done.err
    assert not (tmp_path / "out" / "summary.json").exists()


def test_addresses_with_credentials_in_them_are_refused_and_not_repeated(
    endpoint: str, tmp_path: Path
) -> None:
    for address in ("s3://AKIA:hidden@the-logs/x", "s3://", "s3:///x", "s3://a b/c"):
        done = run(endpoint, tmp_path, "run", address, "-o", "out")
        assert done.code == 2, done.err
        assert "hidden" not in done.err
        assert "s3://BUCKET/PREFIX" in done.err


def test_credentials_may_come_from_a_profile(endpoint: str, bucket: Any, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    lines = ["[default]", *(f"{name.lower()} = {value}" for name, value in KEYS.items())]
    (tmp_path / ".aws" / "credentials").write_text("\n".join(lines))
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_REGION": ""}
    done = run(
        endpoint, tmp_path, "run", f"s3://the-logs/{EXPORT}", "-o", "out", "--format", "json", **nothing
    )
    assert done.code == 0, done.err
    assert summary(tmp_path / "out")["transactions"] == 3


def refusing(status: str, code: str) -> tuple[str, socket.socket]:
    """Return the address of a server that answers each request with one refusal."""
    import threading

    listening = socket.create_server(("127.0.0.1", 0))
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    answer = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()

    def answer_all() -> None:
        while True:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            with caller:
                caller.recv(65_536)
                caller.sendall(answer)

    threading.Thread(target=answer_all, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}", listening


@pytest.mark.parametrize(
    ("status", "code", "what", "help_"),
    [
        ("403 Forbidden", "AccessDenied", "access is denied (s3:ListBucket)", "s3:GetObject"),
        ("403 Forbidden", "InvalidAccessKeyId", "the credentials are not valid", "AWS_ACCESS_KEY_ID"),
        ("400 Bad Request", "ExpiredToken", "the credentials have expired", "sign in again"),
        ("301 Moved Permanently", "PermanentRedirect", "the bucket is in another region", "AWS_REGION"),
    ],
)
def test_refusals_are_told_apart(tmp_path: Path, status: str, code: str, what: str, help_: str) -> None:
    endpoint, listening = refusing(status, code)
    try:
        done = run(endpoint, tmp_path, "run", "s3://the-logs", "-o", "out")
    finally:
        listening.close()
    assert done.code == 3, done.err
    assert what.partition(" (")[0] in done.err
    assert help_ in done.err
