"""Numbered migrations, the text of each fixed by its checksum once it was applied anywhere."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from bot.store.errors import SchemaAltered, SchemaNewer
from locales import N_

__all__ = ["Migration", "load_migrations", "missing"]


@dataclass(frozen=True, slots=True)
class Migration:
    """A step of the tables."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load_migrations() -> list[Migration]:
    """Load all that this program carries, in order."""
    found = [path for path in files(__name__).iterdir() if path.name.endswith(".sql")]
    steps = [
        Migration(int(path.name[:4]), path.name.removesuffix(".sql"), path.read_text(encoding="utf-8"))
        for path in found
    ]
    return sorted(steps, key=lambda step: step.version)


def missing_migrations(carried: Sequence[Migration], applied: Sequence[tuple[int, str, str]]) -> list[Migration]:
    """Return what a database lacks, given (version, name, checksum) of what it has.

    Raises:
        SchemaNewer: the database has a migration that the program does not carry.
        SchemaAltered: a migration was changed after it was applied.
    """
    known = {step.version: step for step in carried}
    for version, name, checksum in applied:
        if version not in known:
            message = N_(
                "The database was made by a later version of the program (migration {name}). Install that version."
            )
            raise SchemaNewer(message, name=name)
        if known[version].checksum != checksum:
            message = N_("Migration {name} is not the one this database was made with. Install the program anew.")
            raise SchemaAltered(message, name=name)
    done = {version for version, _name, _checksum in applied}
    return [step for step in carried if step.version not in done]
