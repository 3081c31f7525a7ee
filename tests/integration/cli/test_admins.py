"""``troly admins``, ``troly audit`` and ``troly rights``, by the operator and by people with ``--as``."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.model import Role
from tests.support.database import Command, Database
from tests.support.people import create_invitation, grant_role, insert_units
from tests.support.store import closing_async

CODE = re.compile(r"/start ([a-z2-7]{32})")
FORBIDDEN, WRONG, FAILED = 3, 2, 1


def filled(database: Database, fill: Callable[[Store], Awaitable[object]]) -> None:
    async def run() -> None:
        async with closing_async(
            await open_store(database.url, database.folder, open_keyring(database.keys)[0])
        ) as store:
            await fill(store)

    asyncio.run(run())


@pytest.fixture
def town(database: Database) -> None:
    """QT-1 the owner, QT-2 an admin and QT-3 a focal officer of Xã Nhơn Trạch, QT-4 an admin of Xã Đại Phước."""

    async def nothing(_: Store) -> None:
        """The tables."""

    async def people(store: Store) -> None:
        await grant_role(store, "1", Role.OWNER)
        await grant_role(store, "2", Role.ADMIN, "DN.NT")
        await grant_role(store, "3", Role.FOCAL, "DN.NT")
        await grant_role(store, "4", Role.ADMIN, "DN.DP", label="Mật")
        await create_invitation(store, Role.FOCAL, "DN.DP", label="Mật", now=datetime.now(UTC))

    filled(database, nothing)
    insert_units(database.sql)
    filled(database, people)


def roles(database: Database) -> list[tuple[object, ...]]:
    return database.sql("SELECT id, role, unit FROM grants WHERE ended_at IS NULL ORDER BY id")


@pytest.mark.parametrize("person", ["telegram:7790118822", "terminal:máy của Lan", "terminal:Nguyễn Thị Lan"])
def test_the_first_owner_is_made_at_the_machine(troly: Command, database: Database, person: str) -> None:
    code, out, _ = troly("admins", "add", person, "--label", "Chị Lan")

    assert (code, out.splitlines()[-1]) == (0, f"{person} is an owner now: QT-000001")
    assert roles(database) == [("QT-000001", "owner", None)]
    assert "Chị Lan" in troly("admins", "list", "--as", person)[1]
    assert person.partition(":")[2].encode() not in database.bytes_at_rest()
    assert troly("admins", "add", person)[1].splitlines()[-1] == f"{person} is an owner now: QT-000001"


def test_an_owner_is_invited_where_no_chat_is_named(troly: Command, database: Database) -> None:
    code, out, _ = troly("admins", "add", "--hours", "1")

    assert code == 0
    assert CODE.search(out)
    assert roles(database) == []
    assert database.sql("SELECT role, unit FROM invitations") == [("owner", None)]


def test_an_invitation_is_a_link_where_telegram_names_the_bot(troly: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    async def link(_: object) -> str:
        return "https://t.me/troly_bot?start="

    monkeypatch.setattr("bot.cli.admins.fetch_start_link", link)

    assert re.search(r"https://t\.me/troly_bot\?start=[a-z2-7]{32}\n", troly("admins", "add")[1])


def test_where_telegram_does_not_answer_the_code_is_printed(troly: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROLY_TELEGRAM_TOKEN", "1:abc")
    monkeypatch.setenv("TROLY_TELEGRAM_API_URL", "http://127.0.0.1:1")

    code, out, _ = troly("admins", "add")

    assert code == 0
    assert CODE.search(out)


@pytest.mark.parametrize(
    "person",
    ["me", "telegram:", "telegram:-100", "telegram:1x", "telegram:0", "terminal:", "x:1", "email:lan@xa.gov.vn"],
)
def test_an_address_that_names_no_chat_is_refused(troly: Command, database: Database, person: str) -> None:
    troly("migrate")

    code, _, err = troly("admins", "add", person)

    assert code == WRONG
    assert "write telegram:ID or terminal:NAME" in err
    assert roles(database) == []


INVITE = ("admins", "invite", "--role")
#: Verb -> exit code for the operator, the owner, the admin and the focal officer of Xã Nhơn Trạch, and an officer.
VERBS = {
    ("admins", "list"): (0, 0, 0, FORBIDDEN, FORBIDDEN),
    ("admins", "invitations"): (0, 0, 0, FORBIDDEN, FORBIDDEN),
    ("audit", "list"): (0, 0, 0, FORBIDDEN, FORBIDDEN),
    (*INVITE, "owner"): (0, 0, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    (*INVITE, "admin", "--unit", "DN.NT"): (0, 0, 0, FORBIDDEN, FORBIDDEN),
    (*INVITE, "focal", "--unit", "DN.NT.VP"): (0, 0, 0, FORBIDDEN, FORBIDDEN),
    (*INVITE, "admin", "--unit", "DN.DP"): (0, 0, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    (*INVITE, "admin", "--unit", "DN"): (0, 0, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    (*INVITE, "admin", "--unit", "nowhere"): (WRONG, WRONG, WRONG, FORBIDDEN, FORBIDDEN),
    (*INVITE, "admin"): (FAILED, FAILED, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    (*INVITE, "officer", "--unit", "DN.NT"): (WRONG,) * 5,
    ("admins", "end", "QT-000004"): (0, 0, FAILED, FORBIDDEN, FORBIDDEN),
    ("admins", "end", "LM-000005"): (0, 0, FAILED, FORBIDDEN, FORBIDDEN),
    ("admins", "end", "qt-000003"): (0, 0, 0, FORBIDDEN, FORBIDDEN),
    ("admins", "end", "QT-000001"): (FAILED, FAILED, FAILED, FORBIDDEN, FORBIDDEN),
    ("admins", "end", "QT-999999"): (FAILED, FAILED, FAILED, FORBIDDEN, FORBIDDEN),
}
PEOPLE = ((), ("--as", "telegram:1"), ("--as", "QT-000002"), ("--as", "qt-000003"), ("--as", "telegram:5"))


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.usefixtures("town")
def test_every_verb_by_everybody(troly: Command, database: Database, verb: tuple[str, ...]) -> None:
    wrong, before = {}, roles(database)
    order = sorted(range(len(PEOPLE)), key=lambda number: VERBS[verb][number] == 0)  # what succeeds changes the rest
    for number in order:
        if VERBS[verb][number] == 0 and verb[1] == "end":
            database.sql("UPDATE grants SET ended_at = NULL")
            database.sql("UPDATE invitations SET ended_at = NULL")
        code, out, err = troly(*verb, *PEOPLE[number])
        if code != VERBS[verb][number] or "Traceback" in err or ("Mật" in out and number > 1):
            wrong[PEOPLE[number]] = (code, out, err)
        if code:
            assert out == ""
            assert roles(database) == before

    assert wrong == {}


@pytest.mark.usefixtures("town")
def test_somebody_who_is_not_named_well_is_refused(troly: Command) -> None:
    for person in ("", "QT-999999", "nobody", "telegram:x", "' OR 1=1 --"):
        code, _, err = troly("admins", "list", "--as", person)
        assert code == WRONG
        assert "names nobody" in err


@pytest.mark.usefixtures("town")
def test_a_role_and_its_unit_are_named_as_people_call_them(troly: Command, database: Database) -> None:
    assert troly("admins", "invite", "--role", "Quản trị viên", "--unit", "dn.nt")[0] == 0
    assert troly("admins", "invite", "--role", "can bo dau moi", "--unit", "xa dai phuoc")[0] == 0
    made = database.sql("SELECT role, unit FROM invitations ORDER BY id")
    assert made[-2:] == [("admin", "DN.NT"), ("focal", "DN.DP")]
    code, _, err = troly("admins", "invite", "--role", "vua")
    assert (code, "owner, admin, focal officer" in err) == (WRONG, True)


def test_without_an_invitation_it_says_so(troly: Command) -> None:
    troly("migrate")
    code, out, err = troly("admins", "invitations")
    assert (code, out) == (0, "")
    assert "No invitation is open." in err
    assert troly("admins", "invitations", "--json") == (0, "", "")


def test_a_bare_name_is_the_person_at_that_terminal_if_they_have_a_role(troly: Command) -> None:
    troly("admins", "add", "terminal:dau-moi-1", "--label", "Chị Lan")
    code, out, _ = troly("admins", "list", "--as", "dau-moi-1")
    assert (code, "Chị Lan" in out) == (0, True)
    assert troly("admins", "list", "--as", "dau-moi-2")[0] == WRONG


@pytest.mark.usefixtures("town")
def test_lists_are_json_for_programs(troly: Command) -> None:
    holders, asked, rows = (
        [json.loads(line) for line in troly(*command, "--json")[1].splitlines()]
        for command in (("admins", "list"), ("admins", "invitations"), ("audit", "list", "--limit", "2"))
    )

    assert [holder["id"] for holder in holders] == ["QT-000004", "QT-000003", "QT-000002", "QT-000001"]
    assert [(invitation["id"], invitation["label"]) for invitation in asked] == [("LM-000005", "Mật")]
    assert [row["act"] for row in rows] == ["invite", "redeem"]


@pytest.mark.usefixtures("town")
def test_the_journal_is_listed_page_by_page_and_no_row_is_left_out(
    troly: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.audit._PAGE", 4)
    all_rows, some = (
        [json.loads(line)["number"] for line in troly("audit", "list", "--json", "--limit", limit)[1].splitlines()]
        for limit in ("100", "6")
    )
    lines = troly("audit", "list")[1].splitlines()

    assert all_rows == list(range(9, 0, -1))
    assert some == all_rows[:6]
    assert len(lines) == 1 + len(all_rows)


def test_a_label_that_will_not_do_is_refused(troly: Command, database: Database) -> None:
    troly("migrate")
    for label in ("x" * 101, "\N{BELL}", "123"):
        code, _, err = troly("admins", "add", "terminal:me", "--label", label)
        assert code == WRONG
        assert "--label" in err
    assert roles(database) == []


@pytest.mark.usefixtures("town")
def test_the_journal_is_proved_and_a_fault_is_named(troly: Command, database: Database) -> None:
    whole = troly("audit", "verify")
    replaced = troly("audit", "verify", "--noted", "9:x")
    database.sql("UPDATE audit SET subject = 'x' WHERE number = 4")
    broken = troly("audit", "verify")

    assert whole[0] == 0
    assert whole[1].startswith("The journal is whole: 9 rows.\nEnd of the chain: 9:")
    assert replaced[0] == FAILED
    assert replaced[1].startswith("Row 9 is not the one that was noted")
    assert [troly("audit", "verify", "--noted", wrong)[0] for wrong in ("x", "9", "9:", ":x")] == [WRONG] * 4
    assert broken[0] == FAILED
    assert broken[1].splitlines() == ["Row 4 was changed after it was written.", "Rows before it that are in order: 3."]


def test_an_empty_journal_is_whole(troly: Command) -> None:
    assert troly("audit", "verify")[1].splitlines()[-1] == "The journal is whole: 0 rows."


def test_rights_are_printed_in_the_language_asked(troly: Command) -> None:
    assert "| see the request list | everything |" in troly("rights", "--lang", "en")[1]
    assert "| xem danh sách yêu cầu | toàn bộ |" in troly("rights", "--lang", "vi")[1]


@pytest.mark.usefixtures("town")
def test_a_link_to_the_admin_pages_is_printed_for_people_with_a_role_alone(troly: Command, database: Database) -> None:
    code, out, _ = troly("admins", "link", "QT-000002")
    assert code == 0
    assert re.search(r"http://127\.0\.0\.1:8080/desk/sign-in/[A-Za-z0-9_-]{22}$", out.strip())
    assert database.sql("SELECT purpose FROM one_time_links") == [("sign_in",)]
    assert database.sql("SELECT act, actor FROM audit ORDER BY number DESC LIMIT 1") == [("sign_in_link", "machine")]

    code, out, error = troly("admins", "link", "telegram:5")
    assert (code != 0, out) == (True, "")
    assert "has no role here" in error


def test_an_owner_on_a_channel_that_is_not_set_up_or_who_never_wrote_is_told_so(
    database: Database, troly: Command, town: None
) -> None:
    _, _, error = troly("admins", "add", "zalo:123456")
    assert "Zalo is not set up here yet" in error
    assert "troly admins end QT-000005" in error
    assert troly("admins", "add", "telegram:1")[2].count("\n") == 1  # known by now, but there is no token
    assert troly("admins", "add", "terminal:me")[2] == ""
