"""Where tests find the project and the real data sets."""

from pathlib import Path

PROJECT = Path(__file__).parents[2]
SHARED_DATA = PROJECT.parent / "shared" / "data"
