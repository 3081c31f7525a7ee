"""Zalo Official Accounts: their tokens, what they take, events until they are handled, and windows of people."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from bot.store.drivers import Driver, Query, RunQueries, from_micros, to_micros
from bot.store.sealing import UNREADABLE_ERRORS, Keyring, sealed_columns, unseal_or_none
from handlers.model import PaidTemplate, SendingWindow

_TEMPLATES: TypeAdapter[tuple[PaidTemplate, ...]] = TypeAdapter(tuple[PaidTemplate, ...])


@dataclass(frozen=True, slots=True)
class ZaloTokens:
    """A pair of tokens; the refresh token works once."""

    access: str
    refresh: str
    expires_at: datetime  #: of the access token
    renew_at: datetime  #: long before that

    def __repr__(self) -> str:
        """Name no token, wherever this is printed."""
        return f"ZaloTokens(expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True)
class ZaloAccount:
    """All that is known of an account."""

    tokens: ZaloTokens
    consent_needed: bool
    version: int  #: of the pair
    attempts: int  #: refreshes with this pair of which no answer came
    endpoint: str | None  #: ``v3`` or ``v2``, once that is known
    buttons: bool  #: messages with buttons are taken
    profile: Mapping[str, Any]  #: what the account says of itself; empty until it was asked
    last_event_at: datetime


@dataclass(frozen=True, slots=True)
class ZaloEvent:
    """An event as it came."""

    id: int
    key: str
    body: bytes | None  #: ``None`` where it cannot be read any more
    tries: int  #: this one included
    received_at: datetime


#: How long after somebody's last interaction messages are free, and may be sent at all.
FREE, OPEN = timedelta(hours=48), timedelta(days=7)
#: Our own count is a little stricter: clocks differ.
_MARGIN = timedelta(minutes=5)


def can_send(
    last_interaction: datetime | None, now: datetime, *, blocked: bool = False, closed_at: datetime | None = None
) -> SendingWindow:
    """Return how a person can be written to on Zalo.

    Args:
        last_interaction: when they last interacted. ``None``: that is not known, for they wrote before windows were
            kept, or only follow: Zalo decides.
        now: the moment.
        blocked: they left the account.
        closed_at: when Zalo last refused a message as too late; it is right about all that was before.
    """
    if blocked:
        return SendingWindow.BLOCKED
    if closed_at is not None and (last_interaction is None or last_interaction <= closed_at):
        return SendingWindow.TEMPLATE_ONLY
    if last_interaction is None:
        return SendingWindow.PAID
    age = now - last_interaction
    if age <= FREE - _MARGIN:
        return SendingWindow.FREE
    return SendingWindow.PAID if age <= OPEN - _MARGIN else SendingWindow.TEMPLATE_ONLY


@dataclass(frozen=True, slots=True)
class ZaloPerson:
    """The window of a person, and whether a colleague answers."""

    last_interaction: datetime | None  #: ``None`` where it is not known
    silent_until: datetime
    closed_at: datetime | None = None  #: when Zalo last refused a message as too late
    blocked: bool = False

    def window(self, now: datetime) -> SendingWindow:
        """Return how the person can be written to, as far as is known here."""
        return can_send(self.last_interaction, now, blocked=self.blocked, closed_at=self.closed_at)


@dataclass(frozen=True, slots=True)
class ZaloRepository:
    """The rows of Zalo's accounts. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def account(self, app: str) -> ZaloAccount | None:
        """Return what is known of an account; ``None`` where it was never connected."""
        (rows,) = await self.driver.run(Query("zalo_account", {"app": app}))
        if not rows:
            return None
        tokens, expires, state, version, attempts, endpoint, buttons, profile, heard = rows[0]
        pair = json.loads(self.keyring.unseal(tokens, sealed_columns.zalo_tokens(app)))
        moments = from_micros(expires), from_micros(pair["renew_at"])
        return ZaloAccount(
            ZaloTokens(pair["access"], pair["refresh"], *moments), state == "consent_needed", version, attempts,
            endpoint, bool(buttons), json.loads(profile), from_micros(heard),
        )  # fmt: skip

    async def connect(self, app: str, tokens: ZaloTokens) -> None:
        """Keep a pair that a consent gave."""
        await self.driver.run(Query("zalo_connect", {"app": app, **self._seal(app, tokens)}), durable=True)

    async def begin_refresh(self, app: str, version: int, me: str, now: datetime, until: datetime) -> int | None:
        """Take the lock of the one refresher.

        Returns:
            How many refreshes were begun with this pair, this one included; ``None`` where somebody else is at it, or
            the pair is another by now.
        """
        row = {"app": app, "version": version, "me": me, "now": to_micros(now), "until": to_micros(until)}
        (rows,) = await self.driver.run(Query("zalo_begin_refresh", row), durable=True)
        return rows[0][0] if rows else None

    async def keep_pair(self, app: str, version: int, me: str, tokens: ZaloTokens) -> bool:
        """Keep the new pair, before it is used; false where the lock was lost meanwhile."""
        row = {"app": app, "version": version, "me": me, **self._seal(app, tokens)}
        (rows,) = await self.driver.run(Query("zalo_keep_pair", row), durable=True)
        return bool(rows)

    async def leave_refresh(
        self, app: str, version: int, me: str, *, counted: bool = True, consent_needed: bool = False
    ) -> None:
        """Give the lock back; not ``counted``: the token surely was not used."""
        state = "consent_needed" if consent_needed else "connected"
        row = {"app": app, "version": version, "me": me, "uncounted": int(not counted), "state": state}
        await self.driver.run(Query("zalo_leave_refresh", row), durable=True)

    async def pin(self, app: str, endpoint: str) -> bool:
        """Use the other endpoint from now on; false where that was done once already."""
        (rows,) = await self.driver.run(Query("zalo_pin", {"app": app, "endpoint": endpoint}))
        return bool(rows)

    async def keep_profile(self, app: str, profile: Mapping[str, Any], endpoint: str) -> None:
        """Keep what the account says of itself, with the endpoint that suits its kind."""
        row = {"app": app, "profile": json.dumps(profile, ensure_ascii=False), "endpoint": endpoint}
        await self.driver.run(Query("zalo_keep_profile", row))

    async def give_up_buttons(self, app: str) -> None:
        """Use numbered menus from now on."""
        await self.driver.run(Query("zalo_without_buttons", {"app": app}))

    async def reserve(self, app: str, month: str, price: int, most: int) -> bool:
        """Take a price from what a month may cost, before a message leaves; false where that would be passed.

        Args:
            app: the app whose account pays.
            month: the month in Viet Nam, such as ``2026-11``.
            price: dong.
            most: dong that the month may cost.
        """
        row = {"app": app, "month": month, "price": price, "most": most}
        (rows,) = await self.driver.run(Query("zalo_reserve", row), durable=True)
        return bool(rows)

    async def correct_cost(self, app: str, month: str, change: int) -> None:
        """Note that messages of a month cost so many dong more, or less, than was taken for them."""
        of = {"app": app, "month": month}
        await self.driver.run(Query("zalo_month", of), Query("zalo_change_cost", {**of, "change": change}))

    async def spent(self, app: str, month: str) -> int:
        """Return the dong that a month has cost: what may have arrived counts, and what is on its way."""
        (rows,) = await self.driver.run(Query("zalo_spent", {"app": app, "month": month}))
        return int(rows[0][0]) if rows else 0

    async def keep_templates(self, app: str, templates: Sequence[PaidTemplate], now: datetime) -> None:
        """Keep the approved texts with their prices."""
        row = {"app": app, "templates": _TEMPLATES.dump_json(tuple(templates)).decode(), "now": to_micros(now)}
        await self.driver.run(Query("zalo_keep_templates", row))

    async def templates(self, app: str) -> tuple[Sequence[PaidTemplate], datetime]:
        """Return the approved texts with their prices, and when Zalo was asked for them."""
        (rows,) = await self.driver.run(Query("zalo_templates", {"app": app}))
        found, at = rows[0] if rows else ("[]", 0)
        return _TEMPLATES.validate_json(found), from_micros(at)

    async def store_events(self, app: str, events: Sequence[tuple[str, bytes]], now: datetime) -> None:
        """Keep events as they came, each once; they are on the disk when this returns."""
        stamp = to_micros(now)
        rows = [self._event_row(key, body, stamp) for key, body in events]
        heard = Query("zalo_heard", {"app": app, "now": stamp})
        await self.driver.run(Query("zalo_store_event", many=rows), heard, durable=True)

    def _event_row(self, key: str, body: bytes, now: int) -> dict[str, Any]:
        digest = self.keyring.lookup("zalo event", key)
        return {"key": digest, "payload": self.keyring.seal(body, sealed_columns.zalo_event(digest)), "now": now}

    async def next_events(self, limit: int) -> list[ZaloEvent]:
        """Return the oldest events; each counts as tried once more."""
        (rows,) = await self.driver.run(Query("zalo_next_events", {"limit": limit}))
        return [ZaloEvent(row[0], row[1], self._open(*row[1:3]), row[3], from_micros(row[4])) for row in sorted(rows)]

    def _open(self, key: str, payload: bytes) -> bytes | None:
        try:
            return self.keyring.unseal_bytes(payload, sealed_columns.zalo_event(key))
        except UNREADABLE_ERRORS as error:
            self.keyring.damage.record("zalo_events", "payload", key, error)
            return None

    async def drop_events(self, ids: Sequence[int]) -> None:
        """Forget events that were handled."""
        await self.driver.run(Query("zalo_drop_event", many=[{"id": number} for number in ids]))

    async def touch(self, chat: str, at: datetime) -> None:
        """Note that a person interacted; one who never wrote stays unknown."""
        await self.touch_all([(chat, at)])

    async def touch_all(self, chats: Sequence[tuple[str, datetime]]) -> None:
        """Note that people interacted, as ``touch`` does for one."""
        rows = [{"chat": chat, "at": to_micros(at)} for chat, at in chats]
        if rows:
            await self.driver.run(Query("zalo_touch_person", many=rows))

    async def silent_chats(self, now: datetime) -> frozenset[str]:
        """Return the chats in which a colleague answers now."""
        (rows,) = await self.driver.run(Query("zalo_silent_chats", {"now": to_micros(now)}))
        return frozenset(row[0] for row in rows)

    async def silence(self, chat: str, until: datetime) -> None:
        """Note that a colleague answers in a chat until then."""
        await self.driver.run(Query("zalo_silence_person", {"chat": chat, "until": to_micros(until)}))

    async def close_window(self, chat: str, now: datetime) -> None:
        """Note that Zalo refused a message as too late: it knows better than we."""
        await self.driver.run(Query("zalo_close_window", {"chat": chat, "now": to_micros(now)}))

    async def person(self, chat: str) -> ZaloPerson | None:
        """Return the window of a person; ``None`` where none is known."""
        return (await self.people([chat])).get(chat)

    async def people(self, chats: Collection[str]) -> Mapping[str, ZaloPerson]:
        """Return the windows of those of these people of whom one is known."""
        (rows,) = await self.driver.run(Query("zalo_people", {"chats": json.dumps(sorted(chats))}))
        return {
            chat: ZaloPerson(_moment(last), from_micros(silent), _moment(closed), blocked is not None)
            for chat, last, silent, closed, blocked in rows
        }

    async def windows(self, chats: Collection[str], now: datetime) -> Mapping[str, SendingWindow]:
        """Return how each of these people can be written to now, as far as is known here: no call leaves for it."""
        known = await self.people(chats)
        return {chat: known[chat].window(now) if chat in known else can_send(None, now) for chat in chats}

    async def keep_phone(self, chat: str, phone: str) -> None:
        """Keep the telephone number that a person sent; nothing of somebody who has not agreed to that."""
        sealed = self.keyring.seal(phone, sealed_columns.zalo_phone(chat))
        await self.driver.run(Query("zalo_keep_phone", {"chat": chat, "phone": sealed}))

    async def phone(self, chat: str) -> str | None:
        """Return the telephone number that a person sent; ``None`` where there is none, or it cannot be read."""
        found = await read_zalo_person(self.driver.run, self.keyring, chat)
        return found.phone if found else None

    async def keep_receipts(self, told: Sequence[tuple[str, int]], now: datetime) -> None:
        """Note how far messages got, each received (1) or seen (2); a state only grows."""
        rows = [
            {"message": sealed_columns.zalo_message_digest(self.keyring, one), "state": state, "now": to_micros(now)}
            for one, state in told
        ]
        if rows:
            await self.driver.run(Query("zalo_receipt", many=rows))

    async def receipt(self, message: str) -> int:
        """Return how far a message got: 0 unknown, 1 received, 2 seen."""
        digest = sealed_columns.zalo_message_digest(self.keyring, message)
        (rows,) = await self.driver.run(Query("zalo_receipt_of", {"message": digest}))
        return rows[0][0] if rows else 0

    def _seal(self, app: str, tokens: ZaloTokens) -> dict[str, object]:
        pair = json.dumps({"access": tokens.access, "refresh": tokens.refresh, "renew_at": to_micros(tokens.renew_at)})
        sealed = self.keyring.seal(pair, sealed_columns.zalo_tokens(app))
        return {"tokens": sealed, "expires_at": to_micros(tokens.expires_at)}


class ZaloData(NamedTuple):
    """The data of Zalo about a person, as they get it with their own data."""

    phone: str | None
    last_interaction: datetime | None


async def read_zalo_person(ask: RunQueries, keyring: Keyring, chat: str) -> ZaloData | None:
    """Return what is kept of a person; ``None`` where there is nothing."""
    (rows,) = await ask(Query("zalo_phone", {"chat": chat}))
    if not rows:
        return None
    sealed, last = rows[0]
    return ZaloData(unseal_or_none(keyring, sealed, sealed_columns.zalo_phone(chat)) if sealed else None, _moment(last))


def _moment(micros: int) -> datetime | None:
    return from_micros(micros) if micros else None
