"""Compile the catalogues into a wheel; all else stands in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))

from locales.catalogue import compile_catalogue


class BuildWithCatalogues(build_py):
    """Build as always; in place of each catalogue that people edit stands the one that the program reads fastest."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for written in Path(self.build_lib, "locales").rglob("*.po"):
            written.with_suffix(".mo").write_bytes(compile_catalogue(written.read_text(encoding="utf-8")))
            written.unlink()


setup(cmdclass={"build_py": BuildWithCatalogues})
