"""A file that appears under its name only when it is complete; before that it lives in a folder beside it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import OutputError
from locales import N_

#: The owner's alone.
_FOLDER, _FILE = 0o700, 0o600
_TROUBLE = N_("{file} cannot be written ({reason}); choose another folder or file")
_NO_FOLDER = N_("{file} cannot be written: there is no folder {folder}; make it first, or choose another one.")
_TAKEN = N_("{file} is there already; add --force to replace it, or choose another name.")


def refuse_taken(target: Path, *, force: bool) -> None:
    """Before anything is read; a folder of that name is met when it is written.

    Raises:
        OutputError: the file is there, or its folder is not.
    """
    _folder_there(target)
    if target.exists() and not target.is_dir() and not force:
        raise OutputError(_TAKEN, file=target)


class Landing:
    """Where a file is written before it appears."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.with_name(f".{target.name}.part")
        self.draft = self.folder / target.name

    def land(self) -> None:
        """The draft, safe on the disk, takes its name.

        Raises:
            OSError: it cannot; the name is as it was.
        """
        self.draft.chmod(_FILE)
        _flush(self.draft)
        self.draft.replace(self.target)
        _flush(self.target.parent)


def _flush(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def landing(target: Path) -> Iterator[Landing]:
    """A place to write; whatever happens, nothing of it is left but what landed. What a killed one left is removed.

    Raises:
        OutputError: there is no writing there, or somebody else is writing the same file.
    """
    place = Landing(target)
    try:
        _folder_there(target)
        with _alone(place.folder):
            try:
                yield place
            finally:
                shutil.rmtree(place.folder, ignore_errors=True)
    except OSError as error:
        raise OutputError(_TROUBLE, file=target, reason=error.strerror or error) from None


def _folder_there(target: Path) -> None:
    if not target.parent.exists():
        raise OutputError(_NO_FOLDER, file=target, folder=target.parent)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder, made, empty, and locked for as long as the process works in it: a lock dies with its process."""
    folder.mkdir(mode=_FOLDER, exist_ok=True)
    opened = os.open(folder, os.O_RDONLY)
    try:
        _lock(opened, folder)
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        yield
    finally:
        os.close(opened)


def _lock(opened: int, folder: Path) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(N_("{file} is being written by another export; wait for it."), file=folder.name) from None
