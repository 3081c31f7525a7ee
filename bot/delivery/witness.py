"""What was seen of a database, kept outside it: a copy that is put back does not know what happened since."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import structlog

from bot.store.continuity import Standpoint

_log = structlog.get_logger(__name__)


class Witness:
    """One small file a database in each of several folders: no restore of one folder takes them all back."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._failed: set[Path] = set()

    def farthest(self, database: str) -> Standpoint | None:
        """Return the farthest that was seen of a database."""
        found = [one for folder in self._folders if (one := _read(folder / f"{database}.json", database))]
        return max(found, key=lambda one: one.beats, default=None)

    def record(self, point: Standpoint) -> None:
        """Keep it, never less than before; a folder that cannot be written to is logged once, and the others serve."""
        before = self.farthest(point.database) or point
        era, journal, hashed = max((one.era, one.journal, one.hash) for one in (before, point))
        kept = {"beats": max(before.beats, point.beats), "codes": dict(point.codes)}
        text = json.dumps({**kept, "era": era, "journal": journal, "hash": hashed})
        for folder in self._folders:
            try:
                _write(folder / f"{point.database}.json", text)
            except OSError as error:
                if folder not in self._failed:
                    _log.warning("witness_not_written", error=type(error).__name__)
                self._failed.add(folder)


def _read(path: Path, database: str) -> Standpoint | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(path.read_text(encoding="utf-8"))
        codes = {str(name): int(value) for name, value in found["codes"].items()}
        journal = int(found.get("era", 0)), int(found.get("journal", 0)), str(found.get("hash", ""))
        return Standpoint(database, int(found["beats"]), codes, *journal)
    return None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
