"""Updates, turns and requests for tests of the store."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar

import pytest

from bot.messages import Chat, Incoming, OutboxRow, PendingTurn
from bot.store.store import Store
from handlers.core.events import Event, TextReceived
from handlers.core.replies import Reply
from handlers.model.request import RequestContent
from rules.facts import Event as Happened
from rules.facts import Subject
from rules.outcome import Procedure
from tests.support.opening import open_turn

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CHANNEL = "telegram"
#: A name whose words must not be found in plain text in any database.
NAME = "Ủy ban nhân dân xã Phước An"
SERIAL = "5402DD8A9E3FB18F"
ADDRESS = "7790118822"
#: The session of a person who has consented.
AGREED = '{"consented_at": "2026-11-23T02:00:00Z"}'


def said(update: str, text: str = "xin chào", address: str = ADDRESS, channel: str = CHANNEL) -> Incoming:
    return Incoming(channel, update, address, TextReceived(text=text))


def says(text: str) -> Reply:
    return Reply(paragraphs=(text,))


def heard(turn: PendingTurn | None) -> str:
    assert turn is not None
    assert isinstance(turn.event, TextReceived)
    return turn.event.text


def content(serial: str | None = SERIAL, procedure: Procedure = Procedure.CHANGE_INFORMATION) -> RequestContent:
    return RequestContent(
        subject=Subject.ORGANISATION,
        subscriber=NAME,
        unit="Ủy ban nhân dân xã Nhơn Trạch",
        certificate_name=NAME,
        serial=serial,
        not_after=date(2026, 11, 16),
        procedure=procedure,
        form="04",
        events=(Happened.MERGED_INTO_NEW,),
        news={"new_name": "Ủy ban nhân dân xã Nhơn Trạch"},
        decision="Thay đổi thông tin thuê bao (Điều 13).",
        pack="nhon_trach 1",
        channel=CHANNEL,
    )


async def one_chat(store: Store, update: str = "1", address: str = ADDRESS) -> Chat:
    (chat,) = await store.inbox.receive([said(update, address=address)], NOW)
    return chat


async def next_turn(store: Store, chat: Chat) -> PendingTurn:
    turn = await store.inbox.claim_turn(chat)
    assert turn is not None
    return turn


async def answer(
    store: Store,
    chat: Chat,
    *replies: str,
    session: str | None = AGREED,
    again: Sequence[Event] = (),
    now: datetime = NOW,
) -> None:
    """Handle the next update of a chat."""
    async with open_turn(store, await next_turn(store, chat), now) as unit:
        await unit.finish(session, [says(reply) for reply in replies], again)


async def claim(store: Store, limit: int = 100, now: datetime = NOW) -> list[OutboxRow]:
    return await store.outbox.claim(CHANNEL, limit, now)


def texts(rows: Sequence[OutboxRow]) -> list[str]:
    return [row.reply.paragraphs[0] for row in rows]


def patch_method(
    monkeypatch: pytest.MonkeyPatch, repository: object, name: str, replacement: Callable[..., Any]
) -> None:
    """Let a method of a repository do something else: repositories are frozen, so their class is patched."""
    monkeypatch.setattr(type(repository), name, lambda _, *args, **named: replacement(*args, **named))


class _Closable(Protocol):
    async def close(self) -> None: ...


_Kept = TypeVar("_Kept", bound=_Closable)


@asynccontextmanager
async def closing_async(thing: _Kept) -> AsyncIterator[_Kept]:
    """Close a store or a driver at the end."""
    try:
        yield thing
    finally:
        await thing.close()
