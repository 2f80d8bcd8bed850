"""Makes archives that look like real ones, with planted breaks and the answer beside them."""
