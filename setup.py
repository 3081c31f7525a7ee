"""Compile the catalogues into a wheel; all else stands in pyproject.toml."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCatalogues(build_py):
    """Build as always; in place of each catalogue that people edit stands the one that the program reads."""

    def run(self) -> None:
        super().run()
        folder = Path() if self.editable_mode else Path(self.build_lib)
        for written in (folder / "locales").rglob("*.po"):
            with written.open("rb") as source, written.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(source))
            if not self.editable_mode:
                written.unlink()


setup(cmdclass={"build_py": BuildWithCatalogues})
