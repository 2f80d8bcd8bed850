"""Events of Lambda's JSON log format, as the lines that the text format has for the same.

An application's record is ``{"timestamp", "level", "requestId", "message"}``, whose message is the text that
was logged or, of a single object, the object itself. A platform's is ``{"time", "type", "record"}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

START = re.compile(rb'\{"(?:timestamp|time)":\s*"')
_BEGINNING = '{"time'
"""What `START` begins with whatever follows: nearly all messages differ from it already."""

_CUT = re.compile(
    r'\{"timestamp":\s*"([^"\\]*)",\s*"level":\s*"([^"\\]*)",\s*"requestId":\s*"([^"\\]*)",'
    r'\s*"message":\s*"((?:[^"\\]|\\[^u]|\\u[0-9a-fA-F]{4})*+)'
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z_$][\w$]*\Z", re.ASCII)
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_MOST_LAYERS = 100


def as_text(message: str) -> str:
    """Return the line of the text format for a `message` of the JSON format; any other one as it is."""
    if not (message.startswith(_BEGINNING) and START.match(message.encode("utf-8", "surrogatepass"))):
        return message
    try:
        record = msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError):
        return _cut_line(message) or message
    return record_text(record) or message


def _cut_line(message: str) -> str | None:
    """Return the line for an application's record that lacks its end, as far as that goes; `None` for others.

    What it was about to say is read, or becomes a reject, as in the text format.
    """
    match = _CUT.match(message)
    if match is None:
        return None
    time, level, request_id, text = match.groups()
    try:
        said = msgspec.json.decode(f'"{text}"')
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return _application_line({"timestamp": time, "level": level, "requestId": request_id, "message": said})


def record_text(record: Any) -> str | None:
    """Return the line of the text format for a record of the JSON format; `None` for what is none."""
    if not isinstance(record, dict):
        return None
    if isinstance(record.get("timestamp"), str) and isinstance(record.get("level"), str):
        return _application_line(record)
    kind, content = record.get("type"), record.get("record")
    if isinstance(kind, str) and isinstance(content, dict) and kind in _PLATFORM:
        return _PLATFORM[kind](content)
    return None


def _application_line(record: dict[str, Any]) -> str:
    message = record.get("message")
    if "message" not in record and "errorMessage" in record:
        message = f"{record.get('errorType', 'Error')}: {record['errorMessage']}"
    text = message if isinstance(message, str) else inspected(message)
    level = record["level"].upper()
    return f"{_time(record['timestamp'])}\t{record.get('requestId', 'undefined')}\t{level}\t{text}"


def _time(text: str) -> str:
    """Return a time as Lambda writes it, where `text` is one of another form."""
    if _TIME.fullmatch(text):
        return text
    try:
        time = datetime.fromisoformat(text)
        utc = time.astimezone(UTC) if time.tzinfo else time
    except (ValueError, OverflowError):
        return text
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def inspected(value: Any, layer: int = 0) -> str:
    """Return a decoded JSON value as Node would print it, on one line."""
    if layer > _MOST_LAYERS:
        return "[Object]"
    if isinstance(value, dict):
        fields = ", ".join(f"{_key(key)}: {inspected(item, layer + 1)}" for key, item in value.items())
        return f"{{ {fields} }}" if fields else "{}"
    if isinstance(value, list):
        items = ", ".join(inspected(item, layer + 1) for item in value)
        return f"[ {items} ]" if items else "[]"
    if isinstance(value, str):
        return f"'{value.translate(_ESCAPES)}'"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return msgspec.json.encode(value).decode()


def _key(key: str) -> str:
    return key if _NAME.match(key) else f"'{key.translate(_ESCAPES)}'"


def _start(record: dict[str, Any]) -> str:
    return f"START RequestId: {record.get('requestId')} Version: {record.get('version', '$LATEST')}"


def _end(record: dict[str, Any]) -> str:
    return f"END RequestId: {record.get('requestId')}"


def _report(record: dict[str, Any]) -> str:
    told = record.get("metrics")
    metrics: dict[str, Any] = told if isinstance(told, dict) else {}
    fields = [f"REPORT RequestId: {record.get('requestId')}"]
    fields += [f"{name}: {metrics[key]}{unit}" for name, key, unit in _METRICS if key in metrics]
    if record.get("status") not in (None, "success"):
        # What the text format calls an error the JSON format calls a failure or an error.
        status = "timeout" if record["status"] == "timeout" else "error"
        fields.append(f"Status: {status}")
    if record.get("errorType"):
        fields.append(f"Error Type: {record['errorType']}")
    return "\t".join([*fields, ""])


_METRICS = (
    ("Duration", "durationMs", " ms"),
    ("Billed Duration", "billedDurationMs", " ms"),
    ("Memory Size", "memorySizeMB", " MB"),
    ("Max Memory Used", "maxMemoryUsedMB", " MB"),
    ("Init Duration", "initDurationMs", " ms"),
    ("Restore Duration", "restoreDurationMs", " ms"),
)


def _init_start(record: dict[str, Any]) -> str:
    version, arn = record.get("runtimeVersion", ""), record.get("runtimeVersionArn", "")
    return f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}"


def _init_report(record: dict[str, Any]) -> str:
    told = record.get("metrics")
    metrics: dict[str, Any] = told if isinstance(told, dict) else {}
    return "\t".join(
        (
            f"INIT_REPORT Init Duration: {metrics.get('durationMs', 0)} ms",
            f"Phase: {record.get('phase', 'init')}",
            f"Status: {record.get('status', '')}",
        )
    )


def _logs_dropped(record: dict[str, Any]) -> str:
    """Return a line of our own, for the text format has none: other programs of Lambda never print it."""
    records, size = (
        str(told) if type(told := record.get(name)) is int and told >= 0 else ""
        for name in ("droppedRecords", "droppedBytes")
    )
    reason = " ".join(str(record.get("reason", "")).split())
    return f"LOGS_DROPPED Records: {records}\tBytes: {size}\tReason: {reason}"


_PLATFORM: dict[str, Callable[[dict[str, Any]], str]] = {
    "platform.start": _start,
    "platform.runtimeDone": _end,
    "platform.report": _report,
    "platform.initStart": _init_start,
    "platform.initReport": _init_report,
    "platform.logsDropped": _logs_dropped,
}
"""The records that have a line in the text format; the others stay as they are."""
