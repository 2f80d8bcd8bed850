"""Makes statements in few words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from balance_sync.feedback.statements import Decision, Scope, Statement, Subject

AT = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)


def said(finding: str, decision: str = "false_positive", **other: Any) -> Statement:
    """Return what Anna said of an unusual transaction; `other` replaces fields of it or of its subject."""
    about = {name: other.pop(name) for name in Subject.__struct_fields__ if name in other}
    fields = {"note": "", "decided_by": "Anna", "decided_at": AT, **other}
    fields["scope"] = Scope(fields.get("scope", "finding"))
    subject = Subject(
        **{"finding_id": finding, "rule": "anomaly", "user_id": "U1", "currency": "BHD", **about}
    )
    return Statement(subject=subject, decision=Decision(decision), **fields)
