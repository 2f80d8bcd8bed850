"""One set of report data, then each format."""
