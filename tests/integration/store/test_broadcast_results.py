"""What became of a broadcast for each: counted, listed, sent once more; and tried by its author before."""

import asyncio

import pytest

from bot.messages import DeliveryState
from bot.services.broadcasts.service import BroadcastOperations
from bot.store.broadcasts import recipients
from bot.store.sealing.keyring import Keyring
from bot.store.store import Store
from handlers.model.broadcast import BroadcastState, DeliveryReason, Recipient, format_person_code
from handlers.model.request_list import InterviewStatus
from handlers.model.rights import Rights, Role
from tests.integration.store.conftest import Database
from tests.support.broadcast_life import DRAFT, Recipients, drafted, rows_of, stands, state_of
from tests.support.office import OPERATOR, given, journal, office, rights, settle_units
from tests.support.ports import StoredTurns
from tests.support.storing import CHANNEL, NOW, claim, one_chat

STATES = (
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


@pytest.fixture
async def name(store: Store, database: Database, keyring: Keyring) -> str:
    """A broadcast with rows in every state."""
    settle_units(database.sql)
    name = (await drafted(store)).id
    stands(database.sql, name, BroadcastState.RUNNING)
    recipients = Recipients(store, database.sql, keyring)
    for number, (state, reason) in enumerate(STATES):
        await recipients.add(name, f"người {number}", state, reason)
    return name


async def listed(
    store: Store, name: str, by: Rights = OPERATOR, *, limit: int = 100, after: str = "", state: str | None = None
) -> tuple[Recipient, ...]:
    async with office(store) as at:
        return await at.admin.broadcasts.recipients(by, name, limit, after, state)


async def again(store: Store, name: str, codes: list[str] | None = None) -> int:
    async with office(store) as at:
        return await at.admin.broadcasts.resend(OPERATOR, name, codes)


async def test_the_totals_are_those_of_the_rows(store: Store, database: Database, name: str) -> None:
    async with office(store) as at:
        tally = await at.admin.broadcasts.tally(OPERATOR, name)

    rows = rows_of(database.sql, name)
    assert tally == await store.broadcasts.tally(name)
    assert tally.total == len(rows) == len(await listed(store, name))
    assert tally.open == 1
    assert tally.states == {state: [one for one, _ in rows].count(state) for state, _ in rows}
    assert tally.reasons == {reason: [one for _, one in rows].count(reason) for _, reason in rows if reason}


async def test_page_after_page_names_everybody_once(store: Store, name: str) -> None:
    for limit in (1, 2, 4, 100):
        found: list[Recipient] = []
        while page := await listed(store, name, limit=limit, after=found[-1].code if found else ""):
            found += page
        assert [one.code for one in found] == sorted(one.code for one in found)
        assert len({one.code for one in found}) == len(STATES)


async def test_people_who_share_a_code_are_on_one_page(
    store: Store, database: Database, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients, "_HEAD_LENGTH", 1)
    monkeypatch.setattr(recipients, "_LAST_TAIL", "f" * 31)
    heads = sorted(chat[:1] for (chat,) in database.sql("SELECT chat FROM outbox"))
    first = await listed(store, name, limit=1)
    assert len(first) == heads.count(heads[0])


async def test_one_state_can_be_listed_alone(store: Store, name: str) -> None:
    found = await listed(store, name, state="unknown")
    assert {(one.state, one.reason) for one in found} == {("unknown", "crash"), ("unknown", "no_answer")}
    assert len(found) == 2


async def test_a_name_is_masked_where_it_may_not_be_seen(store: Store, database: Database, name: str) -> None:
    async with StoredTurns(store, "người 1")() as unit:
        await unit.register.save_status(
            InterviewStatus(interview=1, unit="DN.NT", certificate_key="A", subscriber="Trần Thị Bí Mật")
        )
    await given(store, "đầu mối", Role.FOCAL, "DN.NT")
    focal, code = await rights(store, "đầu mối"), format_person_code(store.chats.at(CHANNEL, "người 1").id)

    names = {one.code: (one.name, one.unit) for one in await listed(store, name)}
    masked = {one.code: one.name for one in await listed(store, name, focal)}

    assert names[code] == ("Trần Thị Bí Mật", "DN.NT")
    assert masked[code] == "T. T. B. Mật"


async def test_only_what_is_unknown_is_sent_once_more(store: Store, database: Database, name: str) -> None:
    stands(database.sql, name, BroadcastState.FINISHED)

    assert await again(store, name) == 2
    assert await again(store, name) == 0

    async with office(store) as at:
        tally = await at.admin.broadcasts.tally(OPERATOR, name)
    assert (tally.states["queued"], "unknown" in tally.states, tally.total) == (3, False, len(STATES))
    assert state_of(database.sql, name)[0] == BroadcastState.RUNNING
    assert journal(database.sql)[-1] == ("machine", "broadcast_resend", name)


async def test_what_is_queued_again_as_it_is_about_to_finish_is_not_left_behind(
    store: Store, database: Database, name: str
) -> None:
    database.sql("UPDATE outbox SET state = 'sent' WHERE state = 'queued'")
    async with office(store) as at:
        assert await at.admin.broadcasts.resend(OPERATOR, name) == 2
        finishing = asyncio.create_task(
            BroadcastOperations.over(store).move(name, BroadcastState.RUNNING, BroadcastState.FINISHED, NOW)
        )
        await asyncio.sleep(0.05)  # it has counted, and found nothing open
    assert not await finishing
    assert state_of(database.sql, name)[0] == BroadcastState.RUNNING


async def test_one_of_them_can_be_chosen_however_its_code_is_typed(store: Store, name: str) -> None:
    one, other = await listed(store, name, state="unknown")
    assert await again(store, name, [f" {one.code.lower()} ", "N-00000000", "=1+1"]) == 1
    assert [left.code for left in await listed(store, name, state="unknown")] == [other.code]


async def test_whoever_wants_no_reminders_since_gets_none(store: Store, name: str) -> None:
    for number, stops in ((6, True), (7, False)):
        async with StoredTurns(store, f"người {number}")() as unit:
            await (unit.reminders.stop() if stops else unit.reminders.mark_done(name))
    assert await again(store, name) == 0


async def test_of_a_broadcast_that_sends_nothing_nothing_is_sent_once_more(
    store: Store, database: Database, name: str
) -> None:
    for state in (BroadcastState.CANCELLED, BroadcastState.SCHEDULED, BroadcastState.DRAFT):
        stands(database.sql, name, state)
        assert await again(store, name) == 0


async def test_its_author_gets_it_first_and_nobody_at_the_machine(store: Store, database: Database) -> None:
    settle_units(database.sql)
    await given(store, "an", Role.ADMIN, "DN.NT")
    an, chat = await rights(store, "an"), await one_chat(store, "1", "an")
    file = DRAFT.model_copy(update={"document": "cv.pdf"})
    async with office(store, chat) as at:
        made = await at.admin.broadcasts.new(an, file, b"%PDF")
        assert made is not None
        assert await at.admin.broadcasts.send_test(an, made.id)
    async with office(store) as at:
        assert not await at.admin.broadcasts.send_test(OPERATOR, made.id)

    (row,) = await claim(store)

    assert row.chat == chat
    assert [(one.name, one.content) for one in row.reply.attachments] == [("cv.pdf", b"%PDF")]
    assert (await store.broadcasts.tally(made.id)).total == 0
    await store.outbox.settle(row, DeliveryState.SENT, made.created_at)
