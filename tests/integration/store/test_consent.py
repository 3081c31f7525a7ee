"""Whoever has not agreed is nobody's audience, and nothing is kept of them."""

from datetime import timedelta

import pytest

from bot.messages import DeliveryState
from bot.services.broadcasts import BroadcastOperations
from bot.services.opening import STORE_TEXTS, migrate, open_driver, open_store
from bot.store import Store
from bot.store.drivers import Driver, Query, load_migrations
from bot.store.sealing import Keyring, open_keyring, sealed_columns
from handlers.core import Session, TextReceived
from handlers.model import Audience, BroadcastPolicy, Role
from rules.calendar import to_vietnam_day
from tests.support.audience import Certificate, Officer
from tests.support.backends import DatabaseBackend
from tests.support.broadcasts import approve_reminder, freeze_recipients, make_reminder
from tests.support.database import Database
from tests.support.people import OPERATOR, admin_transaction, grant_role
from tests.support.store import (
    CHANNEL,
    CONSENTED_SESSION,
    NOW,
    answer_next,
    claim_rows,
    closing_async,
    make_incoming,
    open_chat,
)
from tests.support.stored_dialogue import StoredDialogue

CHATS = "SELECT COUNT(*) FROM chats"


async def talk(store: Store, address: str, *lines: str) -> StoredDialogue:
    """A person says these things, and hears what is said to them."""
    person = StoredDialogue(store=store, address=address)
    await person.says(*lines)
    await delivered_all(store)
    return person


async def delivered_all(store: Store) -> None:
    while waiting := await claim_rows(store):
        for row in waiting:
            await store.outbox.settle(row, DeliveryState.SENT, NOW, message="1")


async def counted(store: Store, audience: Audience) -> int:
    async with admin_transaction(store) as at:
        return sum(one.all for one in await at.admin.broadcasts.count(OPERATOR, audience))


@pytest.mark.parametrize(
    "lines",
    [
        ("/start",),
        ("/start LOI-MOI-CU",),
        ("xin chào",),
        ("/trogiup",),
        ("/start", "không đồng ý"),
        ("không đồng ý",),
        ("/start", "english", "no"),
        ("/start", "đồng ý", "/xoadulieu", "xóa"),
        ("/start", "đồng ý", "cơ quan", "/xoadulieu", "đồng ý"),
        ("/start", "đồng ý", "/xoadulieu", "đồng ý", "/start"),
        ("/start", "đồng ý", "/xoadulieu", "đồng ý", "/start", "không đồng ý"),
    ],
)
async def test_nothing_is_kept_of_whoever_only_looked_in_declined_or_had_it_deleted(
    store: Store, database: Database, lines: tuple[str, ...]
) -> None:
    await talk(store, "1", *lines)

    assert database.sql(CHATS) == [(0,)]
    assert database.sql("SELECT COUNT(*) FROM inbox WHERE chat IS NOT NULL OR payload IS NOT NULL") == [(0,)]
    assert database.sql("SELECT COUNT(*) FROM outbox") == [(0,)]


@pytest.mark.parametrize("spoken", [("/start",), ("/start", "đồng ý", "/xoadulieu", "đồng ý")])
@pytest.mark.parametrize("delivered", [False, True])
async def test_an_update_that_comes_again_after_a_kill_brings_nobody_back_who_is_to_be_forgotten(
    store: Store, database: Database, spoken: tuple[str, ...], delivered: bool
) -> None:
    person = StoredDialogue(store=store, address="1")
    await person.says(*spoken)
    if delivered:
        await delivered_all(store)
    taken = database.sql("SELECT update_id FROM inbox ORDER BY id")

    await store.inbox.receive([make_incoming(update, address="1") for (update,) in taken], NOW)  # none was acknowledged
    await delivered_all(store)

    assert database.sql(CHATS) == [(0,)]
    assert database.sql("SELECT COUNT(*) FROM outbox") == [(0,)]


async def test_whoever_writes_again_before_the_greeting_is_settled_is_not_forgotten(
    store: Store, database: Database
) -> None:
    person = StoredDialogue(store=store, address="1")
    await person.says("/start")
    (greeting,) = await claim_rows(store)
    await person.taps("Tôi đồng ý, bắt đầu")

    await store.outbox.settle(greeting, DeliveryState.SENT, NOW, message="1")

    assert database.sql("SELECT id FROM outbox WHERE state = 'sent'") == [(greeting.id,)]
    assert database.sql("SELECT consented FROM chats") == [(1,)]


async def test_the_goodbye_still_reaches_whoever_declined(store: Store, database: Database) -> None:
    person = StoredDialogue(store=store, address="1")
    await person.says("/start", "không đồng ý")

    assert len(await claim_rows(store)) == 1
    assert database.sql(CHATS) == [(1,)]


async def test_whoever_looked_in_can_still_agree_by_the_button_of_the_greeting(store: Store) -> None:
    person = await talk(store, "1", "/start")
    assert person.session is None

    await person.taps("Tôi đồng ý, bắt đầu")

    assert person.session
    assert person.session.consented_at == NOW


async def test_a_language_chosen_before_consent_is_kept_for_an_hour(store: Store, database: Database) -> None:
    person = await talk(store, "1", "/start", "english")
    assert person.session
    assert person.session.language == "en"

    await store.retention.delete_expired(NOW + timedelta(hours=1), 180)
    assert database.sql(CHATS) == [(1,)]
    await store.retention.delete_expired(NOW + timedelta(hours=1, seconds=1), 180)
    assert database.sql(CHATS) == [(0,)]


async def test_no_audience_holds_whoever_has_not_agreed(store: Store) -> None:
    await talk(store, "1", "/start", "english")
    await talk(store, "2", "/start", "đồng ý")
    looked, agreed = (store.chats.at(CHANNEL, address).id for address in "12")
    tomorrow = to_vietnam_day(NOW) + timedelta(days=1)

    for audience in (
        Audience(),
        Audience(channel=CHANNEL),
        Audience(chats=(looked, agreed)),
        Audience(silent_since=tomorrow),
        Audience(role=Role.OFFICER),
    ):
        assert await counted(store, audience) == 1
    assert await counted(store, Audience(chats=(looked,))) == 0


async def test_a_list_that_names_somebody_who_has_not_agreed_says_so_before_anything_is_sent(store: Store) -> None:
    await talk(store, "1", "/start", "english")
    await talk(store, "2", "/start", "đồng ý")
    listed = tuple(store.chats.at(CHANNEL, address).id for address in "12")
    async with admin_transaction(store) as at:
        made = await at.admin.broadcasts.new(OPERATOR, make_reminder(Audience(chats=listed)))
    assert made is not None

    (problem,) = (await BroadcastOperations.over(store).check(made.id, NOW)).problems

    assert (problem.trouble, problem.count) == ("unknown", 1)


async def test_whoever_has_a_role_hears_what_is_sent_to_that_role_and_nothing_else(
    store: Store, database: Database
) -> None:
    await grant_role(store, "1", Role.OWNER)
    await talk(store, "1", "/start")

    assert await counted(store, Audience(role=Role.OWNER)) == 1
    assert await counted(store, Audience()) == 0
    name = await approve_reminder(store, make_reminder(Audience(role=Role.OWNER)))
    await freeze_recipients(store, name)
    database.sql("UPDATE broadcasts SET state = 'running' WHERE id = ?", name)
    assert len(await store.outbox.claim_broadcast(name, CHANNEL, 10, NOW)) == 1


async def test_a_row_made_before_for_somebody_who_has_not_agreed_does_not_leave(
    store: Store, ground: DatabaseBackend, database: Database
) -> None:
    name = await approved_to_one(store)
    database.sql("UPDATE broadcasts SET state = 'running' WHERE id = ?", name)
    ground.add_row(name, "2")

    left = await store.outbox.claim_broadcast(name, CHANNEL, 10, NOW)

    assert [row.chat.address for row in left] == ["1"]
    stranger = store.chats.at(CHANNEL, "2").id
    assert ground.rows_of(name)[stranger] == ("skipped", "no_consent")


async def approved_to_one(store: Store) -> str:
    await answer_next(store, await open_chat(store, address="1"))
    name = await approve_reminder(store, make_reminder())
    await freeze_recipients(store, name)
    return name


async def test_nobody_is_reminded_of_a_certificate_without_having_agreed(
    store: Store, ground: DatabaseBackend, database: Database, keyring: Keyring
) -> None:
    end = to_vietnam_day(NOW) + timedelta(days=30)
    ending = [Certificate("AA", not_after=end)]
    people = [Officer(letter * 32, agreed=letter == "a", certificates=ending) for letter in "ab"]
    ground.write_people(people)

    name = await BroadcastOperations.over(store).create_expiry_broadcast(to_vietnam_day(NOW), (60, 30, 7), NOW)

    assert name is not None
    assert ground.rows_of(name).keys() == {"a" * 32}


async def test_what_an_earlier_version_kept_is_judged_when_the_store_is_opened(bare_database: Database) -> None:
    keyring, _ = open_keyring(bare_database.keys)
    async with closing_async(await open_driver(bare_database.url, bare_database.folder)) as driver:
        await migrate(driver, load_migrations()[:5])
        looked, agreed, declined, admin = [await met_before(driver, keyring, str(number)) for number in range(1, 5)]
    sealed = {
        looked: Session(screen="welcome").model_dump_json(),
        agreed: CONSENTED_SESSION,
        admin: Session(screen="welcome").model_dump_json(),
    }
    for chat, session in sealed.items():
        seal = keyring.seal(session, sealed_columns.session(chat))
        bare_database.sql("UPDATE chats SET session = ? WHERE id = ?", seal, chat)
    bare_database.sql(
        "INSERT INTO grants (id, chat, role, granted_at, granted_by) VALUES ('QT-000001', ?, 'owner', 0, '')", admin
    )

    async with closing_async(await open_store(bare_database.url, bare_database.folder, keyring)) as store:
        assert await counted(store, Audience()) == 1
        assert await counted(store, Audience(role=Role.OWNER)) == 1
        assert await counted(store, Audience(chats=(looked, declined, admin))) == 0
        await store.retention.delete_expired(NOW, 180)

    assert {chat for (chat,) in bare_database.sql("SELECT id FROM chats")} == {agreed, admin}


async def met_before(driver: Driver, keyring: Keyring, number: str) -> str:
    """Somebody who wrote once and was answered; the id of the chat."""
    (chat,) = await Store.over(driver, keyring, BroadcastPolicy(), STORE_TEXTS).inbox.receive(
        [make_incoming(number, address=number)], NOW
    )
    await driver.run(Query("finish", {"inbox": int(number), "now": 0}))
    return chat.id


async def test_a_session_that_cannot_be_opened_counts_as_no_consent_and_stays(bare_database: Database) -> None:
    keyring, _ = open_keyring(bare_database.keys)
    async with closing_async(await open_driver(bare_database.url, bare_database.folder)) as driver:
        await migrate(driver, load_migrations()[:5])
        chat = await met_before(driver, keyring, "1")
    bare_database.sql("UPDATE chats SET session = ? WHERE id = ?", b"?", chat)

    async with closing_async(await open_store(bare_database.url, bare_database.folder, keyring)) as store:
        assert await counted(store, Audience()) == 0
        await store.retention.delete_expired(NOW, 180)

    assert bare_database.sql(CHATS) == [(1,)]


async def test_a_group_goes_with_its_answer(store: Store, database: Database) -> None:
    person = StoredDialogue(store=store, address="-100")
    await person.does(TextReceived(text="/", group=True))
    (row,) = await claim_rows(store)
    await store.outbox.settle(row, DeliveryState.SENT, NOW, message="1")

    assert database.sql(CHATS) == [(0,)]
