"""The life of a broadcast: who may take it where, from where, what goes along, and what became of it for each."""

from datetime import date, timedelta
from itertools import pairwise, product
from random import Random

import pytest

from bot.messages import Chat, DeliveryState
from bot.store import Store
from handlers.model import (
    BROADCAST_TRANSITIONS,
    ActionResult,
    Audience,
    BroadcastPolicy,
    BroadcastState,
    CampaignPlan,
    InterviewStatus,
    Recipient,
    Rights,
    Role,
    StateReason,
    format_person_code,
)
from tests.support.backends import Backend
from tests.support.broadcasts import (
    GREETING_DRAFT,
    ROW_STATES,
    create_draft,
    create_with_rows,
    list_recipients,
    move_broadcast,
)
from tests.support.people import OPERATOR, UNITS, admin_transaction, grant_role, load_rights
from tests.support.store import CHANNEL, NOW, broadcast_operations, claim_rows, open_chat
from tests.support.stored_dialogue import StoredTurns

BY_HAND = {BroadcastState.APPROVED, BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.CANCELLED}
PLAN = CampaignPlan(deadline=date(2026, 12, 30))
LATER = NOW + timedelta(hours=9)


async def campaign(ground: Backend, plan: CampaignPlan) -> str:
    """One that is carried out."""
    name = (await create_draft(ground.store, GREETING_DRAFT.model_copy(update={"plan": plan}))).id
    ground.stands(name, BroadcastState.RUNNING)
    return name


def acts(ground: Backend) -> list[tuple[str, str, str]]:
    """Actors, acts and subjects of the journal, in order."""
    return [row[:3] for row in ground.journal()]


@pytest.fixture
async def near(store: Store) -> Rights:
    """An admin of Xã Nhơn Trạch."""
    await grant_role(store, "gần", Role.ADMIN, "DN.NT")
    return await load_rights(store, "gần")


@pytest.fixture
async def far(store: Store) -> Rights:
    """An admin of another commune."""
    await grant_role(store, "xa", Role.ADMIN, "DN.DP")
    return await load_rights(store, "xa")


def chat(store: Store, address: str = "gần") -> Chat:
    return store.chats.at(CHANNEL, address)


async def test_by_hand_it_goes_where_its_life_allows_and_nowhere_else(store: Store, ground: Backend) -> None:
    name = (await create_draft(store)).id
    for was, to in product(BroadcastState, BroadcastState):
        ground.stands(name, was)

        outcome = await move_broadcast(store, OPERATOR, name, to)

        allowed = to in BROADCAST_TRANSITIONS[was] and to in BY_HAND
        unchecked = was is BroadcastState.DRAFT and to is BroadcastState.APPROVED
        refusal = ActionResult.PROBLEMS if unchecked else ActionResult.NOT_ALLOWED
        assert outcome is (ActionResult.DONE if allowed else refusal), (was, to)
        assert ground.state_of(name)[0] == (to if allowed else was)


async def test_whoever_moves_it_at_random_its_path_is_one_of_its_life(store: Store, ground: Backend) -> None:
    for seed in range(4):
        chance, name = Random(seed), (await create_draft(store)).id
        state, path = BroadcastState.DRAFT, [BroadcastState.DRAFT]
        for _ in range(25):
            to, was = chance.choice(list(BroadcastState)), chance.choice((state, *BroadcastState))
            if chance.random() < 0.5:
                done, expected = (
                    await broadcast_operations(store).move(name, was, to, NOW),
                    was is state and to in BROADCAST_TRANSITIONS[state],
                )
            else:
                done = await move_broadcast(store, OPERATOR, name, to) is ActionResult.DONE
                expected = to in BROADCAST_TRANSITIONS[state] and to in BY_HAND
            assert done is expected, (state, was, to)
            state, path = (to, [*path, to]) if done else (state, path)
        noted = ground.moves_of(name)
        assert [BroadcastState(one) for one, _, _ in noted] == path
        assert all(after in BROADCAST_TRANSITIONS[before] for before, after in pairwise(path))


async def test_an_admin_of_another_commune_sees_and_changes_nothing(
    store: Store, ground: Backend, near: Rights, far: Rights
) -> None:
    name = (await create_draft(store, by=near, chat=chat(store))).id
    everywhere = (await create_draft(store, GREETING_DRAFT.model_copy(update={"audience": Audience()}))).id
    before = ground.everything()
    async with admin_transaction(store) as at:
        broadcasts = at.admin.broadcasts
        for who, one in ((far, name), (far, everywhere), (near, everywhere)):
            assert await broadcasts.get(who, one) is None
            assert await broadcasts.steps(who, one) == ()
            assert await broadcasts.last_check(who, one) is None
            assert await broadcasts.sample(who, one, 9) == ()
            assert await broadcasts.recipients(who, one, 9) == ()
            assert (await broadcasts.tally(who, one)).total == 0
            assert await broadcasts.resend(who, one) == 0
            assert not await broadcasts.send_test(who, one)
            assert await broadcasts.request_check(who, one) is ActionResult.UNKNOWN
            assert await broadcasts.change(who, one, 0, GREETING_DRAFT) is ActionResult.UNKNOWN
            for to in BroadcastState:
                assert await broadcasts.move(who, one, to) is ActionResult.UNKNOWN
        assert await broadcasts.count(far, GREETING_DRAFT.audience) == ()
        assert await broadcasts.latest(far, 9) == ()
        assert [one.id for one in await broadcasts.latest(near, 9)] == [name]
        assert [one.id for one in await broadcasts.latest(OPERATOR, 9)] == [everywhere, name]
        assert [one.id for one in await broadcasts.latest(OPERATOR, 9, everywhere)] == [name]
    assert ground.everything() == before


async def test_nobody_writes_beyond_their_reach(store: Store, near: Rights) -> None:
    name = (await create_draft(store, by=near)).id
    async with admin_transaction(store) as at:
        broadcasts = at.admin.broadcasts
        for unit in (None, "DN", "DN.DP"):
            beyond = GREETING_DRAFT.model_copy(update={"audience": Audience(unit=unit)})
            assert await broadcasts.new(near, beyond) is None
            assert await broadcasts.change(near, name, 0, beyond) is ActionResult.NOT_YOURS
        assert (
            await broadcasts.new(OPERATOR, GREETING_DRAFT.model_copy(update={"audience": Audience(unit="XX")})) is None
        )


async def test_a_focal_officer_looks_on(store: Store, ground: Backend) -> None:
    await grant_role(store, "đầu mối", Role.FOCAL, "DN.NT")
    focal, name = await load_rights(store, "đầu mối"), (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)
    async with admin_transaction(store) as at:
        assert await at.admin.broadcasts.get(focal, name) is not None
        assert await at.admin.broadcasts.new(focal, GREETING_DRAFT) is None
        assert await at.admin.broadcasts.request_check(focal, name) is ActionResult.NOT_YOURS
    for to in BroadcastState:
        assert await move_broadcast(store, focal, name, to) is ActionResult.NOT_YOURS


async def test_many_recipients_need_another_person_whatever_role_the_author_acts_by(
    store: Store, ground: Backend, near: Rights
) -> None:
    name = (await create_draft(store, by=near, chat=chat(store))).id
    ground.stands(name, BroadcastState.CHECKED, recipients=201)
    await grant_role(store, "gần", Role.OWNER)
    again = Rights.of((await load_rights(store, "gần")).grants[1:], UNITS)
    assert again.actor != near.actor

    assert await move_broadcast(store, near, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move_broadcast(store, again, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move_broadcast(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE
    async with admin_transaction(store) as at:
        approved = await at.admin.broadcasts.get(OPERATOR, name)
    assert approved is not None
    assert approved.approver == "machine"


async def test_whoever_works_at_the_machine_is_one_person(store: Store, ground: Backend, near: Rights) -> None:
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.CHECKED, recipients=201)

    assert await move_broadcast(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move_broadcast(store, near, name, BroadcastState.APPROVED) is ActionResult.DONE


async def test_few_recipients_need_nobody_else(store: Store, ground: Backend) -> None:
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.CHECKED, recipients=200)
    assert await move_broadcast(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE


async def test_people_who_came_since_the_check_are_counted_too(store: Store, ground: Backend) -> None:
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.CHECKED, recipients=1)
    for address in ("một", "hai"):
        async with StoredTurns(store, address)() as unit:
            await unit.register.save_status(InterviewStatus(interview=1, unit="DN.NT"))

    for few, outcome in ((1, ActionResult.SECOND_PERSON), (2, ActionResult.DONE)):
        policy = BroadcastPolicy(approval_above=few)
        async with ground.with_policy(policy) as strict:
            assert await move_broadcast(strict, OPERATOR, name, BroadcastState.APPROVED) is outcome


async def test_whoever_changed_the_text_does_not_approve_it(store: Store, ground: Backend, near: Rights) -> None:
    name = (await create_draft(store)).id
    async with admin_transaction(store, chat(store)) as at:
        assert await at.admin.broadcasts.change(near, name, 0, GREETING_DRAFT) is ActionResult.DONE
    ground.stands(name, BroadcastState.CHECKED, recipients=201)

    assert await move_broadcast(store, near, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move_broadcast(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE


async def test_a_change_makes_a_draft_of_what_was_checked_and_meets_only_what_was_seen(
    store: Store, ground: Backend
) -> None:
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.CHECKED, recipients=7)
    other = GREETING_DRAFT.model_copy(update={"title": "Khác"})
    async with admin_transaction(store) as at:
        broadcasts = at.admin.broadcasts
        assert await broadcasts.change(OPERATOR, name, 0, other) is ActionResult.DONE
        assert await broadcasts.change(OPERATOR, name, 0, GREETING_DRAFT) is ActionResult.OVERTAKEN
        now = await broadcasts.get(OPERATOR, name)
    assert now is not None
    assert (now.state, now.recipients, now.revision, now.draft) == (BroadcastState.DRAFT, 0, 1, other)


async def test_the_file_that_goes_along_is_shown_stays_with_a_change_and_goes_when_it_is_taken_away(
    store: Store, ground: Backend
) -> None:
    del ground
    name = (await create_draft(store)).id
    with_file = GREETING_DRAFT.model_copy(update={"document": "mẫu.pdf"})
    async with admin_transaction(store) as at:
        broadcasts = at.admin.broadcasts
        assert await broadcasts.document(OPERATOR, name) is None
        assert await broadcasts.change(OPERATOR, name, 0, with_file, b"%PDF-1.7") is ActionResult.DONE
        shown = await broadcasts.document(OPERATOR, name)
        assert shown is not None
        assert (shown.name, shown.content) == ("mẫu.pdf", b"%PDF-1.7")
        titled = with_file.model_copy(update={"title": "Khác"})
        assert await broadcasts.change(OPERATOR, name, 1, titled) is ActionResult.DONE
        assert await broadcasts.document(OPERATOR, name) == shown
        assert await broadcasts.change(OPERATOR, name, 2, GREETING_DRAFT) is ActionResult.DONE
        assert await broadcasts.document(OPERATOR, name) is None


async def test_from_approval_on_the_text_stays(store: Store, ground: Backend) -> None:
    name = (await create_draft(store)).id
    for state in set(BroadcastState) - {BroadcastState.DRAFT, BroadcastState.CHECKED}:
        ground.stands(name, state)
        async with admin_transaction(store) as at:
            assert await at.admin.broadcasts.change(OPERATOR, name, 0, GREETING_DRAFT) is ActionResult.NOT_ALLOWED
            assert await at.admin.broadcasts.request_check(OPERATOR, name) is ActionResult.NOT_ALLOWED


async def test_what_is_done_stands_in_the_journal(store: Store, ground: Backend) -> None:
    name = (await create_draft(store)).id
    async with admin_transaction(store) as at:
        await at.admin.broadcasts.change(OPERATOR, name, 0, GREETING_DRAFT)
        assert await at.admin.broadcasts.request_check(OPERATOR, name) is ActionResult.DONE
        assert await at.admin.broadcasts.request_check(OPERATOR, name) is ActionResult.DONE  # goes on already
    assert await move_broadcast(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.PROBLEMS
    for state, to in (
        (BroadcastState.CHECKED, BroadcastState.APPROVED),
        (BroadcastState.SCHEDULED, BroadcastState.RUNNING),
        (BroadcastState.RUNNING, BroadcastState.PAUSED),
        (BroadcastState.PAUSED, BroadcastState.RUNNING),
        (BroadcastState.RUNNING, BroadcastState.CANCELLED),
        (BroadcastState.CANCELLED, BroadcastState.RUNNING),
    ):
        ground.stands(name, state)
        await move_broadcast(store, OPERATOR, name, to)

    done = [act.removeprefix("broadcast_") for _, act, subject in acts(ground) if subject == name]
    assert done == ["new", "change", "check", "approve", "start", "pause", "resume", "cancel"]
    assert (await store.audit.verify_journal()).fault is None


async def test_while_a_check_goes_on_nothing_is_approved(store: Store, ground: Backend) -> None:
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.CHECKED)
    async with admin_transaction(store) as at:
        await at.admin.broadcasts.request_check(OPERATOR, name)

    assert await move_broadcast(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.PROBLEMS


async def test_a_campaigns_steps_pause_resume_and_end_with_it(store: Store, ground: Backend) -> None:
    name = await campaign(ground, PLAN)
    steps = [await broadcast_operations(store).create_step(name, step, NOW) or "" for step in ("30", "14", "7", "3")]
    for step, state in zip(
        steps,
        (BroadcastState.FINISHED, BroadcastState.PAUSED, BroadcastState.RUNNING, BroadcastState.SCHEDULED),
        strict=True,
    ):
        ground.stands(step, state)

    async def after(to: BroadcastState) -> list[str]:
        assert await move_broadcast(store, OPERATOR, name, to) is ActionResult.DONE
        return [ground.state_of(step)[0] for step in steps]

    assert await after(BroadcastState.PAUSED) == ["finished", "paused", "paused", "scheduled"]
    assert not await broadcast_operations(store).move(steps[3], BroadcastState.SCHEDULED, BroadcastState.RUNNING, NOW)
    assert await move_broadcast(store, OPERATOR, steps[2], BroadcastState.RUNNING) is ActionResult.NOT_ALLOWED
    assert await broadcast_operations(store).create_step(name, "1", NOW) is None
    assert await after(BroadcastState.RUNNING) == ["finished", "paused", "running", "scheduled"]
    assert await after(BroadcastState.CANCELLED) == ["finished", "cancelled", "cancelled", "cancelled"]
    assert ground.state_of(steps[3])[:2][1] == StateReason.PARENT
    assert await broadcast_operations(store).create_step(name, "1", NOW) is None


async def test_a_step_is_made_once_and_says_what_its_campaign_says(store: Store, ground: Backend) -> None:
    name = await campaign(ground, PLAN)

    step = await broadcast_operations(store).create_step(name, "14", NOW, starts_at=LATER, why=StateReason.LATE)
    assert step is not None
    assert await broadcast_operations(store).create_step(name, "14", NOW) is None

    made = {one.id: one for one in await store.broadcasts.list_open()}[step]
    assert (made.state, made.parent, made.step, made.starts_at, made.why) == ("approved", name, "14", LATER, "late")
    assert (made.draft.text, made.draft.deadline, made.is_campaign) == (GREETING_DRAFT.text, PLAN.deadline, False)
    async with admin_transaction(store) as at:
        assert [one.id for one in await at.admin.broadcasts.steps(OPERATOR, name)] == [step]
        assert [one.id for one in await at.admin.broadcasts.latest(OPERATOR, 9)] == [name]


async def test_a_step_can_be_for_some_or_left_out(store: Store, ground: Backend) -> None:
    name = await campaign(ground, PLAN)
    some = Audience(chats=("a", "b"))

    await broadcast_operations(store).create_step(name, "later:2026-12-01", NOW, audience=some)
    await broadcast_operations(store).create_step(name, "3", NOW, left_out=StateReason.MISSED)

    async with admin_transaction(store) as at:
        few, missed = await at.admin.broadcasts.steps(OPERATOR, name)
    assert few.draft.audience == GREETING_DRAFT.audience.model_copy(update={"chats": ("a", "b")})
    assert (missed.state, missed.why, missed.finished_at) == (BroadcastState.CANCELLED, StateReason.MISSED, NOW)


async def test_that_a_step_is_late_stays_said_until_something_else_is_to_be_said(store: Store, ground: Backend) -> None:
    name = await campaign(ground, PLAN)
    step = await broadcast_operations(store).create_step(name, "14", NOW, why=StateReason.LATE) or ""
    book = store.broadcasts
    going = broadcast_operations(store)
    await going.move(step, BroadcastState.APPROVED, BroadcastState.SCHEDULED, NOW)
    assert await book.hold(step, LATER, StateReason.QUIET, NOW)
    assert ground.state_of(step)[:2] == ("scheduled", "quiet")
    assert await book.hold(step, None, None, NOW)
    await going.move(step, BroadcastState.SCHEDULED, BroadcastState.RUNNING, NOW)
    assert ground.state_of(step)[:2] == ("running", "late")
    await going.move(step, BroadcastState.RUNNING, BroadcastState.PAUSED, NOW, StateReason.ERRORS)
    assert await book.hold(step, LATER, StateReason.QUIET, NOW)
    assert ground.state_of(step)[:2] == ("paused", "errors")


async def test_holding_it_back_is_noted_once(store: Store, ground: Backend) -> None:
    name = (await create_draft(store)).id
    ground.stands(name, BroadcastState.RUNNING)

    held = [await store.broadcasts.hold(name, until, StateReason.QUIET, NOW) for until in (LATER, LATER, None, None)]

    assert held == [True, False, True, False]
    assert [(state, why) for state, _, why in ground.moves_of(name) if why == "quiet"] == [("running", "quiet")]
    ground.stands(name, BroadcastState.FINISHED)
    assert not await store.broadcasts.hold(name, LATER, StateReason.QUIET, NOW)


@pytest.fixture
async def name(ground: Backend) -> str:
    return await create_with_rows(ground)


async def again(store: Store, name: str, codes: list[str] | None = None) -> int:
    async with admin_transaction(store) as at:
        return await at.admin.broadcasts.resend(OPERATOR, name, codes)


async def test_the_totals_are_those_of_the_rows(store: Store, ground: Backend, name: str) -> None:
    async with admin_transaction(store) as at:
        tally = await at.admin.broadcasts.tally(OPERATOR, name)

    rows = list(ground.rows_of(name).values())
    assert tally == await store.broadcasts.tally(name)
    assert tally.total == len(rows) == len(await list_recipients(store, name))
    assert tally.open == 1
    assert tally.states == {state: [one for one, _ in rows].count(state) for state, _ in rows}
    assert tally.reasons == {reason: [one for _, one in rows].count(reason) for _, reason in rows if reason}


async def test_page_after_page_names_everybody_once(store: Store, name: str) -> None:
    for limit in (1, 2, 4, 100):
        found: list[Recipient] = []
        while page := await list_recipients(store, name, limit=limit, after=found[-1].code if found else ""):
            found += page
        assert [one.code for one in found] == sorted(one.code for one in found)
        assert len({one.code for one in found}) == len(ROW_STATES)


async def test_one_state_can_be_listed_alone(store: Store, name: str) -> None:
    found = await list_recipients(store, name, state="unknown")
    assert {(one.state, one.reason) for one in found} == {("unknown", "crash"), ("unknown", "no_answer")}
    assert len(found) == 2


async def test_a_name_is_masked_where_it_may_not_be_seen(store: Store, ground: Backend, name: str) -> None:
    async with StoredTurns(store, "người 1")() as unit:
        await unit.register.save_status(
            InterviewStatus(interview=1, unit="DN.NT", certificate_key="A", subscriber="Trần Thị Bí Mật")
        )
    await grant_role(store, "đầu mối", Role.FOCAL, "DN.NT")
    focal, code = await load_rights(store, "đầu mối"), format_person_code(store.chats.at(CHANNEL, "người 1").id)

    names = {one.code: (one.name, one.unit) for one in await list_recipients(store, name)}
    masked = {one.code: one.name for one in await list_recipients(store, name, focal)}

    assert names[code] == ("Trần Thị Bí Mật", "DN.NT")
    assert masked[code] == "T. T. B. Mật"


async def test_only_what_is_unknown_is_sent_once_more(store: Store, ground: Backend, name: str) -> None:
    ground.stands(name, BroadcastState.FINISHED)

    assert await again(store, name) == 2
    assert await again(store, name) == 0

    async with admin_transaction(store) as at:
        tally = await at.admin.broadcasts.tally(OPERATOR, name)
    assert (tally.states["queued"], "unknown" in tally.states, tally.total) == (3, False, len(ROW_STATES))
    assert ground.state_of(name)[0] == BroadcastState.RUNNING
    assert acts(ground)[-1] == ("machine", "broadcast_resend", name)


async def test_one_of_them_can_be_chosen_however_its_code_is_typed(store: Store, name: str) -> None:
    one, other = await list_recipients(store, name, state="unknown")
    assert await again(store, name, [f" {one.code.lower()} ", "N-00000000", "=1+1"]) == 1
    assert [left.code for left in await list_recipients(store, name, state="unknown")] == [other.code]


async def test_whoever_wants_no_reminders_since_gets_none(store: Store, name: str) -> None:
    for number, stops in ((6, True), (7, False)):
        async with StoredTurns(store, f"người {number}")() as unit:
            await (unit.reminders.stop() if stops else unit.reminders.mark_done(name))
    assert await again(store, name) == 0


async def test_of_a_broadcast_that_sends_nothing_nothing_is_sent_once_more(
    store: Store, ground: Backend, name: str
) -> None:
    for state in (BroadcastState.CANCELLED, BroadcastState.SCHEDULED, BroadcastState.DRAFT):
        ground.stands(name, state)
        assert await again(store, name) == 0


async def test_its_author_gets_it_first_and_nobody_at_the_machine(store: Store, ground: Backend) -> None:
    await grant_role(store, "an", Role.ADMIN, "DN.NT")
    an, chat = await load_rights(store, "an"), await open_chat(store, "1", "an")
    file = GREETING_DRAFT.model_copy(update={"document": "cv.pdf"})
    async with admin_transaction(store, chat) as at:
        made = await at.admin.broadcasts.new(an, file, b"%PDF")
        assert made is not None
        assert await at.admin.broadcasts.send_test(an, made.id)
    async with admin_transaction(store) as at:
        assert not await at.admin.broadcasts.send_test(OPERATOR, made.id)

    (row,) = await claim_rows(store)

    assert row.chat == chat
    assert [(one.name, one.content) for one in row.reply.attachments] == [("cv.pdf", b"%PDF")]
    assert (await store.broadcasts.tally(made.id)).total == 0
    await store.outbox.settle(row, DeliveryState.SENT, made.created_at)
