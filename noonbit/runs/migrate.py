"""Names that the files of older runs have for what is called otherwise now.

They spoke of images where sentences and positions are items as well. Whatever reads a file of a run
or of an experiment passes it through `renamed`, and nothing after that knows the older names.
"""

from typing import Any

NOW = {
    "images": "items",
    "test_images": "test_items",
    "train_images": "train_items",
    "validation_images": "validation_items",
    "images_per_second": "items_per_second",
}


def renamed(value: Any) -> Any:
    """The same plain value with today's names, however deep they lie."""
    if isinstance(value, dict):
        return {NOW.get(key, key): renamed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner) for inner in value]
    return value
