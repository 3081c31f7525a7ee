"""A file that a terminal is sent, saved on this machine."""

import os
from itertools import count
from pathlib import Path

from bot.harmless import harmless
from handlers.replies import Attachment

#: Bytes of a name, with room for a number: most file systems take 255.
_LONGEST = 200
#: Separators of paths and signs that some file system does not take.
_FOREIGN = str.maketrans(dict.fromkeys('/\\:*?"<>|\n\ufffd', "_"))


def saved(attachment: Attachment, folder: Path) -> Path:
    """Save it for its owner alone, under its name or the next free one: nothing is overwritten.

    Raises:
        OSError: there is no writing there.
    """
    wanted = Path(safe_name(attachment.name))
    for number in count(1):
        path = folder / (wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}")
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        except FileExistsError:
            continue
        with os.fdopen(file, "wb") as opened:
            opened.write(attachment.content)
        return path
    raise AssertionError  # the numbers do not end


def safe_name(name: str) -> str:
    """A name that stays in its folder, hides nowhere, and can be written down anywhere."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = harmless(last).translate(_FOREIGN).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem and len(suffix) <= 10 else (kept, "")
    while len(f"{stem}{suffix}".encode()) > _LONGEST:
        stem = stem[:-1]
    return f"{stem}{suffix}".lstrip("-") or "tep"
