"""A file that appears under its name only when it is complete; before that it lives in a folder beside it.

A process that is killed leaves that folder behind, with names in clear. So each folder is noted in the data folder
before it is made, and every later command removes what is noted and no longer held (``clear_noted``).
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import OutputError, to_reason
from bot.exports.process import clean
from locales import N_

#: The owner's alone.
_FOLDER, _FILE = 0o700, 0o600
#: Bytes read of a note: more than any path has.
_LONGEST_PATH = 8192
#: The folder of exports below the data folder, and the notes in it.
_EXPORTS, _NOTES = "exports", "notes"
_NOT_WRITABLE = N_("{file} cannot be written ({reason}); choose another folder or file")
_NO_FOLDER = N_("{file} cannot be written: there is no folder {folder}; make it first, or choose another one.")
_EXISTS = N_("{file} is there already; add --force to replace it, or choose another name.")


def refuse_existing(target: Path, *, force: bool) -> None:
    """Before anything is read; a folder of that name is met when it is written.

    Raises:
        OutputError: the file is there, or its folder is not.
    """
    _check_folder(target)
    if target.exists() and not target.is_dir() and not force:
        raise OutputError(_EXISTS, file=target)


class AtomicFile:
    """Where a file is written before it appears."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.with_name(f".{target.name}.part")
        self.draft = self.folder / target.name
        self._unlinked: int | None = None  #: the descriptor of a draft that has no name yet

    def unlinked_path(self) -> Path:
        """Return a path to write to that no killed process leaves behind, where the system has such files.

        For writers that open one file by its path and care for no ending.
        """
        with suppress(OSError, AttributeError):  # O_TMPFILE: Linux, on most of its file systems
            self._unlinked = os.open(self.folder, os.O_TMPFILE | os.O_RDWR, _FILE)
            return Path(f"/proc/self/fd/{self._unlinked}")
        return self.draft

    def publish(self) -> None:
        """The draft, safe on the disk, takes its name.

        Raises:
            OSError: it cannot; the name is as it was.
        """
        if self._unlinked is not None:
            _give_name(self._unlinked, self.draft)
        self.draft.chmod(_FILE)
        _flush(self.draft)
        self.draft.replace(self.target)
        _flush(self.target.parent)

    def close(self) -> None:
        """Let go of a draft that has no name."""
        if self._unlinked is not None:
            os.close(self._unlinked)


def _give_name(unlinked: int, path: Path) -> None:
    """Link a file without a name to its first one. Python follows the link in /proc only where it has a folder."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{unlinked}", path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _flush(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def open_atomic_file(target: Path, notes: Path) -> Iterator[AtomicFile]:
    """A place to write; whatever happens, nothing of it is left but what landed. What a killed one left is removed.

    ``notes`` is a folder of the data folder: there the place is noted for as long as it exists.

    Raises:
        OutputError: there is no writing there, or somebody else is writing the same file.
    """
    place = AtomicFile(target)
    try:
        _check_folder(target)
        with _hold_note(place.folder, notes), _open_empty_folder(place.folder):
            try:
                yield place
            finally:
                place.close()
                shutil.rmtree(place.folder, ignore_errors=True)
    except OSError as error:
        raise OutputError(_NOT_WRITABLE, file=target, reason=to_reason(error)) from None


def notes_folder(data_dir: Path) -> Path:
    """Return the folder in which the places of this data folder's exports are noted."""
    return data_dir / _EXPORTS / _NOTES


def remove_leftovers(data_dir: Path) -> None:
    """Remove what killed exports of this data folder left: those of the command line, and those of the chats."""
    exports = data_dir / _EXPORTS
    if exports.is_dir():
        remove_noted(notes_folder(data_dir))
        for folder in exports.iterdir():
            if folder.name != _NOTES:
                clean(folder)


def remove_noted(notes: Path) -> None:
    """Remove the folders that killed processes left; those of living ones are held by their notes."""
    for note in notes.iterdir() if notes.is_dir() else ():
        with suppress(OSError):
            opened = os.open(note, os.O_RDONLY)
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove_folder(Path(os.read(opened, _LONGEST_PATH).decode(errors="surrogateescape")))
                note.unlink()
            finally:
                os.close(opened)


def _remove_folder(folder: Path) -> None:
    """Only a folder that can be one of ours: a note decides about nothing else."""
    if folder.name.startswith(".") and folder.suffix == ".part" and folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)


def _check_folder(target: Path) -> None:
    if not target.parent.exists():
        raise OutputError(_NO_FOLDER, file=target, folder=target.parent)


@contextmanager
def _hold_note(folder: Path, notes: Path) -> Iterator[None]:
    """Note the folder, and hold the note: the lock dies with its process and tells two writers of one file apart."""
    notes.mkdir(parents=True, exist_ok=True, mode=_FOLDER)
    path = os.fsencode(folder.absolute())
    note = notes / hashlib.sha256(path).hexdigest()[:32]
    opened = _lock_note(note, folder)
    try:
        os.pwrite(opened, path, 0)
        os.fsync(opened)
        yield
    finally:
        note.unlink(missing_ok=True)
        os.close(opened)


def _lock_note(note: Path, folder: Path) -> int:
    """Open and lock the note; anew where somebody removed it in between."""
    while True:
        opened = os.open(note, os.O_RDWR | os.O_CREAT, _FILE)
        try:
            _lock(opened, folder)
        except OutputError:
            os.close(opened)
            raise
        if note.exists() and note.stat().st_ino == os.fstat(opened).st_ino:
            return opened
        os.close(opened)


@contextmanager
def _open_empty_folder(folder: Path) -> Iterator[None]:
    """The folder, made and empty; locked as well, for a program over another data folder."""
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
