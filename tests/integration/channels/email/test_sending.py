"""Letters leave over TLS, whole, and how far each got is told exactly: what may have left is never sent again."""

import asyncio
import re
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.channels import Blocked, ChannelError, Doubtful, Invalid, Refused, RetryLater, Unreachable
from bot.channels.email.smtp import NoSuchAddress
from handlers.core import Attachment, Choice
from tests.integration.channels.email.conftest import ADDRESS, LAN, Ours, changed
from tests.support.delivery import eventually
from tests.support.mail import parts_of

PDF = Attachment.of("Mẫu 04 – sửa.pdf", "application/pdf", b"%PDF made up \r\n.\r\n" * 50)


@pytest.mark.parametrize("ours", ["starttls", "tls", "none"], indirect=True)
async def test_a_letter_says_the_same_as_text_and_as_html_and_carries_its_file(ours: Ours) -> None:
    said = "<b>Nhắc hạn 30/11/2026</b>\nKính gửi anh/chị <i>Lan</i> &amp; đồng nghiệp"
    await ours.channel.send(
        ours.row(said, 'Còn <a href="https://x.gov.vn/a?b=1&amp;c=2">việc</a>.', attachments=(PDF,))
    )
    [letter] = ours.server.letters
    text, html, files = parts_of(letter)
    assert "Nhắc hạn 30/11/2026\nKính gửi anh/chị Lan & đồng nghiệp\n\nCòn việc (https://x.gov.vn/a?b=1&c=2)." in text
    assert "<b>Nhắc hạn 30/11/2026</b><br>\nKính gửi anh/chị <i>Lan</i> &amp; đồng nghiệp" in html
    assert files == [("Mẫu 04 – sửa.pdf", PDF.content)]
    assert str(letter["Subject"]) == "Nhắc hạn 30/11/2026"
    assert (ours.server.recipients, ours.server.senders) == ([LAN], ["troly@dongnai.gov.vn"])
    assert letter["Auto-Submitted"] == "auto-generated"


async def test_a_letter_can_be_stopped_with_one_click_and_leads_to_the_web_chat(ours: Ours) -> None:
    await ours.channel.send(ours.row("Nhắc"))
    [letter] = ours.server.letters
    stop = re.fullmatch(rf"<({ADDRESS}/e/stop/\S+)>", str(letter["List-Unsubscribe"]))
    assert stop
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for shown in parts_of(letter)[:2]:
        assert stop[1] in shown
        assert f"{ADDRESS}/" in shown


async def test_nothing_that_is_said_can_add_a_header_or_break_the_page(ours: Ours) -> None:
    await ours.channel.send(ours.row("Chào\r\nBcc: ai@x.vn <script>x</script>"))
    [letter] = ours.server.letters
    assert letter["Bcc"] is None
    assert "<script>" not in parts_of(letter)[1]


async def test_buttons_are_no_part_of_a_letter_and_a_dot_at_a_line_is_kept(ours: Ours) -> None:
    await ours.channel.send(ours.row("một\n.\n..hai", choices=(Choice(label="Bấm", tap="a|b|1"),)))
    text = parts_of(ours.server.letters[0])[0]
    assert "một\n.\n..hai" in text
    assert "Bấm" not in text


@pytest.mark.parametrize(
    ("step", "answer", "raised"),
    [
        ("MAIL", "451 4.3.0 later", RetryLater), ("MAIL", "550 5.7.1 not you", Refused),
        ("MAIL", "552 5.3.4 too large", Invalid), ("MAIL", "dropped", Unreachable),
        ("RCPT", "450 4.2.0 greylisted", RetryLater), ("RCPT", "452 4.2.2 full", RetryLater),
        ("RCPT", "552 5.2.2 full", RetryLater), ("RCPT", "550 5.1.1 no such user", NoSuchAddress),
        ("RCPT", "550 nobody", NoSuchAddress), ("RCPT", "554 5.7.1 refused", Blocked),
        ("RCPT", "421 4.3.2 closing", RetryLater), ("RCPT", "dropped", Unreachable), ("DATA", "dropped", Unreachable),
        ("CONTENT", "451 4.7.1 later", RetryLater), ("CONTENT", "554 5.6.0 content", Invalid),
        ("CONTENT", "dropped", Doubtful), ("CONTENT", "kept dropped", Doubtful), ("CONTENT", "silent", Doubtful),
    ],
)  # fmt: skip
async def test_each_failure_has_its_meaning_by_the_step_at_which_it_happened(
    ours: Ours, step: str, answer: str, raised: type[ChannelError]
) -> None:
    await ours.knows()
    ours.server.fail(step, answer)
    with pytest.raises(raised) as told:
        await ours.channel.send(ours.row("Nhắc"))
    assert isinstance(told.value, Doubtful) == (raised is Doubtful)
    await ours.channel.send(ours.row("Nhắc", number=2))  # the connection, or a new one, goes on


@pytest.mark.parametrize("answer", ["451 4.3.0 later", "550 5.7.1 not you", "552 5.3.4 too large"])
async def test_a_refusal_of_the_sender_leaves_no_connection_open(ours: Ours, answer: str) -> None:
    for number in range(5):
        ours.server.fail("MAIL", answer)
        with pytest.raises(ChannelError):
            await ours.channel.send(ours.row("Nhắc", number=number))
    await eventually(lambda: ours.server.ended >= ours.server.connections)


async def test_a_server_that_asked_for_patience_long_ago_has_all_its_time_again(ours: Ours) -> None:
    await ours.knows()
    for days in (0, 30):
        ours.clock.turn(timedelta(days=days))
        ours.server.fail("RCPT", "450 4.2.0 greylisted")
        with pytest.raises(RetryLater) as told:
            await ours.channel.send(ours.row("Nhắc"))
        assert told.value.after == 600.0


async def test_a_mailbox_that_does_not_exist_gets_nothing_more(ours: Ours) -> None:
    chat = await ours.knows()
    ours.server.fail("RCPT", "550 5.1.1 no such user")
    with pytest.raises(Invalid):
        await ours.channel.send(ours.row("Nhắc"))
    [staff] = await ours.store.email.staff()
    assert (staff.address, staff.blocked) == (LAN, True)
    assert chat.address == LAN


async def test_a_server_that_asks_for_patience_is_tried_later_and_later_and_not_for_ever(ours: Ours) -> None:
    await ours.knows()
    waits: list[float] = []
    for _ in range(200):
        ours.server.fail("RCPT", "450 4.2.0 greylisted")
        try:
            await ours.channel.send(ours.row("Nhắc"))
        except RetryLater as error:
            waits.append(error.after)
            ours.clock.turn(timedelta(seconds=error.after))
        except Invalid:
            break
    assert waits[0] == 600.0
    assert max(waits) == 3600.0
    assert 48 * 3600 <= sum(waits) < 50 * 3600
    await ours.channel.send(ours.row("Nhắc"))  # a server that takes letters again has all its time again
    ours.server.fail("RCPT", "450 4.2.0 greylisted")
    with pytest.raises(RetryLater) as told:
        await ours.channel.send(ours.row("Nhắc"))
    assert told.value.after == 600.0


async def test_connections_are_used_again_and_one_that_died_meanwhile_costs_nothing(ours: Ours) -> None:
    await asyncio.gather(*(ours.channel.send(ours.row("Nhắc", number=one)) for one in range(6)))
    assert len(ours.server.letters) == 6
    assert ours.server.connections <= 2
    ours.server.fail("MAIL", "dropped", "dropped")  # both
    await ours.channel.send(ours.row("Nhắc", number=7))
    assert len(ours.server.letters) == 7
    ours.clock.turn(timedelta(seconds=61))
    before = ours.server.connections
    await ours.channel.send(ours.row("Nhắc", number=8))
    assert ours.server.connections == before + 1, "a connection that was idle for long is not trusted"


async def test_a_wrong_password_a_stranger_and_nobody_are_told_apart(ours: Ours) -> None:
    wrong, stranger = changed(ours, password=SecretStr("x")), changed(ours, ca_file=None)
    nobody, lost = changed(ours, port=9), changed(ours, ca_file="/nowhere/ca.pem")
    for pool, raised in ((wrong, Refused), (stranger, Unreachable), (nobody, Unreachable), (lost, Refused)):
        with pytest.raises(raised):
            await pool.check()
    with pytest.raises(Refused):
        await wrong.deliver(LAN, b"x")
    assert not wrong.is_accepted
    await ours.pool.check()
    assert ours.server.letters == []


async def test_a_server_without_tls_is_never_given_the_password(ours: Ours) -> None:
    with pytest.raises(ChannelError):
        await changed(ours, security="tls").check()
    assert ours.server.letters == []
