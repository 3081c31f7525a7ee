"""Watch over an account: what it is and when its package ends, whether events still come, and what was missed."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.channels import AcceptUpdates, ChannelError
from bot.channels.zalo.oa.api import Profile, ZaloApi
from bot.channels.zalo.oa.events import read_event
from bot.channels.zalo.oa.webhook import EventStore
from bot.clock import Clock
from bot.concurrency import cancel_on
from bot.messages import Incoming
from bot.store import AbandonedRow, Store, StoreError
from rules.calendar import to_vietnam_time

_LOOK_SECONDS = 600.0
_PROFILE_AGE = timedelta(hours=12)
#: The end of a package is told of so long before.
_PACKAGE_WARNING = timedelta(days=30)
#: Working hours in Viet Nam, on weekdays.
_OPENS, _CLOSES, _WEEKEND = 8, 17, 5
#: Pages of ten that catching up reads at most: of chats, and of messages of one chat.
_MOST_CHATS, _MOST_MESSAGES = 30, 3
#: The year of a moment that there never was.
_NEVER = 1970
#: Clocks differ by so much at most.
_SKEW = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


class AccountWatch:
    """Looks every ten minutes; what it cannot do now it does at the next look."""

    def __init__(self, api: ZaloApi, store: Store, clock: Clock, app: str, quiet_hours: int) -> None:
        """``quiet_hours`` is how long working hours may pass without an event; 0: for ever."""
        self._api = api
        self._store = store
        self._clock = clock
        self._app = app
        self._quiet = timedelta(hours=quiet_hours)
        self._asked: datetime | None = None
        self._since = clock.now()
        self._starting = True

    async def probe(self) -> Profile:
        """Ask the account what it is, and keep it. Raises as ``ZaloApi`` does, and StoreError."""
        profile = await self._api.profile()
        ends = profile.package_ends
        kept = {
            "kind": profile.kind, "name": profile.name, "verified": profile.verified, "package": profile.package,
            "ends": ends.date().isoformat() if ends else None,
        }  # fmt: skip
        await self._store.zalo.keep_profile(self._app, kept, profile.endpoint)
        self._asked = self._clock.now()
        if ends and ends - self._asked <= _PACKAGE_WARNING:
            days = max(0, (ends - self._asked).days)
            _log.warning("zalo_package_ends", days=days)
            await self._store.alerts.raise_alarm(AbandonedRow.PACKAGE, days, self._asked)
        return profile

    async def run(
        self, stop: asyncio.Event, accept: AcceptUpdates | None = None, events: EventStore | None = None
    ) -> None:
        """Watch until told to stop; with ``accept``, missed messages are caught up with."""
        while not stop.is_set():
            try:
                await self._look(accept, events)
            except (ChannelError, StoreError) as error:
                _log.warning("zalo_not_watched", error=type(error).__name__)
            await cancel_on(stop, self._clock.sleep(_LOOK_SECONDS))

    async def _look(self, accept: AcceptUpdates | None, events: EventStore | None) -> None:
        now = self._clock.now()
        if self._asked is None or now - self._asked >= _PROFILE_AGE:
            await self.probe()
        account = await self._store.zalo.account(self._app)
        if accept is None or account is None:
            return
        heard = account.last_event_at if account.last_event_at.year > _NEVER else self._since
        await self._take_missed(accept, heard, events)
        quiet = now - max(heard, self._since)
        if self._quiet and quiet >= self._quiet and is_working_time(now) and is_working_time(now - self._quiet):
            await self._store.alerts.raise_alarm(AbandonedRow.QUIET, int(quiet.total_seconds() // 3600), now)
            _log.warning("zalo_quiet", caught_up=await self.catch_up(accept, heard - _SKEW))

    async def _take_missed(self, accept: AcceptUpdates, heard: datetime, events: EventStore | None) -> None:
        """Catch up once after a start, and whenever an event could not be stored."""
        missed = events.missed_at if events else None
        since = heard if self._starting else missed
        if since is None:
            return
        found = await self.catch_up(accept, since - _SKEW)
        self._starting = False
        if events and events.missed_at == missed:
            events.missed_at = None
        _log.info("zalo_caught_up", messages=found)

    async def catch_up(self, accept: AcceptUpdates, since: datetime) -> int:
        """Take in what people wrote since then and no event told of; a message that is known already changes nothing.

        Returns:
            How many messages were found.
        """
        found = 0
        for page in range(_MOST_CHATS):
            rows = [row for row in await self._api.recent_chats(page * 10) if isinstance(row, dict)]
            fresh = [row for row in rows if _time(row) > since]
            for row in fresh:
                missed = await self._find_missed(_person(row), since)
                await accept(missed)
                found += len(missed)
            if len(fresh) < 10:
                break
        return found

    async def _find_missed(self, person: str, since: datetime) -> list[Incoming]:
        rows: list[Mapping[str, Any]] = []
        for page in range(_MOST_MESSAGES):
            found = [row for row in await self._api.conversation(person, page * 10) if isinstance(row, dict)]
            fresh = [row for row in found if _time(row) > since]
            rows += [row for row in fresh if str(row.get("src")) == "1"]
            if len(fresh) < 10:
                break
        ordered = sorted(rows, key=_time)
        return [one for row in ordered for one in _to_incoming(row, person)]


def is_working_time(at: datetime) -> bool:
    """Tell whether offices are open in Viet Nam."""
    here = to_vietnam_time(at)
    return here.weekday() < _WEEKEND and _OPENS <= here.hour < _CLOSES


def _time(row: Mapping[str, Any]) -> datetime:
    stamp = str(row.get("time", ""))
    known = stamp.isdecimal() and len(stamp) <= 14
    return datetime.fromtimestamp(int(stamp) / 1000, UTC) if known else datetime.min.replace(tzinfo=UTC)


def _person(row: Mapping[str, Any]) -> str:
    return str(row.get("from_id" if str(row.get("src")) == "1" else "to_id", ""))


def _to_incoming(row: Mapping[str, Any], person: str) -> Iterator[Incoming]:
    """Read a row of a conversation as the event that should have told of it."""
    kind = str(row.get("type", "text"))
    payload = {"url": row.get("url"), "name": row.get("message")}
    message = {"msg_id": row.get("message_id"), "text": row.get("message") if kind == "text" else ""}
    message["attachments"] = [{"type": kind, "payload": payload}]
    name = {"photo": "user_send_image"}.get(kind, f"user_send_{kind}")
    yield from read_event({"event_name": name, "sender": {"id": person}, "message": message}).incoming
