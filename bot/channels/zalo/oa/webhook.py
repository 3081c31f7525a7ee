"""Receive Zalo's calls: check the signature, store the body as it came, answer at once; handle it afterwards."""

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import AcceptUpdates, RecordBlockChange
from bot.channels.http import read_call, store_call
from bot.channels.zalo.oa.events import ReceivedEvent, event_key, parse_body, read_event
from bot.clock import Clock
from bot.concurrency import Backoff, cancel_on
from bot.messages import Incoming
from bot.store import AbandonedRow, Store, ZaloEvent
from handlers.model import ZALO

#: Seconds that the store may take: Zalo waits for two.
_STORING_TIMEOUT = 1.8
#: A call may be this old: retries come up to an hour and a half later with the old timestamp. Whatever is repeated
#: within it changes nothing, for each event counts once.
_OLDEST = timedelta(hours=24)
#: A clock may be wrong by so much.
_AHEAD = timedelta(hours=1)
_SIGNATURE, _TIMESTAMP = "x-zevent-signature", "x-zevent-timestamp"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookKeys:
    """The path that Zalo calls, and what its calls are signed with."""

    url: str
    app: str
    secret: SecretStr  #: of the Official Account, shown on the webhook's page; not that of the app


def signature(app: str, body: bytes, timestamp: str, secret: str) -> str:
    """Return the signature of a call: a plain SHA-256 of all four, no HMAC."""
    return hashlib.sha256(app.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def matching_timestamp(given: str, keys: WebhookKeys, body: bytes, timestamps: dict[str, str]) -> str | None:
    """Return which of the timestamps a signature was made with; ``None``: it is not Zalo's."""
    mac = given.strip().removeprefix("mac=").lower().encode(errors="replace")
    secret, found = keys.secret.get_secret_value(), None
    for which, stamp in timestamps.items():
        if compare_digest(signature(keys.app, body, stamp, secret).encode(), mac) and found is None:
            found = which
    return found


class EventStore:
    """Stores events in batches: those that arrive while one batch is written make the next."""

    def __init__(self, store: Store, app: str, clock: Clock) -> None:
        self._store = store
        self._app = app
        self._clock = clock
        self._joined: list[tuple[str, bytes]] = []
        self._running: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self.stored = asyncio.Event()
        self.missed_at: datetime | None = None  #: when the first event came that could not be stored

    def note_missed(self) -> None:
        """Note that an event could not be stored: Zalo may not repeat it."""
        self.missed_at = self.missed_at or self._clock.now()

    async def add(self, key: str, body: bytes) -> None:
        """Return once the event is on the disk. Raises StoreError."""
        self._joined.append((key, body))
        if self._running is None:
            self._running = asyncio.create_task(self._write())
        await asyncio.shield(self._running)
        self.stored.set()

    async def _write(self) -> None:
        async with self._writing:
            batch, self._joined, self._running = self._joined, [], None
            await self._store.zalo.store_events(self._app, batch, self._clock.now())


class Webhook:
    """The route that Zalo calls; ``ignored`` counts calls that brought nothing, by reason."""

    def __init__(self, keys: WebhookKeys, events: EventStore, clock: Clock) -> None:
        self._keys = keys
        self._events = events
        self._clock = clock
        self._matched = ""
        self.refused: Counter[str] = Counter()

    def routes(self) -> list[Route]:
        """Return the routes: one address with one method."""
        return [Route(urlsplit(self._keys.url).path or "/", self._handle, methods=["POST"])]

    async def _handle(self, request: Request) -> Response:
        body = await read_call(request)
        if body is None:
            return Response(status_code=413)
        given, raw = request.headers.get(_SIGNATURE, ""), parse_body(body)
        if raw == {} and not given:
            return Response(status_code=200)  # how Zalo tries an address out; it says nothing
        why = self._refusal(given, body, request.headers.get(_TIMESTAMP, ""), str((raw or {}).get("timestamp", "")))
        if why:
            self.refused[why] += 1
            _log.warning("zalo_call_refused", reason=why, total=self.refused[why])
            return Response(status_code=403)
        if not raw:
            return Response(status_code=200)
        status = await store_call(self._events.add(event_key(raw), body), _STORING_TIMEOUT, ZALO)
        if status != HTTPStatus.OK:
            self._events.note_missed()
        return Response(status_code=status)

    def _refusal(self, given: str, body: bytes, head: str, inner: str) -> str | None:
        """Return in a word why a call is refused."""
        if not given:
            return "unsigned"
        stamps = {"header": head, "body": inner}
        which = matching_timestamp(given, self._keys, body, {name: one for name, one in stamps.items() if one})
        if which is None:
            return "signature"
        if which != self._matched:
            self._matched = which
            _log.info("zalo_signature_matched", made_with=which)
        return None if self._is_fresh(stamps[which]) else "stale"

    def _is_fresh(self, stamp: str) -> bool:
        if not stamp.isdecimal() or len(stamp) > 14:
            return False
        age = self._clock.now() - datetime.fromtimestamp(int(stamp) / 1000, UTC)
        return -_AHEAD <= age <= _OLDEST


#: Events handled in one go, and tries until one is left aside.
_BATCH, _TRIES = 50, 50
#: Minutes for which a colleague has a chat to themselves.
SILENT_MINUTES = 30
_LOOK_SECONDS = 5.0


class EventHandler:
    """Handles stored events; all of it may be done twice."""

    def __init__(
        self, store: Store, clock: Clock, events: EventStore, accept: AcceptUpdates, record: RecordBlockChange
    ) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._accept = accept
        self._record = record
        self.ignored: Counter[str] = Counter()

    async def run(self, stop: asyncio.Event) -> None:
        """Handle what is stored, until told to stop."""
        backoff = Backoff(longest=10.0)
        while not stop.is_set():
            self._events.stored.clear()
            try:
                more = await self.handle_next()
                backoff.reset()
            except Exception as error:  # noqa: BLE001 - they are stored, and tried again
                _log.warning("events_wait", channel=ZALO, error=type(error).__name__)
                await cancel_on(stop, self._clock.sleep(backoff.next()))
                continue
            if not more:
                await cancel_on(stop, self._wait())

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._events.stored.wait()
        except TimeoutError:
            return

    async def handle_next(self) -> bool:
        """Handle the oldest events; tell whether there were any. Raises StoreError."""
        events = await self._store.zalo.next_events(_BATCH)
        read = [(one, await self._read(one)) for one in events]
        found = [one for _, one in read]
        kept = [replace(update, kept=True) for one in found for update in one.incoming]
        await self._accept(await self._without_silent(kept))
        await self._touch(found)  # after the messages, for a chat is known by its first one
        told = [(message, one.receipt) for one in found for message in one.receipts]
        await self._store.zalo.keep_receipts(told, self._clock.now())
        for one in found:
            await self._note(one)
        if events:
            await self._store.zalo.drop_events([event.id for event in events])
        return bool(events)

    async def _read(self, event: ZaloEvent) -> ReceivedEvent:
        raw = parse_body(event.body) if event.body is not None else None
        if raw is None or event.tries > _TRIES:
            _log.error("event_left_aside", channel=ZALO, row=event.id)
            await self._store.alerts.raise_alarm(AbandonedRow.UNSTORED, event.id, self._clock.now())
            return ReceivedEvent(ignored="not_readable")
        try:
            found = read_event(raw)
        except Exception as error:  # noqa: BLE001 - a poison event must not hold up those behind it
            _log.error("event_not_readable", channel=ZALO, error=type(error).__name__)
            found = ReceivedEvent(ignored="not_readable")
        if found.ignored:
            self.ignored[found.ignored] += 1
        return found

    async def _without_silent(self, updates: list[Incoming]) -> list[Incoming]:
        """Leave out people whom a colleague answers now: what they write is for the colleague."""
        silent = await self._store.zalo.silent_chats(self._clock.now()) if updates else frozenset()
        heard = [one for one in updates if self._store.chats.at(ZALO, one.address).id not in silent]
        self.ignored["colleague"] += len(updates) - len(heard)
        return heard

    async def _touch(self, found: list[ReceivedEvent]) -> None:
        now = self._clock.now()
        people = [(one.person, min(one.at or now, now)) for one in found if one.person]
        await self._store.zalo.touch_all([(self._store.chats.at(ZALO, person).id, at) for person, at in people])

    async def _note(self, found: ReceivedEvent) -> None:
        """Keep blocks, silence and numbers."""
        chats, zalo, now = self._store.chats, self._store.zalo, self._clock.now()
        if found.block:
            await self._record(found.block)
        if found.phone and found.person:
            await zalo.keep_phone(chats.at(ZALO, found.person).id, found.phone)
        if found.handover:
            until = min(found.at or now, now) + timedelta(minutes=SILENT_MINUTES)
            await zalo.silence(chats.at(ZALO, found.handover).id, until)
            await self._store.alerts.raise_alarm(AbandonedRow.HANDOVER, SILENT_MINUTES, now)
