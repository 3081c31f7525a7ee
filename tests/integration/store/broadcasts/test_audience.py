"""Whom an audience means is what looking at everybody would say, for any audience and any rights."""

import pytest
from hypothesis import HealthCheck, given, settings

from bot.messages import Incoming
from bot.store import Store
from bot.store.broadcasts.audience import AudienceReader
from bot.store.conditions import audience_conditions
from bot.store.sealing import Keyring
from handlers.core import TextReceived
from handlers.model import Act, Audience, Rights
from tests.support.audience import AUDIENCES, PEOPLE, RIGHTS, counts_of, is_meant
from tests.support.backends import DatabaseBackend
from tests.support.database import Database
from tests.support.people import OPERATOR, admin_transaction, insert_units
from tests.support.soak import examples
from tests.support.store import NOW, answer_next, make_incoming


@pytest.fixture
def peopled(database: Database, ground: DatabaseBackend) -> Store:
    insert_units(database.sql)
    ground.write_people(PEOPLE)
    return ground.store


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    assert {one.channel: (one.reachable, one.blocked, one.stopped, one.capped) for one in counts} == counts_of(expected)


async def test_a_group_that_asked_something_is_never_meant(store: Store) -> None:
    asked = Incoming("telegram", "1", "-100", TextReceived(text="/", group=True))
    group, person = await store.inbox.receive([asked, make_incoming("2", address="7")], NOW)
    await answer_next(store, person)
    async with admin_transaction(store) as at:
        (counted,) = await at.admin.broadcasts.count(OPERATOR, Audience(chats=(group.id, person.id)))
        assert counted.all == 1
        (counted,) = await at.admin.broadcasts.count(OPERATOR, Audience())
    assert counted.all == 1
