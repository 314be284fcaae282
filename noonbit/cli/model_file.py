"""An exported file where a command takes a run, told by the ending `.onnx`."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from noonbit.cli.trust import open_run
from noonbit.errors import UsageError
from noonbit.system.paths import is_folder, user_path

if TYPE_CHECKING:
    from noonbit.export.onnx_model import OnnxModel
    from noonbit.runs.run import Run

    RunOrFile: TypeAlias = Run | OnnxModel


def is_model_file(name: str) -> bool:
    """Whether a name stands for an exported file; a folder so called is a run."""
    return Path(name).suffix.lower() == ".onnx" and not is_folder(user_path(name))


def open_run_or_file(name: str, *, trust: bool) -> "RunOrFile":
    """Open an exported file, for which PyTorch is not imported, or load a run."""
    if not is_model_file(name):
        return open_run(name, trust=trust)
    if trust:
        refuse_flag(name, "--trust", "lets a run's Python code run, and a file brings none")
    from noonbit.export.onnx_model import OnnxModel

    return OnnxModel.open(user_path(name))


def refuse_flag(name: str, flag: str, reason: str) -> None:
    """Raise `UsageError` for a flag that an exported file has no use for."""
    raise UsageError(f"{flag} {reason}: leave it out, or give the run in place of {name}.")
