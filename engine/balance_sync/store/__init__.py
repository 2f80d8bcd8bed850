"""Where parsed tables and finished runs live."""
