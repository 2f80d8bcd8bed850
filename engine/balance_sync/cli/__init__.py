"""The command line: parses, calls the pipeline, and turns errors into messages and exit codes."""

from __future__ import annotations

from balance_sync.cli.program import main

__all__ = ["main"]
