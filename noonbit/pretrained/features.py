"""The features that a pretrained network gives for every picture of a data set, cached.

    extract_features(items, network, runtime)     float32 (N, features), row i of item i

The network is frozen, so each picture passes it once; a second training reads the cache.
"""

import hashlib
import io
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.data import cache
from noonbit.data.loader import values_at
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.base import Values
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.transform import transform_dataset
from noonbit.errors import UsageError
from noonbit.pretrained.network import PretrainedNetwork
from noonbit.system.runtime import Runtime

BATCH = 16
"""Pictures that a thread computes together; more leave the processor's cache."""
GPU_BATCH = 256
HASHED_BYTES = 2**25
"""That are hashed at a time."""
VERSION = 1
"""Of how features are computed; another one finds no old entries."""
Features = NDArray[np.float32]
"""(N, features)."""


def extract_features(
    items: PreparedDataset,
    network: PretrainedNetwork,
    runtime: Runtime,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Features:
    """Return the features of all items, float32 (N, features), in the order of their numbers.

    `items` may be prepared for any network: their pictures are prepared again at the size that this
    one takes, unless that is how they are. Rows of unreadable items mean nothing. The result is
    cached by the pixels and by the hash of the weights; see `features_of`. `on_progress` gets the
    number of pictures that are done, and of all. Raises `UsageError` unless items are pictures.
    """
    values, preprocessor = pictures_for(items, network)
    return features_of(values, preprocessor, network, runtime, on_progress=on_progress)


def features_of(
    values: NDArray[np.uint8],
    preprocessor: ImagePreprocessor,
    network: PretrainedNetwork,
    runtime: Runtime,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Features:
    """Return the features of pictures uint8 (N, 3, H, W) as they are, from the cache if it can."""
    name = cache.entry_name(
        "features",
        VERSION,
        network.name,
        network.origin.sha256,
        network.layout.statistics,
        str(runtime.device.type),
        values.shape,
        hash_values(values),
    )
    if (cached := read_entry(name, len(values))) is not None:
        return cached
    features = compute_features(values, preprocessor, network, runtime, on_progress)
    content = entry_bytes(features)
    cache.keep(name, len(content), lambda path: path.write_bytes(content))
    return features


def pictures_for(
    items: PreparedDataset, network: PretrainedNetwork
) -> tuple[NDArray[np.uint8], ImagePreprocessor]:
    """Return uint8 (N, 3, H, W) as the network takes them, and how they were prepared."""
    if not isinstance(items.preprocessor, ImagePreprocessor):
        raise UsageError(
            f"{network.name} takes pictures, and here are {items.preprocessor.input_kind}. "
            "Leave out --pretrained."
        )
    values: Values = items.values
    preprocessor = items.preprocessor
    if not has_its_form(preprocessor, network):
        preprocessor = network.preprocessor()
        values = transform_dataset(items.data, preprocessor).values
    return cast("NDArray[np.uint8]", values), preprocessor


def has_its_form(preprocessor: ImagePreprocessor, network: PretrainedNetwork) -> bool:
    """Whether pictures were prepared as the network takes them, at its own or a larger size."""
    plain = ImagePreprocessor(height=preprocessor.height, width=preprocessor.width, channels=3)
    alike = preprocessor.model_copy(
        update={"value_range": plain.value_range, "white_level": plain.white_level}
    )
    return alike == plain and min(preprocessor.size) >= network.layout.side


def compute_features(
    values: NDArray[np.uint8],
    preprocessor: ImagePreprocessor,
    network: PretrainedNetwork,
    runtime: Runtime,
    on_progress: Callable[[int, int], None] | None,
) -> Features:
    """Pass every picture through the network once."""
    frozen = runtime.to_device(network.build_features(preprocessor.size))
    contract = network.contract(preprocessor, ("any",))
    loaded = values_at(values, np.arange(len(values)), runtime.device)
    size = BATCH if runtime.device.type == "cpu" else GPU_BATCH
    done = 0

    def compute(first: int) -> torch.Tensor:
        nonlocal done
        with torch.inference_mode():
            pictures = loaded[slice(first, first + size)]
            features: torch.Tensor = frozen(contract.normalise(pictures)).float().cpu()
        done += len(features)
        if on_progress is not None:
            on_progress(done, len(values))
        return features

    pieces = runtime.map_threads(compute, range(0, len(values), size))
    return torch.cat(pieces).numpy()


def hash_values(values: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of all pixels; 0.1 s for 3,000 pictures of 128 pixels a side."""
    digest = hashlib.sha256()
    step = max(1, HASHED_BYTES // max(1, values[:1].nbytes))
    for first in range(0, len(values), step):
        digest.update(np.ascontiguousarray(values[first : first + step]).data)
    return digest.hexdigest()


def entry_bytes(features: Features) -> bytes:
    """Return an entry of the cache: a zip file, whose checksums tell damaged numbers."""
    stream = io.BytesIO()
    np.savez(stream, features=features)
    return stream.getvalue()


def read_entry(name: str, count: int) -> Features | None:
    """Return the features of an entry; None if there is none, or it is damaged."""
    file = cache.find(name)
    if file is None:
        return None
    try:
        with file as stream, np.load(stream, allow_pickle=False) as archive:
            features = archive["features"]
    except Exception:  # damaged bytes can make zipfile and NumPy raise anything
        return None
    is_alike = features.dtype == np.float32 and features.ndim == 2 and len(features) == count
    return features if is_alike else None
