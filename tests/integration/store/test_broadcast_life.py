"""The life of a broadcast: who may take it where, from where, and what goes along."""

from datetime import date
from itertools import pairwise, product
from random import Random

import pytest

from bot.store import open_store
from bot.store.api import Chat, Store
from bot.store.broadcasts.rows import sealed_draft
from bot.store.sealing import Keyring
from handlers.broadcasts.model import LIFE, STANDING, Audience, Life, Outcome, Plan, Why
from handlers.broadcasts.policy import Policy
from handlers.office.model import Standing
from handlers.office.rights import Rights, Role
from tests.integration.store.conftest import Database, OpenStore
from tests.support.broadcast_life import DRAFT, campaign, drafted, move, stands, state_of
from tests.support.office import OPERATOR, UNITS, given, journal, office, rights, settle_units
from tests.support.ports import StoredTurns
from tests.support.storing import CHANNEL, NOW, closing_async

BY_HAND = {Life.APPROVED, Life.RUNNING, Life.PAUSED, Life.CANCELLED}
PLAN = Plan(deadline=date(2026, 12, 30))


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
    return store.chat(CHANNEL, address)


async def test_by_hand_it_goes_where_its_life_allows_and_nowhere_else(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    for was, to in product(Life, Life):
        stands(database.sql, name, was)

        outcome = await move(store, OPERATOR, name, to)

        allowed = to in LIFE[was] and to in BY_HAND
        unchecked = was is Life.DRAFT and to is Life.APPROVED
        refusal = Outcome.PROBLEMS if unchecked else Outcome.NOT_ALLOWED
        assert outcome is (Outcome.DONE if allowed else refusal), (was, to)
        assert state_of(database.sql, name)[0] == (to if allowed else was)


async def test_whoever_moves_it_at_random_its_path_is_one_of_its_life(store: Store, database: Database) -> None:
    for seed in range(4):
        chance, name = Random(seed), (await drafted(store)).id
        state, path = Life.DRAFT, [Life.DRAFT]
        for _ in range(25):
            to, was = chance.choice(list(Life)), chance.choice((state, *Life))
            if chance.random() < 0.5:
                done, expected = await store.broadcasts.move(name, was, to, NOW), was is state and to in LIFE[state]
            else:
                done = await move(store, OPERATOR, name, to) is Outcome.DONE
                expected = to in LIFE[state] and to in BY_HAND
            assert done is expected, (state, was, to)
            state, path = (to, [*path, to]) if done else (state, path)
        noted = database.sql("SELECT state FROM broadcast_moves WHERE broadcast = ? ORDER BY id", name)
        assert [Life(one) for (one,) in noted] == path
        assert all(after in LIFE[before] for before, after in pairwise(path))


async def test_two_who_move_it_at_once_move_it_once(store: Store, another: OpenStore, database: Database) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, Life.RUNNING)
    other = await another()

    first = await move(store, OPERATOR, name, Life.PAUSED, 0)
    second = await move(other, OPERATOR, name, Life.CANCELLED, 0)

    assert (first, second) == (Outcome.DONE, Outcome.OVERTAKEN)
    assert not await other.broadcasts.move(name, Life.RUNNING, Life.FINISHED, NOW)
    assert state_of(database.sql, name) == (Life.PAUSED, Why.BY_HAND)


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
            assert await broadcasts.request_check(who, one) is Outcome.UNKNOWN
            assert await broadcasts.change(who, one, 0, DRAFT) is Outcome.UNKNOWN
            for to in Life:
                assert await broadcasts.move(who, one, to) is Outcome.UNKNOWN
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
            assert await broadcasts.change(near, name, 0, beyond) is Outcome.NOT_YOURS
        assert await broadcasts.new(OPERATOR, DRAFT.model_copy(update={"audience": Audience(unit="XX")})) is None


async def test_a_focal_officer_looks_on(store: Store, database: Database) -> None:
    await given(store, "đầu mối", Role.FOCAL, "DN.NT")
    focal, name = await rights(store, "đầu mối"), (await drafted(store)).id
    stands(database.sql, name, Life.RUNNING)
    async with office(store) as at:
        assert await at.admin.broadcasts.get(focal, name) is not None
        assert await at.admin.broadcasts.new(focal, DRAFT) is None
        assert await at.admin.broadcasts.request_check(focal, name) is Outcome.NOT_YOURS
    for to in Life:
        assert await move(store, focal, name, to) is Outcome.NOT_YOURS


async def test_many_recipients_need_another_person_whatever_role_the_author_acts_by(
    store: Store, database: Database, near: Rights
) -> None:
    name = (await drafted(store, by=near, chat=chat(store))).id
    stands(database.sql, name, Life.CHECKED, recipients=201)
    await given(store, "gần", Role.OWNER)
    again = Rights.of((await rights(store, "gần")).grants[1:], UNITS)
    assert again.actor != near.actor

    assert await move(store, near, name, Life.APPROVED) is Outcome.SECOND_PERSON
    assert await move(store, again, name, Life.APPROVED) is Outcome.SECOND_PERSON
    assert await move(store, OPERATOR, name, Life.APPROVED) is Outcome.DONE
    assert database.sql("SELECT approver FROM broadcasts WHERE id = ?", name) == [("machine",)]


async def test_whoever_works_at_the_machine_is_one_person(store: Store, database: Database, near: Rights) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, Life.CHECKED, recipients=201)

    assert await move(store, OPERATOR, name, Life.APPROVED) is Outcome.SECOND_PERSON
    assert await move(store, near, name, Life.APPROVED) is Outcome.DONE


async def test_few_recipients_need_nobody_else(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, Life.CHECKED, recipients=200)
    assert await move(store, OPERATOR, name, Life.APPROVED) is Outcome.DONE


async def test_people_who_came_since_the_check_are_counted_too(
    store: Store, database: Database, keyring: Keyring
) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, Life.CHECKED, recipients=1)
    for address in ("một", "hai"):
        async with StoredTurns(store, address)() as unit:
            await unit.register.save_status(Standing(interview=1, unit="DN.NT"))

    for few, outcome in ((1, Outcome.SECOND_PERSON), (2, Outcome.DONE)):
        policy = Policy(approval_above=few)
        async with closing_async(await open_store(database.url, database.folder, keyring, policy)) as strict:
            assert await move(strict, OPERATOR, name, Life.APPROVED) is outcome


async def test_whoever_changed_the_text_does_not_approve_it(store: Store, database: Database, near: Rights) -> None:
    name = (await drafted(store)).id
    async with office(store, chat(store)) as at:
        assert await at.admin.broadcasts.change(near, name, 0, DRAFT) is Outcome.DONE
    stands(database.sql, name, Life.CHECKED, recipients=201)

    assert await move(store, near, name, Life.APPROVED) is Outcome.SECOND_PERSON
    assert await move(store, OPERATOR, name, Life.APPROVED) is Outcome.DONE


async def test_a_change_makes_a_draft_of_what_was_checked_and_meets_only_what_was_seen(
    store: Store, database: Database
) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, Life.CHECKED, recipients=7)
    other = DRAFT.model_copy(update={"title": "Khác"})
    async with office(store) as at:
        broadcasts = at.admin.broadcasts
        assert await broadcasts.change(OPERATOR, name, 0, other) is Outcome.DONE
        assert await broadcasts.change(OPERATOR, name, 0, DRAFT) is Outcome.OVERTAKEN
        now = await broadcasts.get(OPERATOR, name)
    assert now is not None
    assert (now.state, now.recipients, now.revision, now.draft) == (Life.DRAFT, 0, 1, other)


async def test_from_approval_on_the_text_stays(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    for state in set(Life) - {Life.DRAFT, Life.CHECKED}:
        stands(database.sql, name, state)
        async with office(store) as at:
            assert await at.admin.broadcasts.change(OPERATOR, name, 0, DRAFT) is Outcome.NOT_ALLOWED
            assert await at.admin.broadcasts.request_check(OPERATOR, name) is Outcome.NOT_ALLOWED


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
        assert await at.admin.broadcasts.request_check(OPERATOR, name) is Outcome.DONE
        assert await at.admin.broadcasts.request_check(OPERATOR, name) is Outcome.DONE  # goes on already
    assert await move(store, OPERATOR, name, Life.APPROVED) is Outcome.PROBLEMS
    for state, to in (
        (Life.CHECKED, Life.APPROVED),
        (Life.SCHEDULED, Life.RUNNING),
        (Life.RUNNING, Life.PAUSED),
        (Life.PAUSED, Life.RUNNING),
        (Life.RUNNING, Life.CANCELLED),
        (Life.CANCELLED, Life.RUNNING),
    ):
        stands(database.sql, name, state)
        await move(store, OPERATOR, name, to)

    acts = [act.removeprefix("broadcast_") for _, act, subject in journal(database.sql) if subject == name]
    assert acts == ["new", "change", "check", "approve", "start", "pause", "resume", "cancel"]
    assert (await store.verify_journal()).fault is None


async def test_while_a_check_goes_on_nothing_is_approved(store: Store, database: Database) -> None:
    name = (await drafted(store)).id
    stands(database.sql, name, Life.CHECKED)
    async with office(store) as at:
        await at.admin.broadcasts.request_check(OPERATOR, name)

    assert await move(store, OPERATOR, name, Life.APPROVED) is Outcome.PROBLEMS


async def test_a_campaigns_steps_pause_resume_and_end_with_it(store: Store, database: Database) -> None:
    name = await campaign(store, PLAN, database.sql)
    steps = [await store.broadcasts.create_step(name, step, NOW) or "" for step in ("30", "14", "7", "3")]
    for step, state in zip(steps, (Life.FINISHED, Life.PAUSED, Life.RUNNING, Life.SCHEDULED), strict=True):
        stands(database.sql, step, state)

    async def after(to: Life) -> list[str]:
        assert await move(store, OPERATOR, name, to) is Outcome.DONE
        return [state_of(database.sql, step)[0] for step in steps]

    assert await after(Life.PAUSED) == ["finished", "paused", "paused", "scheduled"]
    assert not await store.broadcasts.move(steps[3], Life.SCHEDULED, Life.RUNNING, NOW)
    assert await move(store, OPERATOR, steps[2], Life.RUNNING) is Outcome.NOT_ALLOWED
    assert await store.broadcasts.create_step(name, "1", NOW) is None
    assert await after(Life.RUNNING) == ["finished", "paused", "running", "scheduled"]
    assert await after(Life.CANCELLED) == ["finished", "cancelled", "cancelled", "cancelled"]
    assert state_of(database.sql, steps[3])[1] == Why.PARENT
    assert await store.broadcasts.create_step(name, "1", NOW) is None


async def test_the_campaign_of_certificates_ends_can_be_paused_but_not_ended(
    store: Store, database: Database, keyring: Keyring
) -> None:
    database.sql(
        "INSERT INTO broadcasts (id, state, author, content, created_at, changed_at) VALUES (?, 'running', ?, ?, 0, 0)",
        *(STANDING, "machine", sealed_draft(keyring, STANDING, DRAFT)),
    )

    assert await move(store, OPERATOR, STANDING, Life.CANCELLED) is Outcome.NOT_ALLOWED
    assert await move(store, OPERATOR, STANDING, Life.PAUSED) is Outcome.DONE


async def test_one_that_cannot_be_read_stands_in_nobodys_way(store: Store, database: Database) -> None:
    broken, sound = (await drafted(store)).id, (await drafted(store)).id
    database.sql("UPDATE broadcasts SET content = ? WHERE id = ?", b"garbage", broken)

    assert [one.id for one in await store.broadcasts.list_open()] == [sound]
    async with office(store) as at:
        assert [one.id for one in await at.admin.broadcasts.latest(OPERATOR, 9)] == [sound]
