"""Builds the compiled passes when the package is built: hatchling calls this.

Where they cannot be built (no C compiler, or no headers of Python) the package is made without them, and
everything else works; ``BALANCE_SYNC_COMPILED=required`` makes that an error.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("engine/balance_sync/compiled")
PACKAGE = "balance_sync.compiled"
NAMES = ("files", "passes")


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
    """Build the extension modules below `root`, the project's folder, those that are not up to date."""
    folder = root / FOLDER
    ending = sysconfig.get_config_var("EXT_SUFFIX")
    sources = [Path(__file__), *folder.glob("*.pyx"), *folder.glob("*.pxi")]
    newest = max(source.stat().st_mtime for source in sources)
    for name in NAMES:
        built = folder / f"{name}{ending}"
        if not built.exists() or built.stat().st_mtime < newest:
            _compile(folder / f"{name}.pyx", built)


def _compile(source: Path, built: Path) -> None:
    # Setuptools first: it brings what Cython needs of the standard library of old.
    from setuptools import Extension
    from setuptools.dist import Distribution

    # isort: split
    from Cython.Build import cythonize

    name = f"{PACKAGE}.{source.stem}"
    fast = [] if sys.platform == "win32" else ["-O3", "-g0"]
    with tempfile.TemporaryDirectory() as scratch:
        module = Extension(name, [str(source)], extra_compile_args=fast)
        modules = cythonize([module], build_dir=scratch, quiet=True)
        command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
        command.build_lib = command.build_temp = scratch
        command.ensure_finalized()
        command.run()
        # In one step: a program that runs may have the one before in use.
        beside = shutil.copy(command.get_ext_fullpath(name), built.with_suffix(".new"))
        Path(beside).replace(built)


if __name__ == "__main__":
    compile_passes(Path(__file__).parents[1])
