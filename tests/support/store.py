"""Updates, turns and requests for tests of the store."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, TypeVar, cast

import pytest

from bot.messages import Chat, DeliveryState, Incoming, OutboxRow, PendingTurn
from bot.services import unit_of_work
from bot.services.broadcasts import BroadcastOperations
from bot.services.unit_of_work import AdminTransaction, Shown, TurnTransaction
from bot.store import Store
from handlers.core import Event, Reply, TextReceived
from handlers.model import MACHINE, RequestContent
from rules.facts import Event as Happened
from rules.facts import Subject
from rules.outcome import Procedure
from tests.support.memory_store import MemoryStore


def open_turn(
    store: Store,
    pending: PendingTurn,
    now: datetime,
    *,
    reading: bool = False,
    brief: bool = False,
    shown: Shown | None = None,
) -> AbstractAsyncContextManager[TurnTransaction]:
    """Open the transaction of a turn."""
    if isinstance(store, MemoryStore):
        return cast(AbstractAsyncContextManager[TurnTransaction], store.open_turn(pending, now))
    return unit_of_work.open_turn(store, pending, now, reading=reading, brief=brief, shown=shown)


def open_admin_transaction(
    store: Store, now: datetime, *, chat: str = "", channel: str = MACHINE
) -> AbstractAsyncContextManager[AdminTransaction]:
    """Open a transaction of the admins' side."""
    if isinstance(store, MemoryStore):
        opened = store.open_admin_transaction(now, chat=chat, channel=channel)
        return cast(AbstractAsyncContextManager[AdminTransaction], opened)
    return unit_of_work.open_admin_transaction(store, now, chat=chat, channel=channel)


def broadcast_operations(store: Store) -> BroadcastOperations:
    """Return what goes on with broadcasts by itself, to be called by hand."""
    if isinstance(store, MemoryStore):
        return cast(BroadcastOperations, store.broadcasts)
    return BroadcastOperations.over(store)


NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CHANNEL = "telegram"
#: A name whose words must not be found in plain text in any database.
NAME = "Ủy ban nhân dân xã Phước An"
SERIAL = "5402DD8A9E3FB18F"
ADDRESS = "7790118822"
#: The session of a person who has consented.
CONSENTED_SESSION = '{"consented_at": "2026-11-23T02:00:00Z"}'


def make_incoming(update: str, text: str = "xin chào", address: str = ADDRESS, channel: str = CHANNEL) -> Incoming:
    return Incoming(channel, update, address, TextReceived(text=text))


def make_reply(text: str) -> Reply:
    return Reply(paragraphs=(text,))


def get_text(turn: PendingTurn | None) -> str:
    assert turn is not None
    assert isinstance(turn.event, TextReceived)
    return turn.event.text


def make_content(serial: str | None = SERIAL, procedure: Procedure = Procedure.CHANGE_INFORMATION) -> RequestContent:
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


async def open_chat(store: Store, update: str = "1", address: str = ADDRESS, channel: str = CHANNEL) -> Chat:
    (chat,) = await store.inbox.receive([make_incoming(update, address=address, channel=channel)], NOW)
    return chat


async def claim_next_turn(store: Store, chat: Chat) -> PendingTurn:
    turn = await store.inbox.claim_turn(chat)
    assert turn is not None
    return turn


async def answer_next(
    store: Store,
    chat: Chat,
    *replies: str,
    session: str | None = CONSENTED_SESSION,
    again: Sequence[Event] = (),
    now: datetime = NOW,
) -> None:
    """Handle the next update of a chat."""
    async with open_turn(store, await claim_next_turn(store, chat), now) as unit:
        await unit.finish(session, [make_reply(reply) for reply in replies], again)


async def claim_rows(store: Store, limit: int = 100, now: datetime = NOW) -> list[OutboxRow]:
    return await store.outbox.claim(CHANNEL, limit, now)


def reply_texts(rows: Sequence[OutboxRow]) -> list[str]:
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


#: A moment at which everything is due, also messages queued by a real clock.
LATER = NOW + timedelta(days=36500)


async def deliver_all(store: Store, message: str | None = "42") -> list[Reply]:
    """Deliver the messages and return them in order; ``message`` is the platform's id of each."""
    replies = []
    while rows := await claim_rows(store, now=LATER):
        for row in rows:
            replies.append(row.reply)
            await store.outbox.settle(row, DeliveryState.SENT, NOW, message=message)
    return replies
