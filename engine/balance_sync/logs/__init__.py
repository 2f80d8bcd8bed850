"""Bytes to events to typed tables."""
