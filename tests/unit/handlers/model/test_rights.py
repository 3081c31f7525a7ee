"""Every right follows from the table, whatever the tree of units and the roles held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.model import (
    ACT_TO_GIVE,
    ACTS,
    RIGHTS_TABLE,
    ROLES,
    SCOPES,
    Act,
    Grant,
    Rights,
    Role,
    Scope,
    Unit,
    UnitDirectory,
    render_rights_table,
    rights_rows,
)
from locales import LANGUAGES, translator

CODES = [f"u{number}" for number in range(8)]


@st.composite
def trees(draw: st.DrawFn) -> UnitDirectory:
    """Each unit below an earlier one, or at the top."""
    parents = [draw(st.sampled_from([None, *CODES[:number]])) for number in range(len(CODES))]
    return UnitDirectory.of(Unit(code, code, parent) for code, parent in zip(CODES, parents, strict=True))


GRANTS = st.lists(
    st.builds(Grant, st.just("QT-000001"), st.sampled_from(Role), st.sampled_from([None, *CODES, "gone"])), max_size=4
)
TARGETS = st.sampled_from([None, *CODES, "gone", ""])


def above(units: UnitDirectory, code: str | None) -> set[str]:
    """A unit and all above it; told anew here, so that the tree's own walk is checked too."""
    found: set[str] = set()
    while code:
        found.add(code)
        unit = units.units.get(code)
        code = unit.parent if unit else None
    return found


@given(trees(), GRANTS, st.sampled_from(Act), TARGETS)
def test_what_may_be_done_is_what_the_table_says(
    units: UnitDirectory, grants: list[Grant], act: Act, target: str | None
) -> None:
    scopes = {(RIGHTS_TABLE[act][grant.role], grant.unit) for grant in grants}
    everything = any(scope is Scope.EVERYTHING for scope, _ in scopes)
    own = {unit for scope, unit in scopes if scope is Scope.UNIT and unit}

    assert Rights.of(grants, units).may(act, target) == (everything or bool(own & above(units, target)))


@given(trees(), GRANTS, st.sampled_from(Act))
def test_a_reach_is_never_wider_than_the_grants(units: UnitDirectory, grants: list[Grant], act: Act) -> None:
    reach = Rights.of(grants, units).reach(act)

    assert set(reach.units) <= {grant.unit for grant in grants if RIGHTS_TABLE[act][grant.role] is Scope.UNIT}
    assert not reach.everything or any(RIGHTS_TABLE[act][grant.role] is Scope.EVERYTHING for grant in grants)
    assert not (reach.everything and reach.units)


@given(trees(), GRANTS, st.sampled_from(Act), TARGETS)
def test_a_reach_covers_what_may_be_done(
    units: UnitDirectory, grants: list[Grant], act: Act, target: str | None
) -> None:
    rights = Rights.of(grants, units)
    reach = rights.reach(act)

    covered = reach.everything or bool(above(units, target) & set(reach.units))
    assert rights.may(act, target) == covered
    assert bool(reach) or not rights.may(act, target)


@given(trees(), GRANTS, st.sampled_from(Act), TARGETS, st.sampled_from(CODES))
def test_a_reach_within_a_unit_covers_what_may_be_done_there(
    units: UnitDirectory, grants: list[Grant], act: Act, target: str | None, within: str
) -> None:
    rights = Rights.of(grants, units)
    reach = rights.reach(act, within)

    covered = bool(above(units, target) & set(reach.units))
    assert covered == (rights.may(act, target) and within in above(units, target))
    assert not reach.everything


@given(trees(), GRANTS, GRANTS, st.sampled_from(Act), TARGETS)
def test_another_role_takes_nothing_away(
    units: UnitDirectory, grants: list[Grant], more: list[Grant], act: Act, target: str | None
) -> None:
    if Rights.of(grants, units).may(act, target):
        assert Rights.of([*grants, *more], units).may(act, target)


@given(st.sampled_from(Act), TARGETS)
def test_without_a_role_nothing_may_be_done(act: Act, target: str | None) -> None:
    units = UnitDirectory.of(Unit(code, code) for code in CODES)
    for rights in (Rights(), Rights((Grant("x", Role.OFFICER, "u1"),), units)):
        assert not rights.reach(act)
        assert not rights.may(act, target)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FOCAL])
@pytest.mark.parametrize("act", Act)
def test_a_role_that_lost_its_unit_reaches_nothing(role: Role, act: Act) -> None:
    assert not Rights((Grant("x", role, None),)).reach(act)


def test_the_table_decides_every_act_for_every_role() -> None:
    assert set(RIGHTS_TABLE) == set(ACTS) == set(Act)
    assert all(set(scopes) == set(ROLES) == set(Role) for scopes in RIGHTS_TABLE.values())
    assert set(SCOPES) == set(Scope)


def test_nobody_gives_more_than_they_have() -> None:
    for role in Role:
        for given_role, giving in ACT_TO_GIVE.items():
            if RIGHTS_TABLE[giving][role] is Scope.NOTHING:
                continue
            for act in Act:
                order = list(Scope)
                assert order.index(RIGHTS_TABLE[act][given_role]) <= order.index(RIGHTS_TABLE[act][role])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printed_table_says_what_the_table_says(language: str) -> None:
    t = translator(language)
    heading, *printed = rights_rows(t)

    assert heading[1:] == [t(name) for name in ROLES.values()]
    assert [row[0] for row in printed] == [t(ACTS[act]) for act in Act]
    for act, row in zip(Act, printed, strict=True):
        assert row[1:] == [t(SCOPES[RIGHTS_TABLE[act][role]]) for role in ROLES]
    assert len(render_rights_table(t).splitlines()) == len(Act) + 2


@given(trees(), GRANTS, st.sampled_from(Act), TARGETS)
def test_a_deed_is_told_to_those_of_one_unit_that_it_may_have_reached(
    units: UnitDirectory, grants: list[Grant], act: Act, target: str | None
) -> None:
    rights = Rights.of(grants, units)
    whose = rights.journal_unit(act, target)

    assert whose is None or rights.may(act, whose)
    if target is not None and rights.may(act, target):
        assert whose == target
    if len(rights.reach(act).units) == 1 and whose != target:
        assert whose == rights.reach(act).units[0]
