"""The account is watched: its kind and package, whether events come, what could not be stored."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.zalo.oa import OpenAccount
from bot.channels.zalo.oa.watch import AccountWatch, is_working_time
from bot.channels.zalo.oa.webhook import EventStore
from bot.store import AbandonedRow
from tests.integration.channels.zalo.conftest import Alarms, OaClock
from tests.support.zalo import FakeOa
from tests.support.zalo.account import HOUR


def turn_to(oa: FakeOa, moment: datetime) -> None:
    """Turn the shared clock forward."""
    oa.account.advance += moment.timestamp() - oa.account.now


@pytest.mark.parametrize(("kind", "number", "endpoint"), [("business", 2, "v3"), ("government", 4, "v2")])
async def test_what_the_account_is_decides_the_first_endpoint(
    oa: FakeOa, account: OpenAccount, kind: str, number: int, endpoint: str
) -> None:
    oa.account.kind = kind
    profile = await account.watch.probe()
    known = await account.store.zalo.account(account.app)
    assert known is not None
    assert (profile.kind, known.endpoint, known.profile["kind"]) == (number, endpoint, number)


@pytest.mark.parametrize(("days", "told"), [(31, []), (29, [28]), (0, [0])])
async def test_the_end_of_a_package_is_told_thirty_days_before(
    oa: FakeOa, account: OpenAccount, alarms: Alarms, days: int, told: list[int]
) -> None:
    oa.account.package_ends = f"{account.clock.now() + timedelta(days=days):%d/%m/%Y}"
    await account.watch.probe()
    assert alarms.raised == [(AbandonedRow.PACKAGE, number) for number in told]


async def test_a_consent_that_ended_is_told(oa: FakeOa, account: OpenAccount, alarms: Alarms) -> None:
    oa.account.issue_tokens()  # somebody else refreshed: our pair is used
    stop = asyncio.Event()
    running = asyncio.create_task(account.watch.run(stop))
    await oa.until(lambda: bool(alarms.raised))
    stop.set()
    await running
    assert alarms.raised == [(AbandonedRow.CONSENT, 0)]


@pytest.mark.parametrize(("hours", "told"), [(3, 0), (5, 1)])
async def test_silence_in_working_hours_is_told_and_caught_up_with(
    oa: FakeOa, account: OpenAccount, clock: OaClock, alarms: Alarms, *, hours: int, told: int
) -> None:
    turn_to(oa, datetime(2027, 3, 3, 2, 0, tzinfo=UTC))  # nine o'clock on a Wednesday
    await account.tokens.connect("kode")
    watch = AccountWatch(account.api, account.store, clock, account.app, 4)
    taken: list[object] = []

    async def accept(updates: object) -> None:
        taken.extend(updates)  # type: ignore[call-overload]

    await watch._look(accept, None)
    oa.account.advance += hours * HOUR
    user = oa.account.user()
    oa.account.note(user.id, {"src": 1, "message_id": "missed", "message": "xin chào", "type": "text"})
    await watch._look(accept, None)
    assert len(alarms.raised) == len(taken) == told


async def test_what_could_not_be_stored_is_asked_for_again(
    oa: FakeOa, account: OpenAccount, clock: OaClock, alarms: Alarms
) -> None:
    watch, events = (
        AccountWatch(account.api, account.store, clock, account.app, 4),
        EventStore(account.store, account.app, clock),
    )
    taken: list[object] = []

    async def accept(updates: object) -> None:
        taken.extend(updates)  # type: ignore[call-overload]

    await watch._look(accept, events)
    events.note_missed()
    oa.account.note(oa.account.user().id, {"src": 1, "message_id": "m", "message": "xin chào", "type": "text"})
    await watch._look(accept, events)
    await watch._look(accept, events)
    assert len(taken) == 1
    assert events.missed_at is None


@pytest.mark.parametrize(
    ("moment", "open_"),
    [("2027-03-03T02:00", True), ("2027-03-03T10:30", False), ("2027-03-06T02:00", False), ("2027-03-03T00:59", False)],
)
def test_offices_are_open_on_weekdays(moment: str, open_: bool) -> None:
    assert is_working_time(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is open_
