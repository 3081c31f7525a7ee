"""SIGKILL in the middle of work: nothing is lost, nothing is handled twice."""

import multiprocessing
import random
from multiprocessing.context import ForkServerContext

import pytest

from bot.store.api import Store
from tests.integration.store.conftest import Database, OpenStore
from tests.support import turning
from tests.support.storing import CHANNEL, NOW, next_turn, said

#: So often at least, or the work was too little to be a test.
KILLS = 5
#: Seconds of life, opening the store included; it grows, so that a slow machine gets on as well.
SHORTEST, LONGEST, LONGER_EACH_TIME = 0.03, 0.08, 0.002


@pytest.fixture(scope="module")
def nursery() -> ForkServerContext:
    """Processes without the cost of their imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.turning"])
    return context


def killed_again_and_again(nursery: ForkServerContext, database: Database) -> int:
    """Let it live for a moment at a time until it has done everything; how often it was killed."""
    chance = random.Random(2026)
    for kills in range(1000):
        process = nursery.Process(target=turning.run, args=(database.url, database.folder))
        process.start()
        process.join(chance.uniform(SHORTEST, LONGEST + kills * LONGER_EACH_TIME))
        if process.exitcode == 0:
            return kills
        assert process.exitcode is None, "it failed by itself"
        process.kill()
        process.join()
    raise AssertionError("it never came to its end")


async def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_done_twice(
    nursery: ForkServerContext, database: Database, another: OpenStore
) -> None:
    kills = killed_again_and_again(nursery, database)

    assert kills >= KILLS
    store = await another()
    assert await store.waiting(CHANNEL) == []
    assert await store.claim(CHANNEL, 10, NOW) == []
    per_chat = turning.UPDATES // turning.CHATS
    assert await turns_of_every_chat(store) == [str(per_chat)] * turning.CHATS
    assert database.sql("SELECT COUNT(*), COUNT(DISTINCT code), MAX(number) FROM requests") == [
        (turning.UPDATES, turning.UPDATES, 2026 * 10**9 + turning.UPDATES)
    ]
    sent = (database.folder / "sent").read_text().splitlines()
    assert in_order(sent) == [f"chat {chat}: {n}" for n in range(1, per_chat + 1) for chat in range(turning.CHATS)]
    assert len(sent) - len(set(sent)) <= kills, "a reply came twice without a kill between"


async def turns_of_every_chat(store: Store) -> list[str | None]:
    chats = await store.receive([said(f"last {n}", address=f"chat {n}") for n in range(turning.CHATS)], NOW)
    return [(await next_turn(store, chat)).session for chat in chats]


def in_order(sent: list[str]) -> list[str]:
    """Each reply once, by turn and chat, after proving that no chat got its replies in another order."""
    first = list(dict.fromkeys(sent))
    for chat in range(turning.CHATS):
        numbers = [int(line.split(": ")[1]) for line in first if line.startswith(f"chat {chat}:")]
        assert numbers == sorted(numbers)
    return sorted(first, key=lambda line: (int(line.split(": ")[1]), line))
