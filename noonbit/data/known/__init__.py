"""Data sets known by name: the catalogue, where to find each on disk, download, and generation."""
