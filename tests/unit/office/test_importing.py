"""What a list that comes back would change."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.office.importing import Bad, Change, Conflict, Fault, Known, Line, planned
from handlers.office.moving import AT_ONCE, NEEDS_REASON, moves_of
from handlers.requests.model import State
from tests.support.storing import NOW

CODE = "YC-2026-000001"
REASON = "quyết định thiếu dấu"


def line(state: State | None = State.ACCEPTED, *, code: str = CODE, note: str = "", revision: int | None = 3) -> Line:
    return Line(number=2, code=code, state=state, note=note, revision=revision)


def known(state: State = State.SUBMITTED, revision: int = 3, **more: object) -> dict[str, Known]:
    return {CODE: Known(state, revision, NOW, **more)}  # type: ignore[arg-type]  # handed through


def test_a_changed_state_is_a_change_and_the_rest_is_counted() -> None:
    other = {"YC-2026-000002": Known(State.DONE, 1, NOW)}
    plan = planned([line(), line(State.DONE, code="YC-2026-000002", revision=1)], {**known(), **other})

    assert plan.changes == (Change(CODE, State.SUBMITTED, State.ACCEPTED, ""),)
    assert plan.unchanged == 1
    assert plan.applicable


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (line(code="YC-2026-999999"), Fault.UNKNOWN),
        (line(None), Fault.UNKNOWN_STATE),
        (line(revision=None), Fault.NO_REVISION),
        (line(State.DONE), Fault.NO_MOVE),  # not from submitted
        (line(State.DRAFT), Fault.NO_MOVE),
        (line(State.WITHDRAWN), Fault.NO_MOVE),  # the subscriber's own
        (line(State.SENT_BACK), Fault.NO_REASON),
        (line(State.REFUSED, note="  "), Fault.NO_REASON),
        (line(State.REFUSED, note="số 012345678912"), Fault.NO_REASON),  # a personal number
        (line(State.REFUSED, note="x" * 501), Fault.NO_REASON),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_blocks_all(one: Line, fault: Fault) -> None:
    plan = planned([line(code="YC-2026-000002"), one], {**known(), "YC-2026-000002": Known(State.SUBMITTED, 3, NOW)})

    assert [(bad.line, bad.fault) for bad in plan.bad] == [(one, fault)]
    assert len(plan.changes) == 1
    assert not plan.applicable


def test_a_code_that_stands_there_twice_is_refused_even_where_both_say_the_same() -> None:
    plan = planned([line(), line()], known())

    assert plan.bad == (Bad(line(), Fault.TWICE),)
    assert not plan.applicable


def test_what_somebody_changed_since_is_a_conflict_with_who_when_and_to_what() -> None:
    now = known(State.REFUSED, 4, actor="QT-000009", moves=((0, State.SUBMITTED), (4, State.REFUSED)))
    plan = planned([line(State.ACCEPTED)], now)

    assert plan.conflicts == (Conflict(line(State.ACCEPTED), now[CODE]),)
    assert not plan.applicable


def test_a_line_left_as_it_was_is_no_conflict_though_the_request_has_moved() -> None:
    now = known(State.ACCEPTED, 4, moves=((0, State.SUBMITTED), (4, State.ACCEPTED)))
    plan = planned([line(State.SUBMITTED)], now)

    assert (plan.conflicts, plan.bad, plan.unchanged) == ((), (), 1)


def test_a_change_that_somebody_else_made_already_is_none() -> None:
    plan = planned([line(State.ACCEPTED)], known(State.ACCEPTED, 4))

    assert (plan.conflicts, plan.changes, plan.unchanged) == ((), (), 1)


def test_a_note_alone_is_named_and_not_stored() -> None:
    plan = planned([line(State.SUBMITTED, note="gấp")], known(note="cũ"))

    assert plan.notes_alone == (CODE,)
    assert not plan.applicable


def test_a_note_that_stood_there_before_is_no_reason_and_goes_with_no_move() -> None:
    assert planned([line(State.SENT_BACK, note="cũ")], known(note="cũ")).bad[0].fault is Fault.NO_REASON
    assert planned([line(State.ACCEPTED, note="cũ")], known(note="cũ")).changes[0].note == ""


def test_more_changes_than_are_made_at_one_go_are_refused() -> None:
    codes = [f"YC-2026-{number:06}" for number in range(AT_ONCE + 1)]
    plan = planned([line(code=code) for code in codes], {code: known()[CODE] for code in codes})

    assert plan.too_many
    assert not plan.applicable


def test_another_plan_has_another_mark() -> None:
    plan = planned([line()], known())

    assert plan.mark == planned([line()], {CODE: Known(State.SUBMITTED, 3, NOW + timedelta(days=1))}).mark
    assert plan.mark != planned([line(State.REFUSED, note=REASON)], known()).mark
    assert plan.mark != planned([line(note="xong")], known()).mark


@given(
    st.lists(
        st.tuples(st.sampled_from(State), st.sampled_from(State), st.sampled_from(["", REASON]), st.integers(0, 3)),
        max_size=20,
    )
)
def test_what_is_planned_are_moves_there_are_of_requests_as_they_were_seen(
    rows: list[tuple[State, State, str, int]],
) -> None:
    now = {f"YC-{at}": Known(state, 2, NOW) for at, (state, _, _, _) in enumerate(rows)}
    lines = [
        Line(number=at, code=f"YC-{at}", state=to, note=note, revision=revision)
        for at, (_, to, note, revision) in enumerate(rows)
    ]
    plan = planned(lines, now)

    assert len(plan.changes) + len(plan.conflicts) + len(plan.bad) + plan.unchanged == len(lines)
    for change in plan.changes:
        assert change.to in moves_of(change.before)
        assert lines[int(change.code[3:])].revision == 2
        assert change.note or change.to not in NEEDS_REASON
