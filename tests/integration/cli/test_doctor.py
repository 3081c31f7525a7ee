"""``troly doctor``: what works, what does not, what to do; nothing is changed by it."""

import json
import os
import sqlite3
import stat
import tarfile
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.cli import doctor
from bot.metrics import Memory
from bot.settings import Settings, load_settings
from bot.store.sealing import open_keyring
from locales import translator
from tests.support.database import Command, Database, client_programs
from tests.support.telegram.api import BotApi
from tests.support.telegram.limits import Limits
from tests.support.web import free_port

Found = Mapping[str, list[tuple[str, str, str]]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ask_program", lambda name, *_: {"fc-match": "Liberation Serif"}.get(name, ""))
    monkeypatch.setenv("TROLY_BACKUP_EVERY_HOURS", "24")
    client_programs(monkeypatch)


def examined(troly: Command, *options: str) -> tuple[int, Found]:
    """Return the exit status, and by check the state, the sentence and the advice of each finding."""
    load_settings.cache_clear()
    code, out, _ = troly("doctor", "--json", *options)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in out.splitlines():
        one = json.loads(line)
        found.setdefault(one["check"], []).append((one["state"], one["said"], one["todo"]))
    return code, found


def states(found: Found, check: str) -> list[str]:
    return [state for state, _, _ in found[check]]


def test_before_the_first_start_nothing_is_broken_and_nothing_is_made(
    troly: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TROLY_DATABASE_URL", raising=False)
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "new"))
    code, found = examined(troly)
    assert code == 0
    assert states(found, "database") == states(found, "keys") == ["advice"]
    assert not (tmp_path / "new").exists()
    assert examined(troly, "--strict")[0] == 1


def test_a_database_in_use_is_found_reached_up_to_date_and_writable(troly: Command, database: Database) -> None:
    open_keyring(database.keys)
    troly("requests", "list")
    code, found = examined(troly)
    assert code == 0
    assert [state for one in ("database", "keys", "clock") for state in states(found, one)] == ["ok"] * 4
    assert found["offices"][0][2] == "See which: troly offices check"
    plain = troly("doctor")[1]
    assert plain.startswith("✓ Settings can be used")
    assert "\n    → See which: troly offices check" in plain


def test_settings_that_cannot_be_used_are_all_that_is_said(
    troly: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TROLY_WEB_URL", "ftp://x")
    code, found = examined(troly)
    assert (code, list(found)) == (1, ["settings"])
    assert "TROLY_WEB_URL" in found["settings"][0][1]


def test_a_setting_that_there_is_not_and_a_file_of_settings_for_everybody_are_told(
    troly: Command, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROLY_TELEGRAM_TOKN", "123")
    (database.folder / ".env").write_text("TROLY_WEB_LISTENS=x\n")
    (database.folder / ".env").chmod(0o644)
    _, found = examined(troly)
    said = [sentence for _, sentence, _ in found["settings"]]
    assert said[1:] == [
        "There is no setting TROLY_TELEGRAM_TOKN.",
        "There is no setting TROLY_WEB_LISTENS.",
        "Others can read .env, which may hold secrets.",
    ]


def test_a_key_file_that_others_can_read_is_a_fault_with_the_command_that_mends_it(
    troly: Command, database: Database
) -> None:
    open_keyring(database.keys)
    database.keys.chmod(0o644)
    code, found = examined(troly)
    assert (code, states(found, "keys")) == (1, ["fault"])
    assert "chmod 600" in found["keys"][0][1]


@pytest.mark.parametrize("other", [False, True], ids=["no key file", "the key file of another database"])
def test_a_key_that_the_database_was_sealed_with_and_that_is_not_here_is_a_fault_with_its_id(
    troly: Command, database: Database, other: bool
) -> None:
    troly("requests", "list")
    kept = json.loads(database.keys.read_text())["current"]
    database.keys.unlink()
    if other:
        open_keyring(database.keys)
    code, found = examined(troly)
    assert (code, states(found, "keys")) == (1, ["fault"])
    assert kept in found["keys"][0][1]
    assert found["keys"][0][2].startswith("Put back its copy")


@pytest.mark.parametrize(
    ("statement", "check", "todo"),
    [
        ("INSERT INTO counters (name, value) VALUES ('moved', 1)", "database", "TROLY_DATABASE_URL"),
        ("INSERT INTO copied_tables (name, copied, digest) VALUES ('', 0, 'x')", "database", "troly move"),
        ("INSERT INTO counters (name, value) VALUES ('seen', 1)", "clock", "--clock-is-right"),
        ("INSERT INTO unreadable (place, found_at) VALUES ('x', 1)", "values", "troly keys verify"),
    ],
)
def test_what_is_wrong_in_the_database_is_a_fault(
    troly: Command, database: Database, statement: str, check: str, todo: str
) -> None:
    database.sql(statement)
    code, found = examined(troly)
    assert code == 1
    assert [advice for state, _, advice in found[check] if state == "fault" and todo in advice]


def test_outstanding_migrations_are_told_and_not_applied(troly: Command, database: Database) -> None:
    if database.url:
        pytest.skip("the tests share its tables")
    database.sql("DELETE FROM schema_migrations WHERE version = 21")
    _, found = examined(troly)
    assert found["database"][-1][:2] == ("advice", "1 migrations are outstanding.")
    assert database.sql("SELECT COUNT(*) FROM schema_migrations WHERE version = 21") == [(0,)]


def test_a_file_that_another_program_holds_is_told_as_locked(
    troly: Command, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.url:
        pytest.skip("PostgreSQL locks rows, not itself")
    monkeypatch.setattr("bot.store.contents.sqlite_tables.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        code, found = examined(troly)
    assert (code, states(found, "database")) == (1, ["ok", "fault"])
    assert "locked" in found["database"][-1][1]


def test_a_database_that_nobody_answers_for_is_told_without_its_password(
    troly: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TROLY_DATABASE_URL", f"postgresql://x:hunter2@/y?host={tmp_path}")
    code, found = examined(troly)
    assert (code, states(found, "database")) == (1, ["fault"])
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(("hours", "state"), [(1, "ok"), (47, "ok"), (49, "fault")])
def test_the_age_of_the_newest_backup_is_judged(troly: Command, database: Database, hours: int, state: str) -> None:
    made = datetime.now(UTC) - timedelta(hours=hours)
    (database.folder / "backups" / f"troly-{made:%Y%m%dT%H%M%SZ}").mkdir(parents=True)
    assert states(examined(troly)[1], "backup") == [state]


@pytest.mark.parametrize("expected", [("24", 1, "fault"), ("0", 0, "advice")])
def test_without_pg_dump_of_the_server_doctor_says_what_to_install(
    troly: Command, empty_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    expected: tuple[str, int, str],
) -> None:  # fmt: skip
    monkeypatch.setenv("TROLY_DATABASE_URL", empty_postgres_url)
    monkeypatch.setenv("TROLY_BACKUP_EVERY_HOURS", expected[0])
    assert not [one for one in examined(troly)[1]["backup"] if "pg_dump" in one[1]]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("bot.services.postgres_dump._PLACES", ())
    code, found = examined(troly)
    (told,) = [one for one in found["backup"] if "pg_dump" in one[1]]
    assert (code, told[0]) == expected[1:]
    assert "apt-get install postgresql-client-" in told[1]


@pytest.mark.parametrize(
    ("token", "url", "said"),
    [
        ("", "", "Telegram is reached and knows us."),
        ("123456789:" + "A" * 35, "", "Telegram does not accept our token."),
        ("", "http://127.0.0.1:9", "Telegram is not reached."),
    ],
)
async def test_each_channel_is_asked_who_we_are(token: str, url: str, said: str, tmp_path: Path) -> None:
    open_keyring(tmp_path / "keys.json")
    async with BotApi.start(limits=Limits.off()) as server:
        settings = Settings(
            data_dir=tmp_path, state_dir=None, telegram_token=SecretStr(token or server.token),
            telegram_api_url=url or server.url, language="en",
        )  # fmt: skip
        exam = doctor.Examination(settings, datetime.now(UTC), translator("en"))
        (finding,) = await doctor._ask_platforms(exam)
    assert finding.said == said
    assert bool(finding.todo) is (finding.state is not doctor.State.GOOD)


def test_the_memory_that_is_set_is_told_and_too_little_is_said_so(
    troly: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "new"))
    monkeypatch.setattr(doctor, "read_memory", lambda megabytes: Memory(1, megabytes * 10**6 or None))
    for megabytes, state, words in ((0, "advice", "Nothing limits"), (200, "advice", "200 MB"), (900, "ok", "900 MB")):
        monkeypatch.setenv("TROLY_MEMORY_LIMIT_MB", str(megabytes))
        ((found, said, _),) = examined(troly)[1]["memory"]
        assert (found, words in said) == (state, True)


def test_the_memory_that_the_unit_allows_counts_for_a_command_that_runs_beside_it(
    troly: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "new"))
    monkeypatch.setattr(doctor, "read_memory", lambda megabytes: Memory(1, megabytes * 10**6 or None))
    for said_by_systemd, megabytes, state, words in (
        ("1073741824", 0, "ok", "1073 MB"), ("1073741824", 900, "ok", "900 MB"),
        ("infinity", 0, "advice", "Nothing limits"), ("", 0, "advice", "Nothing limits"),
    ):  # fmt: skip
        monkeypatch.setattr(doctor, "ask_program", lambda name, *_: said_by_systemd if name == "systemctl" else "")  # noqa: B023
        monkeypatch.setenv("TROLY_MEMORY_LIMIT_MB", str(megabytes))
        ((found, said, _),) = examined(troly)[1]["memory"]
        assert (found, words in said) == (state, True)


def test_signals_that_lead_nowhere_are_told_with_their_setting_and_without_the_password(
    troly: Command, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("TROLY_SIGNALS_URL", f"nats://troly:bi-mat@127.0.0.1:{port}")
    _, found = examined(troly)
    if database.url is None:  # one process: nobody is to be woken
        assert "signals" not in found
        return
    ((state, said, _),) = found["signals"]
    assert state == "fault"
    assert f"127.0.0.1:{port}" in said
    assert "TROLY_SIGNALS_URL" in said
    assert "bi-mat" not in said
    monkeypatch.setenv("TROLY_SIGNALS_URL", "")
    monkeypatch.setenv("TROLY_DATABASE_LISTEN_URL", f"postgresql://u:bi-mat@127.0.0.1:{port}/x")
    ((state, said, _),) = examined(troly)[1]["signals"]
    assert (state, "TROLY_DATABASE_LISTEN_URL" in said, "bi-mat" in said) == ("fault", True, False)


def test_the_clock_of_a_database_elsewhere_is_compared_with_the_one_here() -> None:
    exam = doctor.Examination(Settings(), datetime.now(UTC), translator("en"))
    (near,) = doctor._check_clock(None, datetime.now(UTC) + timedelta(minutes=4), exam)
    (apart,) = doctor._check_clock(None, datetime.now(UTC) - timedelta(days=1), exam)
    assert (near.state, apart.state, apart.check) == (doctor.State.GOOD, doctor.State.FAULT, "clock")
    assert "timedatectl" in apart.todo


def test_parts_that_are_not_installed_are_told_with_their_command(
    troly: Command, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    monkeypatch.setenv("TROLY_SIGNALS_URL", "nats://127.0.0.1:4222")
    _, found = examined(troly)
    ((state, said, _),) = found["signals"]
    assert state == ("fault" if database.url else "advice")
    assert "pip install 'troly-chung-thu[nats]'" in said
    assert found["charts"][0][2] == "pip install 'troly-chung-thu[charts]'"


def test_what_is_missing_is_in_the_page_and_not_in_a_log_within_it(
    troly: Command, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.pdf._PROGRAMS", ())
    doctor.find_converter.cache_clear()
    try:
        _, out, error = troly("doctor")
    finally:
        doctor.find_converter.cache_clear()
    assert ("LibreOffice is not installed" in out, "pdf_not_available" in error) == (True, False)


def test_a_device_or_a_pipe_is_no_database_and_stays_as_it_is(
    troly: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o666)
    pipe.chmod(0o666)
    monkeypatch.setenv("TROLY_DATABASE_URL", f"sqlite:///{pipe}")
    for command in (("migrate",), ("run",), ("units", "list"), ("move", "--to", f"sqlite:///{pipe}"), ("doctor",)):
        load_settings.cache_clear()
        code, out, error = troly(*command)
        assert (code, str(pipe) in out + error, "SQLITE" in out + error) == (code or 1, True, False), command
    assert stat.S_IMODE(pipe.stat().st_mode) == 0o666
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("pipe")] == ["pipe"]


@pytest.mark.parametrize("kind", ["a folder", "below a file", "no right"])
def test_a_database_that_cannot_be_there_is_told_with_its_path_and_why(
    troly: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (tmp_path / "file").touch()
    place = {"a folder": tmp_path, "below a file": tmp_path / "file" / "x", "no right": Path("/proc/1/x")}[kind]
    monkeypatch.setenv("TROLY_DATABASE_URL", f"sqlite:///{place}")
    for command in (("migrate",), ("units", "list"), ("backup", "create"), ("doctor",)):
        load_settings.cache_clear()
        code, out, error = troly(*command)
        assert code in ((0, 1) if kind == "no right" else (1,)), command
        assert str(place) in out + error
        assert "SQLITE" not in out + error


def test_tables_of_an_earlier_version_are_left_alone_and_named_with_the_command(
    troly: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Path(__file__).parents[2] / "acceptance" / "version_0_3_0" / "sqlite.tar.xz"
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    monkeypatch.delenv("TROLY_DATABASE_URL", raising=False)
    monkeypatch.setenv("TROLY_DATA_DIR", str(tmp_path / "data"))
    before = (tmp_path / "data" / "troly.sqlite3").read_bytes()
    _, found = examined(troly)
    code, _, error = troly("backup", "create")
    assert (code, "troly migrate" in error, "SQLITE" in error) == (2, True, False)
    assert found["channels"][0][2].endswith("troly migrate")
    assert (tmp_path / "data" / "troly.sqlite3").read_bytes() == before

    (tmp_path / "data" / "keys.json").rename(tmp_path / "keys.json")
    ((state, said, _),) = examined(troly)[1]["keys"]
    assert (state, "fda9994f" in said) == ("fault", True)
    (tmp_path / "keys.json").rename(tmp_path / "data" / "keys.json")
    assert troly("migrate")[0] == 0
    assert "It opens with the keys fda9994f." in troly("backup", "create")[1]
