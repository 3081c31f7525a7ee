"""Campaigns that go on by themselves over a real store, on the test's clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.delivery.broadcast_scheduler import BroadcastScheduler
from bot.delivery.broadcast_sending import SchedulerSettings
from bot.services.broadcasts import BroadcastOperations
from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.model import (
    EXPIRY_CAMPAIGN,
    ActionResult,
    Audience,
    BroadcastDraft,
    BroadcastPolicy,
    BroadcastState,
    CampaignPlan,
    Role,
)
from rules.calendar import to_vietnam_time
from tests.support.people import OPERATOR, admin_transaction, grant_role
from tests.support.scheduler import ADMIN, TEXT, SchedulerRun, vietnam_time
from tests.support.store import closing_async

DEADLINE = date(2026, 12, 31)
OWED = Audience(to_do=True)
DRAFT = BroadcastDraft(title="Đổi chứng thư", text=TEXT, audience=OWED, deadline=DEADLINE)
#: T-30, T-14, T-7, T-3, T-1, the day, T+1: all on working days.
CAMPAIGN = DRAFT.model_copy(update={"plan": CampaignPlan(deadline=DEADLINE)})


@pytest.fixture
def house(store: Store, tmp_path: Path) -> SchedulerRun:
    return SchedulerRun(store, tmp_path)


async def test_a_campaign_reminds_exactly_those_who_are_left_and_ends_by_itself(house: SchedulerRun) -> None:
    house.officers("lan", "minh", "hoa")
    campaign = await house.approved(CAMPAIGN)
    done = {14: "lan", 1: "minh"}
    for days in (30, 14, 7, 3, 1, 0, -1):
        day = DEADLINE - timedelta(days=days)
        house.start()  # a new process for every step
        await house.at(vietnam_time(day.month, day.day, 8, 30, day.year))
        await house.delivered()
        if days in done:
            house.finishes(done[days])
    all_three, two = ["hoa", "lan", "minh"], ["hoa", "minh"]
    assert house.reached(campaign) == {
        "30": all_three, "14": all_three, "7": two, "3": two, "1": two, "0": ["hoa"], "-1": ["hoa"]
    }  # fmt: skip
    assert set(house.steps(campaign).values()) == {("finished", None)}
    assert house.state(campaign) == ("finished", None)
    assert house.told(campaign) == ["checked", "over"]


@pytest.mark.parametrize(
    ("late", "steps", "reached"),
    [
        ("run", {"14": ("cancelled", "missed"), "7": ("finished", "late")}, {"7": ["lan"]}),
        ("skip", {"14": ("cancelled", "missed"), "7": ("cancelled", "missed")}, {}),
    ],
)
async def test_what_was_missed_while_the_program_was_down_runs_once_late_or_is_left_out(
    house: SchedulerRun, late: str, steps: dict[str, tuple[str, str]], reached: dict[str, list[str]]
) -> None:
    house.officers("lan")
    plan = CampaignPlan(deadline=DEADLINE, steps=(14, 7, 0), late="run" if late == "run" else "skip")
    campaign = await house.approved(DRAFT.model_copy(update={"plan": plan}))
    for moment in (
        vietnam_time(12, 25),
        vietnam_time(12, 20),
        vietnam_time(12, 25, 10),
    ):  # in between the clock is set back
        house.start()
        await house.at(moment)
        await house.delivered()
    assert (house.steps(campaign), house.reached(campaign)) == (steps, reached)
    assert "left_out" in house.told(campaign)


async def test_nothing_leaves_in_the_quiet_hours_and_that_is_on_record(house: SchedulerRun) -> None:
    house.officers("lan", "minh")
    name = await house.approved(DRAFT.model_copy(update={"starts_at": vietnam_time(11, 24, 21)}))
    await house.at(vietnam_time(11, 24, 21))
    house.deliver(names=["lan"])
    await house.at(vietnam_time(11, 24, 21, 30))
    house.deliver()
    assert house.sql("SELECT state FROM outbox WHERE broadcast = ? ORDER BY chat", name) == [("sent",), ("queued",)]
    assert house.state(name) == ("running", "quiet")
    await house.at(vietnam_time(11, 25, 6, 30))
    await house.delivered()
    assert house.state(name) == ("finished", None)
    moves = house.sql("SELECT state, why FROM broadcast_moves WHERE broadcast = ? AND why IS NOT NULL", name)
    assert moves == [("running", "quiet")]


async def test_what_is_started_by_hand_at_night_waits_for_the_morning(house: SchedulerRun) -> None:
    house.officers("lan")
    name = await house.approved(DRAFT)
    assert house.told(name) == ["checked", "ready"]
    await house.at(vietnam_time(11, 28))  # a Saturday
    assert await house.by_hand(name, BroadcastState.RUNNING) is ActionResult.DONE
    await house.delivered()
    assert house.state(name)[0] == "running"
    await house.at(vietnam_time(11, 30, 6, 30))
    await house.delivered()
    assert house.state(name) == ("finished", None)
    assert house.told(name) == ["checked", "ready", "finished"]


async def test_one_message_moves_in_the_authors_chat_until_the_end(house: SchedulerRun) -> None:
    house.officers("lan", "minh")
    name = await house.approved(DRAFT)
    await house.by_hand(name, BroadcastState.RUNNING)
    await house.calm()
    *_, shown = await house.heard()
    house.deliver(names=["lan"])
    await house.calm()
    (moved,) = await house.heard()
    await house.delivered()
    last, summary = await house.heard()
    assert [reply.action for reply in (shown, moved, last, summary)] == ["send", "edit", "edit", "send"]
    assert moved.target == last.target is not None
    assert ["50 %" in moved.paragraphs[1], "100 %" in last.paragraphs[1]] == [True, True]
    assert [len(reply.choices) for reply in (shown, moved, last)] == [2, 2, 1]


async def test_too_many_errors_pause_it_until_somebody_lets_it_go_on(house: SchedulerRun) -> None:
    house.officers(*(f"officer{number:02}" for number in range(41)))
    name = await house.approved(DRAFT)
    await house.by_hand(name, BroadcastState.RUNNING)
    house.deliver("failed", [f"officer{number:02}" for number in range(20)])
    await house.calm()
    assert house.state(name) == ("paused", "errors")
    await house.at(vietnam_time(11, 23, 22))  # why it is paused stays said, whatever the hour
    assert house.state(name) == ("paused", "errors")
    await house.at(vietnam_time(11, 24))
    await house.by_hand(name, BroadcastState.RUNNING)
    await house.calm()
    assert house.state(name) == ("running", None)
    await house.delivered()
    assert house.state(name) == ("finished", None)
    assert house.told(name) == ["checked", "ready", "errors", "finished"]


async def test_a_paused_campaign_rests_and_a_cancelled_one_withdraws_what_waits(house: SchedulerRun) -> None:
    house.officers("lan", "minh")
    campaign = await house.approved(CAMPAIGN)
    await house.at(vietnam_time(12, 1, 8, 30))
    await house.by_hand(campaign, BroadcastState.PAUSED)
    await house.at(vietnam_time(12, 17, 8, 30))
    assert house.steps(campaign) == {"30": ("paused", "parent")}
    await house.by_hand(campaign, BroadcastState.RUNNING)
    await house.at(vietnam_time(12, 17, 9))
    house.deliver(names=["lan"])
    await house.by_hand(campaign, BroadcastState.CANCELLED)
    await house.at(vietnam_time(12, 24, 8, 30))
    assert house.steps(campaign) == {"30": ("cancelled", "parent"), "14": ("cancelled", "parent")}
    assert set(house.sql("SELECT chat, state, reason FROM outbox WHERE broadcast IS NOT NULL")) == {
        ("lan", "sent", None),
        ("minh", "skipped", "cancelled"),
    }


async def test_several_processes_may_do_it_at_once(house: SchedulerRun) -> None:
    house.officers("lan", "minh")
    campaign = await house.approved(CAMPAIGN)
    heralds = [
        BroadcastScheduler(BroadcastOperations.over(house.store), house.terms, house.clock, lambda: None)
        for _ in range(3)
    ]
    for day in (1, 17):
        house.clock.set(vietnam_time(12, day, 8, 30))
        for _ in range(8):
            await asyncio.gather(*(herald.work() for herald in heralds))
            house.deliver()
            house.clock.seconds += 3.0
    assert house.reached(campaign) == {"30": ["lan", "minh"], "14": ["lan", "minh"]}
    steps = house.sql("SELECT id FROM broadcasts WHERE parent = ?", campaign)
    assert [house.told(name) for (name,) in steps] == [["finished"], ["finished"]]


async def test_of_a_certificate_that_ends_its_holder_hears_at_each_distance_once(house: SchedulerRun) -> None:
    house.officers("lan", ends=date(2027, 2, 1), owed="")
    day = vietnam_time(11, 30)
    while day < vietnam_time(2, 3, year=2027):
        house.start()
        await house.at(day)
        await house.delivered()
        day += timedelta(days=1)
    # 60 days before is a Thursday, 30 days before a Saturday: that one comes on Monday
    reached = house.reached(EXPIRY_CAMPAIGN)
    last_day = vietnam_time(2, 1, year=2027)
    weekdays = [to_vietnam_time(last_day - timedelta(days=left)).strftime("%a") for left in (60, 30, 7)]
    assert weekdays == ["Thu", "Sat", "Mon"]
    assert reached == {"expiry:2026-12-03": ["lan"], "expiry:2027-01-04": ["lan"], "expiry:2027-01-25": ["lan"]}
    assert house.state(EXPIRY_CAMPAIGN) == ("running", None)


async def test_who_wants_to_be_reminded_later_is_on_that_day_once_and_not_when_it_is_done(house: SchedulerRun) -> None:
    house.officers("lan", "minh", "hoa")
    campaign = await house.approved(CAMPAIGN)
    await house.at(vietnam_time(12, 1, 8, 30))
    await house.delivered()
    for name in ("lan", "minh"):
        house.sql("INSERT INTO reminder_marks VALUES (?, ?, NULL, ?)", campaign, name, date(2026, 12, 7).toordinal())
    house.finishes("minh")
    for moment in (
        vietnam_time(12, 4),
        vietnam_time(12, 7, 8),
        vietnam_time(12, 7, 8, 30),
        vietnam_time(12, 7, 15),
        vietnam_time(12, 8),
    ):
        house.start()
        await house.at(moment)
        await house.delivered()
    assert house.reached(campaign) == {"30": ["hoa", "lan", "minh"], "later:2026-12-07": ["lan"]}
    assert house.steps(campaign).keys() == {"30", "later:2026-12-07"}


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[SchedulerRun]:
    """A house in which a broadcast to more than three people needs a second person."""
    keyring, _ = open_keyring(tmp_path / "keys.json")
    async with closing_async(await open_store(None, tmp_path, keyring, BroadcastPolicy(approval_above=3))) as store:
        yield SchedulerRun(store, tmp_path, SchedulerSettings(approval_above=3))


async def approved_alone(house: SchedulerRun, draft: BroadcastDraft) -> str:
    """Written, checked and approved by one and the same admin."""
    return await house.approved(draft, alone=True)


async def test_a_campaign_approved_alone_for_few_asks_a_second_person_before_it_goes_to_many(
    strict: SchedulerRun,
) -> None:
    strict.officers("lan", "minh")
    campaign = await approved_alone(strict, CAMPAIGN)
    await strict.at(vietnam_time(12, 1, 8, 30))
    await strict.delivered()
    strict.officers("hoa", "nam", "oanh", "phuc", "quy", "son", "tuan")
    await grant_role(strict.store, "7777", Role.OWNER)

    await strict.at(vietnam_time(12, 17, 8, 30))
    await strict.delivered()

    assert strict.reached(campaign) == {"30": ["lan", "minh"]}
    assert strict.steps(campaign)["14"] == ("checked", "second_person")
    (step,) = strict.sql("SELECT id, recipients FROM broadcasts WHERE parent = ? AND step = '14'", campaign)
    assert step[1] == 9
    assert strict.told(step[0]) == ["approve", "second_person"]
    assert await strict.by_hand(step[0], BroadcastState.APPROVED, by=ADMIN) is ActionResult.SECOND_PERSON
    assert await strict.by_hand(step[0], BroadcastState.APPROVED, by="7777") is ActionResult.DONE
    await strict.calm()
    await strict.delivered()
    assert len(strict.reached(campaign)["14"]) == 9

    await strict.at(vietnam_time(12, 24, 8, 30))  # the campaign is decided by two now
    await strict.delivered()
    assert len(strict.reached(campaign)["7"]) == 9


async def test_a_step_that_waits_for_a_second_person_is_not_rewritten_apart_from_its_campaign(
    strict: SchedulerRun,
) -> None:
    strict.officers("lan", "minh")
    campaign = await approved_alone(strict, CAMPAIGN)
    strict.officers("hoa", "nam")
    await grant_role(strict.store, "7777", Role.OWNER)
    await strict.at(vietnam_time(12, 1, 8, 30))
    ((step, revision),) = strict.sql("SELECT id, revision FROM broadcasts WHERE parent = ?", campaign)

    async with admin_transaction(strict.store) as at:
        assert await at.admin.broadcasts.change(OPERATOR, step, revision, DRAFT, None) is ActionResult.NOT_ALLOWED

    assert await strict.by_hand(step, BroadcastState.APPROVED, by="7777") is ActionResult.DONE
    await strict.calm()
    await strict.delivered()
    assert len(strict.reached(campaign)["30"]) == 4


async def test_the_limit_counts_all_whom_the_steps_of_a_campaign_reach(strict: SchedulerRun) -> None:
    strict.officers("lan", "minh")
    campaign = await approved_alone(strict, CAMPAIGN)
    await strict.at(vietnam_time(12, 1, 8, 30))
    await strict.delivered()
    strict.finishes("lan")
    strict.finishes("minh")
    strict.officers("hoa", "nam")

    await strict.at(vietnam_time(12, 17, 8, 30))
    await strict.delivered()

    assert strict.reached(campaign) == {"30": ["lan", "minh"]}
    assert strict.steps(campaign)["14"] == ("checked", "second_person")


async def test_a_step_that_nobody_else_approved_is_left_out_when_the_next_one_is_due(strict: SchedulerRun) -> None:
    strict.officers("lan", "minh")
    campaign = await approved_alone(strict, CAMPAIGN)
    strict.officers("hoa", "nam")
    await strict.at(vietnam_time(12, 1, 8, 30))
    await strict.at(vietnam_time(12, 17, 8, 30))

    assert strict.steps(campaign)["30"] == ("cancelled", "second_person")
    assert strict.steps(campaign)["14"] == ("checked", "second_person")
    assert strict.reached(campaign) == {}


async def test_a_broadcast_approved_alone_goes_to_no_more_than_one_person_may_decide_about(
    strict: SchedulerRun,
) -> None:
    strict.officers("lan", "minh")
    name = await strict.approved(DRAFT, alone=True, meanwhile=lambda: strict.officers("hoa", "nam", "oanh"))

    assert strict.state(name) == ("checked", "second_person")
    assert strict.sql("SELECT COUNT(*) FROM outbox WHERE broadcast = ?", name) == [(0,)]
    assert "finished" not in strict.told(name)
    assert await strict.by_hand(name, BroadcastState.APPROVED) is ActionResult.DONE
    await strict.calm()
    assert strict.state(name) == ("scheduled", None)
