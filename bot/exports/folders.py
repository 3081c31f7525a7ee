"""Folders of exports under way: each is locked by its process, and a lock dies with who holds it."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def private_folder(below: Path) -> Iterator[Path]:
    """A folder for the owner's eyes, gone at the end whatever happens. Raises OSError."""
    below.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder, lock = _locked(below)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def clean(below: Path) -> None:
    """Throw away the folders that nobody holds any more."""
    for folder in _folders(below):
        with suppress(OSError):  # somebody else cleans, or works in it
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _folders(below: Path) -> list[Path]:
    return [path for path in below.iterdir() if path.is_dir()] if below.is_dir() else []


def _locked(below: Path) -> tuple[Path, int]:
    """A folder and its lock; made anew where a cleaner was there before the lock was."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=below))  # mode 0700
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)
