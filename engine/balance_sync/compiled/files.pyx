# cython: language_level=3, boundscheck=True, wraparound=False
"""The compiled passes over files and folders: without numpy, which finding files need not wait for."""

include "plain_folders.pxi"
include "read_ahead.pxi"
