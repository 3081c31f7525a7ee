"""Continuity of the database: a copy put back, a standby that took over, a leap of the clock, missing keys are noticed.

A process that serves beats: it counts in the database, and a witness outside it keeps the count. A database whose count
is behind its witness is an older copy. What was done since the copy was made is not known here, so codes go on far
beyond those that may have been given, nothing is sent that may have been sent, and the owners are told.

A standby that takes over begins a new timeline. Where commits did not wait for it, it may lack what was committed last,
so it is an older copy as well. No broadcast sends (``claim_broadcast``) before somebody has seen to that.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

from bot.store.contents import PUT_BACK
from bot.store.drivers import Driver, Migration, Query, from_micros, load_migrations, missing_migrations, to_micros
from bot.store.errors import ClockLeapt, KeysMissing, SealError, UnknownKey
from bot.store.key_rotation import KeyRotation
from bot.store.power_seals import JournalHead, seal_unapproved, unseal_head
from bot.store.sealing import KEY_ID_BYTES, Keyring
from handlers.model import BroadcastState, StateReason
from locales import N_
from rules.calendar import to_vietnam_day

#: A longer way from one beat to the next one is none that a clock goes by itself: it leapt, or nothing ran for so long.
CLOCK_LEAP = timedelta(days=7)
#: How far codes go on beyond the last ones known: more than are given between two backups.
CODE_GAP = 1000
#: How far the beats go on: several processes, each with a witness of its own, take up a copy once.
_BEAT_GAP = 1000
#: Counters that codes are made of, such as ``YC-2026`` and ``TB``.
_CODES = re.compile(r"[A-Z]{2}(-\d{4})?")


@dataclass(frozen=True, slots=True)
class DatabasePosition:
    """The position that a database has reached."""

    database: str  #: the same for all copies of one database
    beats: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)  #: the last number of each counter
    era: int = 0  #: of the journal, as of ``JournalHead``
    journal: int = 0  #: number of its last row; 0: not known
    hash: str = ""  #: of that row
    put_back: bool = False  #: ``troly backup restore`` filled it, and nothing was done in it since
    line: int = 0  #: the timeline that its server writes; 0: it has none
    promoted: bool = False  #: that is another one than the database was used on last: a standby took over
    behind: bool = False  #: the commits before did not wait for that standby: the last ones may be missing


@cache
def _carried() -> list[Migration]:
    return load_migrations()


@dataclass(frozen=True, slots=True)
class Continuity:
    """Counts how far the database was used, and takes up an older copy. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def position(self) -> DatabasePosition:
        """Return how far the database was used; one without an identity of its own gets one."""
        begun = Query("begin_counter", {"name": "database", "value": secrets.randbits(62)})
        _, rows, ((line, server),) = await self.driver.run(begun, Query("counters"), Query("history"))
        found: dict[str, int] = {str(name): int(value) for name, value in rows}
        codes = {name: value for name, value in found.items() if _CODES.fullmatch(name)}
        identity, put_back = f"{found['database']:016x}", PUT_BACK in found
        if found.get("server", server) != server:  # rows that were copied from elsewhere
            await self.driver.run(_counter_query("line", line), _counter_query("server", server))
            found["line"] = line
        promoted = found.get("line", line) != line
        behind = promoted and not found.get("waits")
        return DatabasePosition(
            identity, found.get("beats", 0), codes, put_back=put_back, line=line, promoted=promoted, behind=behind
        )

    async def is_promoted(self) -> bool:
        """Tell, at little cost, whether a standby took over, and nobody has seen to it."""
        (((promoted,),),) = await self.driver.run(Query("is_promoted"))
        return bool(promoted)

    async def follow(self, here: DatabasePosition) -> bool:
        """Go on with a standby that lacks nothing; False where another process did so already."""
        (followed,) = await self.driver.run(Query("follow_line", {"line": here.line}))
        return bool(followed)

    async def beat(self, now: datetime) -> DatabasePosition:
        """Count, and note that it is now; where the clock leapt, what was seen before stays noted."""
        leap = await self._leap(now)
        beaten = Query("next_number", {"name": "beats"}), _seen_query(now, leap), *await self._history_queries()
        # Durable: after a power failure the witness must not know more than the database does.
        seals, *_ = await self.driver.run(Query("journal_seal"), *beaten, durable=True)
        return _with_journal(await self.position(), unseal_head(self.keyring, seals[0][0]) if seals else None)

    async def _history_queries(self) -> list[Query]:
        """Note the server and its timeline where nothing is known of them, and whether its commits wait."""
        if not self.driver.shared:
            return []
        (((line, server),),) = await self.driver.run(Query("history"))
        begun = [
            Query("begin_counter", {"name": name, "value": value})
            for name, value in (("line", line), ("server", server))
        ]
        return [*begun, Query("note_waits")]

    async def keeps_journal(self, witness: DatabasePosition) -> bool:
        """Tell whether the journal still holds the row that was its last; one known to be changed counts as whole."""
        seals, rows = await self.driver.run(Query("journal_seal"), Query("journal_hash", {"number": witness.journal}))
        head = unseal_head(self.keyring, seals[0][0]) if seals else None
        if head is None or head.broken or not witness.journal or head.era > witness.era:
            return True
        return head.era == witness.era and rows == [(witness.hash,)]

    async def distrust_journal(self) -> None:
        """Distrust a journal whose end is an older one: no role gives anything until the operator answers for it."""
        await self._change_end(lambda head: replace(head, broken=head.broken or head.number))

    async def require_steady_clock(self, now: datetime) -> None:
        """Let nothing be deleted by a clock that leapt.

        Raises:
            ClockLeapt: it is more than ``CLOCK_LEAP`` ahead of, or behind, what the store last saw.
        """
        if (leap := await self._leap(now)) is not None:
            raise ClockLeapt(leap)

    async def require_known_tables(self) -> None:
        """Refuse tables that a later version of the program has changed meanwhile.

        Raises:
            SchemaNewer: the database has a migration that this program does not carry.
        """
        (newest,) = await self.driver.run(Query("newest_migration"))
        missing_migrations(_carried(), [(int(version), str(name), str(sum_)) for version, name, sum_ in newest])

    async def accept_clock(self, now: datetime) -> None:
        """Go by this time from now on: the operator says that it is right."""
        await self.driver.run(_counter_query("seen", to_micros(now)))

    async def _leap(self, now: datetime) -> timedelta | None:
        (((seen,),),) = await self.driver.run(Query("seen_at"))
        passed = now - from_micros(seen) if seen is not None else timedelta()
        return passed if abs(passed) > CLOCK_LEAP else None

    async def continue_from_copy(self, witness: DatabasePosition, days: Sequence[int], now: datetime) -> bool:
        """Go on from an older copy of what the witness saw, which a standby that took over may be, too.

        Returns False where another process did so already.

        ``days`` before the end of a certificate are those on which its holder is reminded.
        """
        here = await self.position()
        names = sorted({*here.codes, *witness.codes})
        known = {name: max(here.codes.get(name, 0), witness.codes.get(name, 0)) for name in names}
        raised = [_counter_query(name, number + CODE_GAP) for name, number in known.items()]
        if not here.beats:
            await self.driver.run(_counter_query("beats", 0))
        await self._new_era(witness, now)
        async with self.driver.transaction() as transaction:
            raised.append(_counter_query("beats", max(here.beats, witness.beats) + _BEAT_GAP))
            seen = {"seen": witness.beats, "beats": witness.beats + _BEAT_GAP}
            took = Query("follow_line", {"line": here.line}) if here.promoted else Query("take_up", seen)
            if not (await transaction.run(took))[0]:
                return False
            at = {"now": to_micros(now)}
            _, paused, approved = await transaction.run(
                Query("restored_messages", at), Query("restored_running", at), Query("approved_now")
            )
            waiting = [{**at, "id": row[0], "warrant": seal_unapproved(self.keyring, row)} for row in approved]
            moves = [_note_move_query(name, BroadcastState.PAUSED, now) for (name,) in paused]
            moves += [_note_move_query(row[0], BroadcastState.CHECKED, now) for row in approved]
            again = [Query("restored_approved", row) for row in waiting]
            told = Query("forget_marks")
            await transaction.run(*raised, *again, *moves, *_reminded_queries(days, now), told, commit=True)
        return True

    async def _new_era(self, witness: DatabasePosition, now: datetime) -> None:
        """Let the journal go on from its end as the copy has it; the era says that it is behind what witnesses saw."""
        await self._change_end(lambda head: replace(head, era=max(to_micros(now), head.era + 1, witness.era + 1)))

    async def _change_end(self, change: Callable[[JournalHead], JournalHead]) -> None:
        """Change the end in a transaction of its own: writers of rows hold the end, too, and what others wait for."""
        async with self.driver.transaction() as transaction:
            (held,) = await transaction.run(Query("hold_journal"))
            head = unseal_head(self.keyring, held[0][1]) if held else None
            if head is not None:
                seal = change(head).seal(self.keyring)
                await transaction.run(Query("journal_head", {"hash": held[0][0], "seal": seal}), commit=True)


def _with_journal(point: DatabasePosition, head: JournalHead | None) -> DatabasePosition:
    """Add the journal's end, unless it was changed: then nothing is known of it."""
    if head is None or head.broken:
        return point
    return replace(point, era=head.era, journal=head.number, hash=head.hash)


def _seen_query(now: datetime, leap: timedelta | None) -> Query:
    """Note the moment; after a leap the one before it, for whoever writes next would make the leap the last that was.

    One that is noted stays then: the operator may say at this very moment that the clock is right.
    """
    if leap is None:
        return _counter_query("seen", to_micros(now))
    return Query("begin_counter", {"name": "seen", "value": to_micros(now - leap)})


def _counter_query(name: str, value: int) -> Query:
    return Query("set_counter", {"name": name, "value": value})


def _reminded_queries(days: Sequence[int], now: datetime) -> list[Query]:
    """Keep people who may have been reminded by this day from being reminded of the same again."""
    today = to_vietnam_day(now).toordinal()
    near = [{"days": one, "first": today, "last": today + one} for one in days if one > 0]
    return [Query("restored_wishes", {"today": today}), *(Query("restored_expiry", row) for row in near)]


def _note_move_query(broadcast: str, to: BroadcastState, now: datetime) -> Query:
    row = {
        "id": broadcast,
        "state": to.value,
        "actor": "machine",
        "why": StateReason.RESTORED.value,
        "now": to_micros(now),
    }
    return Query("note_move", row)


#: So few values of one key beside those of another are damaged ones.
_DAMAGED_AT_MOST = 2
_MISSING = N_(
    "The key file {path} lacks keys that values of this database were sealed with: {missing}. Without them nothing is"
    " started, for nobody whose data they seal would be answered. Put back the newest copy of the key file. Only where"
    " a key is lost for ever: troly keys lost KEY"
)


async def check_all_keys(driver: Driver, keyring: Keyring) -> None:
    """Compare the keys that sealed values here with the key file's; values are counted only where one is missing.

    Raises:
        KeysMissing: tables and counts are in the message.
    """
    (rows,) = await driver.run(Query("sealing_keys"))
    known = {key for key, retired in rows if retired is None}
    if not rows:  # a database from before keys were written down, or a new one
        known = _credible_keys(await KeyRotation(driver, keyring).key_usage())
        await _record_keys(driver, known)
    if not known <= set(keyring.keys.keys):
        keyring.reload()
    if not known <= set(keyring.keys.keys):
        await _refuse_missing_keys(driver, keyring, known)
    if keyring.keys.current not in known:
        await _record_keys(driver, {keyring.keys.current})


def _credible_keys(usage: Mapping[str, int]) -> set[str]:
    """Leave out key ids that only a damaged value or two begin with."""
    most = max(usage.values(), default=0)
    return {
        key
        for key, count in usage.items()
        if len(key) == 2 * KEY_ID_BYTES and (count > _DAMAGED_AT_MOST or count == most)
    }


async def _record_keys(driver: Driver, keys: set[str]) -> None:
    await driver.run(*(Query("key_in_use", {"id": key}) for key in sorted(keys)))


async def _refuse_missing_keys(driver: Driver, keyring: Keyring, known: set[str]) -> None:
    """Raise KeysMissing where missing keys really seal values; a key that seals nothing is not missed."""
    check = await KeyRotation(driver, keyring).verify()
    missing = [one for one in check.missing if one.key in known]
    if missing:
        words = "; ".join(f"{one.key}: {one.table} ({one.count})" for one in missing)
        raise KeysMissing(_MISSING, path=keyring.path, missing=words)


async def is_key_awaited(driver: Driver, error: SealError) -> bool:
    """Tell whether the error is about a key that is missing and may come: its values are whole and wait for it."""
    if not isinstance(error, UnknownKey):
        return False
    (rows,) = await driver.run(Query("sealing_keys"))
    return (error.values.get("key"), None) in rows
