"""The browser of the tests of pages."""

from browser import chromium, page

__all__ = ["chromium", "page"]
