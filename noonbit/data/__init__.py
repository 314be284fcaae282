"""Labelled images from anywhere: `open_data(source)` gives a `RawDataset`, whatever the format."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noonbit.data.dataset import Inputs, Part, Picture, Pictures, RawDataset
    from noonbit.data.source import open_data, open_inputs

__all__ = ["RawDataset", "Inputs", "Part", "Picture", "Pictures", "open_data", "open_inputs"]


def __getattr__(name: str) -> object:
    """Import on first use: the readers bring NumPy, Pillow and pyarrow with them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name.startswith("open_"):
        from noonbit.data import source

        return getattr(source, name)
    from noonbit.data import dataset

    return getattr(dataset, name)
