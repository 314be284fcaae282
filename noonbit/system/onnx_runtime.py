"""The one place that loads onnxruntime, which would send usage data otherwise.

Since 1.29, its builds for Linux and macOS send Microsoft the name and hash of each model and facts
of the machine, and keep an identifier of the machine in ~/.cache/Microsoft, unless a variable
forbids that before they are first loaded (onnxruntime#27379). Nothing here phones home.
"""

import os
from types import ModuleType

from noonbit.errors import MissingExtra

OPT_OUT = "ORT_DISABLE_TELEMETRY"


def load_onnxruntime() -> ModuleType:
    """Return the module onnxruntime, without its telemetry and its log of warnings.

    Raises `MissingExtra` if it is not installed.
    """
    os.environ[OPT_OUT] = "1"
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra(
            "ONNX files are run by onnxruntime, which is not installed: "
            "python -m pip install 'noonbit[export]'"
        ) from None
    onnxruntime.disable_telemetry_events()  # for a program that had loaded it before
    onnxruntime.set_default_logger_severity(3)
    module: ModuleType = onnxruntime
    return module
