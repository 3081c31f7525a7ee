"""What goes on with broadcasts by itself, over a book in memory."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from bot.delivery.broadcast_scheduler import BroadcastScheduler
from bot.delivery.broadcast_sending import ProgressMonitor, SchedulerSettings
from bot.settings import Settings
from bot.store.errors import StoreUnavailable
from handlers.model import (
    EXPIRY_CAMPAIGN,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastProblem,
    BroadcastState,
    CampaignPlan,
    DeliveryCounts,
    ProblemKind,
)
from rules.calendar import VIETNAM
from tests.support.delivery import ManualClock
from tests.support.memory_broadcasts import MemoryBroadcasts

DRAFT = BroadcastDraft(title="Đổi chứng thư", language="en")
#: A Wednesday.
CAMPAIGN = DRAFT.model_copy(update={"plan": CampaignPlan(deadline=date(2026, 12, 30), steps=(14, 7, 0))})


def on(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of 2026 in Viet Nam."""
    return datetime(2026, month, day, hour, minute, tzinfo=VIETNAM)


class Scene:
    """A herald and its clock, from a Monday morning on."""

    def __init__(self, book: MemoryBroadcasts, terms: SchedulerSettings | None = None) -> None:
        self.clock = ManualClock()
        self.clock.set(on(11, 23))
        self.book = book
        self.terms = terms or SchedulerSettings()
        self.queued = 0
        self.failing: set[str] = set()
        self.may_fail: set[str] = set()
        self.start()

    def start(self) -> None:
        """A new process."""
        self.herald = BroadcastScheduler(self.book, self.terms, self.clock, self._count)

    def _count(self) -> None:
        self.queued += 1

    async def until_calm(self, moment: datetime | None = None) -> None:
        """Look until there is nothing more to do at once."""
        if moment:
            self.clock.set(moment)
        while await self.herald.work():
            self.clock.seconds += 3.0
        self.failing |= self.herald._failing

    async def later(self, seconds: float = 3.0) -> None:
        self.clock.seconds += seconds
        await self.until_calm()

    def add(self, state: BroadcastState, draft: BroadcastDraft = DRAFT, **known: object) -> str:
        return self.book.add(draft, state, self.clock.now(), **known)


@pytest.fixture
def book() -> MemoryBroadcasts:
    return MemoryBroadcasts()


@pytest.fixture
def scene(book: MemoryBroadcasts) -> Iterator[Scene]:
    scene = Scene(book)
    yield scene
    assert scene.failing == scene.may_fail


async def test_a_check_that_was_asked_for_is_made_and_its_author_told(scene: Scene, book: MemoryBroadcasts) -> None:
    name = scene.add(BroadcastState.DRAFT, checking=True)
    await scene.until_calm()
    assert book.state(name)[0] == "checked"
    ((_, _, text),) = book.told
    assert "Recipients: 2" in text
    assert "Nothing stands against it. Send it to yourself first" in text


async def test_what_stands_against_it_is_told_with_the_rows(scene: Scene, book: MemoryBroadcasts) -> None:
    book.problems = (BroadcastProblem(trouble=ProblemKind.MISSING, about="{don_vi}", rows=("N-3F2A91C0",), count=1),)
    name = scene.add(BroadcastState.DRAFT, checking=True)
    await scene.until_calm()
    assert book.state(name)[0] == "draft"
    assert "N-3F2A91C0" in book.told[0][2]
    assert "put this right" in book.told[0][2]


async def test_above_the_limit_the_author_hears_that_a_second_person_is_needed_and_others_are_asked(
    book: MemoryBroadcasts,
) -> None:
    scene = Scene(book, SchedulerSettings(approval_above=1))
    scene.add(BroadcastState.DRAFT, checking=True)
    await scene.until_calm()
    assert "second person" in book.told[0][2]
    (asked,) = [text for _, mark, text in book.told if mark.startswith("approve:")]
    assert "TB-000001</b> Đổi chứng thư" in asked
    assert "Recipients: 2\nWritten by: Lan, QT-000001" in asked
    assert "/thongbao TB-000001" in asked


async def test_nobody_is_asked_to_approve_what_cannot_be_sent_yet(book: MemoryBroadcasts) -> None:
    scene = Scene(book, SchedulerSettings(approval_above=1))
    book.problems = (BroadcastProblem(trouble=ProblemKind.UNKNOWN, rows=("7",), count=1),)
    scene.add(BroadcastState.DRAFT, checking=True)
    await scene.until_calm()
    assert [mark for _, mark, _ in book.told if mark.startswith("approve:")] == []


async def test_rows_are_made_batch_by_batch_and_other_broadcasts_go_on_in_between(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    book.people, book.batch = [str(number) for number in range(5)], 2
    large, small = scene.add(BroadcastState.APPROVED), scene.add(BroadcastState.DRAFT, checking=True)
    assert await scene.herald.work()
    assert len(book.rows[large]) == 2
    assert book.state(small)[0] == "checked"
    await scene.until_calm()
    assert len(book.rows[large]) == 5
    assert book.state(large)[0] == "scheduled"
    assert book.marks(large) == ["ready"]


async def test_it_starts_at_its_time_and_without_one_when_it_is_started_by_hand(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    timed = scene.add(BroadcastState.APPROVED, starts_at=on(11, 23, 10))
    by_hand = scene.add(BroadcastState.APPROVED)
    await scene.until_calm()
    assert book.state(timed)[0] == "scheduled"
    await scene.until_calm(on(11, 23, 10))
    assert [book.state(name)[0] for name in (timed, by_hand)] == ["running", "scheduled"]


async def test_it_ends_with_its_last_row_and_the_author_reads_what_became_of_all(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    name = scene.add(BroadcastState.APPROVED, starts_at=on(11, 23, 9))
    await scene.until_calm()
    book.deliver(name, lan="sent")
    await scene.later()
    assert book.state(name)[0] == "running"
    book.deliver(name, minh="unknown")
    await scene.later()
    assert book.state(name)[0] == "finished"
    assert book.marks(name) == ["ready", "finished:1"]
    summary = book.told[-1][2]
    assert "Sent: 1" in summary
    assert "Of 1 people it is not known whether the message arrived." in summary


async def test_the_message_moves_only_while_something_changes_and_not_too_often(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    book.people = [str(number) for number in range(10)]
    name = scene.add(BroadcastState.APPROVED, starts_at=on(11, 23, 9))
    await scene.until_calm()
    book.told.clear()
    for number in range(6):
        book.deliver(name, **{str(number // 2): "sent"})
        await scene.later(1.0)
    await scene.later(60)
    await scene.later(60)
    shown = [text for _, mark, text in book.told if mark == "shown"]
    assert ["20 %" in shown[0], "30 %" in shown[-1]] == [True, True]
    assert len(shown) <= 4


async def test_what_the_message_could_not_show_it_shows_when_its_chat_is_free(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    name = scene.add(BroadcastState.PAUSED)
    book.rows[name] = {"lan": "queued"}
    book.busy = True
    await scene.until_calm()
    assert book.told == []
    book.busy = False
    await scene.later()
    await scene.later()
    assert ["paused" in text for _, _, text in book.told] == [True]


async def test_the_message_tells_the_pace_and_the_end(scene: Scene, book: MemoryBroadcasts) -> None:
    book.people = [str(number) for number in range(100)]
    name = scene.add(BroadcastState.APPROVED, starts_at=on(11, 23, 9))
    await scene.until_calm()
    book.deliver(name, **{str(number): "sent" for number in range(30)})
    await scene.later(10)
    assert "30 of 100 people are through." in book.told[-1][2]
    assert "▓▓▓░░░░░░░ 30 %" in book.told[-1][2]
    assert "a second; ends about 09:" in book.told[-1][2]


async def test_in_the_quiet_hours_it_is_held_and_goes_on_when_they_are_over(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    name = scene.add(BroadcastState.APPROVED, starts_at=on(11, 23, 9))
    await scene.until_calm()
    await scene.until_calm(on(11, 23, 21, 30))
    assert book.broadcasts[name].held_until == on(11, 24, 6, 30)
    assert book.state(name) == ("running", "quiet")
    await scene.later()
    assert "Nothing leaves before 06:30 24/11/2026: held back until the quiet hours are over." in book.told[-1][2]
    await scene.until_calm(on(11, 24, 6, 30))
    assert book.broadcasts[name].held_until is None
    assert book.state(name) == ("running", None)


async def test_what_is_due_on_a_day_off_waits_held_for_the_next_working_day(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    name = scene.add(BroadcastState.APPROVED, starts_at=on(11, 28, 9))
    await scene.until_calm(on(11, 28, 9))
    assert book.state(name) == ("scheduled", "day_off")
    assert book.broadcasts[name].held_until == on(11, 30, 6, 30)
    await scene.until_calm(on(11, 30, 6, 30))
    assert book.state(name) == ("running", None)


async def test_what_may_be_started_by_hand_at_night_is_held_beforehand(scene: Scene, book: MemoryBroadcasts) -> None:
    paused, ready = scene.add(BroadcastState.PAUSED), scene.add(BroadcastState.SCHEDULED)
    await scene.until_calm(on(11, 23, 22))
    assert {book.broadcasts[name].held_until for name in (paused, ready)} == {on(11, 24, 6, 30)}
    fresh = scene.add(BroadcastState.APPROVED)
    await scene.herald.prepare()
    assert book.broadcasts[fresh].held_until == on(11, 24, 6, 30)


def results(sent: int = 0, **states: int) -> dict[str, str]:
    """A row for each, by state."""
    return {f"{state}{number}": state for state, count in {"sent": sent, **states}.items() for number in range(count)}


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        (results(sent=18, failed=2), "running"),  # a tenth, not more
        (results(sent=17, failed=1, invalid=1, unknown=1), "paused"),
        (results(sent=16, failed=3), "running"),  # too few to say anything
        (results(sent=20, blocked=100, skipped=100), "running"),  # nothing went wrong
    ],
)
async def test_too_many_errors_pause_it_and_the_author_is_told_why(
    scene: Scene, book: MemoryBroadcasts, rows: dict[str, str], state: str
) -> None:
    name = scene.add(BroadcastState.RUNNING)
    book.rows[name] = {**rows, "lan": "queued"}
    await scene.until_calm()
    assert book.state(name) == (state, "errors" if state == "paused" else None)
    assert ("15 % of the messages could not be delivered" in "".join(text for *_, text in book.told)) == (
        state == "paused"
    )


@pytest.mark.parametrize(
    ("reasons", "share"),
    [
        ({}, 0.5),
        ({"refused": 20}, 0.5),
        ({"window": 15, "money": 5}, 0.0),  # the check has told of them
        ({"window": 15, "template": 5}, 0.2),
    ],
)
def test_people_whom_the_check_said_would_not_be_reached_pause_nothing(reasons: dict[str, int], share: float) -> None:
    assert ProgressMonitor().error_share(DeliveryCounts({"sent": 20, "invalid": 20}, reasons)) == share


async def test_who_lets_it_go_on_forgives_what_went_wrong_before(scene: Scene, book: MemoryBroadcasts) -> None:
    name = scene.add(BroadcastState.RUNNING)
    book.rows[name] = {**results(failed=20), "lan": "queued"}
    await scene.until_calm()
    await scene.later()
    book.change(name, state=BroadcastState.RUNNING, why=None)
    await scene.later()
    assert book.state(name)[0] == "running"
    book.deliver(name, **{f"again{number}": "failed" for number in range(20)})
    await scene.later()
    assert book.state(name) == ("paused", "errors")
    assert len(book.marks(name)) == 2


async def test_who_lets_it_go_on_at_once_is_not_stopped_again_for_the_same(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    name = scene.add(BroadcastState.RUNNING)
    book.rows[name] = {**results(failed=20), "lan": "queued"}
    await scene.until_calm()
    paused = book.broadcasts[name]
    assert paused.state is BroadcastState.PAUSED
    book.change(
        name, state=BroadcastState.RUNNING, why=None, revision=paused.revision + 1
    )  # before it was counted again
    await scene.later()
    assert book.state(name)[0] == "running"


async def test_certificates_are_looked_through_beside_what_sends(scene: Scene, book: MemoryBroadcasts) -> None:
    await scene.herald.conduct()
    assert book.asked_expiring == []
    await scene.herald.prepare()
    assert len(book.asked_expiring) == 1


async def test_what_was_queued_when_it_was_called_off_is_withdrawn(scene: Scene, book: MemoryBroadcasts) -> None:
    book.people, book.batch = [str(number) for number in range(5)], 2
    name = scene.add(BroadcastState.APPROVED, starts_at=on(11, 23, 9))
    await scene.until_calm()
    book.deliver(name, **{"0": "sent"})
    book.change(name, state=BroadcastState.CANCELLED)
    await scene.later()
    assert sorted(book.rows[name].values()) == ["sent", *["skipped"] * 4]


async def test_a_campaign_reminds_at_each_step_those_who_are_left(scene: Scene, book: MemoryBroadcasts) -> None:
    campaign = scene.add(BroadcastState.APPROVED, CAMPAIGN)
    reached: dict[str, list[str]] = {}
    for moment, left in [(on(12, 16, 8, 30), ["lan", "minh"]), (on(12, 23, 8, 30), ["lan"]), (on(12, 30, 8, 30), [])]:
        book.people = left
        await scene.until_calm(moment)
        for one in [one for one in book.broadcasts.values() if one.state is BroadcastState.RUNNING and one.parent]:
            reached[one.step or ""] = list(book.rows[one.id])
            book.deliver(one.id)
        await scene.later()
    assert reached == {"14": ["lan", "minh"], "7": ["lan"]}
    assert book.steps(campaign) == {
        "14": ("finished", None),
        "7": ("finished", None),
        "0": ("finished", "nobody"),
    }
    assert book.state(campaign) == ("finished", None)
    assert book.marks(campaign) == ["over"]
    assert [text for _, mark, text in book.told if mark.startswith("finished") and "nobody" in text] == [
        "<b>TB-000004</b> is finished: nobody was left to be reminded."
    ]


async def test_a_restart_in_the_middle_repeats_nothing_and_forgets_nothing(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    book.people, book.batch = [str(number) for number in range(5)], 2
    campaign = scene.add(BroadcastState.APPROVED, CAMPAIGN)
    scene.clock.set(on(12, 16, 8, 30))
    for _ in range(12):  # a new process at every look
        scene.start()
        await scene.herald.work()
        scene.clock.seconds += 1
    (step,) = [one for one in book.broadcasts.values() if one.parent == campaign]
    assert (step.step, step.state) == ("14", BroadcastState.RUNNING)
    assert len(book.rows[step.id]) == 5
    book.deliver(step.id)
    scene.start()
    await scene.until_calm(on(12, 16, 9))
    scene.start()
    await scene.until_calm(on(12, 16, 9, 30))
    assert book.steps(campaign) == {"14": ("finished", None)}
    assert book.marks(step.id) == ["finished:1"]


@pytest.mark.parametrize(
    ("late", "steps"),
    [
        ("run", {"14": ("cancelled", "missed"), "7": ("running", "late")}),
        ("skip", {"14": ("cancelled", "missed"), "7": ("cancelled", "missed")}),
    ],
)
async def test_what_was_missed_runs_late_once_or_is_left_out_as_the_campaign_says(
    scene: Scene, book: MemoryBroadcasts, late: str, steps: dict[str, tuple[str, str | None]]
) -> None:
    plan = CAMPAIGN.plan.model_copy(update={"late": late}) if CAMPAIGN.plan else None
    campaign = scene.add(BroadcastState.RUNNING, CAMPAIGN.model_copy(update={"plan": plan}))
    await scene.until_calm(on(12, 24, 9))
    scene.start()
    await scene.until_calm(on(12, 20, 9))  # somebody sets the clock back
    await scene.until_calm(on(12, 24, 10))
    assert book.steps(campaign) == steps
    assert "left_out:14" in book.marks(campaign)


async def test_a_program_that_comes_back_at_night_decides_in_the_morning(scene: Scene, book: MemoryBroadcasts) -> None:
    campaign = scene.add(BroadcastState.RUNNING, CAMPAIGN)
    await scene.until_calm(on(12, 16, 23))
    assert book.steps(campaign) == {}
    await scene.until_calm(on(12, 17, 6, 30))
    assert book.steps(campaign) == {"14": ("running", "late")}


async def test_a_paused_campaign_makes_no_step_and_starts_none(scene: Scene, book: MemoryBroadcasts) -> None:
    campaign = scene.add(BroadcastState.PAUSED, CAMPAIGN)
    waiting = scene.add(BroadcastState.APPROVED, parent=campaign, step="14")
    book.wants_later = {campaign: ("lan",)}
    await scene.until_calm(on(12, 23, 9))
    assert book.steps(campaign) == {"14": ("approved", None)}
    book.change(campaign, state=BroadcastState.RUNNING)
    await scene.until_calm(on(12, 24, 9))
    assert book.state(waiting)[0] == "running"
    assert book.steps(campaign).keys() == {"14", "7", "later:2026-12-24"}


async def test_a_step_that_a_pause_forestalled_is_made_when_the_campaign_goes_on(
    scene: Scene, book: MemoryBroadcasts, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = scene.add(BroadcastState.RUNNING, CAMPAIGN)
    seen = await book.list_open()
    book.change(campaign, state=BroadcastState.PAUSED, revision=1)
    with monkeypatch.context() as before:
        before.setattr(book, "list_open", lambda: asyncio.sleep(0, seen))
        scene.clock.set(on(12, 16, 9))
        await scene.herald.conduct()
    assert book.steps(campaign) == {}
    book.change(campaign, state=BroadcastState.RUNNING, revision=2)
    await scene.until_calm()
    assert book.steps(campaign).keys() == {"14"}


async def test_a_step_whose_check_finds_problems_is_not_sent_and_the_author_is_told(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    campaign = scene.add(BroadcastState.RUNNING, CAMPAIGN)
    book.problems = (
        BroadcastProblem(trouble=ProblemKind.UNKNOWN, rows=("7",), count=1),
        BroadcastProblem(trouble=ProblemKind.MISSING, about="{don_vi}", rows=("N-3F2A91C0",), count=1),
    )
    await scene.until_calm(on(12, 16, 8, 30))
    assert book.steps(campaign) == {"14": ("cancelled", "problems")}
    assert "N-3F2A91C0" in book.told[-1][2]
    assert "the reminder “14 days before” was not sent" in book.told[-1][2]


async def test_who_is_no_longer_on_the_list_does_not_stop_a_step(scene: Scene, book: MemoryBroadcasts) -> None:
    campaign = scene.add(BroadcastState.RUNNING, CAMPAIGN)
    book.problems = (BroadcastProblem(trouble=ProblemKind.UNKNOWN, rows=("7",), count=1),)
    await scene.until_calm(on(12, 16, 8, 30))
    assert book.steps(campaign) == {"14": ("running", None)}


async def test_ends_of_certificates_are_looked_for_once_a_working_day_in_the_morning(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    await book.stand(scene.clock.now())
    for moment in (on(11, 24, 8), on(11, 24, 8, 30), on(11, 24, 12), on(11, 27, 22), on(11, 28, 9), on(11, 30, 8, 30)):
        await scene.until_calm(moment)
    assert book.asked_expiring == [(date(2026, 11, 24), (60, 30, 7)), (date(2026, 11, 30), (60, 30, 7))]
    assert book.state(EXPIRY_CAMPAIGN)[0] == "running"


async def test_while_the_reminders_of_certificates_are_paused_nobody_is_looked_for(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    await book.stand(scene.clock.now())
    book.change(EXPIRY_CAMPAIGN, state=BroadcastState.PAUSED)
    await scene.until_calm(on(11, 24))
    assert book.asked_expiring == []
    book.change(EXPIRY_CAMPAIGN, state=BroadcastState.RUNNING)
    await scene.until_calm(on(11, 24, 10))
    assert len(book.asked_expiring) == 1


async def test_where_no_day_is_set_nobody_is_reminded_of_a_certificate(book: MemoryBroadcasts) -> None:
    scene = Scene(book, SchedulerSettings.of(Settings(expiry_reminder_days=(0,), _env_file=None)))
    await scene.until_calm(on(11, 24))
    assert book.asked_expiring == []


async def test_who_wanted_to_be_reminded_later_is_when_the_day_has_come_if_still_meant(
    scene: Scene, book: MemoryBroadcasts
) -> None:
    lasting = CAMPAIGN.model_copy(update={"audience": Audience(to_do=True)})
    campaign = scene.add(BroadcastState.RUNNING, lasting)
    book.wants_later = {campaign: ("lan", "gone")}
    await scene.until_calm(on(11, 24, 9))
    await scene.until_calm(on(11, 24, 10))
    (again,) = [one for one in book.broadcasts.values() if one.parent == campaign]
    assert (again.step, again.draft.audience) == ("later:2026-11-24", Audience(to_do=True, chats=("lan", "gone")))
    assert book.rows[again.id] == {"lan": "queued"}
    book.deliver(again.id)
    await scene.later()
    assert book.state(again.id)[0] == "finished"
    assert [name for name, *_ in book.told if name == again.id] == []


async def test_one_that_cannot_be_handled_does_not_stop_the_others(scene: Scene, book: MemoryBroadcasts) -> None:
    endless = CampaignPlan(deadline=date(2026, 12, 30), steps=(10**9,))
    scene.may_fail = {scene.add(BroadcastState.RUNNING, CAMPAIGN.model_copy(update={"plan": endless}))}
    name = scene.add(BroadcastState.APPROVED)
    await scene.until_calm()
    assert book.state(name)[0] == "scheduled"


async def test_it_looks_when_it_is_told_to_and_stops_when_it_is_told_to(scene: Scene, book: MemoryBroadcasts) -> None:
    looked = asyncio.Event()
    scene.herald = BroadcastScheduler(book, scene.terms, scene.clock, looked.set)
    stop = asyncio.Event()
    running = asyncio.create_task(scene.herald.run(stop))
    await asyncio.sleep(0)
    name = scene.add(BroadcastState.DRAFT, checking=True)
    scene.herald.notify()
    async with asyncio.timeout(30):
        await looked.wait()
        stop.set()
        await running
    assert book.state(name)[0] == "checked"


async def test_a_store_that_cannot_be_reached_is_looked_at_again(scene: Scene, book: MemoryBroadcasts) -> None:
    away = asyncio.Event()

    async def unreachable() -> tuple[Broadcast, ...]:
        away.set()
        raise StoreUnavailable

    looked, there = asyncio.Event(), book.list_open
    book.list_open = unreachable  # type: ignore[method-assign]
    scene.herald = BroadcastScheduler(book, scene.terms, scene.clock, looked.set)
    stop = asyncio.Event()
    running = asyncio.create_task(scene.herald.run(stop))
    async with asyncio.timeout(30):
        await away.wait()
        name = scene.add(BroadcastState.DRAFT, checking=True)
        book.list_open = there  # type: ignore[method-assign]
        scene.herald.notify()
        await looked.wait()
        stop.set()
        await running
    assert book.state(name)[0] == "checked"


class TwoProcesses(MemoryBroadcasts):
    """Another process lets what failed go on to the next channel, just before this one asks for the same."""

    async def fall_back(self, broadcast: str, now: datetime) -> int:
        rows = self.rows[broadcast]
        rows |= {f"{chat} next": "queued" for chat, state in rows.items() if state == "failed" and "next" not in chat}
        self.rows[broadcast] = {chat: state for chat, state in rows.items() if f"{chat} next" not in rows}
        return 0


async def test_nothing_is_finished_while_another_process_lets_it_go_on() -> None:
    book = TwoProcesses()
    scene = Scene(book)
    name = scene.add(BroadcastState.RUNNING)
    book.rows[name] = {"lan": "failed", "minh": "sent"}
    await scene.until_calm()
    assert book.state(name)[0] == BroadcastState.RUNNING
    assert book.marks(name) == [], "the author hears of the end once"
    book.deliver(name)
    await scene.later(60.0)
    assert book.state(name)[0] == BroadcastState.FINISHED
    ((_, _, said),) = [one for one in book.told if one[1].startswith("finished:")]
    assert "2" in said
