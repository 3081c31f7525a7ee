"""SIGKILL in the middle of work: nothing is lost, nothing is handled twice."""

from bot.store.store import Store
from tests.integration.store.conftest import Database, OpenStore
from tests.support import turning
from tests.support.killing import killed_again_and_again
from tests.support.storing import CHANNEL, NOW, next_turn, said

#: So often at least, or the work was too little to be a test.
KILLS = 5


async def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_done_twice(
    database: Database, another: OpenStore
) -> None:
    kills = killed_again_and_again(turning.run, database.url, database.folder)

    assert kills >= KILLS
    store = await another()
    assert await store.inbox.chats_waiting(CHANNEL) == []
    assert await store.outbox.claim(CHANNEL, 10, NOW) == []
    per_chat = turning.UPDATES // turning.CHATS
    assert await turns_of_every_chat(store) == [str(per_chat)] * turning.CHATS
    assert database.sql("SELECT COUNT(*), COUNT(DISTINCT code), MAX(number) FROM requests") == [
        (turning.UPDATES, turning.UPDATES, 2026 * 10**9 + turning.UPDATES)
    ]
    sent = (database.folder / "sent").read_text().splitlines()
    assert in_order(sent) == [f"chat {chat}: {n}" for n in range(1, per_chat + 1) for chat in range(turning.CHATS)]
    assert len(sent) - len(set(sent)) <= kills, "a reply came twice without a kill between"


async def turns_of_every_chat(store: Store) -> list[str | None]:
    chats = await store.inbox.receive([said(f"last {n}", address=f"chat {n}") for n in range(turning.CHATS)], NOW)
    return [(await next_turn(store, chat)).session for chat in chats]


def in_order(sent: list[str]) -> list[str]:
    """Each reply once, by turn and chat, after proving that no chat got its replies in another order."""
    first = list(dict.fromkeys(sent))
    for chat in range(turning.CHATS):
        numbers = [int(line.split(": ")[1]) for line in first if line.startswith(f"chat {chat}:")]
        assert numbers == sorted(numbers)
    return sorted(first, key=lambda line: (int(line.split(": ")[1]), line))
