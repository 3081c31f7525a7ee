"""The page of the official address: given, confirmed elsewhere, chosen, forgotten; and where none is sent."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.conversation import respond
from handlers.core import ButtonTapped, Services, Session, TextReceived
from handlers.model import EmailContact, Grant, Role, is_official, parse_email
from handlers.testing import MemoryTurn, build_memory_services
from handlers.testing.person import MemoryEmail
from handlers.testing.tables import GrantRecord
from handlers.turn import Turn
from rules.loading import load_pack
from tests.support.dialogue import nhon_trach

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
PACK = load_pack("national")
assert MemoryTurn


def world() -> Services:
    return build_memory_services(PACK, NOW)


def mail_of(services: Services) -> MemoryEmail:
    assert isinstance(services.email, MemoryEmail)
    return services.email


async def says(services: Services, session: Session | None, text: str) -> Turn:
    return await respond(session, TextReceived(text=text), services)


async def taps(services: Services, turn: Turn, label: str) -> Turn:
    tap = next(one.tap for reply in turn.replies for one in reply.choices if label in one.label)
    return await respond(turn.session, ButtonTapped(data=tap), services)


def said(turn: Turn) -> str:
    return "\n".join(text for reply in turn.replies for text in reply.paragraphs)


def begun() -> Session:
    return Session(consented_at=NOW, language="en", screen="question")


async def test_an_address_is_taken_confirmed_chosen_for_and_forgotten() -> None:
    services = world()
    asked = await says(services, begun(), "/email")
    assert "gov.vn" in said(asked)
    waiting = await says(services, asked.session, " <Lan@DongNai.gov.vn> ")
    assert "lan@dongnai.gov.vn" in said(waiting)
    assert "24 hours" in said(waiting)
    mail_of(services).confirm()
    shown = await says(services, waiting.session, "/email")
    assert "only where this chat cannot be reached" in said(shown)
    first = await taps(services, shown, "Reminders by e-mail")
    both = await taps(services, first, "Papers by e-mail")
    assert await mail_of(services).mine() == EmailContact("lan@dongnai.gov.vn", True, first=True, files=True)
    assert "Reminders go there, not to this chat" in said(both)
    gone = await taps(services, both, "Forget the address")
    assert await mail_of(services).mine() is None
    assert gone.session is not None
    assert gone.session.screen == "question"


async def test_an_address_may_stand_behind_the_command_and_a_wrong_one_is_told() -> None:
    services = world()
    assert "lan@x.gov.vn" in said(await says(services, begun(), "/email lan@x.gov.vn"))
    assert "official addresses only" in said(await says(services, begun(), "/email lan@gmail.com"))
    assert "no e-mail address" in said(await says(services, begun(), "/email lan"))


async def test_where_no_mail_is_sent_it_says_so() -> None:
    assert "sends no e-mail" in said(await says(replace(world(), email=None), begun(), "/email"))


async def test_one_that_takes_nothing_is_tried_again_by_its_button() -> None:
    services = world()
    await says(services, begun(), "/email lan@x.gov.vn")
    mail_of(services).acting.tables.emails[mail_of(services).acting.chat] = EmailContact(
        "lan@x.gov.vn", True, working=False
    )
    shown = await says(services, begun(), "/email")
    assert "Nothing is sent there any more" in said(shown)
    await taps(services, shown, "Try it again")
    known = await mail_of(services).mine()
    assert known is not None
    assert known.working


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Lan.Tran@haiphong.gov.vn", "lan.tran@haiphong.gov.vn"), ("mailto:a@b.gov.vn", "a@b.gov.vn"),
        ("a@b", None), ("a b@c.vn", None), ("a@b..vn", None), (".a@b.vn", None), ("a@-b.vn", None),
        ("a@b.vn\nBcc: x@y.vn", None), ("ă@b.vn", None), ("a@b.vn,c@d.vn", None), ('"a"@b.vn', None), ("", None),
        ("a" * 65 + "@b.vn", None), ("a@" + "b." * 130 + "vn", None), ("a@b.c1", None),
    ],
)  # fmt: skip
def test_an_address_is_one_plain_address(typed: str, meant: str | None) -> None:
    assert parse_email(typed) == meant


@given(st.text(max_size=60))
def test_what_is_taken_for_an_address_holds_nothing_that_ends_a_line(typed: str) -> None:
    found = parse_email(typed)
    assert found is None or (found.isprintable() and found.count("@") == 1 and " " not in found)


def test_only_a_domain_and_those_below_it_are_official() -> None:
    assert is_official("a@gov.vn", ("gov.vn",))
    assert is_official("a@x.dongnai.gov.vn", ("gov.vn",))
    assert not is_official("a@notgov.vn", ("gov.vn",))
    assert not is_official("a@gov.vn.org", ("gov.vn",))


async def test_the_address_in_a_letter_begins_with_what_it_reminds_of_and_any_other_code_greets() -> None:
    services = build_memory_services(PACK, NOW, received=("TB-000012",))
    assert await services.reminders.has_received("TB-000012")
    begun_with = await says(services, begun(), "/start TB-000012")
    other = await says(services, begun(), "/start TB-000099")
    greeting = await says(services, begun(), "/start")
    assert said(begun_with) != said(greeting)
    assert said(other) == said(greeting)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/themthu", "Behind the command"), ("/themthu lan@x.gov.vn minh@gmail.com", "“minh@gmail.com” is no official"),
        ("/themthu " + " ".join(f"a{n}@x.gov.vn" for n in range(101)), "more than 100"),
        ("/themthu Lan@x.gov.vn, minh@x.gov.vn;lan@x.gov.vn", "Kept: 2 addresses"),
    ],
)  # fmt: skip
async def test_an_admin_keeps_addresses_of_staff_all_or_none(typed: str, words: str) -> None:
    services = world()
    tables = mail_of(services).acting.tables
    chat = mail_of(services).acting.chat
    tables.grants["QT-000001"] = GrantRecord(Grant("QT-000001", Role.ADMIN, "DN.NT"), chat, NOW, "")
    assert words in said(await says(replace(services, units=nhon_trach()), begun(), typed))
    kept = [chat.address for chat in tables.chats.values() if chat.channel == "email"]
    assert kept == (["lan@x.gov.vn", "minh@x.gov.vn"] if "Kept" in words else [])
