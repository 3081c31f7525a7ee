"""What is kept of Zalo's accounts on both databases: each event once, windows that never move back, one refresher."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.store import Store
from bot.store.sealing.sealed_columns import zalo_event
from bot.store.zalo import ZaloTokens
from handlers.model import PaidTemplate, SendingWindow
from tests.support.database import Database, OpenStore
from tests.support.store import NOW, make_incoming

APP = "360846524940903967"
PAIR = ZaloTokens("access-token-kept-close", "refresh-token-kept-close", NOW + timedelta(hours=25), NOW)
LATER = NOW + timedelta(minutes=1)


def pair(name: str) -> ZaloTokens:
    return ZaloTokens(f"a {name}", f"r {name}", NOW, NOW)


async def test_of_many_processes_one_refreshes_and_its_pair_is_read_by_all(store: Store, another: OpenStore) -> None:
    await store.zalo.connect(APP, PAIR)
    other = await another()
    begin = [
        side.zalo.begin_refresh(APP, 1, f"me {number}", NOW, LATER) for number, side in enumerate((store, other) * 3)
    ]
    attempts = await asyncio.gather(*begin)
    assert sorted(attempts, key=str) == [1, None, None, None, None, None]
    winner = f"me {attempts.index(1)}"
    assert not await other.zalo.keep_pair(APP, 1, "somebody else", pair("stolen"))
    assert await store.zalo.keep_pair(APP, 1, winner, pair("new"))
    known = await other.zalo.account(APP)
    assert known is not None
    assert (known.tokens, known.version, known.attempts, known.consent_needed) == (pair("new"), 2, 0, False)
    assert await store.zalo.begin_refresh(APP, 1, "late", LATER + timedelta(days=1), LATER) is None


async def test_a_lock_ends_by_itself_and_attempts_without_an_answer_count(store: Store) -> None:
    await store.zalo.connect(APP, PAIR)
    assert await store.zalo.begin_refresh(APP, 1, "dead", NOW, LATER) == 1
    assert await store.zalo.begin_refresh(APP, 1, "me", LATER, LATER) is None
    after = LATER + timedelta(seconds=1)
    assert await store.zalo.begin_refresh(APP, 1, "me", after, after + timedelta(minutes=1)) == 2
    await store.zalo.leave_refresh(APP, 1, "me", counted=False)
    assert await store.zalo.begin_refresh(APP, 1, "me", after, after) == 2
    await store.zalo.leave_refresh(APP, 1, "me", consent_needed=True)
    known = await store.zalo.account(APP)
    assert known is not None
    assert known.consent_needed
    assert await store.zalo.begin_refresh(APP, 1, "me", after + timedelta(days=1), after) is None
    await store.zalo.connect(APP, pair("again"))
    known = await store.zalo.account(APP)
    assert known is not None
    assert (known.consent_needed, known.version, known.attempts) == (False, 2, 0)


async def test_an_account_keeps_what_it_takes(store: Store) -> None:
    assert await store.zalo.account(APP) is None
    await store.zalo.connect(APP, PAIR)
    await store.zalo.keep_profile(APP, {"name": "UBND phường Thử", "kind": 4}, "v2")
    await store.zalo.keep_profile(APP, {"name": "UBND phường Thử", "kind": 4}, "v3")
    await store.zalo.give_up_buttons(APP)
    known = await store.zalo.account(APP)
    assert known is not None
    assert (known.endpoint, known.buttons, known.profile["name"]) == ("v2", False, "UBND phường Thử")
    assert [await store.zalo.pin(APP, endpoint) for endpoint in ("v3", "v2")] == [True, False]


async def test_a_month_is_never_overspent_by_many_at_once(store: Store, another: OpenStore) -> None:
    await store.zalo.connect(APP, PAIR)
    other = await another()
    taken = await asyncio.gather(*(side.zalo.reserve(APP, "2026-11", 55, 200) for side in (store, other) * 5))
    assert sum(taken) == 3
    assert await store.zalo.reserve(APP, "2026-12", 55, 200)
    assert not await store.zalo.reserve(APP, "2026-12", 55, 0)
    assert [await store.zalo.spent(APP, month) for month in ("2026-10", "2026-11", "2026-12")] == [0, 165, 55]


async def test_a_clock_that_is_wrong_for_a_while_empties_no_month(store: Store) -> None:
    for month in ("2026-11", "2099-01", "2026-11", "2026-10"):
        assert await store.zalo.reserve(APP, month, 100, 200)
    assert not await store.zalo.reserve(APP, "2026-11", 100, 200)


async def test_what_a_message_cost_in_the_end_is_settled_and_never_below_nothing(store: Store) -> None:
    await store.zalo.reserve(APP, "2026-11", 200, 1000)
    for change, spent in ((-200, 0), (-55, 0), (300, 300), (900, 1200)):  # Zalo charged more than the limit: it is told
        await store.zalo.correct_cost(APP, "2026-11", change)
        assert await store.zalo.spent(APP, "2026-11") == spent
    assert not await store.zalo.reserve(APP, "2026-11", 1, 1000)
    await store.zalo.correct_cost(APP, "2026-12", 55)
    assert await store.zalo.spent(APP, "2026-12") == 55


async def test_approved_texts_are_kept_with_their_prices(store: Store) -> None:
    texts = (PaidTemplate(id="1", price=200, longest={"ten": 30}), PaidTemplate(id="2", problem="price"))
    assert await store.zalo.templates(APP) == ((), datetime(1970, 1, 1, tzinfo=UTC))
    await store.zalo.connect(APP, PAIR)
    await store.zalo.keep_templates(APP, texts, NOW)
    await store.zalo.connect(APP, pair("new"))
    assert await store.zalo.templates(APP) == (texts, NOW)


async def test_a_window_that_zalo_shut_stays_shut_until_the_person_interacts(store: Store) -> None:
    chat = store.chats.at("zalo", "123")
    await store.zalo.close_window(chat.id, NOW)
    assert await store.zalo.person(chat.id) is None, "nothing is kept of somebody unknown"
    await store.inbox.receive([make_incoming("m1", "x", "123", "zalo")], NOW)
    await store.zalo.touch(chat.id, NOW - timedelta(hours=1))
    await store.zalo.close_window(chat.id, NOW)
    await store.zalo.close_window(chat.id, NOW - timedelta(hours=2))
    other = store.chats.at("zalo", "9").id
    windows = await store.zalo.windows([chat.id, other], NOW)
    assert windows == {chat.id: SendingWindow.TEMPLATE_ONLY, other: SendingWindow.PAID}
    await store.zalo.touch(chat.id, LATER)
    assert (await store.zalo.windows([chat.id], LATER))[chat.id] is SendingWindow.FREE
    await store.chats.mark_blocked(chat, LATER)
    assert (await store.zalo.windows([chat.id], LATER))[chat.id] is SendingWindow.BLOCKED


async def test_an_event_is_kept_once_in_order_and_sealed(store: Store, database: Database) -> None:
    await store.zalo.connect(APP, PAIR)
    bodies = [(f"k{number}", f'{{"text":"tôi là Nguyễn Văn Kín {number}"}}'.encode()) for number in range(5)]
    await store.zalo.store_events(APP, bodies, NOW)
    await store.zalo.store_events(APP, bodies[:3], LATER)
    found = await store.zalo.next_events(3)
    assert [one.body for one in found] == [body for _, body in bodies[:3]]
    assert [(one.tries, one.received_at) for one in found] == [(1, NOW)] * 3
    await store.zalo.drop_events([one.id for one in found])
    assert [(one.body, one.tries) for one in await store.zalo.next_events(9)] == [(body, 1) for _, body in bodies[3:]]
    known = await store.zalo.account(APP)
    assert known is not None
    assert known.last_event_at == LATER
    assert zalo_event("x").table == "zalo_events"


async def test_a_window_never_moves_back_and_belongs_to_a_known_chat(store: Store) -> None:
    chat = store.chats.at("zalo", "123")
    await store.zalo.touch(chat.id, NOW)
    assert await store.zalo.person(chat.id) is None
    await store.inbox.receive([make_incoming("m1", "x", "123", "zalo")], NOW)
    for moment in (NOW, NOW + timedelta(hours=1), NOW - timedelta(hours=1)):
        await store.zalo.touch(chat.id, moment)
    person = await store.zalo.person(chat.id)
    assert person is not None
    assert person.last_interaction == NOW + timedelta(hours=1)


async def test_a_colleague_silences_a_chat_that_is_not_known_either(store: Store) -> None:
    chat = store.chats.at("zalo", "9")
    for moment in (LATER, NOW):
        await store.zalo.silence(chat.id, moment)
    person = await store.zalo.person(chat.id)
    assert person is not None
    assert (person.silent_until, person.last_interaction) == (LATER, None)
    await store.retention.delete_expired(NOW + timedelta(days=2), 180)
    assert await store.zalo.person(chat.id) is None


async def test_receipts_only_go_forward_and_go_with_time(store: Store) -> None:
    for state, ids in ((2, ["a"]), (1, ["a", "b"]), (2, ["c"])):
        await store.zalo.keep_receipts([(one, state) for one in ids], NOW)
    assert [await store.zalo.receipt(one) for one in "abcd"] == [2, 1, 2, 0]
    await store.retention.delete_expired(datetime.max.replace(tzinfo=NOW.tzinfo) - timedelta(days=1), 180)
    assert await store.zalo.receipt("a") == 0
