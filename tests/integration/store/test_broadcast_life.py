"""The life of a broadcast: who may take it where, from where, and what goes along."""

from datetime import date
from itertools import pairwise, product
from random import Random

import pytest

from bot.messages import Chat
from bot.services.broadcasts.service import BroadcastOperations
from bot.services.opening import open_store
from bot.store.broadcasts.repository import seal_draft
from bot.store.sealing.keyring import Keyring
from bot.store.store import Store
from handlers.model.broadcast import (
    BROADCAST_TRANSITIONS,
    EXPIRY_CAMPAIGN,
    ActionResult,
    Audience,
    BroadcastPolicy,
    BroadcastState,
    CampaignPlan,
    StateReason,
)
from handlers.model.request_list import InterviewStatus
from handlers.model.rights import Rights, Role
from tests.integration.store.conftest import Database, OpenStore
from tests.support.broadcast_life import DRAFT, campaign, drafted, move, stands, state_of
from tests.support.office import OPERATOR, UNITS, given, journal, office, rights, settle_units
from tests.support.ports import StoredTurns
from tests.support.storing import CHANNEL, NOW, closing_async

BY_HAND = {BroadcastState.APPROVED, BroadcastState.RUNNING, BroadcastState.PAUSED, BroadcastState.CANCELLED}
PLAN = CampaignPlan(deadline=date(2026, 12, 30))


@pytest.fixture(autouse=True)
def units(store: Store, database: Database) -> None:
    settle_units(database.sql)


@pytest.fixture
async def near(store: Store) -> Rights:
    """An admin of Xã Nhơn Trạch."""
    await given(store, "gần", Role.ADMIN, "DN.NT")
    return await rights(store, "gần")


@pytest.fixture
async def far(store: Store) -> Rights:
    """An admin of another commune."""
    await given(store, "xa", Role.ADMIN, "DN.DP")
    return await rights(store, "xa")


def chat(store: Store, address: str = "gần") -> Chat:
    return store.chats.at(CHANNEL, address)


async def test_by_hand_it_goes_where_its_life_allows_and_nowhere_else(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    for was, to in product(BroadcastState, BroadcastState):
        stands(database.sql, name, was)

        outcome = await move(store, OPERATOR, name, to)

        allowed = to in BROADCAST_TRANSITIONS[was] and to in BY_HAND
        unchecked = was is BroadcastState.DRAFT and to is BroadcastState.APPROVED
        refusal = ActionResult.PROBLEMS if unchecked else ActionResult.NOT_ALLOWED
        assert outcome is (ActionResult.DONE if allowed else refusal), (was, to)
        assert state_of(database.sql, name)[0] == (to if allowed else was)


async def test_whoever_moves_it_at_random_its_path_is_one_of_its_life(store: Store, database: Database) -> None:
    for seed in range(4):
        chance, name = Random(seed), (await drafted(store)).id
        state, path = BroadcastState.DRAFT, [BroadcastState.DRAFT]
        for _ in range(25):
            to, was = chance.choice(list(BroadcastState)), chance.choice((state, *BroadcastState))
            if chance.random() < 0.5:
                done, expected = (
                    await BroadcastOperations.over(store).move(name, was, to, NOW),
                    was is state and to in BROADCAST_TRANSITIONS[state],
                )
            else:
                done = await move(store, OPERATOR, name, to) is ActionResult.DONE
                expected = to in BROADCAST_TRANSITIONS[state] and to in BY_HAND
            assert done is expected, (state, was, to)
            state, path = (to, [*path, to]) if done else (state, path)
        noted = database.sql("SELECT state FROM broadcast_moves WHERE broadcast = ? ORDER BY id", name)
        assert [BroadcastState(one) for (one,) in noted] == path
        assert all(after in BROADCAST_TRANSITIONS[before] for before, after in pairwise(path))


async def test_two_who_move_it_at_once_move_it_once(store: Store, another: OpenStore, database: Database) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, BroadcastState.RUNNING)
    other = await another()

    first = await move(store, OPERATOR, name, BroadcastState.PAUSED, 0)
    second = await move(other, OPERATOR, name, BroadcastState.CANCELLED, 0)

    assert (first, second) == (ActionResult.DONE, ActionResult.OVERTAKEN)
    assert not await BroadcastOperations.over(other).move(name, BroadcastState.RUNNING, BroadcastState.FINISHED, NOW)
    assert state_of(database.sql, name) == (BroadcastState.PAUSED, StateReason.BY_HAND)


async def test_an_admin_of_another_commune_sees_and_changes_nothing(
    store: Store, database: Database, near: Rights, far: Rights
) -> None:
    name = (await drafted(store, by=near, chat=chat(store))).id
    everywhere = (await drafted(store, DRAFT.model_copy(update={"audience": Audience()}))).id
    before = database.sql("SELECT * FROM broadcasts ORDER BY id")
    async with office(store) as at:
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
            assert await broadcasts.change(who, one, 0, DRAFT) is ActionResult.UNKNOWN
            for to in BroadcastState:
                assert await broadcasts.move(who, one, to) is ActionResult.UNKNOWN
        assert await broadcasts.count(far, DRAFT.audience) == ()
        assert await broadcasts.latest(far, 9) == ()
        assert [one.id for one in await broadcasts.latest(near, 9)] == [name]
        assert [one.id for one in await broadcasts.latest(OPERATOR, 9)] == [everywhere, name]
        assert [one.id for one in await broadcasts.latest(OPERATOR, 9, everywhere)] == [name]
    assert database.sql("SELECT * FROM broadcasts ORDER BY id") == before


async def test_nobody_writes_beyond_their_reach(store: Store, near: Rights) -> None:
    name = (await drafted(store, by=near)).id
    async with office(store) as at:
        broadcasts = at.admin.broadcasts
        for unit in (None, "DN", "DN.DP"):
            beyond = DRAFT.model_copy(update={"audience": Audience(unit=unit)})
            assert await broadcasts.new(near, beyond) is None
            assert await broadcasts.change(near, name, 0, beyond) is ActionResult.NOT_YOURS
        assert await broadcasts.new(OPERATOR, DRAFT.model_copy(update={"audience": Audience(unit="XX")})) is None


async def test_a_focal_officer_looks_on(store: Store, database: Database) -> None:
    await given(store, "đầu mối", Role.FOCAL, "DN.NT")
    focal, name = await rights(store, "đầu mối"), (await drafted(store)).id
    stands(database.sql, name, BroadcastState.RUNNING)
    async with office(store) as at:
        assert await at.admin.broadcasts.get(focal, name) is not None
        assert await at.admin.broadcasts.new(focal, DRAFT) is None
        assert await at.admin.broadcasts.request_check(focal, name) is ActionResult.NOT_YOURS
    for to in BroadcastState:
        assert await move(store, focal, name, to) is ActionResult.NOT_YOURS


async def test_many_recipients_need_another_person_whatever_role_the_author_acts_by(
    store: Store, database: Database, near: Rights
) -> None:
    name = (await drafted(store, by=near, chat=chat(store))).id
    stands(database.sql, name, BroadcastState.CHECKED, recipients=201)
    await given(store, "gần", Role.OWNER)
    again = Rights.of((await rights(store, "gần")).grants[1:], UNITS)
    assert again.actor != near.actor

    assert await move(store, near, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move(store, again, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE
    assert database.sql("SELECT approver FROM broadcasts WHERE id = ?", name) == [("machine",)]


async def test_whoever_works_at_the_machine_is_one_person(store: Store, database: Database, near: Rights) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, BroadcastState.CHECKED, recipients=201)

    assert await move(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move(store, near, name, BroadcastState.APPROVED) is ActionResult.DONE


async def test_few_recipients_need_nobody_else(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, BroadcastState.CHECKED, recipients=200)
    assert await move(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE


async def test_people_who_came_since_the_check_are_counted_too(
    store: Store, database: Database, keyring: Keyring
) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, BroadcastState.CHECKED, recipients=1)
    for address in ("một", "hai"):
        async with StoredTurns(store, address)() as unit:
            await unit.register.save_status(InterviewStatus(interview=1, unit="DN.NT"))

    for few, outcome in ((1, ActionResult.SECOND_PERSON), (2, ActionResult.DONE)):
        policy = BroadcastPolicy(approval_above=few)
        async with closing_async(await open_store(database.url, database.folder, keyring, policy)) as strict:
            assert await move(strict, OPERATOR, name, BroadcastState.APPROVED) is outcome


async def test_whoever_changed_the_text_does_not_approve_it(store: Store, database: Database, near: Rights) -> None:
    name = (await drafted(store)).id
    async with office(store, chat(store)) as at:
        assert await at.admin.broadcasts.change(near, name, 0, DRAFT) is ActionResult.DONE
    stands(database.sql, name, BroadcastState.CHECKED, recipients=201)

    assert await move(store, near, name, BroadcastState.APPROVED) is ActionResult.SECOND_PERSON
    assert await move(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE


async def test_a_change_makes_a_draft_of_what_was_checked_and_meets_only_what_was_seen(
    store: Store, database: Database
) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, BroadcastState.CHECKED, recipients=7)
    other = DRAFT.model_copy(update={"title": "Khác"})
    async with office(store) as at:
        broadcasts = at.admin.broadcasts
        assert await broadcasts.change(OPERATOR, name, 0, other) is ActionResult.DONE
        assert await broadcasts.change(OPERATOR, name, 0, DRAFT) is ActionResult.OVERTAKEN
        now = await broadcasts.get(OPERATOR, name)
    assert now is not None
    assert (now.state, now.recipients, now.revision, now.draft) == (BroadcastState.DRAFT, 0, 1, other)


async def test_from_approval_on_the_text_stays(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    for state in set(BroadcastState) - {BroadcastState.DRAFT, BroadcastState.CHECKED}:
        stands(database.sql, name, state)
        async with office(store) as at:
            assert await at.admin.broadcasts.change(OPERATOR, name, 0, DRAFT) is ActionResult.NOT_ALLOWED
            assert await at.admin.broadcasts.request_check(OPERATOR, name) is ActionResult.NOT_ALLOWED


async def test_the_document_stays_until_another_comes_or_its_name_goes(store: Store, database: Database) -> None:
    named, seen = DRAFT.model_copy(update={"document": "cv.pdf"}), []
    async with office(store) as at:
        made = await at.admin.broadcasts.new(OPERATOR, named, b"mot tep mat")
    assert made is not None
    for revision, (draft, file) in enumerate(((named, None), (named, b"tep khac"), (DRAFT, None))):
        seen += database.sql("SELECT document FROM broadcasts")
        async with office(store) as at:
            await at.admin.broadcasts.change(OPERATOR, made.id, revision, draft, file)
    (first,), (kept,), (other,) = seen
    assert first == kept != other is not None
    assert database.sql("SELECT document FROM broadcasts") == [(None,)]
    assert b"mot tep mat" not in database.bytes_at_rest()


async def test_what_is_done_stands_in_the_journal(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    async with office(store) as at:
        await at.admin.broadcasts.change(OPERATOR, name, 0, DRAFT)
        assert await at.admin.broadcasts.request_check(OPERATOR, name) is ActionResult.DONE
        assert await at.admin.broadcasts.request_check(OPERATOR, name) is ActionResult.DONE  # goes on already
    assert await move(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.PROBLEMS
    for state, to in (
        (BroadcastState.CHECKED, BroadcastState.APPROVED),
        (BroadcastState.SCHEDULED, BroadcastState.RUNNING),
        (BroadcastState.RUNNING, BroadcastState.PAUSED),
        (BroadcastState.PAUSED, BroadcastState.RUNNING),
        (BroadcastState.RUNNING, BroadcastState.CANCELLED),
        (BroadcastState.CANCELLED, BroadcastState.RUNNING),
    ):
        stands(database.sql, name, state)
        await move(store, OPERATOR, name, to)

    acts = [act.removeprefix("broadcast_") for _, act, subject in journal(database.sql) if subject == name]
    assert acts == ["new", "change", "check", "approve", "start", "pause", "resume", "cancel"]
    assert (await store.audit.verify_journal()).fault is None


async def test_while_a_check_goes_on_nothing_is_approved(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, BroadcastState.CHECKED)
    async with office(store) as at:
        await at.admin.broadcasts.request_check(OPERATOR, name)

    assert await move(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.PROBLEMS


async def test_a_campaigns_steps_pause_resume_and_end_with_it(store: Store, database: Database) -> None:
    name = await campaign(store, PLAN, database.sql)
    steps = [
        await BroadcastOperations.over(store).create_step(name, step, NOW) or "" for step in ("30", "14", "7", "3")
    ]
    for step, state in zip(
        steps,
        (BroadcastState.FINISHED, BroadcastState.PAUSED, BroadcastState.RUNNING, BroadcastState.SCHEDULED),
        strict=True,
    ):
        stands(database.sql, step, state)

    async def after(to: BroadcastState) -> list[str]:
        assert await move(store, OPERATOR, name, to) is ActionResult.DONE
        return [state_of(database.sql, step)[0] for step in steps]

    assert await after(BroadcastState.PAUSED) == ["finished", "paused", "paused", "scheduled"]
    assert not await BroadcastOperations.over(store).move(
        steps[3], BroadcastState.SCHEDULED, BroadcastState.RUNNING, NOW
    )
    assert await move(store, OPERATOR, steps[2], BroadcastState.RUNNING) is ActionResult.NOT_ALLOWED
    assert await BroadcastOperations.over(store).create_step(name, "1", NOW) is None
    assert await after(BroadcastState.RUNNING) == ["finished", "paused", "running", "scheduled"]
    assert await after(BroadcastState.CANCELLED) == ["finished", "cancelled", "cancelled", "cancelled"]
    assert state_of(database.sql, steps[3])[1] == StateReason.PARENT
    assert await BroadcastOperations.over(store).create_step(name, "1", NOW) is None


async def test_the_campaign_of_certificates_ends_can_be_paused_but_not_ended(
    store: Store, database: Database, keyring: Keyring
) -> None:
    database.sql(
        "INSERT INTO broadcasts (id, state, author, content, created_at, changed_at) VALUES (?, 'running', ?, ?, 0, 0)",
        *(EXPIRY_CAMPAIGN, "machine", seal_draft(keyring, EXPIRY_CAMPAIGN, DRAFT)),
    )

    assert await move(store, OPERATOR, EXPIRY_CAMPAIGN, BroadcastState.CANCELLED) is ActionResult.NOT_ALLOWED
    assert await move(store, OPERATOR, EXPIRY_CAMPAIGN, BroadcastState.PAUSED) is ActionResult.DONE


async def test_one_that_cannot_be_read_stands_in_nobodys_way(store: Store, database: Database) -> None:
    broken, sound = (await drafted(store)).id, (await drafted(store)).id
    database.sql("UPDATE broadcasts SET content = ? WHERE id = ?", b"garbage", broken)

    assert [one.id for one in await store.broadcasts.list_open()] == [sound]
    async with office(store) as at:
        assert [one.id for one in await at.admin.broadcasts.latest(OPERATOR, 9)] == [sound]
