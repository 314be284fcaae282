"""The wheel's build hook: compile the C++ files for the levels of x86-64 processors.

A wheel with libraries is for one platform and needs no compiler where it is installed. Without a
compiler here, the wheel is one for all platforms, and files are compiled at first use.
"""

import importlib.util
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileKernels(BuildHookInterface):
    """Adds a library for each C++ file and level."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See hatchling: `build_data` is what goes into the wheel."""
        if version == "editable":
            return
        root = Path(self.root)
        path = root / "noonbit" / "system" / "cpp_compiler.py"
        spec = importlib.util.spec_from_file_location("cpp_compiler", path)
        compiler = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(compiler)
        self.scratch = TemporaryDirectory()
        for library, place in compiler.compile_all(root / "noonbit", Path(self.scratch.name)):
            build_data["force_include"][str(library)] = str(place.relative_to(root))
        if build_data["force_include"]:
            build_data["pure_python"] = False
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{platform}"
        else:
            self.app.display_warning("no C++ compiler for x86-64: this wheel has no libraries")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was compiled."""
        if version != "editable":
            self.scratch.cleanup()
