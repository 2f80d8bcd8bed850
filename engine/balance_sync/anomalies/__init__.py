"""Ranks what is merely odd."""
