"""Named data sets: which there are, where they lie, how they are fetched or drawn."""
