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
    outcome_of,
    seconds_until_morning,
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
    ("kind", "codes"),
    [
        (ErrorClass.WAIT, {-32}),
        (ErrorClass.TOKEN, {-124}),
        (ErrorClass.RENDERING, {-1121, -1122, -1124}),
        (ErrorClass.PERSON, {-108, -114, -118, -119, -139, -141}),
        (ErrorClass.NIGHT, {-133}),
        (ErrorClass.MONEY, {-115, -136, -137, -144, -147}),
        (ErrorClass.OWNER, {-126, -127, -135, -1351}),
        (ErrorClass.CONTENT, {-131}),
    ],
)
def test_template_messages_have_numbers_of_their_own(kind: ErrorClass, codes: set[int]) -> None:
    assert {code for code, found in ZNS_ERRORS.items() if found is kind} == codes


def test_the_same_number_means_another_thing_to_another_interface() -> None:
    assert OaError(-115).kind is ErrorClass.UNKNOWN
    assert OaError(-115, ZNS_ERRORS).kind is ErrorClass.MONEY


@pytest.mark.parametrize(("hour", "hours"), [(15, 8), (22, 1), (23, 24), (16, 7)])  # of UTC
def test_what_may_not_ring_at_night_waits_until_six(hour: int, hours: int) -> None:
    assert seconds_until_morning(NOON.replace(hour=hour)) == hours * 3600
