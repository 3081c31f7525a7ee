"""The tree of units is changed as a whole; what lies on a unit that ends goes to the one that takes its place."""

from datetime import date

import pytest

from bot.store import Store
from handlers.model import (
    InterviewStatus,
    Refusal,
    Rights,
    Role,
    Succession,
    SuccessionKind,
    Unit,
    UnitAssignment,
    UnitDirectory,
    UnitHoldings,
)
from tests.support.backends import Backend
from tests.support.people import (
    ADMIN,
    FOCAL,
    OFFICER,
    OPERATOR,
    OTHER,
    UNITS,
    admin_transaction,
    create_invitation,
    grant_role,
    list_codes,
    make_person_content,
)
from tests.support.store import NOW, open_admin_transaction
from tests.support.stored_dialogue import StoredTurns, load_request, register_request

CODE = "YC-2026-000001"
PAST = date(2025, 7, 1)
MERGED = Succession("DN.NT", "DN.DP", SuccessionKind.MERGED_INTO_EXISTING, PAST, "1662/NQ-UBTVQH15")


def merged(*successions: Succession) -> UnitDirectory:
    """Xã Nhơn Trạch is no more."""
    ended = Unit("DN.NT", "Xã Nhơn Trạch", "DN", closed_on=PAST)
    return UnitDirectory.of([{**UNITS.units, "DN.NT": ended}[code] for code in UNITS.units], successions)


async def save(
    store: Store, units: UnitDirectory, *placing: UnitAssignment, by: Rights = OPERATOR, changed: str = "DN.NT"
) -> Refusal | None:
    async with admin_transaction(store) as at:
        return await at.admin.units.save(by, units, frozenset({changed}), placing)


@pytest.fixture
async def settled(store: Store) -> Store:
    """A request, an officer with a certificate, an admin and an invitation on Xã Nhơn Trạch."""
    await register_request(store, "officer", make_person_content(), "DN.NT")
    async with StoredTurns(store, "officer")() as turn:
        await turn.register.save_status(InterviewStatus(interview=1, unit="DN.NT", subscriber="An"))
    await grant_role(store, "admin", Role.ADMIN, "DN.NT")
    await create_invitation(store, Role.FOCAL, "DN.NT")
    return store


async def holdings(store: Store) -> dict[str, UnitHoldings]:
    async with admin_transaction(store) as at:
        return dict(await at.admin.units.count_holdings())


async def test_what_was_saved_is_read_back_as_it_was(store: Store) -> None:
    units = UnitDirectory.of(
        [*UNITS.units.values(), Unit("DN.X", "Xã Mới", "DN", aliases=("UBND xã Mới",), former_names=("Xã Cũ",))],
        [Succession("DN.PD", "DN.X", SuccessionKind.RENAMED, PAST, "1/NQ")],
    )
    assert await save(store, units, changed="DN.X") is None
    async with admin_transaction(store) as at:
        found = await at.admin.units.load_for_update()
    assert found.get("DN.X") == units.get("DN.X")
    assert await save(store, units, changed="DN.PD") is None
    async with admin_transaction(store) as at:
        found = await at.admin.units.load_for_update()
    assert (dict(found.units), found.successions) == (dict(units.units), units.successions)


@pytest.mark.parametrize("by", [ADMIN, OTHER, FOCAL, OFFICER])
async def test_who_may_not_maintain_units_changes_nothing(ground: Backend, settled: Store, by: Rights) -> None:
    before = ground.everything()
    assert await save(settled, merged(MERGED), by=by) is Refusal.NOT_YOURS
    assert ground.everything() == before


async def test_what_lies_on_a_unit_is_counted(settled: Store) -> None:
    lies = UnitHoldings(requests=1, officers=1, certificates=1, roles=1, invitations=1)
    assert (await holdings(settled))["DN.NT"] == lies


async def test_all_but_roles_and_invitations_goes_to_the_one_successor(ground: Backend, settled: Store) -> None:
    assert await list_codes(settled, OTHER) == []
    assert await save(settled, merged(MERGED)) is None

    assert await list_codes(settled, OTHER) == [CODE]
    found = await holdings(settled)
    assert found["DN.NT"] == UnitHoldings(roles=1, invitations=1)
    assert found["DN.DP"] == UnitHoldings(requests=1, officers=1, certificates=1)
    assert ground.journal()[-1] == ("machine", "maintain_units", "units", None, 1)


async def test_without_a_successor_all_stays(settled: Store) -> None:
    before = (await holdings(settled))["DN.NT"]
    await save(settled, merged())
    assert (await holdings(settled))["DN.NT"] == before


async def test_an_import_that_is_not_committed_leaves_nothing(ground: Backend, settled: Store) -> None:
    before = ground.everything()
    async with open_admin_transaction(settled, NOW) as at:
        await at.admin.units.save(OPERATOR, merged(MERGED), frozenset({"DN.NT"}))
    assert ground.everything() == before


async def test_a_request_that_names_a_unit_in_full_is_found_and_placed(store: Store) -> None:
    await register_request(store, "1", make_person_content(unit="UBND xã Đại Phước"), None)
    await register_request(store, "2", make_person_content(unit="xã ở đâu đó"), None)
    async with admin_transaction(store) as at:
        found = await at.admin.units.find_unassigned(UNITS)
    assert found == (UnitAssignment(CODE, 0, "DN.DP"),)

    await save(store, UNITS, *found)

    filed = await load_request(store, OTHER, CODE)
    assert (filed.unit, filed.revision, filed.request.content.unit_code) == ("DN.DP", 1, "DN.DP")
    await save(store, UNITS, UnitAssignment(CODE, 0, "DN.NT"))  # it is not as it was seen
    assert (await load_request(store, OPERATOR, CODE)).unit == "DN.DP"
