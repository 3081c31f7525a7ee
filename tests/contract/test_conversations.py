"""Whatever people do in their chats, in whatever order: over the services in memory they hear the same words."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from bot.messages import NOTICE, DeliveryState
from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.core import Reply
from tests.support.backends import DatabaseBackend, make_memory_backend
from tests.support.database import Database
from tests.support.people import insert_units
from tests.support.random_work import Crowd, Scene, add_people, scripts
from tests.support.soak import examples
from tests.support.store import NOW, claim_rows, closing_async

_INVITATION, _PERSON = re.compile(r"[a-z2-7]{32}"), re.compile(r"N-[0-9A-F]{8}")


class Stage(Crowd):
    """The people of one store, and what was shown to them so far."""

    async def does(self, who: str, kind: str, what: object) -> list[str]:
        """One act; what is heard, but for what differs by chance."""
        talk = self.talks[who]
        event = self.event_of(talk, kind, what)
        if event is None:
            return []
        await talk.does(event)
        for reply in talk.heard:
            self.remember(reply)
        return [_plain(reply) for reply in talk.heard]


def _plain(reply: Reply) -> str:
    return _PERSON.sub("N-", _INVITATION.sub("CODE", reply.model_dump_json()))


async def told(store: Store) -> list[str]:
    """The notices that wait, whoever they are for."""
    notices = []
    while rows := await claim_rows(store, 1000):
        notices += [f"{row.chat.address} {_plain(row.reply)}" for row in rows if row.priority == NOTICE]
        for row in rows:
            await store.outbox.settle(row, DeliveryState.SENT, NOW, message="1")
    return sorted(notices)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=scripts)
async def test_the_same_is_heard_over_a_database(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, script: list[tuple[Scene, Scene]]
) -> None:
    database = Database(None, tmp_path_factory.mktemp("office"))
    shutil.copy(sqlite_template, database.file)
    keyring = open_keyring(database.keys)[0]
    async with closing_async(await open_store(None, database.folder, keyring)) as stored:
        insert_units(database.sql)
        known = DatabaseBackend(stored, database, keyring)
        grounds = make_memory_backend(), known
        in_memory, over_database = (Stage(ground.store) for ground in grounds)
        for stage in (in_memory, over_database):
            await add_people(stage.store)
        for pair in script:
            for who, (kind, what) in _acts(pair):
                heard = await over_database.does(who, kind, what)
                assert await in_memory.does(who, kind, what) == heard, (who, kind, what)
        assert await told(in_memory.store) == await told(stored)
        assert grounds[0].journal() == grounds[1].journal()


def _acts(pair: tuple[Scene, Scene]) -> list[tuple[str, tuple[str, object]]]:
    """Two people take turns."""
    first, second = ([(who, act) for act in (*works, *acts)] for who, works, acts in pair)
    longest = max(len(first), len(second))
    return [one for at in range(longest) for one in (*first[at : at + 1], *second[at : at + 1])]
