"""Rotation in steps, each of which may be killed at any point and called again.

A key is added, spread to every process, used; every value is sealed anew in small batches; keys that nothing needs are
retired.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.store.batches import Batches
from bot.store.drivers import Driver, Query, column_query_name, to_micros
from bot.store.errors import KeyNotLost, KeyNotSpread, SealError, UnknownKeyName
from bot.store.sealing import KEY_ID_BYTES, Keyring, SealContext
from bot.store.sealing.keyfile import KeyFile, read_key_file, replace_key_file
from bot.store.sealing.sealed_columns import SEALED_COLUMNS, SealedColumn
from locales import N_

#: Values per transaction: the assistant writes between them.
RESEAL_BATCH = 100
#: A superseded key is kept so long where nobody says otherwise: a process that no one knows of may still seal with it.
RETIREMENT_GRACE = timedelta(days=1)
#: After that time every reader of the key file of this machine seals with its current key, and has written what it had
#: sealed before.
SETTLING_TIME = timedelta(seconds=7)
#: How long ``spread`` sleeps between two looks.
_LOOK_AGAIN = timedelta(seconds=0.5)

_NOT_SPREAD = N_(
    "These processes do not have key {key} yet: {names}. Copy the key file to their machine. A worker that systemd"
    " started has to be started again; others read it within seconds. Then give this command again. --force uses the"
    " key all the same: what they cannot read is not answered until they have it."
)
_NO_SUCH_KEY = N_("There is no key {key} in the key file. troly keys list shows those there are.")
_NOT_LOST = N_("The key file has key {key}: nothing that it sealed is lost, so nothing was given up.")
_NEVER_SEALED = N_("Nothing here was sealed with a key {key}. troly keys verify names those that are missing.")
_DAMAGED = N_(
    "values are damaged that it may have sealed, and a copy of the database may have them whole; troly keys retire KEY"
    " drops it all the same"
)
_NO_PENDING = N_("No key waits to be used. Add one first: troly keys add")


@dataclass(frozen=True, slots=True)
class ServingProcess:
    """A process that serves a channel now."""

    name: str  #: machine and process id
    keys: tuple[str, ...]  #: ids of those it holds; it seals with the first


@dataclass(frozen=True, slots=True)
class MissingKey:
    """Values of a table whose key is not in the key file."""

    key: str
    table: str
    count: int


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The result of a check that everything can be read."""

    missing: tuple[MissingKey, ...]
    damaged: tuple[str, ...]  #: table, column and row of each value that does not open
    processes: tuple[ServingProcess, ...]


@dataclass(frozen=True, slots=True)
class Retirement:
    """Keys that were dropped, and why others stay."""

    dropped: tuple[str, ...]
    kept: Mapping[str, str]  #: id -> message id of the reason


@dataclass(frozen=True, slots=True)
class RotationResult:
    """The result of a rotation of the keys."""

    key: str  #: id of the new key
    resealed: int  #: values
    dropped: tuple[str, ...]  #: ids of keys that nothing used any more


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """Rotates the keys of every sealed column. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def rotate(self, now: datetime, grace: timedelta = RETIREMENT_GRACE) -> RotationResult:
        """Take all steps: add a key, use it, reseal, and retire keys that nothing has needed for a while.

        Raises:
            KeyNotSpread: a live process lacks the key; it was added, and the same call goes on with it.
            KeyFileError: the key file cannot be replaced; nothing was changed.
        """
        key = await self.add(now)
        await self.use(key, now)
        resealed = await self.reseal()
        return RotationResult(key, resealed, (await self.retire(now, grace)).dropped)

    async def add(self, now: datetime) -> str:
        """Return the key that waits to be used; it is made where none does."""
        keys = await self._rewrite(lambda keys: keys.with_new_key(now))
        return keys.pending or keys.current

    async def use(self, name: str | None, now: datetime, *, force: bool = False) -> str:
        """Seal with this key from now on, or with the one that waits; others follow as soon as they meet it.

        Raises:
            KeyNotSpread: a live process lacks it, and nobody forces it.
            UnknownKeyName: there is no such key.
        """
        keys = read_key_file(self.keyring.path)
        wanted = name or keys.pending
        if wanted is None or wanted not in keys.keys:
            raise UnknownKeyName(_NO_PENDING) if wanted is None else UnknownKeyName(_NO_SUCH_KEY, key=wanted)
        lacking = [one.name for one in await self.processes() if wanted not in one.keys]
        if lacking and not force:
            raise KeyNotSpread(_NOT_SPREAD, key=wanted, names=", ".join(dict.fromkeys(lacking)))
        await self.driver.run(Query("key_in_use", {"id": wanted}))
        if wanted != keys.current:
            await self._rewrite(lambda keys: keys.with_current_key(wanted, now))
        self.keyring.reload()
        return wanted

    async def _rewrite(self, change: Callable[[KeyFile], KeyFile]) -> KeyFile:
        """Change the key file; the database's write lock keeps two rotations from losing each other's key."""
        async with self.driver.transaction() as transaction:
            await transaction.run(Query("lock_migrations"))
            before = read_key_file(self.keyring.path)
            after = change(before)
            if after != before:
                replace_key_file(self.keyring.path, after)
        self.keyring.reload()
        return after

    async def processes(self) -> list[ServingProcess]:
        """List the processes that serve now, once for each channel, with the keys they say they hold.

        There are none where the database is for one machine: every process there reads this key file before it seals.
        """
        if not self.driver.shared:
            return []
        (rows,) = await self.driver.run(Query("live_keys"))
        return [ServingProcess(name or "?", tuple((keys or "").split(","))) for name, keys in rows]

    async def key_usage(self) -> dict[str, int]:
        """Count the values that each key seals, by key id."""
        usage: dict[str, int] = {}
        for _, name, count in await self._usage():
            usage[name] = usage.get(name, 0) + count
        return usage

    async def _usage(self) -> list[tuple[str, str, int]]:
        """Return table, key id, and how many of the table's values that key seals."""
        answers = await self.driver.look(*(Query(column_query_name("key_usage", sealed)) for sealed in SEALED_COLUMNS))
        return [
            (sealed.table, bytes(name).hex(), count)
            for sealed, rows in zip(SEALED_COLUMNS, answers, strict=True)
            for name, count in rows
            if isinstance(name, bytes)  # SQLite keeps what somebody wrote by hand as it is: no key sealed that
        ]

    async def verify(self, *, every: bool = False) -> KeyCheck:
        """Find keys that are missing, with tables and counts; this is quick unless ``every`` value is opened."""
        held = set(read_key_file(self.keyring.path).keys)
        lost: dict[tuple[str, str], int] = {}
        for table, name, count in await self._usage():
            if name not in held:
                lost[table, name] = lost.get((table, name), 0) + count
        missing = tuple(MissingKey(name, table, count) for (table, name), count in sorted(lost.items()))
        damaged = tuple([one for sealed in SEALED_COLUMNS for one in await self._find_broken(sealed)]) if every else ()
        return KeyCheck(missing, damaged, tuple(await self.processes()))

    async def _find_broken(self, sealed: SealedColumn) -> list[str]:
        """Find values whose key is there and that do not open."""
        found: list[str] = []
        after = sealed.before_first
        while True:
            asked = {"after": after, "limit": min(RESEAL_BATCH, sealed.at_once)}
            (rows,) = await self.driver.look(Query(column_query_name("every_value", sealed), asked))
            if not rows:
                return found
            for _, row, value in rows:
                if not self._opens(SealContext(sealed.table, sealed.column, row), value):
                    found.append(f"{sealed.table}.{sealed.column} {row}")
            after = rows[-1][0]

    def _opens(self, place: SealContext, value: Any) -> bool:
        if isinstance(value, bytes) and value[:4].hex() not in self.keyring.keys.keys:
            return True  # missing, not broken
        try:
            self.keyring.unseal_bytes(value, place)
        except SealError:
            return False
        return True

    async def reseal(self) -> int:
        """Seal with the current key what others sealed; a value that cannot be opened stays, with a line in the log."""
        total = 0
        while done := sum([await self._reseal_column(sealed) for sealed in SEALED_COLUMNS]):
            total += done
        return total

    async def _reseal_column(self, sealed: SealedColumn) -> int:
        batches = Batches(min(RESEAL_BATCH, sealed.at_once))
        after: str | int = sealed.before_first
        done = 0

        async def reseal(limit: int) -> list[tuple[Any, ...]]:
            nonlocal done
            rows = await self._read_stale(sealed, after, limit)
            calls = [call for row in rows if (call := self._reseal_query(sealed, row))]
            done += sum(map(len, await self.driver.run(*calls))) if calls else 0
            return rows

        while rows := await batches.run(reseal):
            after = rows[-1][0]
        return done

    async def _read_stale(
        self, sealed: SealedColumn, after: str | int, limit: int = RESEAL_BATCH
    ) -> list[tuple[Any, ...]]:
        wanted = {"after": after, "current": self.keyring.current, "limit": min(limit, sealed.at_once)}
        (rows,) = await self.driver.look(Query(column_query_name("stale", sealed), wanted))
        return rows

    def _reseal_query(self, sealed: SealedColumn, row: tuple[Any, ...]) -> Query | None:
        key, place_row, stale = row
        place = SealContext(sealed.table, sealed.column, place_row)
        try:
            fresh = self.keyring.seal(self.keyring.unseal_bytes(stale, place), place)
        except SealError as error:
            self.keyring.damage.record(sealed.table, sealed.column, place_row, error)
            return None
        return Query(column_query_name("reseal", sealed), {"key": key, "fresh": fresh, "stale": stale})

    async def retire(
        self, now: datetime, grace: timedelta = RETIREMENT_GRACE, wanted: Collection[str] = ()
    ) -> Retirement:
        """Drop keys that seal nothing and that no live process seals with; why any of the others stay.

        Raises:
            UnknownKeyName: one that is wanted to go is not there.
        """
        keys = read_key_file(self.keyring.path)
        for name in wanted:
            if name not in keys.keys:
                raise UnknownKeyName(_NO_SUCH_KEY, key=name)
        usage, processes = await self.key_usage(), await self.processes()
        opening = await self._opening() if set(usage) - {keys.current} else set()
        kept: dict[str, str] = {}
        for name in wanted or keys.keys:
            why = _reason_to_keep(keys, name, opening, processes, now - grace)
            if why is None and usage.get(name) and name not in wanted:
                why = _DAMAGED
            if why is not None:
                kept[name] = why
        dropped = frozenset(name for name in wanted or keys.keys if name not in kept)
        if dropped:
            await self._rewrite(lambda keys: keys.without_keys(dropped))
            retired = [{"id": name, "now": to_micros(now)} for name in sorted(dropped)]
            await self.driver.run(Query("key_retired", many=retired))
        kept = {name: why for name, why in kept.items() if name != keys.current or name in wanted}
        return Retirement(tuple(sorted(dropped)), kept)

    async def _opening(self) -> set[str]:
        """Find older keys that open a value here; damaged values are sealed with none, whatever they begin with."""
        found: set[str] = set()
        for sealed in SEALED_COLUMNS:
            after = sealed.before_first
            while rows := await self._read_stale(sealed, after):
                for _, row, value in rows:
                    name = bytes(value[:KEY_ID_BYTES]).hex()
                    if name not in found and self._opens(SealContext(sealed.table, sealed.column, row), value):
                        found.add(name)
                after = rows[-1][0]
        return found

    @property
    def settling(self) -> timedelta:
        """Return the time after which every process has written what it had sealed with an older key."""
        return SETTLING_TIME

    async def spread(self, name: str) -> None:
        """Wait until every live process has read this key by itself, or for the time of ``settling``."""
        for _ in range(int(self.settling / _LOOK_AGAIN)):
            if all(name in one.keys for one in await self.processes()):
                return
            await asyncio.sleep(_LOOK_AGAIN.total_seconds())

    async def settle(self) -> None:
        """Wait for the time of ``settling``."""
        await asyncio.sleep(self.settling.total_seconds())

    async def give_up(self, name: str, now: datetime) -> int:
        """Stop waiting for a key that is lost for ever, and return how many values count as unreadable from now on.

        Raises:
            KeyNotLost: the key file has the key; given up, nobody would miss it where it is lost one day.
            UnknownKeyName: nothing here was ever sealed with such a key.
        """
        if name in read_key_file(self.keyring.path).keys:
            raise KeyNotLost(_NOT_LOST, key=name)
        ((known,), usage) = await self.driver.run(Query("sealing_keys")), await self.key_usage()
        if name not in usage and name not in {one for one, _ in known}:
            raise UnknownKeyName(_NEVER_SEALED, key=name)
        await self.driver.run(
            Query("key_in_use", {"id": name}), Query("key_retired", {"id": name, "now": to_micros(now)})
        )
        return usage.get(name, 0)


def _reason_to_keep(
    keys: KeyFile, name: str, opening: Collection[str], processes: Sequence[ServingProcess], before: datetime
) -> str | None:
    """Return why a key has to stay; ``None``: it may go."""
    since = keys.superseded_since(name)
    if name == keys.current or since is None:
        return N_("it is in use, or waits to be")
    if name in opening:
        return N_("values are sealed with it; troly keys reseal seals them anew")
    if any(one.keys[0] == name for one in processes):
        return N_("a process still seals with it; copy the key file to its machine")
    return (
        N_(
            "it was superseded only lately, and a process that nobody knows of may seal with it; troly keys retire KEY"
            " drops it at once"
        )
        if since > before
        else None
    )
