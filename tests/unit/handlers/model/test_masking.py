"""What those see who may not see personal data."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handlers.model import (
    Request,
    RequestRow,
    RequestState,
    RequestStep,
    mask_content,
    mask_email,
    mask_name,
    mask_row,
    mask_serial,
)
from rules.facts import Subject
from tests.support.store import make_content

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
PERSON = make_content().model_copy(
    update={
        "subject": Subject.INDIVIDUAL,
        "subscriber": "Nguyễn Văn An",
        "certificate_name": "NGUYỄN VĂN AN",
        "news": {"new_unit": "Ủy ban nhân dân xã Đại Phước", "new_email": "an.nguyenvan@dongnai.gov.vn"},
    }
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Nguyễn Văn An", "N. V. An"),
        ("  Lê   Thị\tBích Ngọc ", "L. T. B. Ngọc"),
        ("An", "A."),
        ("", "."),
        ("=HYPERLINK(1) <b>An</b>", "=. <b>An</b>"),
    ],
)
def test_of_a_persons_name_the_initials_and_the_given_name_stay(name: str, shown: str) -> None:
    assert mask_name(name) == shown


def test_of_a_serial_number_the_end_stays_and_of_a_short_one_nothing() -> None:
    assert mask_serial("5402DD8A9E3FB18F") == "…B18F"
    assert mask_serial("12345678") == "…5678"
    assert mask_serial("3FB18F1") == mask_serial("1") == "…"


def test_of_an_address_the_domain_stays() -> None:
    assert mask_email("an.nguyenvan@dongnai.gov.vn") == "…@dongnai.gov.vn"
    assert mask_email("không phải địa chỉ") == "…"


def test_nothing_personal_is_left_of_a_persons_request() -> None:
    shown = mask_content(PERSON).model_dump_json()

    for personal in ("Nguyễn", "Văn", "NGUYỄN", "5402DD8A9E3F", "nguyenvan"):
        assert personal not in shown
    assert "Ủy ban nhân dân xã Đại Phước" in shown


def test_what_a_body_or_a_device_is_called_stays() -> None:
    for subject in (Subject.ORGANISATION, Subject.DEVICE):
        body = make_content().model_copy(update={"subject": subject})
        shown = mask_content(body)
        assert (shown.subscriber, shown.certificate_name) == (body.subscriber, body.certificate_name)
        assert shown.news == body.news
        assert shown.serial == "…B18F"


def test_a_request_without_a_serial_number_shows_none() -> None:
    assert mask_content(make_content(None)).serial is None


def test_why_a_request_was_moved_is_hidden_and_that_it_was_is_not() -> None:
    steps = (
        RequestStep(state=RequestState.SUBMITTED, at=NOON, by="subscriber"),
        RequestStep(state=RequestState.SENT_BACK, at=NOON, by="QT-000001", note="Bà An nghỉ"),
    )
    request = Request(code="YC-2026-000001", state=RequestState.SENT_BACK, content=PERSON, history=steps)
    filed = RequestRow(request, 1, "NT-DP", NOON, NOON, 1, note="Bà An nghỉ", actor="QT-000001")

    shown = mask_row(filed)

    assert "nghỉ" not in f"{shown}"
    assert [(step.state, step.by) for step in shown.request.history] == [(step.state, step.by) for step in steps]
    assert replace(shown, request=request, note=filed.note) == filed
