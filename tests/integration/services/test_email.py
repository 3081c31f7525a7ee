"""E-mail addresses: confirmed by whoever reads the mailbox, used for reminders as its person chose, stopped at once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.demo.data_writer import DemoDataWriter
from bot.messages import BROADCAST, NOTICE, REPLY, Chat, DeliveryState, OutboxRow, PendingTurn, Settlement
from bot.services.channels import EmailDesk, EmailService, EmailTerms, stop_token
from bot.services.unit_of_work import open_turn
from bot.store import (
    OutboxMessage,
    OutboxRecipient,
    PersonChannelRepository,
    Query,
    Store,
    StoreContext,
    import_queries,
    message_query,
)
from bot.store.links import OneTimeLinkRepository, UsedLink
from handlers.core import Attachment, Choice, Reply
from handlers.model import EmailOffer, Grant, Rights, Role
from tests.support.broadcasts import freeze_notice, start_notice, write_consenting_people
from tests.support.database import Database
from tests.support.delivery import TurnedClock
from tests.support.people import insert_units
from tests.support.store import CONSENTED_SESSION, NOW, claim_next_turn, make_incoming, open_chat

LAN, OTHER = "lan@dongnai.gov.vn", "minh@dongnai.gov.vn"
TERMS = EmailTerms(("gov.vn",), "https://troly.test")
FILE = Attachment.of("mau-04.pdf", "application/pdf", b"%PDF")


def service(store: Store, chat: Chat, ask: object = None) -> EmailService:
    return EmailService(ask or store.driver.run, store.keyring, chat, NOW, TERMS)


async def link_of(store: Store, address: str = LAN, now: datetime = NOW) -> str:
    """The token in the newest first message to a mailbox."""
    rows = await store.outbox.claim("email", 99, now)
    said = [row.reply.paragraphs[1] for row in rows if row.chat.address == address]
    for row in rows:
        await store.outbox.settle(row, DeliveryState.SENT, now)
    return said[-1].rpartition("/e/confirm/")[2].split()[0].rstrip(".")


@pytest.fixture
async def lan(store: Store) -> Chat:
    """A person who consented, on Telegram."""
    await write_consenting_people(DemoDataWriter(store), ["12345"], NOW)
    return store.chats.at("telegram", "12345")


@pytest.fixture
async def mailbox(store: Store, lan: Chat) -> Chat:
    """The confirmed address of that person."""
    assert await service(store, lan).offer(LAN, "vi") is EmailOffer.ASKED
    assert await EmailDesk(store, TurnedClock(NOW)).confirm(await link_of(store))
    return store.chats.at("email", LAN)


async def test_an_address_counts_once_its_link_was_opened(store: Store, lan: Chat) -> None:
    given, desk = service(store, lan), EmailDesk(store, TurnedClock(NOW))
    assert await given.mine() is None
    assert await given.offer(LAN, "vi") is EmailOffer.ASKED
    waiting = await given.mine()
    assert waiting is not None
    assert (waiting.address, waiting.confirmed) == (LAN, False)
    await given.choose(first=True, files=True)
    assert await given.mine() == waiting, "nothing is chosen for an address of somebody else"
    token = await link_of(store)
    for _ in range(3):  # mail servers open each link
        assert await desk.look(token) == LAN
    assert await desk.confirm(token)
    assert not await desk.confirm(token)
    await given.choose(first=True, files=False)
    known = await given.mine()
    assert known is not None
    assert (known.confirmed, known.first, known.files, known.working) == (True, True, False, True)


async def test_only_official_addresses_are_written_to_and_seldom(store: Store, lan: Chat) -> None:
    given = service(store, lan)
    for elsewhere in ("lan@gmail.com", "lan@gov.vn.example.org", "lan@notgov.vn"):
        assert await given.offer(elsewhere, "vi") is EmailOffer.ELSEWHERE
    later = [await replace(given, now=NOW + timedelta(minutes=one)).offer(LAN, "vi") for one in range(4)]
    assert later == [*[EmailOffer.ASKED] * 3, EmailOffer.TOO_OFTEN]
    others = [await replace(given, now=NOW + timedelta(minutes=9)).offer(f"a{one}@x.gov.vn", "vi") for one in range(3)]
    assert others == [EmailOffer.ASKED, EmailOffer.ASKED, EmailOffer.TOO_OFTEN], "nor may one person try many mailboxes"
    tomorrow = replace(given, now=NOW + timedelta(hours=25))
    assert await tomorrow.offer(LAN, "vi") is EmailOffer.ASKED


async def test_a_link_confirms_the_mailbox_it_was_sent_to_and_no_other(
    store: Store, lan: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, use = service(store, lan), OneTimeLinkRepository.use
    assert await given.offer(LAN, "vi") is EmailOffer.ASKED
    token = await link_of(store)

    async def use_and_change(*args: Any, **how: Any) -> UsedLink | None:
        used = await use(*args, **how)
        await replace(given, now=NOW + timedelta(minutes=1)).offer(OTHER, "vi")
        return used

    monkeypatch.setattr(OneTimeLinkRepository, "use", use_and_change)
    assert not await EmailDesk(store, TurnedClock(NOW)).confirm(token)
    known = await given.mine()
    assert known is not None
    assert (known.address, known.confirmed) == (OTHER, False)


async def test_a_mailbox_has_one_person_and_a_late_link_leads_nowhere(store: Store, mailbox: Chat) -> None:
    minh = await open_chat(store, "2", "222")
    assert await service(store, minh).offer(LAN, "vi") is EmailOffer.ASKED
    assert not await EmailDesk(store, TurnedClock(NOW)).confirm(await link_of(store))
    assert await service(store, minh).offer(OTHER, "vi") is EmailOffer.ASKED
    assert await EmailDesk(store, TurnedClock(NOW + timedelta(hours=25))).look(await link_of(store, OTHER)) is None
    await store.email.sweep(NOW + timedelta(hours=25))
    assert await service(store, minh).mine() is None


async def test_one_click_ends_letters_and_a_forged_one_nothing(store: Store, lan: Chat, mailbox: Chat) -> None:
    desk, token = EmailDesk(store, TurnedClock(NOW)), stop_token(store.keyring, mailbox.id)
    assert desk.mailbox_of(f"{mailbox.id}.{'0' * 32}") is None
    assert desk.mailbox_of(token) == mailbox.id
    for _ in range(2):
        await desk.stop(mailbox.id)
    known = await service(store, lan).mine()
    assert known is not None
    assert not known.working
    minh = await open_chat(store, "2", "222")
    assert await service(store, minh).offer(LAN, "vi") is EmailOffer.STOPPED, "nobody else begins it again"
    assert await service(store, lan).offer(LAN, "vi") is EmailOffer.ASKED
    known = await service(store, lan).mine()
    assert known is not None
    assert known.working


async def rows_of(store: Store, name: str) -> list[tuple[str, str, str | None]]:
    (rows,) = await store.driver.run(_rows(name))
    return sorted((row[1], row[5], row[6]) for row in rows)


def _rows(name: str) -> Query:
    return Query("recipients", {"id": name, "limit": 99, "after": None, "until": None, "state": None})


@pytest.mark.parametrize(
    ("first", "blocked", "stopped", "way"),
    [
        (False, False, False, ("telegram", "queued", None)), (True, False, False, ("email", "queued", None)),
        (False, True, False, ("email", "queued", None)), (True, False, True, ("telegram", "queued", None)),
        (False, True, True, ("telegram", "blocked", "blocked_before")),
    ],
)  # fmt: skip
async def test_a_reminder_goes_where_its_person_chose_or_can_be_reached_and_once(  # noqa: PLR0917 - a row of the table
    store: Store,
    lan: Chat,
    mailbox: Chat,
    first: bool,
    blocked: bool,
    stopped: bool,
    way: tuple[str, str, str | None],
) -> None:
    await service(store, lan).choose(first=first, files=False)
    if blocked:
        await store.chats.mark_blocked(lan, NOW)
    if stopped:
        await store.email.stop(mailbox.id, NOW)
    await write_consenting_people(DemoDataWriter(store), ["222"], NOW)
    assert await rows_of(store, await freeze_notice(store, NOW)) == sorted([way, ("telegram", "queued", None)])


async def test_a_reminder_by_letter_is_answered_stopped_and_capped_in_the_chat(
    store: Store, lan: Chat, mailbox: Chat, database: Database
) -> None:
    await service(store, lan).choose(first=True, files=False)
    name = await start_notice(store, NOW)
    pending = await _turn(store, lan)
    async with open_turn(store, pending, NOW) as unit:
        assert await unit.reminders.has_received(name)
        assert await unit.reminders.stop() == 1, "one that waits for the mailbox is skipped as well"
        await unit.finish(CONSENTED_SESSION, ())
    assert await rows_of(store, name) == [("email", "skipped", "stopped")]


async def _turn(store: Store, chat: Chat) -> PendingTurn:
    await store.inbox.receive([make_incoming("t1", address=chat.address)], NOW)
    return await claim_next_turn(store, chat)


async def test_what_the_chat_refused_goes_to_the_mailbox_once(store: Store, lan: Chat, mailbox: Chat) -> None:
    reply = Reply(paragraphs=("Yêu cầu đã được tiếp nhận",), choices=(Choice(label="A", tap="a|b|1"),))
    told = OutboxMessage(OutboxRecipient(lan.id, "telegram"), "notice:1", reply, NOTICE)
    await store.driver.run(message_query(store.keyring, told, NOW))
    [row] = await store.outbox.claim("telegram", 9, NOW)
    await store.outbox.settle(row, DeliveryState.BLOCKED, NOW)
    await store.outbox.settle_all([Settlement(row, DeliveryState.BLOCKED)], NOW)
    [letter] = await store.outbox.claim("email", 9, NOW)
    assert (letter.chat.address, letter.reply.paragraphs, letter.reply.choices) == (LAN, reply.paragraphs, ())


@pytest.mark.parametrize(
    ("channel", "state", "priority", "first", "letters"),
    [
        ("web", DeliveryState.SENT, NOTICE, True, 1), ("web", DeliveryState.SENT, NOTICE, False, 0),
        ("web", DeliveryState.SENT, REPLY, True, 0), ("telegram", DeliveryState.SENT, NOTICE, True, 0),
        ("telegram", DeliveryState.UNKNOWN, NOTICE, True, 0), ("telegram", DeliveryState.BLOCKED, NOTICE, False, 1),
        ("telegram", DeliveryState.BLOCKED, BROADCAST, False, 0),  # goes on as the reminder that it is: channels
        ("zalo", DeliveryState.INVALID, NOTICE, False, 1), ("zalo", DeliveryState.SKIPPED, BROADCAST, False, 0),
        ("zalo", DeliveryState.FAILED, NOTICE, False, 1), ("zalo", DeliveryState.UNKNOWN, BROADCAST, True, 0),
        ("email", DeliveryState.BLOCKED, NOTICE, True, 0),
    ],
)  # fmt: skip
async def test_only_what_surely_was_not_seen_is_written_again(  # noqa: PLR0917 - a row of the table
    store: Store,
    lan: Chat,
    mailbox: Chat,
    channel: str,
    state: DeliveryState,
    priority: int,
    first: bool,
    letters: int,
) -> None:
    await service(store, lan).choose(first=first, files=False)
    name = "TB-000001" if priority == BROADCAST else None
    row = OutboxRow(99, replace(lan, channel=channel), Reply(paragraphs=("Tin",)), 0, priority, "x:1", broadcast=name)
    await store.outbox.settle_all([Settlement(row, state)], NOW)
    assert len(await store.outbox.claim("email", 9, NOW)) == letters


@pytest.mark.parametrize("files", [True, False])
async def test_papers_of_a_turn_go_to_the_mailbox_where_that_was_asked_for(
    store: Store, lan: Chat, mailbox: Chat, files: bool
) -> None:
    await service(store, lan).choose(first=False, files=files)
    pending = await _turn(store, lan)
    said = [Reply(paragraphs=("Giấy tờ",)), Reply(paragraphs=(), attachments=(FILE,))]
    async with open_turn(store, pending, NOW) as unit:
        await unit.finish(CONSENTED_SESSION, said)
    letters = await store.outbox.claim("email", 9, NOW)
    assert [one.reply.attachments for one in letters] == ([(FILE,)] if files else [])


async def test_imported_staff_is_an_audience_and_a_person_of_the_same_address_takes_its_place(
    store: Store, lan: Chat, database: Database
) -> None:
    await store.driver.run(*import_queries(store.keyring, OTHER, None, NOW))
    await store.driver.run(*import_queries(store.keyring, LAN, None, NOW))
    ways = await rows_of(store, await freeze_notice(store, NOW))
    assert [way[0] for way in ways] == ["email", "email", "telegram"]
    await service(store, lan).offer(LAN, "vi")
    assert await EmailDesk(store, TurnedClock(NOW)).confirm(await link_of(store))
    ways = await rows_of(store, await freeze_notice(store, NOW))
    assert [way[0] for way in ways] == ["email", "telegram"]


async def test_with_the_person_goes_the_address_and_what_waits_for_it(store: Store, lan: Chat, mailbox: Chat) -> None:
    told = OutboxMessage(OutboxRecipient(mailbox.id, "email"), "email:x", Reply(paragraphs=("Tin",)), NOTICE)
    await store.driver.run(message_query(store.keyring, told, NOW))
    pending = await _turn(store, lan)
    async with open_turn(store, pending, NOW) as unit:
        sections = {name: value async for name, value in unit.own_data.sections()}
        assert sections["email"]["address"] == LAN
        await unit.own_data.erase()
        await unit.finish(None, ())
    assert await store.outbox.claim("email", 9, NOW) == []
    assert await store.email.find(LAN) is None
    await store.retention.delete_expired(NOW + timedelta(hours=25), 180)
    assert await store.chats.find(mailbox.id) is None


@pytest.mark.parametrize("way", ["email", "channels", "own_data"])
async def test_with_an_address_goes_its_mailbox_alone_and_a_sweep_finds_the_others(
    store: Store, lan: Chat, way: str
) -> None:
    await service(store, lan).offer(OTHER, "vi")
    await service(store, lan).offer(LAN, "vi")  # in its place: the first is nobody's
    match way:
        case "email":
            await service(store, lan).remove()
        case "channels":
            context = StoreContext(store.driver.run, store.keyring, NOW, lan.channel, lan.id)
            await PersonChannelRepository(context).remove_mailbox(lan.id)
        case _:
            async with open_turn(store, await _turn(store, lan), NOW) as unit:
                await unit.own_data.erase()
                await unit.finish(None, ())
    assert await store.email.find(LAN) is None
    assert await store.email.find(OTHER) is not None
    await store.email.sweep(NOW)
    assert await store.email.find(OTHER) is None


async def test_a_mailbox_gets_no_more_first_messages_however_often_whoever_asks_is_forgotten(
    store: Store, lan: Chat, database: Database
) -> None:
    mailbox = store.chats.at("email", LAN)
    for number in range(3):
        now = NOW + timedelta(minutes=number)
        await store.inbox.receive([make_incoming(f"f{number}", address=lan.address)], now)
        assert await replace(service(store, lan), now=now).offer(LAN, "vi") is EmailOffer.ASKED
        await link_of(store, now=now)
        async with open_turn(store, await claim_next_turn(store, lan), now) as unit:
            await unit.own_data.erase()
            await unit.finish(None, ())
        await store.retention.delete_expired(now, 180)
    kept = database.sql("SELECT chat, origin, payload, message FROM outbox WHERE channel = 'email'")
    assert [one for one in kept if one[0] != mailbox.id or lan.id in one[1] or one[2] or one[3]] == []
    await store.inbox.receive([make_incoming("f9", address=lan.address)], NOW)
    assert await replace(service(store, lan), now=NOW + timedelta(minutes=9)).offer(LAN, "vi") is EmailOffer.TOO_OFTEN
    assert await replace(service(store, lan), now=NOW + timedelta(hours=25)).offer(LAN, "vi") is EmailOffer.ASKED


@pytest.mark.parametrize("cleaned", [False, True])
async def test_a_click_ends_letters_to_an_address_that_was_forgotten_meanwhile_for_good(
    store: Store, lan: Chat, cleaned: bool
) -> None:
    assert await service(store, lan).offer(LAN, "vi") is EmailOffer.ASKED
    await link_of(store)
    mailbox, later = store.chats.at("email", LAN), NOW + timedelta(hours=49)
    await store.email.sweep(later)
    if cleaned:
        await store.retention.delete_expired(later, 180)
        assert await store.chats.find(mailbox.id) is None
    assert await EmailDesk(store, TurnedClock(later)).stop(mailbox.id)
    await store.retention.delete_expired(later + timedelta(days=400), 180)
    assert await replace(service(store, lan), now=later).offer(LAN, "vi") is EmailOffer.STOPPED
    await store.driver.run(*import_queries(store.keyring, LAN, None, NOW))
    [staff] = await store.email.staff()
    assert (staff.address, staff.stopped) == (LAN, True)


async def test_an_address_in_use_outlasts_a_long_silence(store: Store, lan: Chat, mailbox: Chat) -> None:
    await store.driver.run(*import_queries(store.keyring, OTHER, None, NOW))
    await store.retention.delete_expired(NOW + timedelta(hours=2), 180)
    assert await store.email.find(LAN) is not None
    await store.retention.delete_expired(NOW + timedelta(days=400), 180)
    assert await store.email.find(OTHER) is not None


async def test_an_admin_keeps_addresses_of_their_own_unit_and_of_no_other(
    store: Store, lan: Chat, database: Database
) -> None:
    insert_units(database.sql)
    units, given = await store.units.read(), service(store, lan)

    def of(role: Role, unit: str | None) -> Rights:
        return Rights((Grant("QT-000001", role, unit),), units, "QT-000001")

    await given.import_staff(of(Role.ADMIN, "DN.NT"), "DN.NT", [OTHER, "x@gmail.com"])
    await given.import_staff(of(Role.ADMIN, "DN.NT"), "DN.TP", ["a@x.gov.vn"])
    await given.import_staff(of(Role.ADMIN, "DN.NT"), None, ["b@x.gov.vn"])
    await given.import_staff(of(Role.FOCAL, "DN.NT"), "DN.NT", ["c@x.gov.vn"])
    await given.import_staff(of(Role.OWNER, None), None, ["d@x.gov.vn"])
    known = [("d@x.gov.vn", None), (OTHER, "DN.NT")]
    assert sorted((one.address, one.unit) for one in await store.email.staff()) == known
    await given.import_staff(of(Role.ADMIN, "DN.DP"), "DN.DP", [OTHER, "e@x.gov.vn"])
    known.append(("e@x.gov.vn", "DN.DP"))
    assert sorted((one.address, one.unit) for one in await store.email.staff()) == sorted(known), "each keeps its unit"


async def test_an_address_that_somebody_has_confirmed_is_no_admins_to_import(
    store: Store, lan: Chat, mailbox: Chat, database: Database
) -> None:
    insert_units(database.sql)
    owner = Rights((Grant("QT-000001", Role.OWNER, None),), await store.units.read(), "QT-000001")
    await service(store, lan).import_staff(owner, "DN.NT", [LAN])
    assert await store.email.staff() == []
    assert database.sql("SELECT unit FROM chats WHERE channel = 'email'") == [(None,)]
    assert [way[0] for way in await rows_of(store, await freeze_notice(store, NOW))] == ["telegram"]
