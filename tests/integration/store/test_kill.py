"""SIGKILL in the middle of work: nothing is lost, nothing is handled twice."""

from bot.store import Store
from tests.support import kill
from tests.support.database import Database, OpenStore
from tests.support.kill import kill_until_done
from tests.support.store import CHANNEL, NOW, claim_next_turn, make_incoming

#: So often at least, or the work was too little to be a test.
KILLS = 5


async def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_done_twice(
    database: Database, another: OpenStore
) -> None:
    kills = kill_until_done(kill.run_officers, database.url, database.folder)

    assert kills >= KILLS
    store = await another()
    assert await store.inbox.chats_waiting(CHANNEL) == []
    assert await store.outbox.claim(CHANNEL, 10, NOW) == []
    per_chat = kill.OFFICER_UPDATES // kill.CHATS
    assert await turns_of_every_chat(store) == [str(per_chat)] * kill.CHATS
    assert database.sql("SELECT COUNT(*), COUNT(DISTINCT code), MAX(number) FROM requests") == [
        (kill.OFFICER_UPDATES, kill.OFFICER_UPDATES, 2026 * 10**9 + kill.OFFICER_UPDATES)
    ]
    sent = (database.folder / "sent").read_text().splitlines()
    assert in_order(sent) == [f"chat {chat}: {n}" for n in range(1, per_chat + 1) for chat in range(kill.CHATS)]
    assert len(sent) - len(set(sent)) <= kills, "a reply came twice without a kill between"


async def turns_of_every_chat(store: Store) -> list[str | None]:
    chats = await store.inbox.receive([make_incoming(f"last {n}", address=f"chat {n}") for n in range(kill.CHATS)], NOW)
    return [(await claim_next_turn(store, chat)).session for chat in chats]


def in_order(sent: list[str]) -> list[str]:
    """Each reply once, by turn and chat, after proving that no chat got its replies in another order."""
    first = list(dict.fromkeys(sent))
    for chat in range(kill.CHATS):
        numbers = [int(line.split(": ")[1]) for line in first if line.startswith(f"chat {chat}:")]
        assert numbers == sorted(numbers)
    return sorted(first, key=lambda line: (int(line.split(": ")[1]), line))
