"""Rotation: a new key, every value sealed anew in small batches, old keys kept as long as anything needs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.store.api import Rotation
from bot.store.drivers import Call, Driver
from bot.store.errors import SealError
from bot.store.places import SEALED, Sealed
from bot.store.queries import per_column
from bot.store.sealing import KeyFile, Keyring, Place, read_key_file, replace_key_file

#: Values per transaction: the assistant writes between them.
BATCH = 100
#: A superseded key is kept so long at least: another process may still seal with it.
GRACE = timedelta(days=1)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Goes through every sealed column."""

    driver: Driver
    keyring: Keyring

    async def rotate(self, now: datetime) -> Rotation:
        """Add a key, reseal, drop what nothing uses.

        Raises:
            KeyFileError: the key file cannot be replaced; nothing was changed.
        """
        key = await self._rewrite(lambda keys: keys.rotated(now))
        resealed = await self.reseal()
        used = await self.key_usage()
        before = set(self.keyring.keys.keys)
        await self._rewrite(lambda keys: keys.without(_unused(keys, used, now)))
        return Rotation(key, resealed, tuple(sorted(before - set(self.keyring.keys.keys))))

    async def _rewrite(self, change: Callable[[KeyFile], KeyFile]) -> str:
        """Change the key file; the database's write lock keeps two rotations from losing each other's key."""
        async with self.driver.transaction() as transaction:
            await transaction.run(Call("lock_migrations"))
            replace_key_file(self.keyring.path, change(read_key_file(self.keyring.path)))
        self.keyring.reload()
        return self.keyring.keys.current

    async def key_usage(self) -> dict[str, int]:
        """How many values each key seals, by key id."""
        usage: dict[str, int] = {}
        for rows in await self.driver.run(*(Call(per_column("key_usage", sealed)) for sealed in SEALED)):
            for name, count in rows:
                usage[bytes(name).hex()] = usage.get(bytes(name).hex(), 0) + count
        return usage

    async def reseal(self) -> int:
        """Seal with the current key what others sealed; a value that cannot be opened stays, with a line in the log."""
        total = 0
        while done := sum([await self._column(sealed) for sealed in SEALED]):
            total += done
        return total

    async def _column(self, sealed: Sealed) -> int:
        after: str | int = sealed.before_first
        done = 0
        while rows := await self._stale(sealed, after):
            calls = [call for row in rows if (call := self._fresh(sealed, row))]
            done += sum(map(len, await self.driver.run(*calls)))
            after = rows[-1][0]
        return done

    async def _stale(self, sealed: Sealed, after: str | int) -> list[tuple[Any, ...]]:
        wanted = {"after": after, "current": self.keyring.current, "limit": BATCH}
        (rows,) = await self.driver.run(Call(per_column("stale", sealed), wanted))
        return rows

    def _fresh(self, sealed: Sealed, row: tuple[Any, ...]) -> Call | None:
        key, place_row, stale = row
        place = Place(sealed.table, sealed.column, place_row)
        try:
            fresh = self.keyring.seal(self.keyring.unseal(stale, place), place)
        except SealError as error:
            _log.error("sealed_value_unreadable", table=sealed.table, column=sealed.column, kind=type(error).__name__)
            return None
        return Call(per_column("reseal", sealed), {"key": key, "fresh": fresh, "stale": stale})


def _unused(keys: KeyFile, used: Mapping[str, int], now: datetime) -> frozenset[str]:
    """Keys that seal nothing, superseded long enough ago: a younger key had its day already."""
    seasoned = [stored.created for stored in keys.keys.values() if stored.created <= now - GRACE]
    return frozenset(
        name
        for name, stored in keys.keys.items()
        if name not in used and any(stored.created < other for other in seasoned)
    )
