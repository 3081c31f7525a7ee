"""Broadcasts up to the creation of their rows."""

from datetime import datetime, timedelta

from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.store import Store
from handlers.model.broadcast import (
    ActionResult,
    Audience,
    BroadcastDraft,
    BroadcastState,
    BroadcastText,
    CheckReport,
    PlaceholderValues,
)
from handlers.model.rights import Rights
from tests.support.office import OPERATOR, Sql, office
from tests.support.opening import operations
from tests.support.storing import NOW

#: A text whose placeholders have a value for everybody.
TEXT = BroadcastText(
    vi="Kính gửi {ho_ten|anh/chị}: {viec_can_lam|không còn việc gì}.", en="Dear {ho_ten|officer}: {to_do|none}."
)
SOON = NOW + timedelta(hours=1)


def draft(audience: Audience | None = None, text: BroadcastText = TEXT, **more: object) -> BroadcastDraft:
    """Return the content of a draft."""
    written = {"title": "Nhắc hạn", "text": text, "audience": audience or Audience(), "starts_at": SOON, **more}
    return BroadcastDraft.model_validate(written)


async def drafted(store: Store, one: BroadcastDraft, rights: Rights = OPERATOR, document: bytes | None = None) -> str:
    """Create a draft and return its id."""
    async with office(store) as at:
        made = await at.admin.broadcasts.new(rights, one, document)
    assert made is not None
    return made.id


async def checked(
    store: Store, one: BroadcastDraft, rights: Rights = OPERATOR, document: bytes | None = None
) -> CheckReport:
    """What its check finds."""
    return await operations(store).check(await drafted(store, one, rights, document), NOW)


async def approved(store: Store, one: BroadcastDraft, rights: Rights = OPERATOR) -> str:
    """Create a draft without problems, approve it and return its id."""
    name = await drafted(store, one, rights)
    assert not (await operations(store).check(name, NOW)).problems
    async with office(store) as at:
        assert await at.admin.broadcasts.move(OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE
    return name


async def frozen(store: Store, name: str, limit: int = 2000, now: datetime = NOW) -> None:
    """All its rows are made."""
    while await operations(store).freeze(name, now, limit=limit):
        pass


def rows(sql: Sql, name: str) -> dict[str, tuple[str, str | None]]:
    """Return state and reason of each row, by chat."""
    found = sql("SELECT chat, state, reason FROM outbox WHERE broadcast = ? ORDER BY id", name)
    assert len({chat for chat, _, _ in found}) == len(found)
    return {chat: (state, reason) for chat, state, reason in found}


def values(sql: Sql, keyring: Keyring, name: str) -> dict[str, PlaceholderValues]:
    """Return the placeholder values of each message to be sent."""
    found = sql("SELECT chat, origin, payload FROM outbox WHERE broadcast = ? AND payload IS NOT NULL", name)
    return {
        chat: PlaceholderValues.model_validate_json(keyring.unseal(payload, sealed_columns.payload(chat, origin)))
        for chat, origin, payload in found
    }


def state(sql: Sql, name: str) -> tuple[str, str | None, int]:
    """Return the state of a broadcast, its reason and its number of recipients."""
    ((stands, why, recipients),) = sql("SELECT state, why, recipients FROM broadcasts WHERE id = ?", name)
    return stands, why, recipients
