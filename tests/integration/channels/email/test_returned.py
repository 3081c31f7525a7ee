"""What comes back to the mailbox: bounces end letters and addresses, people get one pointer, forged ones nothing."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels import Refused, Unreachable
from bot.channels.email.returned import ImapSettings, MailboxReader, ReturnedMail
from bot.clock import Clock
from bot.messages import NOTICE, DeliveryState
from bot.store import OutboxMessage, OutboxRecipient, StoreUnavailable, message_query
from handlers.core import Reply
from tests.integration.channels.email.conftest import ADDRESS, LAN, NOW, Ours
from tests.support.delivery import TurnedClock, eventually
from tests.support.mail import PASSWORD, USER, Mailbox, report


def returned(ours: Ours) -> ReturnedMail:
    return ReturnedMail(ours.store, ours.clock, address=ADDRESS, language="vi")


async def sent(ours: Ours) -> str:
    """A letter that the server took; its id."""
    chat = await ours.knows()
    said = OutboxMessage(OutboxRecipient(chat.id, "email"), "notice:1", Reply(paragraphs=("Nhắc",)), NOTICE)
    await ours.store.driver.run(message_query(ours.store.keyring, said, ours.clock.now()))
    [row] = await ours.store.outbox.claim("email", 1, ours.clock.now())
    await ours.store.outbox.settle(row, DeliveryState.SENT, ours.clock.now(), message=await ours.channel.send(row))
    return str(ours.server.letters[-1]["Message-ID"])


@pytest.mark.parametrize(
    ("action", "status", "state", "ends"),
    [
        ("failed", "5.1.1", "invalid", True), ("failed", "5.7.1", "blocked", False),
        ("failed", "5.2.2", "failed", False), ("delayed", "4.4.1", "sent", False),
    ],
)  # fmt: skip
async def test_a_bounce_gives_the_letter_its_true_end(
    ours: Ours, tmp_path: Path, action: str, status: str, state: str, *, ends: bool
) -> None:
    letter = await sent(ours)
    for _ in range(2):  # it may be read twice
        await returned(ours).take(report(letter, action, status))
    assert sql(tmp_path, "SELECT state FROM outbox") == [(state,)]
    [staff] = await ours.store.email.staff()
    assert staff.blocked == ends


async def test_a_bounce_that_holds_no_letter_of_ours_ends_nothing(ours: Ours, tmp_path: Path) -> None:
    letter = await sent(ours)
    number, chat, mac = letter.strip("<>").partition("@")[0].split(".")
    forged = [
        f"<{int(number) + 1}.{chat}.{mac}@x>",
        f"<{number}.{chat}.{'0' * 24}@x>",
        f"<{number}.{'a' * 32}.{mac}@x>",
    ]
    for one in forged:
        assert await returned(ours).take(report(one, "failed", "5.1.1")) == "forged"
    assert sql(tmp_path, "SELECT state FROM outbox") == [("sent",)]


def answer(sender: str = LAN, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = f"Lan <{sender.upper()}>", "Re: Nhắc hạn"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Cảm ơn")
    return message.as_bytes()


async def test_an_answer_gets_one_pointer_and_a_program_or_a_stranger_none(ours: Ours) -> None:
    await ours.knows()
    mail = returned(ours)
    assert await mail.take(answer(Auto_Submitted="auto-replied")) == "automatic"
    assert await mail.take(answer("ai@example.org")) == "stranger"
    assert [await mail.take(answer()), await mail.take(answer(Subject2="again"))] == ["answer", "answer"]
    [row] = await ours.store.outbox.claim("email", 9, ours.clock.now())
    assert ADDRESS in row.reply.paragraphs[1]


def reader(box: Mailbox, at: Path, take: Any, clock: Clock | None = None, **changes: Any) -> MailboxReader:
    known = {"user": USER, "password": SecretStr(PASSWORD), "folder": "INBOX", "ca_file": str(at / "ca.pem")}
    settings = ImapSettings(**{"host": "127.0.0.1", "port": box.port, **known, **changes})
    return MailboxReader(settings, take, clock or Clock())


async def test_new_messages_are_read_once_and_one_that_cannot_be_read_holds_up_no_other(tmp_path: Path) -> None:
    taken: list[bytes] = []

    async def take(raw: bytes) -> str:
        if raw.startswith(b"Subject: poison"):
            raise ValueError
        taken.append(raw)
        return "answer"

    async with Mailbox().served(tmp_path) as box:
        for subject in ("one", "poison", "two", "three"):
            box.add(f"Subject: {subject}\n\nx".encode())
        looker = reader(box, tmp_path, take)
        assert await looker.look() == 4
        assert len(box.seen) == 4
        assert await looker.look() == 0
        assert dict(looker.taken) == {"answer": 3, "not_readable": 1}


async def test_what_the_store_refused_stays_new(tmp_path: Path) -> None:
    refused = [True]

    async def take(raw: bytes) -> str:
        if raw.startswith(b"Subject: two") and refused.pop() is True:
            raise StoreUnavailable("x")
        return "answer"

    async with Mailbox().served(tmp_path) as box:
        for subject in ("one", "two", "three"):
            box.add(f"Subject: {subject}\n\nx".encode())
        looker = reader(box, tmp_path, take)
        with pytest.raises(StoreUnavailable):
            await looker.look()
        assert box.seen == {1}
        refused.append(False)
        assert await looker.look() == 2


async def test_a_mailbox_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    async def take(_: bytes) -> str:
        return ""

    async with Mailbox().served(tmp_path) as box:
        for changes, raised in (
            ({"password": SecretStr("x")}, Refused), ({"folder": "Nowhere"}, Refused), ({"port": 9}, Unreachable),
            ({"ca_file": None}, Unreachable),
        ):  # fmt: skip
            with pytest.raises(raised):
                await reader(box, tmp_path, take, **changes).look()
        await reader(box, tmp_path, take).look()


async def test_a_mailbox_that_stopped_is_read_again_by_itself_and_its_trouble_told_until_then(tmp_path: Path) -> None:
    taken: list[bytes] = []

    async def take(raw: bytes) -> str:
        taken.append(raw)
        return "answer"

    async with Mailbox().served(tmp_path) as box:
        box.add(b"Subject: one\n\nx")
        clock, stop = TurnedClock(NOW), asyncio.Event()
        looker = reader(box, tmp_path, take, clock, look_seconds=0.3)

        async def hours_later(ready: Callable[[], bool]) -> None:
            await eventually(lambda: clock.turn(timedelta(hours=1)) or ready())

        reading = asyncio.create_task(looker.run(stop))
        await eventually(lambda: bool(taken))
        for odd, told in (("garbage", "tried again"), ("trickle", "tried again"), ("refusing", "email check")):
            box.odd = odd
            await hours_later(lambda: told in (looker.trouble or ""))  # noqa: B023 - awaited here
            box.add(f"Subject: {odd}\n\nx".encode())
            box.odd = ""
            await hours_later(lambda: looker.trouble is None)
        assert len(set(taken)) == 4  # what was interrupted is taken again
        stop.set()
        await asyncio.wait_for(reading, 30)


def sql(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "troly.sqlite3")) as database:
        return database.execute(statement).fetchall()
