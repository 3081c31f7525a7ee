"""Broadcasts to be moved by hand or by the machine."""

from bot.messages import Chat
from bot.store.store import Store
from handlers.model.broadcast import (
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastState,
    BroadcastText,
    CampaignPlan,
    DeliveryReason,
    Recipient,
)
from handlers.model.rights import Rights
from tests.support.ground import Ground
from tests.support.office import OPERATOR, office

DRAFT = BroadcastDraft(
    title="Hạn 30/11", text=BroadcastText(vi="Chào {ho_ten}.", en="Hello {ho_ten}."), audience=Audience(unit="DN.NT")
)


async def drafted(
    store: Store,
    draft: BroadcastDraft = DRAFT,
    by: Rights = OPERATOR,
    chat: Chat | None = None,
    document: bytes | None = None,
) -> Broadcast:
    """Create a draft."""
    async with office(store, chat) as at:
        made = await at.admin.broadcasts.new(by, draft, document)
    assert made is not None
    return made


async def load_broadcast(store: Store, name: str) -> Broadcast:
    """Return a broadcast as the operator sees it."""
    async with office(store) as at:
        found = await at.admin.broadcasts.get(OPERATOR, name)
    assert found is not None
    return found


async def campaign(ground: Ground, plan: CampaignPlan) -> str:
    """Create a running campaign."""
    name = (await drafted(ground.store, DRAFT.model_copy(update={"plan": plan}))).id
    ground.stands(name, BroadcastState.RUNNING)
    return name


async def move(store: Store, by: Rights, name: str, to: BroadcastState, revision: int | None = None) -> ActionResult:
    """Move a broadcast by hand."""
    async with office(store) as at:
        return await at.admin.broadcasts.move(by, name, to, revision)


#: State and reason of a row, one for each that there is.
ROW_STATES = (
    *(
        ("queued", None),
        ("sent", None),
        ("sent", None),
        ("blocked", DeliveryReason.BLOCKED_BEFORE),
        ("failed", DeliveryReason.GAVE_UP),
    ),
    *(
        ("skipped", DeliveryReason.STOPPED),
        ("unknown", DeliveryReason.CRASH),
        ("unknown", DeliveryReason.NO_ANSWER),
        ("invalid", None),
    ),
)


async def create_with_rows(ground: Ground) -> str:
    """Create a running broadcast with rows in every state."""
    name = (await drafted(ground.store)).id
    ground.stands(name, BroadcastState.RUNNING)
    for number, (state, reason) in enumerate(ROW_STATES):
        ground.add_row(name, f"người {number}", state, reason)
    return name


async def list_recipients(
    store: Store, name: str, by: Rights = OPERATOR, *, limit: int = 100, after: str = "", state: str | None = None
) -> tuple[Recipient, ...]:
    """Return a page of recipients."""
    async with office(store) as at:
        return await at.admin.broadcasts.recipients(by, name, limit, after, state)
