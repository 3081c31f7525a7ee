"""Every verb of the command line that acts for a person (``--as``), tried by everybody within and beyond their unit.

Written over the command line itself: a verb that is added and not tried here fails.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli import _build_command, main
from bot.services.opening import open_store
from bot.settings import load_settings
from bot.store import Store
from bot.store.sealing import open_keyring
from handlers.model import (
    RIGHTS_TABLE,
    Act,
    Audience,
    BroadcastDraft,
    BroadcastState,
    BroadcastText,
    RequestState,
    Role,
    Scope,
)
from locales import translator
from tests.support.database import Database, Sql
from tests.support.exports import edit_row, export_spreadsheet
from tests.support.people import OPERATOR, admin_transaction, create_invitation, grant_role, insert_units
from tests.support.store import CHANNEL, closing_async, make_content, open_chat
from tests.support.stored_dialogue import load_request, register_request

Verb = tuple[str, ...]
Command = Callable[..., tuple[int, str]]
#: Who acts, and by which role; ``None``: it has ended, or there never was one.
PEOPLE = {"1": Role.OWNER, "2": Role.ADMIN, "3": Role.FOCAL, "4": None, "5": None}
TABLES = ("grants", "invitations", "requests", "request_history", "units", "tasks", "outbox", "broadcasts")


@dataclass(frozen=True)
class Place:
    """A unit, and what belongs to it; ``mark`` stands in everything that is told of it."""

    unit: str
    mark: str
    request: str = ""
    grant: str = ""
    broadcast: str = ""

    def file(self, folder: Path, ending: str) -> str:
        return str(folder / f"{self.unit}.{ending}")


@dataclass(frozen=True)
class Trial:
    """How a verb is tried on a place; what says that it did something there, unless what is stored does."""

    act: Act
    arguments: Callable[[Place, Path], Verb]
    shows: Callable[[Place], str] | None = None
    stands: BroadcastState | None = None  #: the state of the broadcast that it is tried on


def listing(*words: str) -> Callable[[Place, Path], Verb]:
    return lambda place, folder: tuple(word.format(**asdict(place), file=folder / place.unit) for word in words)


TRIALS: dict[Verb, Trial] = {
    ("requests", "list"): Trial(Act.SEE_REQUESTS, listing("--json", "--unit", "{unit}"), lambda place: place.request),
    ("requests", "show"): Trial(Act.SEE_REQUESTS, listing("{request}", "--json"), lambda place: place.request),
    ("requests", "set"): Trial(
        Act.CHANGE_REQUESTS, listing("--state", "accepted", "--all-matching", "--yes", "--unit", "{unit}")
    ),
    ("requests", "place"): Trial(Act.CHANGE_REQUESTS, listing("{request}", "--to", "DN.NT.VP")),
    ("requests", "import"): Trial(Act.IMPORT_REQUESTS, listing("{file}.xlsx", "--apply")),
    ("admins", "invite"): Trial(Act.GIVE_FOCAL, listing("--role", "focal", "--unit", "{unit}")),
    ("admins", "list"): Trial(Act.SEE_HOLDERS, listing("--json"), lambda place: place.mark),
    ("admins", "invitations"): Trial(Act.SEE_HOLDERS, listing("--json"), lambda place: place.mark),
    ("admins", "end"): Trial(Act.END_ROLES, listing("{grant}")),
    ("stats",): Trial(Act.SEE_PICTURE, listing("--json", "--unit", "{unit}"), lambda place: f'"{place.unit}"'),
    ("units", "import"): Trial(Act.MAINTAIN_UNITS, listing("--sample", "nhon-trach", "--apply")),
    ("audit", "list"): Trial(Act.SEE_JOURNAL, listing("--json"), lambda place: place.mark),
    ("export", "requests"): Trial(
        Act.EXPORT_REQUESTS,
        listing("--format", "jsonl", "--out", "{file}.jsonl", "--unit", "{unit}"),
        lambda place: place.request,
    ),
    ("broadcast", "new"): Trial(Act.WRITE_BROADCASTS, listing("--title", "Nhắc hạn", "--unit", "{unit}")),
    ("broadcast", "change"): Trial(
        Act.WRITE_BROADCASTS, listing("{broadcast}", "--deadline", "2099-12-31"), stands=BroadcastState.DRAFT
    ),
    ("broadcast", "check"): Trial(Act.WRITE_BROADCASTS, listing("{broadcast}"), stands=BroadcastState.DRAFT),
    ("broadcast", "preview"): Trial(
        Act.SEE_BROADCASTS, listing("{broadcast}"), lambda place: place.mark, BroadcastState.DRAFT
    ),
    ("broadcast", "approve"): Trial(Act.APPROVE_BROADCASTS, listing("{broadcast}"), stands=BroadcastState.CHECKED),
    ("broadcast", "start"): Trial(Act.WRITE_BROADCASTS, listing("{broadcast}"), stands=BroadcastState.SCHEDULED),
    ("broadcast", "pause"): Trial(Act.WRITE_BROADCASTS, listing("{broadcast}"), stands=BroadcastState.RUNNING),
    ("broadcast", "resume"): Trial(Act.WRITE_BROADCASTS, listing("{broadcast}"), stands=BroadcastState.PAUSED),
    ("broadcast", "resend"): Trial(
        Act.WRITE_BROADCASTS, listing("{broadcast}", "--all", "--yes"), stands=BroadcastState.RUNNING
    ),
    ("broadcast", "cancel"): Trial(Act.WRITE_BROADCASTS, listing("{broadcast}"), stands=BroadcastState.RUNNING),
    ("broadcast", "status"): Trial(
        Act.SEE_BROADCASTS,
        listing("{broadcast}", "--json"),
        lambda place: f'"title": "{place.mark}"',
        BroadcastState.RUNNING,
    ),
    ("broadcast", "list"): Trial(Act.SEE_BROADCASTS, listing("--json"), lambda place: place.broadcast),
    ("broadcast", "report"): Trial(
        Act.SEE_BROADCASTS, listing("{broadcast}", "--out", "{file}.csv", "--force"), lambda place: f"{place.unit}.csv"
    ),
}
#: What is tried in one go: verbs on a broadcast of a place, each from the state it needs; every other verb alone.
GROUPS = [(verb,) for verb in TRIALS if verb[0] != "broadcast"]
GROUPS.append(tuple(verb for verb in TRIALS if verb[0] == "broadcast"))


#: There ``--as`` names who is talking, not by whose rights.
TALKING = {("chat",)}


def acting_verbs(command: Any, verb: Verb = ()) -> Iterator[Verb]:
    """Those with ``--as``, however deep."""
    if any("--as" in parameter.opts for parameter in command.params):
        yield verb
    for name, inner in getattr(command, "commands", {}).items():
        yield from acting_verbs(inner, (*verb, name))


@dataclass(frozen=True)
class Town:
    """Xã Nhơn Trạch and Xã Đại Phước, each with an admin, an invitation, a request and a row of the journal."""

    near: Place
    far: Place


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> tuple[Path, Town]:
    """The data folder of the town, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("town")
    shutil.copy(sqlite_template, folder)
    return folder, asyncio.run(_furnish(folder))


async def _furnish(folder: Path) -> Town:
    database = Database(None, folder)
    async with closing_async(await open_store(None, folder, open_keyring(database.keys)[0])) as store:
        insert_units(database.sql)
        await grant_role(store, "1", Role.OWNER)
        await grant_role(store, "2", Role.ADMIN, "DN.NT")
        await grant_role(store, "3", Role.FOCAL, "DN.NT")
        ended = await grant_role(store, "4", Role.ADMIN, "DN")
        async with admin_transaction(store) as at:
            await at.admin.people.end(OPERATOR, ended.id)
        await open_chat(store, "of an officer", "5")
        places = Place("DN.NT", "Lộ Nhơn Trạch"), Place("DN.DP", "Mật Đại Phước")
        town = Town(*[await settled(store, place, folder) for place in places])
        database.sql("UPDATE chats SET unit = (SELECT r.unit FROM requests r WHERE r.chat = chats.id)")
    return town


@pytest.fixture
def town(furnished: tuple[Path, Town], tmp_path: Path) -> Town:
    folder, town = furnished
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return town


@pytest.fixture
def sql(town: Town, tmp_path: Path) -> Iterator[Sql]:
    with Database(None, tmp_path).opened() as run:
        yield run


async def settled(store: Store, place: Place, folder: Path) -> Place:
    held = await grant_role(store, f"8{place.unit}", Role.FOCAL, place.unit, label=place.mark)
    await create_invitation(store, Role.FOCAL, place.unit, label=place.mark, now=datetime.now(UTC))
    async with admin_transaction(store) as at:
        await at.admin.journal.record(OPERATOR, "export", place.mark, unit=place.unit)
    wanted = make_content().model_copy(update={"subscriber": place.mark, "certificate_name": place.mark})
    made = await register_request(store, f"9{place.unit}", wanted, place.unit)
    written = await drafted(store, place)
    row = edit_row(await load_request(store, OPERATOR, made.code), RequestState.ACCEPTED)
    await asyncio.to_thread(Path(place.file(folder, "xlsx")).write_bytes, export_spreadsheet(folder, [row]))
    return Place(place.unit, place.mark, made.code, held.id, written)


async def drafted(store: Store, place: Place) -> str:
    """A broadcast to the officer of a place."""
    chats = (store.chats.at(CHANNEL, f"9{place.unit}").id,)
    draft = BroadcastDraft(
        title=place.mark,
        text=BroadcastText(vi=place.mark, en=place.mark),
        audience=Audience(unit=place.unit, chats=chats),
    )
    async with admin_transaction(store) as at:
        made = await at.admin.broadcasts.new(OPERATOR, draft)
    assert made is not None
    return made.id


@pytest.fixture
def troly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a command on the store; exit code, all that it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TROLY_LANGUAGE", "en")
    load_settings.cache_clear()

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        return ended.value.code if isinstance(ended.value.code, int) else 0, "".join(capsys.readouterr())

    yield run
    load_settings.cache_clear()


def stored(sql: Sql, *more: str) -> list[object]:
    return [sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in (*TABLES, *more)]


@dataclass
class Attempt:
    """What a person got by a verb on a place."""

    code: int
    said: str
    changed: bool  #: anything but the journal
    noted: bool  #: a row in the journal


Try = Callable[[Verb, str, Place], Awaitable[Attempt]]


@pytest.fixture
def attempt(troly: Command, sql: Sql, tmp_path: Path) -> Try:
    """Has a person try a verb on a place."""

    def tried(verb: Verb, who: str, place: Place) -> Attempt:
        if (state := TRIALS[verb].stands) is not None:
            sql("UPDATE broadcasts SET state = ?, recipients = 1 WHERE id = ?", state.value, place.broadcast)
            sql("UPDATE outbox SET state = 'unknown', payload = x'00' WHERE broadcast = ?", place.broadcast)
        before, journal = stored(sql), stored(sql, "audit")
        code, said = troly(*verb, *TRIALS[verb].arguments(place, tmp_path), "--as", f"telegram:{who}")
        written = Path(place.file(tmp_path, "jsonl"))
        said += written.read_text("utf-8") if written.exists() else ""
        return Attempt(code, said, stored(sql) != before, stored(sql, "audit") != journal)

    return lambda verb, who, place: asyncio.to_thread(tried, verb, who, place)


def reaches(act: Act, who: str, *, beyond: bool) -> bool:
    """As the declared table has it; a role that reaches a unit is one of Xã Nhơn Trạch here."""
    scope = RIGHTS_TABLE[act][PEOPLE[who] or Role.OFFICER]
    return scope is Scope.EVERYTHING or (scope is Scope.UNIT and not beyond)


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("verbs", GROUPS, ids=lambda verbs: " ".join(verbs[0]))
async def test_a_verb_does_what_the_table_of_rights_says(
    town: Town, attempt: Try, sql: Sql, verbs: tuple[Verb, ...], who: str
) -> None:
    for verb in verbs:
        for place, beyond in ((town.far, True), (town.near, False)):
            judge(TRIALS[verb], who, place, await attempt(verb, who, place), beyond=beyond)
            sql("UPDATE units SET name = name || '.'")  # so that the same list changes them again


def judge(trial: Trial, who: str, place: Place, got: Attempt, *, beyond: bool) -> None:
    if reaches(trial.act, who, beyond=beyond):
        assert got.code == 0, got.said
        assert trial.shows(place) in got.said if trial.shows else got.changed
        return
    assert not got.changed
    assert place.mark not in got.said
    assert trial.shows is None or trial.shows(place) not in got.said or got.code
    if not reaches(trial.act, who, beyond=False):
        assert (got.code, got.noted) == (3, False), got.said


@pytest.mark.parametrize("verbs", GROUPS, ids=lambda verbs: " ".join(verbs[0]))
async def test_somebody_nobody_knows_does_nothing(town: Town, attempt: Try, verbs: tuple[Verb, ...]) -> None:
    for verb in verbs:
        got = await attempt(verb, "999999", town.near)

        assert (got.code, got.changed, got.noted) == (3, False, False), got.said
        assert town.near.mark not in got.said


def test_every_verb_that_acts_for_a_person_is_tried() -> None:
    assert set(acting_verbs(_build_command([], translator("en")))) - TALKING == set(TRIALS)
