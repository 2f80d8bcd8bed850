"""Joins the stages; the only part that knows them all. Every door calls `ingest` or `run`."""
