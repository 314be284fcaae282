"""An exported network that answers only when it is let go."""

import threading
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from noonbit.export.onnx_model import OnnxModel, Outputs


class HeldModel(OnnxModel):
    """Waits before each answer while it is held, and notes the sizes of its batches."""

    free: threading.Event
    asked: threading.Event
    sizes: list[int]

    @classmethod
    def of(cls, path: Path) -> "HeldModel":
        model = cls.open(path, threads=1)
        assert isinstance(model, HeldModel)
        model.free, model.asked, model.sizes = threading.Event(), threading.Event(), []
        model.free.set()
        return model

    def hold(self) -> None:
        self.free.clear()
        self.asked.clear()
        self.sizes.clear()

    def answer_batch(self, values: NDArray[Any]) -> Outputs:
        self.sizes.append(len(values))
        self.asked.set()
        assert self.free.wait(60)
        return super().answer_batch(values)
