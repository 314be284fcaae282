"""The page of a run, for people."""
