"""An embedded database is one process's alone: whoever starts takes over at once."""

from pathlib import Path

import pytest

from bot.store import Store
from bot.store.workers import LeaseDuration, Presence
from tests.support.database import Command, Database, OpenStore
from tests.support.store import CHANNEL, NOW, answer_next, claim_rows, open_chat, reply_texts


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(None, tmp_path)


async def test_a_start_takes_over_at_once(store: Store, another: OpenStore) -> None:
    await store.workers.join(CHANNEL, LeaseDuration(), NOW)
    await answer_next(store, await open_chat(store), "một")
    await claim_rows(store)
    restarted = await another()

    assert not restarted.workers.shared
    assert await restarted.workers.join(CHANNEL, LeaseDuration(), NOW) == Presence(live=1, dead=1, messages=1)
    assert reply_texts(await claim_rows(restarted)) == ["một"]
    assert await restarted.outbox.recover(CHANNEL, NOW) == 0, "what it has in hand is its own"


def test_a_helper_on_an_embedded_database_is_refused_with_a_clear_sentence(troly: Command) -> None:
    code, _, complaint = troly("worker")

    assert code == 2
    assert "troly run" in complaint
    assert "PostgreSQL" in complaint
