"""The browser of the tests of the studio."""

from browser import chromium, page

__all__ = ["chromium", "page"]
