"""Whom an audience means is what looking at everybody would say, for any audience and any rights."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Incoming
from bot.store.broadcasts.audience import AudienceReader, audience_conditions
from bot.store.sealing import Keyring
from bot.store.store import Store
from handlers.core import TextReceived
from handlers.model import Act, Audience, RequestState, Rights, Role
from tests.integration.conftest import Database
from tests.support.audience import PROCEDURES, Officer, is_meant, make_officers, write_officers
from tests.support.people import ADMIN, FOCAL, OFFICER, OPERATOR, OTHER, UNITS, admin_transaction, insert_units
from tests.support.store import NOW, answer_next, make_incoming

PEOPLE = make_officers(90, NOW)
DAYS = st.dates(date(2026, 11, 18), date(2026, 11, 30))
FIELDS: dict[str, st.SearchStrategy[object]] = {
    "unit": st.sampled_from(("DN", "DN.NT", "XX")),
    "role": st.sampled_from((Role.OFFICER, Role.ADMIN, Role.FOCAL)),
    "to_do": st.just(value=True),
    "owed": st.lists(st.sampled_from(PROCEDURES), min_size=1, max_size=2, unique=True),
    "states": st.lists(st.sampled_from(list(RequestState)), min_size=1, max_size=3, unique=True),
    "expires_from": DAYS,
    "expires_until": DAYS,
    "expires_within": st.integers(0, 6),
    "channel": st.sampled_from(("telegram", "terminal", "terminal:lan")),
    "silent_since": DAYS,
    "silent_days": st.integers(0, 5),
    "chats": st.lists(st.sampled_from([*(one.id for one in PEOPLE), "f" * 32]), max_size=80),
}
#: A few conditions at a time: all of them at once mean nobody.
AUDIENCES = (
    st.sets(st.sampled_from(sorted(FIELDS)), max_size=3)
    .flatmap(lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in sorted(names)}))
    .map(Audience.model_validate)
)
RIGHTS = st.sampled_from((OPERATOR, OPERATOR, ADMIN, FOCAL, OFFICER, Rights.of((*ADMIN.grants, *OTHER.grants), UNITS)))


@pytest.fixture
def peopled(store: Store, database: Database, keyring: Keyring) -> Store:
    insert_units(database.sql)
    write_officers(database.sql, keyring, PEOPLE, NOW)
    return store


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(audience=AUDIENCES, rights=RIGHTS)
async def test_an_audience_is_what_a_look_at_everybody_gives(
    peopled: Store, keyring: Keyring, audience: Audience, rights: Rights
) -> None:
    expected = [one for one in PEOPLE if is_meant(one, audience, rights, NOW)]
    async with admin_transaction(peopled) as at:
        counts = await at.admin.broadcasts.count(rights, audience)
    these, chats = audience_conditions(audience, rights.reach(Act.WRITE_BROADCASTS), NOW), audience.chats
    ask = peopled.driver.run
    roll = AudienceReader(
        ask, keyring, these, None if chats is None else tuple(sorted(set(chats))), "TB-000001", False, NOW
    )
    found = [person.chat async for people in roll.pages(7) for person in people]

    assert found == sorted(one.id for one in expected)
    assert {one.channel: (one.reachable, one.blocked, one.stopped, one.capped) for one in counts} == _counted(expected)


async def test_a_group_that_asked_something_is_never_meant(store: Store) -> None:
    asked = Incoming("telegram", "1", "-100", TextReceived(text="/", group=True))
    group, person = await store.inbox.receive([asked, make_incoming("2", address="7")], NOW)
    await answer_next(store, person)
    async with admin_transaction(store) as at:
        (counted,) = await at.admin.broadcasts.count(OPERATOR, Audience(chats=(group.id, person.id)))
        assert counted.all == 1
        (counted,) = await at.admin.broadcasts.count(OPERATOR, Audience())
    assert counted.all == 1


def _counted(expected: list[Officer]) -> dict[str, tuple[int, int, int, int]]:
    kept = Counter((one.channel.partition(":")[0], _kept(one)) for one in expected)
    words = ("reachable", "blocked", "stopped", "capped")
    return {channel: tuple(kept[channel, word] for word in words) for channel in {channel for channel, _ in kept}}


def _kept(one: Officer) -> str:
    return "stopped" if one.stopped else "blocked" if one.blocked else "reachable"
