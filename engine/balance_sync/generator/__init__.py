"""Makes archives that look like real ones, with planted breaks and the answer beside them."""

from __future__ import annotations

from balance_sync.generator.answer import Answer
from balance_sync.generator.archive import generate_archive
from balance_sync.generator.breaks import BreakPlan

__all__ = ["Answer", "BreakPlan", "generate_archive"]
