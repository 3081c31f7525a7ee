"""A file that a terminal is sent, saved on this machine."""

import os
from itertools import count
from pathlib import Path

from handlers.replies import Attachment


def saved(attachment: Attachment, folder: Path) -> Path:
    """Save it for its owner alone, under its name or the next free one: nothing is overwritten.

    Raises:
        OSError: there is no writing there.
    """
    wanted = Path(attachment.name)
    for number in count(1):
        path = folder / (wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}")
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(file, "wb") as opened:
            opened.write(attachment.content)
        return path
    raise AssertionError  # the numbers do not end
