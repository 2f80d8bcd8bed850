"""Which reading of the logs this is. It imports nothing: to look into a store takes no parser."""

PARSER_VERSION = 15
"""Raised whenever the same text would give other tables: what older versions parsed is read again."""
