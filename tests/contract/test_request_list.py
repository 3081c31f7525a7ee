"""The request list: what is seen of it, by which filter, masked for whom."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from bot.store import Store, conditions
from handlers.model import Filter, MoveOutcome, RequestState, Rights
from rules.outcome import Procedure
from tests.support.people import (
    ADMIN,
    FOCAL,
    OFFICER,
    OPERATOR,
    OTHER,
    UNITS,
    admin_transaction,
    list_codes,
    make_person_content,
)
from tests.support.store import NOW, make_content
from tests.support.stored_dialogue import StoredTurns, load_request, register_request

#: How often a word stands in a database before it is taken for common; in memory no word is.
COMMON = (1, 20_000)
COMMON_IDS = ("every word is common", "every word is rare")


async def test_an_admin_sees_the_requests_of_their_unit_and_of_all_below_it(desk: Store) -> None:
    own = await register_request(desk, "1", make_content(), "DN.NT")
    below = await register_request(desk, "2", make_content(), "DN.NT.VP")
    other = await register_request(desk, "3", make_content(), "DN.DP")
    unknown = await register_request(desk, "4", make_content(), None)

    assert await list_codes(desk, ADMIN) == [below.code, own.code]
    assert await list_codes(desk, OTHER) == [other.code]
    assert await list_codes(desk, OPERATOR) == [unknown.code, other.code, below.code, own.code]
    assert await list_codes(desk, OFFICER) == []


async def test_a_filter_never_reaches_further_than_rights_do(desk: Store) -> None:
    await register_request(desk, "1", make_content(), "DN.DP")

    assert await list_codes(desk, ADMIN, Filter(unit="DN")) == []
    assert await list_codes(desk, ADMIN, Filter(unit="DN.DP")) == []
    assert await list_codes(desk, OTHER, Filter(unit="DN")) != []


async def test_rights_over_two_units_reach_both(desk: Store) -> None:
    for number, unit in enumerate(("DN.NT.VP", "DN.DP", None)):
        await register_request(desk, str(number), make_person_content(), unit)
    both = Rights.of([*ADMIN.grants, *OTHER.grants], UNITS)

    assert len(await list_codes(desk, both)) == 2
    assert len(await list_codes(desk, both, Filter(text="an"))) == 2


async def test_a_unit_that_is_no_longer_known_is_not_kept(desk: Store) -> None:
    given = await register_request(desk, "1", make_content(), "XX.99")

    assert (await load_request(desk, OPERATOR, given.code)).unit is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), {"a", "b", "c"}),
        (Filter(procedures=(Procedure.REVOKE,)), {"b"}),
        (Filter(procedures=(Procedure.REVOKE, Procedure.EXTEND)), {"b", "c"}),
        (Filter(states=(RequestState.SUBMITTED,)), {"a", "b"}),
        (Filter(states=(RequestState.ACCEPTED,)), {"c"}),
        (Filter(unit="DN.NT"), {"a", "b"}),
        (Filter(since=date(2026, 11, 23)), {"b", "c"}),  # b was registered at 00:30 in Viet Nam
        (Filter(until=date(2026, 11, 22)), {"a"}),
        (Filter(until=date.max, since=date.min), {"a", "b", "c"}),
        (Filter(expires_from=date(2026, 11, 16)), {"a", "b"}),
        (Filter(expires_from=date(2026, 11, 17), expires_until=date(2026, 12, 31)), {"b"}),
        (Filter(expires_until=date(2026, 11, 15)), set()),  # whoever has no day is in no window
        (Filter(text="phước"), {"a"}),
        (Filter(text="PHUOC an"), {"a"}),
        (Filter(text="dang thi duyen"), {"b"}),
        (Filter(text="Đặng Thị Duyên"), {"b"}),
        (Filter(text="dang thi phuoc"), set()),
        (Filter(text="bb02"), {"b"}),
        (Filter(text="YC-2026-000003"), {"c"}),
        (Filter(text="uy ban nhan dan xa nhon trach 2026"), {"a", "b", "c"}),  # more words than have conditions
        (Filter(text="' OR 1=1 -- %"), set()),
        (Filter(text="?! …"), {"a", "b", "c"}),
        (Filter(text="duyen", unit="DN", states=(RequestState.SUBMITTED,), procedures=(Procedure.REVOKE,)), {"b"}),
    ],
)
async def test_each_part_of_a_filter_narrows_to_what_it_says(desk: Store, wanted: Filter, found: set[str]) -> None:
    day = NOW.replace(hour=17, minute=30) - timedelta(days=1)
    given = {
        "a": (make_content("AA01"), "DN.NT", day - timedelta(hours=1)),
        "b": (
            make_person_content("Đặng Thị Duyên", "BB02", procedure=Procedure.REVOKE, not_after=date(2026, 12, 31)),
            *("DN.NT.VP", day),
        ),
        "c": (make_person_content("Lê An", "CC03", procedure=Procedure.EXTEND, not_after=None), "DN.DP", NOW),
    }
    named = {}
    for name, (asked, unit, at) in given.items():
        async with StoredTurns(desk, name)(at) as turn:
            request = await turn.requests.register(asked.model_copy(update={"unit_code": unit}))
        named[request.code] = name
    async with admin_transaction(desk) as at_desk:
        await at_desk.admin.desk.move(OPERATOR, "YC-2026-000003", RequestState.ACCEPTED, 0)

    assert {named[code] for code in await list_codes(desk, OPERATOR, wanted)} == found


async def test_pages_follow_each_other_without_a_gap(desk: Store) -> None:
    given = [(await register_request(desk, str(number), make_content(), "DN.NT")).code for number in range(7)]
    found, before = [], None
    async with admin_transaction(desk) as at:
        while page := await at.admin.desk.page(ADMIN, Filter(), 3, before):
            found += [filed.request.code for filed in page]
            before = page[-1].number

    assert found == given[::-1]
    assert all(newer > older for newer, older in pairwise(found))


async def test_a_focal_officer_sees_no_personal_data_and_changes_nothing(desk: Store) -> None:
    given = await register_request(desk, "1", make_person_content(news={"new_email": "an@dongnai.gov.vn"}), "DN.NT")

    masked = await load_request(desk, FOCAL, given.code)

    assert masked.request.content.subscriber == "N. V. An"
    assert "Nguyễn" not in f"{masked}"
    assert "5402DD8A9E3F" not in f"{masked}"
    assert "an@" not in f"{masked}"
    assert (await load_request(desk, ADMIN, given.code)).request.content == given.content.model_copy(
        update={"unit_code": "DN.NT"}
    )
    async with admin_transaction(desk) as at:
        assert (await at.admin.desk.move(FOCAL, given.code, RequestState.ACCEPTED, 0)).outcome is MoveOutcome.UNKNOWN
        assert (await at.admin.desk.move_all(FOCAL, Filter(), RequestState.ACCEPTED)).changed == ()


async def test_more_words_than_any_request_has_find_nothing(desk: Store) -> None:
    await register_request(desk, "1", make_person_content(), "DN.NT")

    assert await list_codes(desk, ADMIN, Filter(text=" ".join(map(str, range(5_000))))) == []


@pytest.mark.parametrize("common", COMMON, ids=COMMON_IDS)
async def test_what_is_masked_is_not_found_by_guessing_it(
    desk: Store, monkeypatch: pytest.MonkeyPatch, common: int
) -> None:
    monkeypatch.setattr(conditions, "COMMON_WORD_COUNT", common)
    own = await register_request(desk, "1", make_person_content("Trần Thị Bưởi"), "DN.NT")
    await register_request(desk, "2", make_person_content(), "DN.DP")
    both = Rights.of((*FOCAL.grants, *OTHER.grants), UNITS)

    for guess in ("tran thi buoi", "buoi", "5402DD8A9E3FB18F", f"buoi {own.code}"):
        assert await list_codes(desk, ADMIN, Filter(text=guess)) == [own.code]
        assert await list_codes(desk, FOCAL, Filter(text=guess)) == []
        assert await list_codes(desk, both, Filter(text=guess)) == []
        async with admin_transaction(desk) as at:
            assert await at.admin.lists.extent(FOCAL, Filter(text=guess)) == (0, 0)
    for open_word in (own.code, "uy ban nhan dan", "nhon trach"):
        assert await list_codes(desk, FOCAL, Filter(text=open_word)) == [own.code]
    assert len(await list_codes(desk, both, Filter(text="nguyen van an", unit="DN.DP"))) == 1


@pytest.mark.parametrize("common", COMMON, ids=COMMON_IDS)
async def test_an_amended_request_is_found_by_its_new_words_alone(
    desk: Store, monkeypatch: pytest.MonkeyPatch, common: int
) -> None:
    monkeypatch.setattr(conditions, "COMMON_WORD_COUNT", common)
    given = await register_request(desk, "1", make_person_content("Bùi Thị Hoa"), "DN.NT")
    async with StoredTurns(desk, "1")() as turn:
        await turn.requests.amend(given.code, make_person_content("Bùi Thị Mai"))

    assert await list_codes(desk, OPERATOR, Filter(text="bui mai")) == [given.code]
    assert await list_codes(desk, OPERATOR, Filter(text="bui hoa")) == []
