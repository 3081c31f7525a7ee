"""Every number of Zalo's has a class, and every class a way for the message."""

from datetime import UTC, datetime

import pytest

from bot.channels import Blocked, ChannelError, Deferred, Doubtful, Gone, Invalid, Refused, RetryLater
from bot.channels.zalo.oa.errors import (
    OA_ERRORS,
    ZNS_ERRORS,
    ErrorClass,
    OaError,
    OutsideWindow,
    TemplateRefused,
    outcome_of,
    seconds_until_morning,
    template_outcome_of,
)

NOON = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)  # in Viet Nam


@pytest.mark.parametrize(
    ("code", "kind", "outcome"),
    [
        (-32, ErrorClass.WAIT, RetryLater),
        (-216, ErrorClass.TOKEN, Refused),
        (-220, ErrorClass.TOKEN, Refused),
        (-401, ErrorClass.TOKEN, Refused),
        (401, ErrorClass.TOKEN, Refused),
        (216, ErrorClass.TOKEN, Refused),
        (-100, ErrorClass.UPLOAD, Gone),
        (-235, ErrorClass.ENDPOINT, Refused),
        (-240, ErrorClass.ENDPOINT, Refused),
        (-201, ErrorClass.RENDERING, Invalid),
        (-233, ErrorClass.RENDERING, Invalid),
        (-210, ErrorClass.RENDERING, Invalid),
        (-213, ErrorClass.PERSON, Blocked),
        (-217, ErrorClass.PERSON, Blocked),
        (-218, ErrorClass.PERSON, Blocked),
        (-227, ErrorClass.PERSON, Blocked),
        (-244, ErrorClass.PERSON, Blocked),
        (-230, ErrorClass.WINDOW, OutsideWindow),
        (-232, ErrorClass.WINDOW, OutsideWindow),
        (-234, ErrorClass.NIGHT, Deferred),
        (-211, ErrorClass.MONEY, Deferred),
        (-320, ErrorClass.MONEY, Deferred),
        (-321, ErrorClass.MONEY, Deferred),
        (-204, ErrorClass.OWNER, Refused),
        (-205, ErrorClass.OWNER, Refused),
        (-209, ErrorClass.OWNER, Refused),
        (-212, ErrorClass.OWNER, Refused),
        (-219, ErrorClass.OWNER, Refused),
        (-221, ErrorClass.OWNER, Refused),
        (-223, ErrorClass.OWNER, Refused),
        (-224, ErrorClass.OWNER, Refused),
        (-242, ErrorClass.SETUP, Refused),
        (-1241, ErrorClass.SETUP, Refused),
        (-248, ErrorClass.CONTENT, Invalid),
        (-249, ErrorClass.CONTENT, Invalid),
        (-214, ErrorClass.CONTENT, Invalid),
        (-237, ErrorClass.CONTENT, Invalid),
        (-238, ErrorClass.CONTENT, Invalid),
        (-241, ErrorClass.CONTENT, Invalid),
        (-403, ErrorClass.CONTENT, Invalid),
        (-1340, ErrorClass.CONTENT, Invalid),
        (-1341, ErrorClass.CONTENT, Invalid),
        (-200, ErrorClass.UNKNOWN, Doubtful),
    ],
)
def test_an_error_of_the_account_decides_what_becomes_of_a_message(
    code: int, kind: ErrorClass, outcome: type[ChannelError]
) -> None:
    error = OaError(code)
    assert error.kind is kind
    assert type(outcome_of(error, NOON)) is outcome


def test_the_table_names_no_number_that_is_not_tried_here() -> None:
    marks = test_an_error_of_the_account_decides_what_becomes_of_a_message.pytestmark  # type: ignore[attr-defined]
    assert {code for code, *_ in marks[0].args[1]} == set(OA_ERRORS)


@pytest.mark.parametrize("code", [-1, -999, 7, 500])
def test_of_an_unknown_number_nobody_knows_whether_the_message_arrived(code: int) -> None:
    assert isinstance(outcome_of(OaError(code), NOON), Doubtful)


@pytest.mark.parametrize(
    ("code", "kind", "outcome"),
    [
        (-32, ErrorClass.WAIT, RetryLater),
        (-124, ErrorClass.TOKEN, Refused),
        (-1121, ErrorClass.RENDERING, TemplateRefused),
        (-1122, ErrorClass.RENDERING, TemplateRefused),
        (-1124, ErrorClass.RENDERING, TemplateRefused),
        (-108, ErrorClass.PERSON, Blocked),
        (-114, ErrorClass.PERSON, Blocked),
        (-118, ErrorClass.PERSON, Blocked),
        (-119, ErrorClass.PERSON, Blocked),
        (-139, ErrorClass.PERSON, Blocked),
        (-141, ErrorClass.PERSON, Blocked),
        (-133, ErrorClass.NIGHT, Deferred),
        (-115, ErrorClass.MONEY, Deferred),
        (-136, ErrorClass.MONEY, Deferred),
        (-137, ErrorClass.MONEY, Deferred),
        (-144, ErrorClass.MONEY, Deferred),
        (-147, ErrorClass.MONEY, Deferred),
        (-126, ErrorClass.OWNER, TemplateRefused),
        (-127, ErrorClass.OWNER, TemplateRefused),
        (-135, ErrorClass.OWNER, TemplateRefused),
        (-1351, ErrorClass.OWNER, TemplateRefused),
        (-131, ErrorClass.CONTENT, TemplateRefused),
    ],
)
def test_a_message_by_telephone_has_numbers_of_its_own(
    code: int, kind: ErrorClass, outcome: type[ChannelError]
) -> None:
    error = OaError(code, ZNS_ERRORS)
    assert error.kind is kind
    assert type(template_outcome_of(error, NOON)) is outcome


def test_the_table_of_telephone_messages_names_no_number_that_is_not_tried_here() -> None:
    marks = test_a_message_by_telephone_has_numbers_of_its_own.pytestmark  # type: ignore[attr-defined]
    assert {code for code, *_ in marks[0].args[1]} == set(ZNS_ERRORS)


@pytest.mark.parametrize("code", sorted(OA_ERRORS))
def test_what_only_a_text_lacks_never_stops_the_account(code: int) -> None:
    usual, of_text = outcome_of(OaError(code), NOON), template_outcome_of(OaError(code), NOON)
    lacking = {ErrorClass.OWNER, ErrorClass.SETUP, ErrorClass.ENDPOINT, ErrorClass.CONTENT, ErrorClass.RENDERING}
    if OaError(code).kind in {*lacking, ErrorClass.UPLOAD}:
        assert type(of_text) is TemplateRefused
    else:
        assert type(of_text) is type(usual)


def test_the_same_number_means_another_thing_to_another_interface() -> None:
    assert OaError(-115).kind is ErrorClass.UNKNOWN
    assert OaError(-115, ZNS_ERRORS).kind is ErrorClass.MONEY


@pytest.mark.parametrize(("hour", "hours"), [(15, 8), (22, 1), (23, 24), (16, 7)])  # of UTC
def test_what_may_not_ring_at_night_waits_until_six(hour: int, hours: int) -> None:
    assert seconds_until_morning(NOON.replace(hour=hour)) == hours * 3600
