"""Builds the compiled passes when the package is built: hatchling calls this.

Where they cannot be built (no C compiler, or no headers of Python) the package is made without them, and
everything else works; ``BALANCE_SYNC_COMPILED=required`` makes that an error.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("engine/balance_sync/logs/compiled")


class CompiledPasses(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the extension module beside its source, and into the wheel."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002 - hatchling's
        """Build it, and have the wheel's name say what machine it is for."""
        if self.target_name != "wheel":
            return
        try:
            compile_passes(Path(self.root))
        # Setuptools and Cython have no common error for all that can be missing.
        except Exception as error:
            if os.environ.get("BALANCE_SYNC_COMPILED") == "required":
                raise
            self.app.display_warning(f"balance-sync is built without its compiled passes: {error}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"] = [f"{FOLDER}/*{suffix}" for suffix in (".so", ".pyd")]


def compile_passes(root: Path) -> None:
    """Build the extension module in place, below the folder `root` of the project."""
    # Setuptools first: it brings what the others need of the standard library of old.
    from Cython.Build import cythonize
    from setuptools import Extension
    from setuptools.dist import Distribution

    here = Path.cwd()
    os.chdir(root)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            fast = [] if sys.platform == "win32" else ["-O3", "-g0"]
            source = str(FOLDER / "passes.pyx")
            passes = Extension("balance_sync.logs.compiled.passes", [source], extra_compile_args=fast)
            modules = cythonize([passes], build_dir=scratch, quiet=True)
            project = Distribution({"ext_modules": modules, "package_dir": {"": "engine"}})
            command = project.get_command_obj("build_ext")
            command.inplace, command.build_temp, command.force = True, scratch, True
            command.ensure_finalized()
            command.run()
    finally:
        os.chdir(here)


if __name__ == "__main__":
    compile_passes(Path(__file__).resolve().parent.parent)
