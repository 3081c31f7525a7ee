"""What a list that comes back would change."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.model import (
    MAX_BULK_MOVES,
    NEEDS_REASON,
    CurrentRequest,
    ImportChange,
    ImportConflict,
    ImportLine,
    LineProblem,
    RejectedLine,
    RequestState,
    plan_import,
    transitions_from,
)
from tests.support.store import NOW

CODE = "YC-2026-000001"
REASON = "quyết định thiếu dấu"


def line(
    state: RequestState | None = RequestState.ACCEPTED, *, code: str = CODE, note: str = "", revision: int | None = 3
) -> ImportLine:
    return ImportLine(number=2, code=code, state=state, note=note, revision=revision)


def known(state: RequestState = RequestState.SUBMITTED, revision: int = 3, **more: object) -> dict[str, CurrentRequest]:
    return {CODE: CurrentRequest(state, revision, NOW, **more)}  # type: ignore[arg-type]  # handed through


def test_a_changed_state_is_a_change_and_the_rest_is_counted() -> None:
    other = {"YC-2026-000002": CurrentRequest(RequestState.DONE, 1, NOW)}
    plan = plan_import([line(), line(RequestState.DONE, code="YC-2026-000002", revision=1)], {**known(), **other})

    assert plan.changes == (ImportChange(CODE, RequestState.SUBMITTED, RequestState.ACCEPTED, ""),)
    assert plan.unchanged == 1
    assert plan.applicable


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (line(code="YC-2026-999999"), LineProblem.UNKNOWN),
        (line(None), LineProblem.UNKNOWN_STATE),
        (line(revision=None), LineProblem.NO_REVISION),
        (line(RequestState.DONE), LineProblem.NO_MOVE),  # not from submitted
        (line(RequestState.DRAFT), LineProblem.NO_MOVE),
        (line(RequestState.WITHDRAWN), LineProblem.NO_MOVE),  # the subscriber's own
        (line(RequestState.SENT_BACK), LineProblem.NO_REASON),
        (line(RequestState.REFUSED, note="  "), LineProblem.NO_REASON),
        (line(RequestState.REFUSED, note="số 012345678912"), LineProblem.NO_REASON),  # a personal number
        (line(RequestState.REFUSED, note="x" * 501), LineProblem.NO_REASON),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_blocks_all(one: ImportLine, fault: LineProblem) -> None:
    plan = plan_import(
        [line(code="YC-2026-000002"), one],
        {**known(), "YC-2026-000002": CurrentRequest(RequestState.SUBMITTED, 3, NOW)},
    )

    assert [(bad.line, bad.fault) for bad in plan.bad] == [(one, fault)]
    assert len(plan.changes) == 1
    assert not plan.applicable


def test_a_code_that_stands_there_twice_is_refused_even_where_both_say_the_same() -> None:
    plan = plan_import([line(), line()], known())

    assert plan.bad == (RejectedLine(line(), LineProblem.TWICE),)
    assert not plan.applicable


def test_what_somebody_changed_since_is_a_conflict_with_who_when_and_to_what() -> None:
    now = known(
        RequestState.REFUSED, 4, actor="QT-000009", moves=((0, RequestState.SUBMITTED), (4, RequestState.REFUSED))
    )
    plan = plan_import([line(RequestState.ACCEPTED)], now)

    assert plan.conflicts == (ImportConflict(line(RequestState.ACCEPTED), now[CODE]),)
    assert not plan.applicable


def test_a_line_left_as_it_was_is_no_conflict_though_the_request_has_moved() -> None:
    now = known(RequestState.ACCEPTED, 4, moves=((0, RequestState.SUBMITTED), (4, RequestState.ACCEPTED)))
    plan = plan_import([line(RequestState.SUBMITTED)], now)

    assert (plan.conflicts, plan.bad, plan.unchanged) == ((), (), 1)


def test_a_change_that_somebody_else_made_already_is_none() -> None:
    plan = plan_import([line(RequestState.ACCEPTED)], known(RequestState.ACCEPTED, 4))

    assert (plan.conflicts, plan.changes, plan.unchanged) == ((), (), 1)


def test_a_note_alone_is_named_and_not_stored() -> None:
    plan = plan_import([line(RequestState.SUBMITTED, note="gấp")], known(note="cũ"))

    assert plan.notes_alone == (CODE,)
    assert not plan.applicable


def test_a_note_that_stood_there_before_is_no_reason_and_goes_with_no_move() -> None:
    assert (
        plan_import([line(RequestState.SENT_BACK, note="cũ")], known(note="cũ")).bad[0].fault is LineProblem.NO_REASON
    )
    assert plan_import([line(RequestState.ACCEPTED, note="cũ")], known(note="cũ")).changes[0].note == ""


def test_more_changes_than_are_made_at_one_go_are_refused() -> None:
    codes = [f"YC-2026-{number:06}" for number in range(MAX_BULK_MOVES + 1)]
    plan = plan_import([line(code=code) for code in codes], {code: known()[CODE] for code in codes})

    assert plan.too_many
    assert not plan.applicable


def test_another_plan_has_another_mark() -> None:
    plan = plan_import([line()], known())

    assert (
        plan.mark
        == plan_import([line()], {CODE: CurrentRequest(RequestState.SUBMITTED, 3, NOW + timedelta(days=1))}).mark
    )
    assert plan.mark != plan_import([line(RequestState.REFUSED, note=REASON)], known()).mark
    assert plan.mark != plan_import([line(note="xong")], known()).mark


@given(
    st.lists(
        st.tuples(
            st.sampled_from(RequestState),
            st.sampled_from(RequestState),
            st.sampled_from(["", REASON]),
            st.integers(0, 3),
        ),
        max_size=20,
    )
)
def test_what_is_planned_are_moves_there_are_of_requests_as_they_were_seen(
    rows: list[tuple[RequestState, RequestState, str, int]],
) -> None:
    now = {f"YC-{at}": CurrentRequest(state, 2, NOW) for at, (state, _, _, _) in enumerate(rows)}
    lines = [
        ImportLine(number=at, code=f"YC-{at}", state=to, note=note, revision=revision)
        for at, (_, to, note, revision) in enumerate(rows)
    ]
    plan = plan_import(lines, now)

    assert len(plan.changes) + len(plan.conflicts) + len(plan.bad) + plan.unchanged == len(lines)
    for change in plan.changes:
        assert change.to in transitions_from(change.before)
        assert lines[int(change.code[3:])].revision == 2
        assert change.note or change.to not in NEEDS_REASON
