"""All that is held about a person is shown in one shape; little is left where the person wants it deleted."""

import json
from datetime import date, datetime, timedelta

from handlers.model import RETAINED_STATES, InterviewStatus, Request, RequestState
from rules.outcome import Procedure
from tests.support.dialogue import read_own_data
from tests.support.store import NAME, NOW, SERIAL, make_content
from tests.support.stored_dialogue import Turns

STANDING = InterviewStatus(
    interview=1,
    certificate_key=SERIAL,
    subscriber=NAME,
    not_after=date(2026, 11, 16),
    owed=(Procedure.REVOKE, Procedure.ISSUE_NEW),
)


async def test_what_is_held_has_one_shape_everywhere(turns: Turns) -> None:
    async with turns() as unit:
        await unit.requests.register(make_content("AA"))
        await unit.requests.register(make_content("BB"))
        await unit.register.save_status(STANDING)
    later = NOW + timedelta(hours=1)
    async with turns(later) as unit:
        held = await read_own_data(unit.own_data)
        mine = await unit.requests.mine()

    assert json.loads(json.dumps(held)) == held
    assert list(held) == [
        "chat",
        "session",
        "standings",
        "roles",
        "tasks",
        "dossiers",
        "reminders",
        "requests",
        "received",
        "outgoing",
    ]
    times = ("first_contact_at", "last_contact_at", "blocked_at")
    assert list(held["chat"]) == ["channel", "address", *times, "unit", "told_of_requests"]
    (standing,) = held["standings"]
    assert list(standing) == ["interview", "unit", "subscriber", "not_after", "owed", "known_at", "changed_at"]
    assert standing.items() >= STANDING.model_dump(mode="json", exclude={"certificate_key"}).items()
    assert datetime.fromisoformat(held["chat"]["last_contact_at"]).utcoffset() == timedelta(0)
    assert [Request.model_validate(request) for request in held["requests"]] == list(mine)
    assert [request["content"]["serial"] for request in held["requests"]] == ["BB", "AA"]


async def test_erasing_leaves_nothing_in_the_register(turns: Turns) -> None:
    async with turns() as unit:
        await unit.register.save_status(STANDING)
        await unit.register.save_status(STANDING.model_copy(update={"interview": 2, "certificate_key": None}))
    async with turns() as unit:
        assert len((await read_own_data(unit.own_data))["standings"]) == 2
        await unit.own_data.erase()
    async with turns() as unit:
        assert (await read_own_data(unit.own_data))["standings"] == []


async def test_erasing_keeps_what_is_under_way_and_only_what_that_needs(turns: Turns) -> None:
    async with turns() as unit:
        given = [await unit.requests.register(make_content(), state) for state in (*RequestState, *RETAINED_STATES)]
        expected = tuple(r.code for r in reversed(given) if r.state in RETAINED_STATES)

        assert await unit.own_data.erase() == expected

    async with turns() as unit:
        kept = await unit.requests.mine()
        assert tuple(request.code for request in kept) == expected
        assert [request["code"] for request in (await read_own_data(unit.own_data))["requests"]] == list(expected)
        assert all(request.content == make_content().to_minimal() != make_content() for request in kept)
        assert (await unit.requests.register(make_content())).code not in {request.code for request in given}
