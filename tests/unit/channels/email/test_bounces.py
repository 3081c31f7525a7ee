"""What comes back is told apart by its form: a report on a delivery, an automatic answer, an answer of a person."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.email.returned import Bounce, is_automatic, parse_message, read_bounce
from bot.messages import DeliveryState
from tests.support.mail import report


@pytest.mark.parametrize(
    ("action", "status", "meant"),
    [
        ("failed", "5.1.1", Bounce(DeliveryState.INVALID, ends_address=True)),
        ("failed", "5.1.10 (null MX)", Bounce(DeliveryState.INVALID, ends_address=True)),
        ("Failed", "5.2.1", Bounce(DeliveryState.BLOCKED, ends_address=True)),
        ("failed", "5.2.2", Bounce(DeliveryState.FAILED)),
        ("failed", "5.7.1", Bounce(DeliveryState.BLOCKED)),
        ("failed", "5.4.4", Bounce(DeliveryState.INVALID)),
        ("failed", "4.4.7", Bounce(DeliveryState.FAILED)),
        ("failed", "?", Bounce(DeliveryState.FAILED)),
        ("delayed", "4.4.1", Bounce(None)),
        ("delivered", "2.0.0", None),
        ("relayed", "2.0.0", None),
    ],
)
def test_a_report_tells_the_end_of_a_letter_and_whether_its_mailbox_is_gone(
    action: str, status: str, meant: Bounce | None
) -> None:
    assert read_bounce(parse_message(report("<1.2.3@x>", action, status))) == meant


def test_a_report_that_the_letter_was_read_is_no_bounce() -> None:
    raw = report("<1.2.3@x>", "failed", "5.1.1").replace(b"delivery-status", b"disposition-notification")
    assert read_bounce(parse_message(raw)) is None


@pytest.mark.parametrize(
    ("header", "value", "automatic"),
    [
        ("Auto-Submitted", "auto-replied", True), ("Auto-Submitted", "no", False), ("Precedence", "bulk", True),
        ("X-Autoreply", "yes", True), ("List-Id", "<x>", True), ("Return-Path", "<>", True),
        ("Return-Path", "<lan@x.gov.vn>", False), ("Subject", "Re: Nhắc hạn", False),
    ],
)  # fmt: skip
def test_a_program_that_answers_is_not_answered(header: str, value: str, *, automatic: bool) -> None:
    message = EmailMessage()
    message[header] = value
    assert is_automatic(parse_message(message.as_bytes())) == automatic


@given(st.binary(max_size=400))
def test_reading_never_fails(raw: bytes) -> None:
    head = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    for whole in (raw, head + raw):
        message = parse_message(whole)
        read_bounce(message)
        is_automatic(message)
