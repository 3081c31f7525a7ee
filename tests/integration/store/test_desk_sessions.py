"""Sessions of the admin pages, on both databases."""

from datetime import timedelta

from bot.services.sign_in import SignIn
from bot.store import Store
from bot.store.drivers import Query, to_micros
from handlers.model import Role
from tests.support.delivery import TurnedClock
from tests.support.people import OPERATOR, grant_role
from tests.support.store import CHANNEL, NOW


async def test_a_session_is_used_renewed_and_ended(store: Store) -> None:
    await grant_role(store, "an", Role.OWNER)
    chat, clock = store.chats.at(CHANNEL, "an").id, TurnedClock(NOW)
    link = await SignIn(store, clock).make(chat, OPERATOR, "")
    assert link is not None
    cookie = await SignIn(store, clock).use(link.rpartition("/")[2])
    assert cookie is not None

    for hours in (7, 14, 21):
        used = await store.desk.use(cookie, NOW + timedelta(hours=hours))
        assert used is not None
        assert (used.chat, used.channel) == (chat, CHANNEL)
    assert await store.desk.use(cookie, NOW + timedelta(hours=30)) is None
    assert await store.desk.use("another", NOW) is None
    await store.desk.end(cookie)
    assert await store.desk.use(cookie, NOW) is None
    await store.desk.delete_expired(NOW)
    since = {"since": to_micros(NOW)}
    assert await store.driver.run(Query("failed_messages", since), Query("failed_updates", since)) == [[], [(0,)]]
