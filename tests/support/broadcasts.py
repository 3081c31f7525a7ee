"""Broadcasts in any state, with rows, for tests of their transitions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.messages import BROADCAST, Chat
from bot.store.encoding import to_micros
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.store import Store
from handlers.model.broadcast import (
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastState,
    BroadcastText,
    CampaignPlan,
    PlaceholderValues,
)
from handlers.model.rights import Rights
from tests.support.office import OPERATOR, office
from tests.support.powers import approve
from tests.support.storing import CHANNEL, NOW

#: Runs an SQL statement directly on the database; parameters are question marks.
Sql = Callable[..., list[tuple[Any, ...]]]

DRAFT = BroadcastDraft(
    title="Hạn 30/11", text=BroadcastText(vi="Chào {ho_ten}.", en="Hello {ho_ten}."), audience=Audience(unit="DN.NT")
)


async def drafted(
    store: Store, draft: BroadcastDraft = DRAFT, by: Rights = OPERATOR, chat: Chat | None = None
) -> Broadcast:
    """Create a draft."""
    async with office(store, chat) as at:
        made = await at.admin.broadcasts.new(by, draft)
    assert made is not None
    return made


async def campaign(store: Store, plan: CampaignPlan, sql: Sql) -> str:
    """Create a running campaign."""
    name = (await drafted(store, DRAFT.model_copy(update={"plan": plan}))).id
    stands(sql, name, BroadcastState.RUNNING)
    return name


def stands(sql: Sql, name: str, state: BroadcastState, recipients: int = 1) -> None:
    """Put a broadcast into a state directly, with the seals that this needs."""
    if state not in {BroadcastState.DRAFT, BroadcastState.CHECKED}:
        approve(sql, sql.__self__.keys, name)  # type: ignore[attr-defined]
    sql("UPDATE broadcasts SET state = ?, checking = 0, recipients = ? WHERE id = ?", state.value, recipients, name)


async def move(store: Store, by: Rights, name: str, to: BroadcastState, revision: int | None = None) -> ActionResult:
    """Move a broadcast by hand."""
    async with office(store) as at:
        return await at.admin.broadcasts.move(by, name, to, revision)


def state_of(sql: Sql, name: str) -> tuple[str, str | None]:
    """Return the state of a broadcast and its reason."""
    ((state, why),) = sql("SELECT state, why FROM broadcasts WHERE id = ?", name)
    return state, why


@dataclass(frozen=True)
class Recipients:
    """Creates recipients' rows."""

    store: Store
    sql: Sql
    keyring: Keyring

    async def add(self, broadcast: str, address: str, state: str = "queued", reason: str | None = None) -> str:
        """A person gets a row; the id of their chat."""
        chat = self.store.chats.at(CHANNEL, address)
        async with office(self.store) as unit:
            await unit.expect(chat)
        origin = sealed_columns.broadcast_origin(broadcast, chat.id)
        payload = self.keyring.seal(
            PlaceholderValues(name="Trần Thị B").model_dump_json(), sealed_columns.payload(chat.id, origin)
        )
        at = to_micros(NOW)
        settled = None if state in {"queued", "sending"} else at
        self.sql(
            "INSERT INTO outbox (origin, chat, channel, payload, priority, state, attempts, queued_at, due_at,"
            " settled_at, broadcast, reason) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)",
            *(origin, chat.id, CHANNEL, payload, BROADCAST, state, at, at, settled, broadcast, reason),
        )
        return chat.id


def rows_of(sql: Sql, broadcast: str) -> list[tuple[str, str | None]]:
    """Return state and reason of each row, in order."""
    return sql("SELECT state, reason FROM outbox WHERE broadcast = ? ORDER BY id", broadcast)
