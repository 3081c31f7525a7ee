"""Broadcasts to be moved by hand or by the machine."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.demo.data_writer import DemoChat, DemoDataWriter
from bot.messages import Chat
from bot.services.broadcasts import BroadcastOperations
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store
from bot.store.drivers import to_micros
from bot.store.power_seals import Warrant, content_digest
from bot.store.sealing import Keyring, sealed_columns
from handlers.model import (
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastProblem,
    BroadcastState,
    BroadcastText,
    CampaignPlan,
    CheckReport,
    DeliveryReason,
    PlaceholderValues,
    ProblemKind,
    Recipient,
    Rights,
    format_person_code,
)
from tests.support.backends import Backend
from tests.support.people import OPERATOR, admin_transaction
from tests.support.store import CONSENTED_SESSION, NOW, broadcast_operations

GREETING_DRAFT = BroadcastDraft(
    title="Hạn 30/11", text=BroadcastText(vi="Chào {ho_ten}.", en="Hello {ho_ten}."), audience=Audience(unit="DN.NT")
)


async def create_draft(
    store: Store,
    draft: BroadcastDraft = GREETING_DRAFT,
    by: Rights = OPERATOR,
    chat: Chat | None = None,
    document: bytes | None = None,
) -> Broadcast:
    """Create a draft."""
    async with admin_transaction(store, chat) as at:
        made = await at.admin.broadcasts.new(by, draft, document)
    assert made is not None
    return made


async def load_broadcast(store: Store, name: str) -> Broadcast:
    """Return a broadcast as the operator sees it."""
    async with admin_transaction(store) as at:
        found = await at.admin.broadcasts.get(OPERATOR, name)
    assert found is not None
    return found


async def start_campaign(ground: Backend, plan: CampaignPlan) -> str:
    """Create a running campaign."""
    name = (await create_draft(ground.store, GREETING_DRAFT.model_copy(update={"plan": plan}))).id
    ground.stands(name, BroadcastState.RUNNING)
    return name


async def move_broadcast(
    store: Store, by: Rights, name: str, to: BroadcastState, revision: int | None = None
) -> ActionResult:
    """Move a broadcast by hand."""
    async with admin_transaction(store) as at:
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


async def create_with_rows(ground: Backend) -> str:
    """Create a running broadcast with rows in every state."""
    name = (await create_draft(ground.store)).id
    ground.stands(name, BroadcastState.RUNNING)
    for number, (state, reason) in enumerate(ROW_STATES):
        ground.add_row(name, f"người {number}", state, reason)
    return name


async def list_recipients(
    store: Store, name: str, by: Rights = OPERATOR, *, limit: int = 100, after: str = "", state: str | None = None
) -> tuple[Recipient, ...]:
    """Return a page of recipients."""
    async with admin_transaction(store) as at:
        return await at.admin.broadcasts.recipients(by, name, limit, after, state)


NOTICE_DRAFT = BroadcastDraft(
    title="Nhắc hạn",
    text=BroadcastText(
        vi="Kính gửi {ho_ten|anh/chị}, xin nhớ việc chứng thư.", en="Dear {ho_ten|colleague}, please act."
    ),
)


async def write_consenting_people(
    bulk: DemoDataWriter, addresses: Iterable[str], now: datetime, channel: str = "telegram"
) -> None:
    """Create people of a channel who consented and of whom nothing else is known."""
    met = now - timedelta(days=30)
    await bulk.write_chats(DemoChat(channel, address, met, met, session=CONSENTED_SESSION) for address in addresses)


async def freeze_notice(store: Store, now: datetime, draft: BroadcastDraft = NOTICE_DRAFT) -> str:
    """A broadcast to all of them, checked, approved by the operator, with a row for everybody."""
    rights = Rights.operator(await store.units.read())
    async with open_admin_transaction(store, now) as office:
        made = await office.admin.broadcasts.new(rights, draft)
        await office.commit()
    assert made is not None
    checked = await BroadcastOperations.over(store).check(made.id, now)
    assert not checked.problems, checked.problems
    await _move_notice(store, made.id, BroadcastState.APPROVED, now)
    while await BroadcastOperations.over(store).freeze(made.id, now):
        pass
    return made.id


async def start_notice(store: Store, now: datetime, draft: BroadcastDraft = NOTICE_DRAFT) -> str:
    """Create the same and start it."""
    name = await freeze_notice(store, now, draft)
    await _move_notice(store, name, BroadcastState.RUNNING, now)
    return name


async def _move_notice(store: Store, name: str, to: BroadcastState, now: datetime) -> None:
    rights = Rights.operator(await store.units.read())
    async with open_admin_transaction(store, now) as office:
        moved = await office.admin.broadcasts.move(rights, name, to)
        await office.commit()
    if moved is ActionResult.DONE:
        return
    async with open_admin_transaction(store, now) as office:  # a program that runs beside was faster
        found = await office.admin.broadcasts.get(rights, name)
        assert found is not None
        assert found.state in {to, BroadcastState.FINISHED}, (moved, found.state)


#: A text whose placeholders have a value for everybody.
REMINDER_TEXT = BroadcastText(
    vi="Kính gửi {ho_ten|anh/chị}: {viec_can_lam|không còn việc gì}.", en="Dear {ho_ten|officer}: {to_do|none}."
)
#: A text that not everybody has a value for.
NAMED = BroadcastText(vi="Kính gửi {ho_ten}.", en="Dear {ho_ten}.")
REMINDER_START = NOW + timedelta(hours=1)


def make_reminder(
    audience: Audience | None = None, text: BroadcastText = REMINDER_TEXT, **more: object
) -> BroadcastDraft:
    """Return the content of a draft."""
    written = {
        "title": "Nhắc hạn",
        "text": text,
        "audience": audience or Audience(),
        "starts_at": REMINDER_START,
        **more,
    }
    return BroadcastDraft.model_validate(written)


async def create_reminder(
    store: Store, one: BroadcastDraft, rights: Rights = OPERATOR, document: bytes | None = None
) -> str:
    """Create a draft and return its id."""
    return (await create_draft(store, one, rights, document=document)).id


async def check_reminder(
    store: Store, one: BroadcastDraft, rights: Rights = OPERATOR, document: bytes | None = None
) -> CheckReport:
    """What its check finds."""
    return await broadcast_operations(store).check(await create_reminder(store, one, rights, document), NOW)


async def approve_reminder(store: Store, one: BroadcastDraft, rights: Rights = OPERATOR) -> str:
    """Create a draft without problems, approve it and return its id."""
    name = await create_reminder(store, one, rights)
    assert not (await broadcast_operations(store).check(name, NOW)).problems
    assert await move_broadcast(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE
    return name


async def freeze_recipients(store: Store, name: str, limit: int = 2000, now: datetime = NOW) -> None:
    """All its rows are made."""
    while await broadcast_operations(store).freeze(name, now, limit=limit):
        pass


def expected_problems(*problems: tuple[ProblemKind, str, str]) -> tuple[BroadcastProblem, ...]:
    """Return problems, each given as its kind, its subject and the letters of the officers it concerns."""
    return tuple(
        BroadcastProblem(
            trouble=trouble, about=about, rows=tuple(format_person_code(one * 32) for one in who), count=len(who)
        )
        for trouble, about, who in problems
    )


QUEUED_AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DEADLINE_DRAFT = BroadcastDraft(
    title="Nhắc hạn",
    text=BroadcastText(
        vi="Kính gửi *{ho_ten|anh/chị}*: hạn gia hạn chứng thư của {don_vi|đơn vị} là {han}, {so_ngay}.",
        en="Dear *{ho_ten|colleague}*: the certificate of {don_vi|your unit} is due on {han}, {so_ngay}.",
    ),
)

Row = tuple[object, ...]
#: Runs a statement with question marks for each row of parameters.
RunMany = Callable[[str, Sequence[Row]], object]


@dataclass(frozen=True)
class BroadcastWriter:
    """Creates broadcasts to people of one channel."""

    keyring: Keyring
    many: RunMany
    channel: str = "telegram"

    def queue(
        self,
        broadcast: str,
        addresses: Iterable[str],
        *,
        draft: BroadcastDraft = DEADLINE_DRAFT,
        state: str = "running",
        document: bytes | None = None,
        values: PlaceholderValues = PlaceholderValues(name="Nguyễn Thị Lan", unit="Sở Tư pháp"),  # noqa: B008 - frozen
        now: datetime = QUEUED_AT,
    ) -> None:
        """Create a broadcast, and its people if they are new."""
        content = self.keyring.seal(draft.model_dump_json(), sealed_columns.broadcast_content(broadcast))
        file = document and self.keyring.seal(document, sealed_columns.broadcast_document(broadcast))
        said = content_digest(draft.model_dump_json()), content_digest(document) if document else None
        warrant = Warrant(broadcast, None, None, None, "machine", "machine", *said)
        at = to_micros(now)
        self.many(
            "INSERT INTO broadcasts (id, state, author, approver, content, document, warrant, created_at, changed_at)"
            " VALUES (?, 'paused', 'machine', 'machine', ?, ?, ?, ?, ?)",
            [(broadcast, content, file, warrant.seal(self.keyring), at, at)],
        )
        rows = list(self._rows(broadcast, addresses, values.model_dump_json(), at))
        self.many(
            "INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at, consented)"
            " VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (id) DO NOTHING",
            [(chat, self.channel, address, at, at) for chat, address, *_ in rows],
        )
        self.many(
            "INSERT INTO outbox (origin, chat, channel, payload, priority, broadcast, queued_at, due_at)"
            " VALUES (?, ?, ?, ?, 2, ?, ?, ?)",
            [(origin, chat, self.channel, payload, broadcast, at, at) for chat, _, origin, payload in rows],
        )
        # The state is set last: a scheduler that looks at a running broadcast without rows takes it for finished.
        self.many("UPDATE broadcasts SET state = ? WHERE id = ?", [(state, broadcast)])

    def _rows(
        self, broadcast: str, addresses: Iterable[str], values: str, at: int
    ) -> Iterator[tuple[str, bytes, str, bytes]]:
        for address in addresses:
            chat = sealed_columns.chat_id(self.keyring, self.channel, address)
            origin = sealed_columns.broadcast_origin(broadcast, chat)
            sealed = self.keyring.seal(address, sealed_columns.address(chat))
            yield chat, sealed, origin, self.keyring.seal(values, sealed_columns.payload(chat, origin))
