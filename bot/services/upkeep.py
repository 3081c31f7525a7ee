"""The state of what the assistant stands on: disks, keys, CA files, backups. Nothing here changes anything."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.services.backups import backup_folder, list_backups
from bot.services.opening import database_url, shared_use
from bot.settings import Settings
from bot.store import KeyFileError, needs_postgresql, read_key_file, sqlite_path

#: Less than this share of a disk is worth an alarm.
_LOW_SHARE = 0.1
#: The end of a CA file is told so long before.
_AUTHORITY_WARNING = timedelta(days=30)
#: Keys older than this should be changed.
_KEY_AGE = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk that the assistant writes to."""

    folder: Path
    free: int  #: bytes
    total: int  #: bytes

    @property
    def share(self) -> float:
        """Return the free share, from 0 to 1."""
        return self.free / self.total if self.total else 0.0

    @property
    def is_low(self) -> bool:
        """Tell whether it is worth an alarm."""
        return self.share < _LOW_SHARE


def disks(settings: Settings) -> list[Disk]:
    """Return the disks of the data folder and of the backups, each once."""
    found: dict[int, Disk] = {}
    for folder in (settings.data_dir, backup_folder(settings)):
        there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        usage = shutil.disk_usage(there)
        found.setdefault(there.stat().st_dev, Disk(folder, usage.free, usage.total))
    return list(found.values())


def ending_authorities(settings: Settings, now: datetime) -> Mapping[str, datetime]:
    """Return the installed CA files that have ended or will end soon, by their name."""
    folder = settings.data_dir / "trust"
    if not folder.is_dir() or not any(folder.iterdir()):
        return {}
    from bot.certificates.trust import TrustStore, authority_name  # noqa: PLC0415 - loaded where CA files are installed

    authorities = TrustStore.load(folder).authorities
    return {
        authority_name(one): one.not_valid_after_utc
        for one in authorities
        if one.not_valid_after_utc - now <= _AUTHORITY_WARNING
    }


def ask_program(name: str, *arguments: str) -> str:
    """Return what a program of the system prints; nothing where it is not installed, or says nothing in time."""
    if (program := shutil.which(name)) is None:
        return ""
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run((program, *arguments), capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
        return done.stdout.strip()
    return ""


def key_file(settings: Settings) -> Path:
    """Return where the key file lies."""
    return settings.key_file or settings.data_dir / "keys.json"


def old_key(settings: Settings, now: datetime) -> timedelta | None:
    """Return the age of the key in use where it should be changed; ``None`` where not, or where no file can be read."""
    try:
        keys = read_key_file(key_file(settings))
    except (KeyFileError, OSError):
        return None
    age = now - keys.keys[keys.current].created
    return age if age > _KEY_AGE else None


def newest_backup(settings: Settings) -> datetime | None:
    """Return when the newest backup in the folder was written; ``None`` where there is none, or none can be seen."""
    with suppress(OSError):
        return max(_backup_times(settings), default=None)
    return None


def _backup_times(settings: Settings) -> Iterator[datetime]:
    for path in list_backups(backup_folder(settings)):
        yield datetime.strptime(f"{path.name[6:21]}+0000", "%Y%m%dT%H%M%S%z")


async def try_signals(settings: Settings) -> bool:
    """Try the ways by which processes wake each other; return whether there are any beside the database's own.

    Raises:
        StoreError: one is not reached, or what speaks to it is not installed.
    """
    url, use = database_url(settings), shared_use(settings)
    shared = url is not None and sqlite_path(url, settings.data_dir) is None
    if not shared or (use.listen_url is None and use.signals_url is None):
        return False
    with needs_postgresql():
        from bot.store.drivers import postgres  # noqa: PLC0415 - psycopg is loaded where it is used

    await postgres.try_signals(postgres.Server(url or "", use))
    return True
