"""``troly requests``, on both databases."""

import asyncio
import json
import re

import pytest
from typer import BadParameter

from bot.cli.options import FilterOptions, parse_unit
from bot.settings import load_settings
from bot.store import Store
from handlers.model import Filter, RequestState, Role, Unit, UnitDirectory
from rules.outcome import Procedure
from tests.support.database import Command, Database
from tests.support.people import OPERATOR, UNITS, grant_role, insert_units, make_person_content
from tests.support.stored_dialogue import load_request, register_request


@pytest.fixture
async def desk(store: Store, database: Database) -> Store:
    insert_units(database.sql)
    await register_request(store, "1", make_person_content(), "DN.NT")
    await register_request(store, "2", make_person_content("Lê Thị\tHoa \x1b[31m", procedure=Procedure.REVOKE), "DN.DP")
    return store


async def run(troly: Command, *arguments: str) -> tuple[int, str, str]:
    """A command runs a loop of its own, and so it does in a thread of its own."""
    return await asyncio.to_thread(troly, "requests", *arguments)


async def test_a_pipe_gets_tab_separated_lines(desk: Store, troly: Command) -> None:
    code, out, _ = await run(troly, "list")

    assert code == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == ["YC-2026-000002", "YC-2026-000001"]
    assert rows[0][3] == "Lê Thị Hoa [31m"
    assert {len(row) for row in rows} == {8}


async def test_programs_get_json_lines_with_machine_names(desk: Store, troly: Command) -> None:
    _, out, _ = await run(troly, "list", "--json", "--procedure", "thu hoi chung thu", "--unit", "xa dai phuoc")

    (line,) = map(json.loads, out.splitlines())
    assert (line["code"], line["state"], line["unit"], line["revision"]) == ("YC-2026-000002", "submitted", "DN.DP", 0)


async def test_a_limit_takes_the_newest(desk: Store, troly: Command) -> None:
    _, out, _ = await run(troly, "list", "--limit", "1")
    assert out.startswith("YC-2026-000002")
    assert len(out.splitlines()) == 1


async def test_show_tells_one_with_its_history(desk: Store, troly: Command) -> None:
    _, out, _ = await run(troly, "show", "yc-2026-000001")
    assert "Nguyễn Văn An" in out
    assert "submitted" in out
    assert (await run(troly, "show", "YC-2026-000009"))[0] == 1


async def test_show_takes_the_last_digits_of_the_code(desk: Store, troly: Command) -> None:
    for said in ("2026-1", "yc 2026 000001"):
        assert "YC-2026-000001" in (await run(troly, "show", said))[1]
    assert (await run(troly, "show", "YC-2026-9"))[0] == 1


async def test_set_says_where_it_stands_and_what_is_possible(desk: Store, troly: Command) -> None:
    code, out, _ = await run(troly, "set", "YC-2026-000001", "--state", "done")

    assert code == 1
    assert out == ("YC-2026-000001: it stands at “submitted”; it can only be moved to: accepted, sent back, refused\n")


async def test_set_moves_each_and_says_what_could_not_be(desk: Store, troly: Command) -> None:
    code, out, _ = await run(troly, "set", "YC-2026-000001", "YC-2026-000009", "--state", "da tiep nhan")

    assert code == 1
    assert out.splitlines() == ["YC-2026-000001: accepted", "YC-2026-000009: no such request within reach"]
    filed = await load_request(desk, OPERATOR, "YC-2026-000001")
    assert (filed.request.state, filed.actor) == (RequestState.ACCEPTED, "machine")


async def test_all_that_match_are_counted_before_they_are_changed(desk: Store, troly: Command) -> None:
    bulk = ("set", "--all-matching", "--unit", "DN", "--state", "sent_back", "--note", "thiếu dấu")
    code, out, _ = await run(troly, *bulk)
    assert (code, out.startswith("2 of 2")) == (0, True)
    assert (await load_request(desk, OPERATOR, "YC-2026-000001")).revision == 0

    code, out, _ = await run(troly, *bulk, "--yes")
    assert (code, out) == (0, "To be moved to “sent back”: 2\nChanged: 2; left as they were: 0.\n")
    assert (await load_request(desk, OPERATOR, "YC-2026-000001")).note == "thiếu dấu"


async def test_another_number_than_the_expected_changes_nothing(desk: Store, troly: Command) -> None:
    bulk = ("set", "--all-matching", "--state", "accepted")
    assert "--expect 2" in (await run(troly, *bulk))[1]
    await register_request(desk, "3", make_person_content(), "DN.NT")

    code, out, _ = await run(troly, *bulk, "--yes", "--expect", "2")
    assert code == 1
    assert "Expected were 2 requests, found were 3. Nothing was changed." in out
    assert (await load_request(desk, OPERATOR, "YC-2026-000001")).revision == 0
    assert (await run(troly, *bulk, "--yes", "--expect", "3"))[0] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ("set", "--state", "accepted"),
        ("set", "YC-2026-000001", "--all-matching", "--state", "accepted"),
        ("set", "YC-2026-000001", "--state", "nowhere"),
        ("list", "--since", "hôm qua"),
        ("list", "--unit", "xa la"),
        ("list", "--procedure", "x"),
    ],
)
async def test_what_is_not_understood_changes_nothing(desk: Store, troly: Command, wrong: tuple[str, ...]) -> None:
    code, out, error = await run(troly, *wrong)
    assert (code, out) == (2, "")
    assert error


async def test_as_a_person_the_command_reaches_as_far_as_they_do(desk: Store, troly: Command) -> None:
    admin = await grant_role(desk, "admin", Role.ADMIN, "DN.NT")
    officer = await grant_role(desk, "focal", Role.FOCAL, "DN.NT")

    assert "000002" not in (await run(troly, "list", "--as", admin.id))[1]
    assert "Nguyễn" not in (await run(troly, "list", "--as", officer.id))[1]
    assert (await run(troly, "set", "YC-2026-000001", "--state", "accepted", "--as", officer.id))[0] == 3
    assert (await run(troly, "set", "YC-2026-000002", "--state", "accepted", "--as", admin.id))[0] == 1


def test_words_in_either_language_mean_the_same_filter() -> None:
    typed = FilterOptions(
        unit="tinh dong nai", procedures=["revoke", "gia han chung thu"], states=["Hoan thanh", "sent back"]
    )
    assert typed.filter(UNITS) == Filter(
        unit="DN", procedures=(Procedure.REVOKE, Procedure.EXTEND), states=(RequestState.DONE, RequestState.SENT_BACK)
    )


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("thu hoi", None),
        ("tiep nhan", RequestState.ACCEPTED),
        ("tu choi", RequestState.REFUSED),
        ("trả lại", RequestState.SENT_BACK),
        ("rut", RequestState.WITHDRAWN),
        ("Ghi nhận", RequestState.SUBMITTED),
        ("xong", RequestState.DONE),
        ("chuyen", RequestState.FORWARDED),
    ],
)
def test_short_words_of_the_screens_are_understood(typed: str, state: RequestState | None) -> None:
    if state is None:
        assert FilterOptions(procedures=[typed, "thay doi"]).filter(UNITS).procedures == (
            Procedure.REVOKE,
            Procedure.CHANGE_INFORMATION,
        )
    else:
        assert FilterOptions(states=[typed]).filter(UNITS).states == (state,)


def test_a_word_that_is_not_known_is_answered_with_the_words_of_the_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROLY_LANGUAGE", "vi")
    with pytest.raises(BadParameter, match="đã tiếp nhận, trả lại để bổ sung"):
        FilterOptions(states=["xyz"]).filter(UNITS)


@pytest.mark.parametrize("typed", ["dn.nt", "XÃ  NHƠN trạch", "xa nhon trach"])
def test_a_unit_is_found_by_code_name_or_the_one_sure_answer(typed: str) -> None:
    assert parse_unit(typed, UNITS) == "DN.NT"


def test_a_unit_that_is_named_unsurely_is_asked_back() -> None:
    with pytest.raises(BadParameter, match=r"Xã Đại Phước \(DN.DP\)"):
        parse_unit("dai phuo", UNITS)
    twins = UnitDirectory.of([Unit("A", "Xã Mẫu"), Unit("B", "Xã Mẫu")])
    with pytest.raises(BadParameter, match=r"Xã Mẫu \(A\), Xã Mẫu \(B\)"):
        parse_unit("xã mẫu", twins)


async def test_a_list_without_a_match_says_so_and_is_no_failure(desk: Store, troly: Command) -> None:
    code, out, err = await run(troly, "list", "--state", "tu choi")
    assert (code, out) == (0, "")
    assert "No request matches." in err


@pytest.mark.parametrize("width", ["80", "160"])
async def test_codes_states_and_days_stay_whole_on_a_terminal(
    desk: Store, troly: Command, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", width)
    await run(troly, "set", "YC-2026-000001", "--state", "tra lai", "--note", "thiếu dấu")
    monkeypatch.setenv("TROLY_LANGUAGE", "vi")
    load_settings.cache_clear()
    _, out, _ = await run(troly, "list")

    out = re.sub("\x1b\\[[0-9;]*m", "", out)
    assert max(map(len, out.splitlines())) <= int(width)
    (returned,) = [line for line in out.splitlines() if "YC-2026-000001" in line]
    assert "trả lại để bổ sung" in returned
    assert "Nguyễn Văn An" in returned
    assert ("Số hiệu" in out) is (width == "160")
