"""The ways to find the regions of a picture that decided."""

from typing import Literal, TypeAlias

Method: TypeAlias = Literal["grad-cam", "occlusion"]
"""`grad-cam` reads the last convolution, `occlusion` covers regions; see the modules so called."""
