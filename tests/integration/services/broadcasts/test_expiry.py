"""Reminders of certificates that end: each distance once, the nearest only, however often it is looked."""

from datetime import date, timedelta

import pytest

from bot.services import broadcasts
from bot.services.broadcasts import BroadcastOperations
from bot.store import Store
from handlers.model import EXPIRY_CAMPAIGN, Audience, RequestState
from rules.calendar import to_vietnam_day
from rules.outcome import Procedure
from tests.support.audience import Certificate, Officer
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import freeze_recipients
from tests.support.database import OpenStore, Sql
from tests.support.store import NAME, NOW

TODAY = to_vietnam_day(NOW)
DAYS = (60, 30, 7)
QUEUED = ("queued", None)


def ends_in(*days: int, **known: object) -> list[Certificate]:
    """Certificates that end after so many days."""
    return [Certificate(f"K{one}", NAME, TODAY + timedelta(days=one), **known) for one in days]


@pytest.fixture
def people(ground: DatabaseBackend) -> None:
    asked = {Procedure.EXTEND: RequestState.SUBMITTED}
    officers = [
        Officer("a" * 32, certificates=ends_in(6, 45)),
        Officer("b" * 32, certificates=ends_in(30, owed=(Procedure.EXTEND,))),
        Officer("c" * 32, certificates=ends_in(60), stopped=True),
        Officer("d" * 32, certificates=ends_in(61, -1)),
        Officer("e" * 32, certificates=ends_in(10, requests=asked)),
        Officer("f" * 32, certificates=ends_in(0), erased=True),
        Officer("0" * 32, certificates=ends_in(0)),
    ]
    ground.write_people(officers)


async def remind(store: Store, days_later: int = 0) -> str | None:
    later = timedelta(days=days_later)
    return await BroadcastOperations.over(store).create_expiry_broadcast(TODAY + later, DAYS, NOW + later)


def known(sql: Sql) -> set[tuple[str, int]]:
    """First letter of whom, and distances that will not come any more."""
    return {(standing[:1], days) for standing, days in sql("SELECT standing, days FROM expiry_reminders")}


async def test_whoever_has_come_so_near_to_the_end_has_a_row_with_that_day(
    store: Store, ground: DatabaseBackend, people: None
) -> None:
    name = await remind(store)

    assert name is not None
    skipped = ("skipped", "stopped")
    assert ground.rows_of(name) == {"a" * 32: QUEUED, "b" * 32: QUEUED, "c" * 32: skipped, "0" * 32: QUEUED}
    assert ground.state_of(name) == ("scheduled", None, 4)
    said = ground.values_of(name)
    assert {chat[:1]: one.day for chat, one in said.items()} == {
        "a": TODAY + timedelta(days=6),
        "b": TODAY + timedelta(days=30),
        "0": TODAY,
    }
    assert said["b" * 32].to_do == (Procedure.EXTEND,)
    assert ground.state_of(EXPIRY_CAMPAIGN)[0] == "running"


async def test_distances_that_were_passed_do_not_come_any_more(
    store: Store, ground: DatabaseBackend, people: None
) -> None:
    await remind(store)

    near = {(one, days) for one in "a0" for days in DAYS}
    assert known(ground.sql) == near | {("b", 30), ("b", 60), ("c", 60)}
    assert await remind(store) is None


async def test_each_distance_comes_once_on_its_day(store: Store, ground: DatabaseBackend, people: None) -> None:
    came: dict[int, str] = {}
    for day in range(62):
        if name := await remind(store, day):
            came[day] = "".join(sorted(chat[:1] for chat in ground.rows_of(name)))

    # a's second certificate had come to 60 days with the first; e's has a request
    assert came == {0: "0abc", 1: "d", 15: "a", 23: "b", 30: "c", 31: "d", 38: "a", 53: "c", 54: "d"}


async def test_what_a_kill_left_open_is_made_to_its_end(
    store: Store,
    ground: DatabaseBackend,
    another: OpenStore,
    people: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broadcasts, "PAGE_SIZE", 1)
    monkeypatch.setattr(broadcasts.RecipientRepository, "finish", _killed)
    with pytest.raises(KeyboardInterrupt):
        await remind(store)
    ((name,),) = ground.sql("SELECT id FROM broadcasts WHERE parent IS NOT NULL")
    half = len(ground.rows_of(name))
    monkeypatch.undo()
    assert not await BroadcastOperations.over(store).freeze(name, NOW)

    assert await remind(await another(), 1) == name

    assert ground.rows_of(name).keys() == {letter * 32 for letter in "abcd0"}
    assert half == 4
    assert ground.state_of(name)[0] == "scheduled"


async def _killed(*_: object) -> None:
    raise KeyboardInterrupt


async def test_one_that_nobody_goes_on_with_is_closed(
    store: Store, ground: DatabaseBackend, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts.RecipientRepository, "finish", _killed)
    with pytest.raises(KeyboardInterrupt):
        await remind(store)
    monkeypatch.undo()
    ((name,),) = ground.sql("SELECT id FROM broadcasts WHERE parent IS NOT NULL")

    await freeze_recipients(store, name, now=NOW + timedelta(minutes=2))

    assert ground.state_of(name) == ("scheduled", None, 4)


async def test_whoever_said_done_hears_nothing_more_of_that_certificate_but_of_the_next(
    store: Store, ground: DatabaseBackend, people: None
) -> None:
    await remind(store)
    ground.sql(
        "INSERT INTO reminder_marks (broadcast, chat, done_at) SELECT parent, ?, created_at FROM broadcasts"
        " WHERE parent IS NOT NULL",
        "b" * 32,
    )

    name = await remind(store, 23)
    assert name is not None
    assert ground.rows_of(name)["b" * 32] == ("skipped", "done")

    ground.sql("UPDATE standings SET not_after = not_after + 400 WHERE chat = ?", "b" * 32)
    name = await remind(store, 400)
    assert name is not None
    assert ground.rows_of(name)["b" * 32] == QUEUED


async def test_who_wanted_to_hear_again_is_told_of_once_the_day_has_come_and_heard_then(
    store: Store, ground: DatabaseBackend, people: None
) -> None:
    name = await remind(store)
    assert name is not None
    day = TODAY + timedelta(days=2)
    marks = "INSERT INTO reminder_marks (broadcast, chat, later_on, done_at) VALUES (?, ?, ?, ?)"
    ground.sql(marks, EXPIRY_CAMPAIGN, "a" * 32, day.toordinal(), None)
    ground.sql(marks, EXPIRY_CAMPAIGN, "b" * 32, day.toordinal(), 1)
    ground.sql(marks, name, "0" * 32, (day + timedelta(days=1)).toordinal(), None)

    assert await later(store, day - timedelta(days=1)) == {}
    assert await later(store, day) == {EXPIRY_CAMPAIGN: ("a" * 32,)}

    at = NOW + timedelta(days=2)
    again = await BroadcastOperations.over(store).create_step(
        EXPIRY_CAMPAIGN, f"later:{day}", at, audience=Audience(chats=("a" * 32,))
    )
    assert again is not None
    assert await later(store, day) == {}
    await freeze_recipients(store, again, now=at)
    assert ground.rows_of(again) == {"a" * 32: QUEUED}
    assert await later(store, day + timedelta(days=1)) == {name: ("0" * 32,)}


async def test_who_was_reminded_since_is_not_again_and_who_waits_for_a_day_behind_goes_on_waiting(
    store: Store, ground: DatabaseBackend, people: None
) -> None:
    await remind(store)
    day = TODAY + timedelta(days=2)
    marks = "INSERT INTO reminder_marks (broadcast, chat, later_on) VALUES (?, ?, ?)"
    for letter, on in (("a", day), ("b", day), ("0", day + timedelta(days=1))):
        ground.sql(marks, EXPIRY_CAMPAIGN, letter * 32, on.toordinal())
    wanted = Audience(chats=("a" * 32, "b" * 32))
    name = await BroadcastOperations.over(store).create_step(EXPIRY_CAMPAIGN, f"later:{day}", NOW, audience=wanted)
    assert name is not None
    ground.sql("UPDATE reminder_marks SET later_on = NULL WHERE chat = ?", "a" * 32)  # by a step of the campaign

    await freeze_recipients(store, name, now=NOW + timedelta(days=5))  # nobody was there to do it in time

    assert ground.rows_of(name) == {"b" * 32: QUEUED}
    assert await later(store, day + timedelta(days=3)) == {EXPIRY_CAMPAIGN: ("0" * 32,)}


async def later(store: Store, day: date) -> dict[str, tuple[str, ...]]:
    return await store.broadcasts.due_postponed(day)
