"""What Keras 3 asks of a flow in `fit`, `evaluate` and `predict`, without importing Keras.

Keras takes an object that counts its batches and gives each of them only if it is an instance of
`keras.utils.PyDataset`. noonbit does not depend on Keras, and importing it takes seconds. But
`isinstance` also asks the object for its `__class__`, and that can be answered with Keras's class
once somebody has imported it.
"""

import sys
from typing import Any


class PyDatasetLike:
    """A `keras.utils.PyDataset` where Keras is imported; the subclass counts and gives batches."""

    workers = 1
    """Keras starts neither threads nor processes: a flow transforms its batches in threads."""
    use_multiprocessing = False
    max_queue_size = 10

    @property  # type: ignore[misc]
    def __class__(self) -> type[Any]:
        """Keras's `PyDataset` once Keras is imported; `type` tells the class itself."""
        utils = getattr(sys.modules.get("keras"), "utils", None)
        return getattr(utils, "PyDataset", type(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, pickle refuses an object whose class is not its `__class__`.
        return create, (type(self),), self.__dict__

    def __len__(self) -> int:
        raise NotImplementedError

    @property
    def num_batches(self) -> int:
        """The number of batches in an epoch."""
        return len(self)

    def on_epoch_begin(self) -> None:
        """Do nothing: `on_epoch_end` has begun the next epoch."""


def create(flow_type: type[Any]) -> Any:
    """Create an object for unpickling, which adds the attributes."""
    return object.__new__(flow_type)
