"""Packs for tests: the one that comes along, and a small one with one file of it exchanged."""

from pathlib import Path
from shutil import copytree

from rules.loading import load_pack
from rules.pack import Pack

BROKEN = Path(__file__).parent / "broken"


def folder_of(broken: str, work: Path) -> Path:
    """The small sound pack with the files of a broken one laid over it."""
    folder = work / broken
    copytree(BROKEN / "sound", folder)
    copytree(BROKEN / broken, folder, dirs_exist_ok=True)
    return folder


def small_pack(broken: str, work: Path) -> Pack:
    return load_pack(folder_of(broken, work))
