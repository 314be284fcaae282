"""The browser of the tests of pages, and the exporter that writes them."""

from browser import chromium, page
from exporter import translations

__all__ = ["chromium", "page", "translations"]
