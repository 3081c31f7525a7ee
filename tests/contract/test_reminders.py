"""Answers to reminders change what a person is reminded of, and what waits for them."""

from datetime import date

import pytest

from handlers.model import BroadcastState, CampaignPlan, DeliveryReason
from tests.support.backends import Backend
from tests.support.broadcasts import GREETING_DRAFT, create_draft
from tests.support.dialogue import read_own_data
from tests.support.store import ADDRESS, NOW, broadcast_operations
from tests.support.stored_dialogue import StoredTurns, Turns

DAY = date(2026, 12, 1)


@pytest.fixture
async def had(ground: Backend) -> str:
    """A broadcast that the person had, and of which one more waits for them."""
    for state in ("sent", "queued"):
        name = (await create_draft(ground.store)).id
        ground.add_row(name, ADDRESS, state)
    return "TB-000001"


async def test_stopping_holds_back_what_waits_and_is_taken_back(turns: Turns, had: str) -> None:
    async with turns() as unit:
        assert not await unit.reminders.is_stopped()
        assert await unit.reminders.stop() == 1
        assert await unit.reminders.stop() == 0
        assert await unit.reminders.is_stopped()
    async with turns() as unit:
        assert await unit.reminders.is_stopped()
        await unit.reminders.resume()
        assert not await unit.reminders.is_stopped()


async def test_what_is_answered_is_shown_and_the_last_word_counts(turns: Turns, had: str) -> None:
    async with turns() as unit:
        assert await unit.reminders.postpone(had, DAY)
        (later,) = (await read_own_data(unit.own_data))["reminders"]["answers"]
        assert await unit.reminders.mark_done(had)
        (done,) = (await read_own_data(unit.own_data))["reminders"]["answers"]
        await unit.reminders.stop()
        held = await read_own_data(unit.own_data)
    assert later == {"broadcast": had, "done_at": None, "later_on": "2026-12-01"}
    assert done == {"broadcast": had, "done_at": NOW.isoformat(), "later_on": None}
    assert held["reminders"] == {"stopped_at": NOW.isoformat(), "reminded_at": None, "answers": [done]}


async def test_the_latest_is_one_that_came(turns: Turns, had: str) -> None:
    async with turns() as unit:
        assert await unit.reminders.latest() == had
        assert await unit.reminders.has_received(had)


async def test_to_a_broadcast_that_was_not_sent_here_nothing_can_be_said(turns: Turns, had: str) -> None:
    async with turns() as unit:
        for name in ("TB-999999", "", "'; --"):
            assert not await unit.reminders.has_received(name)
            assert not await unit.reminders.mark_done(name)
            assert not await unit.reminders.postpone(name, DAY)
        assert (await read_own_data(unit.own_data))["reminders"]["answers"] == []


async def test_answers_go_with_my_data_and_a_wish_for_none_stays(turns: Turns, had: str) -> None:
    async with turns() as unit:
        await unit.reminders.mark_done(had)
        await unit.reminders.stop()
        await unit.own_data.erase()
        held = (await read_own_data(unit.own_data))["reminders"]
        assert (held["answers"], held["stopped_at"]) == ([], NOW.isoformat())


async def test_an_answer_is_about_the_whole_campaign_of_this_person_alone(ground: Backend) -> None:
    plan = CampaignPlan(deadline=DAY)
    name = (await create_draft(ground.store, GREETING_DRAFT.model_copy(update={"plan": plan}))).id
    ground.stands(name, BroadcastState.RUNNING)
    steps = [await broadcast_operations(ground.store).create_step(name, step, NOW) or "" for step in ("14", "7")]
    other = (await create_draft(ground.store)).id
    for broadcast, state in ((steps[0], "sent"), (steps[1], "queued"), (other, "queued")):
        ground.add_row(broadcast, ADDRESS, state)
        ground.add_row(broadcast, "khác", state)

    async with StoredTurns(ground.store)() as unit:
        assert await unit.reminders.postpone(steps[0], DAY)

    waits = ("queued", None)
    assert list(ground.rows_of(steps[1]).values()) == [("skipped", DeliveryReason.LATER), waits]
    assert list(ground.rows_of(other).values()) == [waits, waits]
    assert await ground.store.broadcasts.due_postponed(DAY) == {name: (ground.store.chats.at("telegram", ADDRESS).id,)}
