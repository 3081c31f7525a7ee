"""Write a file so that it appears under its name only when it is complete; before that it lives in a folder beside it.

A killed process leaves that folder behind, with names in the clear. So each folder is noted in the data folder before
it is made, and every later command removes the noted folders that no process holds (``remove_noted``).
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import OutputError, to_reason
from locales import N_

#: Only the owner may read.
_FOLDER, _FILE = 0o700, 0o600
#: The most bytes read of a note, more than any path has.
_LONGEST_PATH = 8192
#: The folder of exports below the data folder, and the folder of notes in it.
_EXPORTS, _NOTES = "exports", "notes"
_NOT_WRITABLE = N_("{file} cannot be written ({reason}); choose another folder or file")
_NO_FOLDER = N_("{file} cannot be written: there is no folder {folder}; make it first, or choose another one.")
_FILLED = N_("{folder} is there already and is not an empty folder; choose another one.")
_EXISTS = N_("{file} is there already; add --force to replace it, or choose another name.")


def refuse_existing(target: Path, *, force: bool) -> None:
    """Refuse an unusable target before anything is read; a folder of that name is only noticed when writing.

    Raises:
        OutputError: the file exists and ``force`` is not given, or its folder is missing.
    """
    _check_folder(target)
    if target.exists() and not target.is_dir() and not force:
        raise OutputError(_EXISTS, file=target)


class AtomicFile:
    """The places of a file that is being written: the draft in a folder beside the target, then the target."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target.with_name(f".{target.name}.part")
        self.draft = self.folder / target.name
        self._unlinked: int | None = None  #: the descriptor of a draft without a name

    def unlinked_path(self) -> Path:
        """Return a path to write to that vanishes with a killed process, where the system has unnamed files.

        Only writers that open one file by its path and ignore its suffix can use it.
        """
        with suppress(OSError, AttributeError):  # O_TMPFILE: Linux, on most of its file systems
            self._unlinked = os.open(self.folder, os.O_TMPFILE | os.O_RDWR, _FILE)
            return Path(f"/proc/self/fd/{self._unlinked}")
        return self.draft

    def publish(self) -> None:
        """Flush the draft to the disk and give it the target's name.

        Raises:
            OSError: that is impossible; the target is unchanged.
        """
        if self._unlinked is not None:
            _give_name(self._unlinked, self.draft)
        self.draft.chmod(_FILE)
        flush_to_disk(self.draft)
        self.draft.replace(self.target)
        flush_to_disk(self.target.parent)

    def close(self) -> None:
        """Close the descriptor of an unnamed draft."""
        if self._unlinked is not None:
            os.close(self._unlinked)


def _give_name(unlinked: int, path: Path) -> None:
    """Link an unnamed file to its first name; Python follows the link in /proc only relative to a folder."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{unlinked}", path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def flush_to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk. Raises OSError."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def open_atomic_file(target: Path, notes: Path) -> Iterator[AtomicFile]:
    """Open a draft for a file; in the end nothing is left of it but the published file.

    Leftovers of a killed process with the same target are removed first. ``notes`` is a folder in the data folder; it
    holds a note of the draft for as long as the draft exists.

    Raises:
        OutputError: the folder is not writable, or another process writes the same file.
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


def refuse_filled(target: Path) -> None:
    """Refuse a folder that holds anything: a file of an earlier run could be taken for one of this.

    Raises:
        OutputError: the folder is not empty, is a file, or the folder that it should lie in is missing.
    """
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise OutputError(_FILLED, folder=target)
    except OSError as error:
        raise OutputError(_NOT_WRITABLE, file=target, reason=to_reason(error)) from None


def write_folder(target: Path, files: Mapping[str, bytes], notes: Path) -> None:
    """Write a folder so that it appears under its name only when every file in it is complete.

    Args:
        target: The folder; one that is there must be empty.
        files: The name of each file, and its bytes.
        notes: A folder in the data folder; it holds a note of the draft for as long as the draft exists.

    Raises:
        OutputError: the folder cannot be written, or is not empty; nothing is left of it then.
    """
    refuse_filled(target)
    target = target.absolute()
    draft = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _hold_note(draft, notes), _open_empty_folder(draft):
            try:
                for name, content in files.items():
                    (draft / name).write_bytes(content)
                    (draft / name).chmod(_FILE)
                    flush_to_disk(draft / name)
                draft.replace(target)
                flush_to_disk(target.parent)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise OutputError(_NOT_WRITABLE, file=target, reason=to_reason(error)) from None


def notes_folder(data_dir: Path) -> Path:
    """Return the folder with the notes of this data folder's exports."""
    return data_dir / _EXPORTS / _NOTES


def remove_leftovers(data_dir: Path) -> None:
    """Remove the leftovers of killed exports, those of the command line and those of the chats.

    A data folder that cannot be entered is for whoever needs it to tell.
    """
    exports = data_dir / _EXPORTS
    with suppress(OSError):
        if exports.is_dir():
            remove_noted(notes_folder(data_dir))
            for folder in exports.iterdir():
                if folder.name != _NOTES:
                    clean(folder)


def remove_noted(notes: Path) -> None:
    """Remove the folders of killed processes; a living process holds a lock on its note."""
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
    """Remove a folder, but only one whose name an export can have made: a note must not decide about anything else."""
    if folder.name.startswith(".") and folder.suffix == ".part" and folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)


def _check_folder(target: Path) -> None:
    if not target.parent.exists():
        raise OutputError(_NO_FOLDER, file=target, folder=target.parent)


@contextmanager
def _hold_note(folder: Path, notes: Path) -> Iterator[None]:
    """Write and lock a note of the folder; the lock ends with its process and keeps out a second writer of the file."""
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
    """Open and lock the note; repeat if another process removed it in between."""
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
    """Create the folder, lock it against programs with another data folder, and empty it."""
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


@contextmanager
def private_folder(below: Path) -> Iterator[Path]:
    """Create a folder that only the owner can read, and remove it in the end.

    Raises:
        OSError: it cannot be created.
    """
    below.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder, lock = _make_locked(below)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def clean(below: Path) -> None:
    """Remove the folders that no process holds any more."""
    for folder in _folders_in(below):
        with suppress(OSError):  # another process cleans the folder, or works in it
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _folders_in(below: Path) -> list[Path]:
    return [path for path in below.iterdir() if path.is_dir()] if below.is_dir() else []


def _make_locked(below: Path) -> tuple[Path, int]:
    """Create and lock a folder; repeat if a cleaner removed it before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=below))  # mode 0700
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)
