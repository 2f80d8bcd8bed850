"""Versioned SQL rules: catalogue, lock, runner."""
