"""Writes the skeleton of a new layer: every file with comments, and nothing that the check would refuse."""

import re
from importlib.resources import files
from pathlib import Path

from rules.errors import PackInvalid
from rules.pack import Pack
from rules.texts import N_, sentence, shorten

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def write_skeleton(name: str, below: Pack, parent: Path) -> Path:
    """Write the files of a new layer into a new folder.

    Args:
        name: The name of the layer, and of its folder.
        below: The pack that it lies over.
        parent: The folder in which the new folder is made.

    Returns:
        The new folder.

    Raises:
        PackInvalid: The name cannot be the name of a pack, or there is a file or folder of that name.
    """
    if not _NAME.fullmatch(name):
        wrong = N_("{name} cannot be the name of a pack; use small letters without accents, digits and _ only")
        raise PackInvalid(sentence(wrong, name=shorten(name)))
    folder = parent / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise PackInvalid(sentence(N_("{folder} is there already; choose another name"), folder=folder)) from None
    for source in (files("rules") / "skeleton").iterdir():
        text = source.read_text(encoding="utf-8").replace("@NAME@", name).replace("@BELOW@", below.label)
        (folder / source.name).write_text(text, encoding="utf-8")
    return folder
