"""What people decided about findings, in words and in figures, for every format alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from balance_sync.feedback.statements import DECISION_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from balance_sync.feedback.totals import FeedbackTotals

SET_ASIDE_LABEL = "Unusual transactions set aside"


def decision_words(row: Mapping[str, Any]) -> str | None:
    """Return the decision about a row's finding: ``Accepted by Aisha: agreed in March``; nothing for none."""
    decision = row.get("decision")
    if not decision:
        return None
    by = f" by {row['decided_by']}" if row.get("decided_by") else ""
    note = f": {row['note']}" if row.get("note") else ""
    return f"{DECISION_WORDS.get(decision, decision)}{by}{note}"


def decision_counts(feedback: FeedbackTotals) -> list[tuple[str, int]]:
    """Return how many findings have each decision, and what else became of decisions; nothing without any."""
    if not feedback.entries:
        return []
    return [
        *((DECISION_WORDS[decision], count) for decision, count in feedback.decided),
        (SET_ASIDE_LABEL, feedback.set_aside),
        ("Decisions that expired", feedback.expired),
        ("Decisions over one person's daily limit", feedback.over_cap),
    ]
