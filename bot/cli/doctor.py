"""Look at everything that the assistant stands on, and say what to do: ``troly doctor``. Nothing is changed."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from pydantic_settings import DotEnvSettingsSource

from bot.app import channels_of
from bot.channels import ChannelError, OpenChannel, Refused
from bot.cli.output import print_json_lines
from bot.clock import Clock
from bot.errors import SettingsError, TrolyError, unreadable
from bot.metrics import read_memory
from bot.pdf import find_converter
from bot.services.backups import missing_dump_program
from bot.services.opening import database_url, open_store_from_settings
from bot.services.upkeep import ask_program, disks, ending_authorities, key_file, newest_backup, old_key, try_signals
from bot.settings import Settings, configured_language, load_settings
from bot.store import (
    CLOCK_LEAP,
    DatabaseUnusable,
    LiveTables,
    Migration,
    from_micros,
    has_database,
    keys_of_values,
    load_migrations,
    missing_migrations,
    open_tables,
    read_key_file,
    sealing_keys,
    sqlite_path,
)
from handlers.model import CHANNEL_LABELS
from locales import N_, Translator, translator
from rules.calendar import to_vietnam_day, to_vietnam_time
from rules.loading import load_pack

#: Seconds that a platform may take to answer.
_PATIENCE = 20.0
#: Clocks that are further apart than this are not set by the same time.
_CLOCKS_APART = timedelta(minutes=5)
#: Bytes without which nothing goes on.
_NO_ROOM = 100_000_000
#: Bytes of memory with which it works at ease.
_LEAST_MEMORY = 300_000_000
#: Families that a paper in Times New Roman may be printed in.
_SERIF = ("Times", "Liberation", "Tinos", "Tempora")


class State(StrEnum):
    """The result of a check."""

    GOOD = "ok"
    ADVICE = "advice"  #: it works, and something is to be done all the same
    FAULT = "fault"  #: something does not work


_MARKS = {State.GOOD: "✓", State.ADVICE: "!", State.FAULT: "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A result: a sentence, and one that says what to do; both in the reader's language."""

    check: str
    state: State
    said: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """Makes findings in a language."""

    settings: Settings
    now: datetime
    t: Translator

    def find(self, check: str, state: State, said: str, todo: str = "", **values: object) -> Finding:
        """Make a finding."""
        return Finding(check, state, self.t(said, **values), self.t(todo, **values) if todo else "")

    def good(self, check: str, said: str, **values: object) -> Finding:
        """Make a finding about something that works."""
        return self.find(check, State.GOOD, said, "", **values)

    def advice(self, check: str, said: str, todo: str, **values: object) -> Finding:
        """Make a finding about something to be done."""
        return self.find(check, State.ADVICE, said, todo, **values)

    def fault(self, check: str, said: str, todo: str, **values: object) -> Finding:
        """Make a finding about something that does not work."""
        return self.find(check, State.FAULT, said, todo, **values)

    def raised(self, check: str, error: TrolyError) -> Finding:
        """Make a finding of an error, which says itself what to do."""
        return Finding(check, State.FAULT, error.say(self.t))


def doctor(
    *,
    json: Annotated[bool, typer.Option("--json", help=N_("JSON: one line a check."))] = False,
    strict: Annotated[bool, typer.Option("--strict", help=N_("Exit with 1 for mere advice as well."))] = False,
) -> None:
    """Print what was found; exit status 1 if something does not work."""
    findings = examine()
    if json:
        print_json_lines(asdict(one) for one in findings)
    for one in () if json else findings:
        typer.echo(f"{_MARKS[one.state]} {one.said}" + (f"\n    → {one.todo}" if one.todo else ""))
    bad = {State.FAULT, State.ADVICE} if strict else {State.FAULT}
    if any(one.state in bad for one in findings):
        raise typer.Exit(1)


def examine() -> list[Finding]:
    """Make every check; where the settings cannot be used there is nothing else to look at."""
    t = translator(configured_language())
    try:
        settings = load_settings()
    except SettingsError as error:
        return [Finding("settings", State.FAULT, error.say(t), t(N_("Correct it in .env or in the environment.")))]
    exam = Examination(settings, datetime.now(UTC), t)
    return [finding for check in _CHECKS for finding in _findings(check, exam)]


def _findings(check: Callable[[Examination], Iterator[Finding]], exam: Examination) -> Iterator[Finding]:
    """Make a check; a file or folder that cannot be looked at is a finding, and the other checks go on."""
    try:
        yield from check(exam)
    except OSError as error:
        yield exam.raised(check.__name__.removeprefix("_check_"), unreadable(Path(error.filename or "-"), error))


def _check_settings(exam: Examination) -> Iterator[Finding]:
    yield exam.good("settings", N_("Settings can be used (version {version})."), version=version("troly-chung-thu"))
    given = {*os.environ, *(name.upper() for name in DotEnvSettingsSource(Settings, env_ignore_empty=False).env_vars)}
    known = {f"TROLY_{name.upper()}" for name in Settings.model_fields}
    for name in sorted(name for name in given - known if name.startswith("TROLY_")):
        yield exam.advice(
            "settings", N_("There is no setting {name}."), N_("Compare it with docs/settings.md."), name=name
        )
    env = Path(".env")
    if env.is_file() and env.stat().st_mode & 0o077:
        yield exam.advice("settings", N_("Others can read .env, which may hold secrets."), "chmod 600 .env")


def _check_keys(exam: Examination) -> Iterator[Finding]:
    path = key_file(exam.settings)
    try:
        keys = read_key_file(path)
    except FileNotFoundError:
        if sealed := _sealing_keys(exam):
            said = N_("The key file {path} is missing, and the database was sealed with {keys}.")
            yield exam.fault("keys", said, _PUT_BACK, path=path, keys=", ".join(sealed))
            return
        said = N_("There is no key file at {path} yet.")
        yield exam.advice("keys", said, N_("The first start makes it: copy it to a safe place then."), path=path)
        return
    except TrolyError as error:
        yield exam.raised("keys", error)
        return
    if lacking := [key for key in _sealing_keys(exam) if key not in keys.keys]:
        said = N_("The key file {path} lacks {keys}, with which the database was sealed.")
        yield exam.fault("keys", said, _PUT_BACK, path=path, keys=", ".join(lacking))
        return
    if (age := old_key(exam.settings, exam.now)) is not None:
        yield exam.advice(
            "keys", N_("The key in use is {days} days old."), N_("Change it: troly keys rotate"), days=age.days
        )
    yield exam.good(
        "keys", N_("Key file {path}: only its owner reads it; in use is {key}."), path=path, key=keys.current
    )


def _sealing_keys(exam: Examination) -> list[str]:
    """Return the ids of the keys in use; none where there is no database, or it cannot be read: that is told apart."""
    url = database_url(exam.settings)
    try:
        path = sqlite_path(url, exam.settings.data_dir)
        if path is not None and not has_database(path):
            return []
        with closing(open_tables(url, exam.settings.data_dir)) as tables:
            return sealing_keys(tables) if "sealing_keys" in tables.names() else keys_of_values(tables)
    except TrolyError:
        return []


def _check_database(exam: Examination) -> Iterator[Finding]:
    url = database_url(exam.settings)
    try:
        path = sqlite_path(url, exam.settings.data_dir)
        if path is not None and not has_database(path):
            yield exam.advice(
                "database", N_("There is no database at {path} yet."), N_("The first start makes it."), path=path
            )
            return
        with closing(open_tables(url, exam.settings.data_dir)) as tables:
            yield from _look_into(tables, exam)
    except TrolyError as error:
        yield exam.raised("database", error)


def _look_into(tables: LiveTables, exam: Examination) -> Iterator[Finding]:
    kind = "PostgreSQL" if tables.shared else "SQLite"
    yield exam.good("database", N_("The database is reached ({kind})."), kind=kind)
    if (missing := missing_dump_program(tables)) is not None:
        state = State.FAULT if exam.settings.backup_every_hours else State.ADVICE
        yield Finding("backup", state, missing.say(exam.t))
    if "schema_migrations" not in tables.names():
        yield exam.advice("database", N_("It has no tables yet."), "troly migrate")
        return
    if lacking := _lacking_migrations(tables):
        said = N_("{count} migrations are outstanding.")
        yield exam.advice("database", said, N_("The next start applies them, or: troly migrate"), count=len(lacking))
        return
    tables.execute("DELETE FROM alarms WHERE name = ''")  # takes the writer's place, and is undone
    yield exam.good("database", N_("It is up to date, and can be written to."))
    counters = {str(name): int(value) for name, value in tables.execute("SELECT name, value FROM counters")}
    if "moved" in counters:
        yield exam.fault(
            "database", N_("Its rows were moved to another database."), N_("Set TROLY_DATABASE_URL to that one.")
        )
    if tables.execute("SELECT 1 FROM copied_tables LIMIT 1"):
        yield exam.fault(
            "database", N_("A move into it was interrupted."), N_("Give the same command again: troly move")
        )
    yield from _check_clock(counters.get("seen"), _database_clock(tables), exam)
    yield from _check_unreadable(tables, exam)


def _lacking_migrations(tables: LiveTables) -> list[Migration]:
    applied = tables.execute("SELECT version, name, checksum FROM schema_migrations")
    return missing_migrations(
        load_migrations(), [(int(number), str(name), str(sum_)) for number, name, sum_ in applied]
    )


def _database_clock(tables: LiveTables) -> datetime | None:
    """Return the time by the database's own clock; ``None`` where that is the clock of this machine."""
    if not tables.shared:
        return None
    ((moment,),) = tables.execute(f"SELECT {tables.dialect['now']}")
    return from_micros(moment)


def _check_clock(seen: int | None, theirs: datetime | None, exam: Examination) -> Iterator[Finding]:
    """Compare with the database: its clock, its last moment; ask the system whether this clock is kept right."""
    leap = exam.now - from_micros(seen) if seen is not None else timedelta()
    here = f"{to_vietnam_time(exam.now):%H:%M:%S %d/%m/%Y}"
    if theirs is not None and abs(theirs - datetime.now(UTC)) > _CLOCKS_APART:
        said = N_("It is {now} in Viet Nam by this machine, and {theirs} by the clock of the database.")
        todo = N_("Set both right (timedatectl set-ntp true): by a clock that is ahead, data are deleted too early.")
        yield exam.fault("clock", said, todo, now=here, theirs=f"{to_vietnam_time(theirs):%H:%M:%S %d/%m/%Y}")
    elif abs(leap) > CLOCK_LEAP:
        said = N_("It is {now} in Viet Nam by this machine, {days} days from what the database saw last.")
        todo = N_("Set the clock right; where it is right: troly retention --clock-is-right")
        yield exam.fault("clock", said, todo, now=here, days=leap.days)
    elif _is_synchronised() is False:
        said = N_("It is {now} in Viet Nam by this machine, whose clock nobody sets right.")
        yield exam.advice("clock", said, N_("Switch time synchronisation on: timedatectl set-ntp true"), now=here)
    else:
        yield exam.good("clock", N_("It is {now} in Viet Nam, whatever the time zone of this machine."), now=here)


def _is_synchronised() -> bool | None:
    """Ask the system; ``None`` where it does not say."""
    said = ask_program("timedatectl", "show", "--property=NTPSynchronized", "--value")
    return {"yes": True, "no": False}.get(said)


def _check_unreadable(tables: LiveTables, exam: Examination) -> Iterator[Finding]:
    ((count,),) = tables.execute("SELECT COUNT(*) FROM unreadable")
    if count:
        said = N_("{count} values in the database can no longer be read.")
        yield exam.fault("values", said, N_("See which: troly keys verify --every"), count=count)


def _check_signals(exam: Examination) -> Iterator[Finding]:
    """Try the ways by which processes wake each other, beside the database's own address."""
    if exam.settings.signals_url is not None and find_spec("nats") is None:
        state = State.FAULT if _is_shared(exam) else State.ADVICE
        yield exam.find(
            "signals", state, N_("TROLY_SIGNALS_URL needs the package nats-py: pip install 'troly-chung-thu[nats]'")
        )
        return
    try:
        if asyncio.run(try_signals(exam.settings)):
            yield exam.good("signals", N_("Processes can wake each other."))
    except TrolyError as error:
        yield exam.raised("signals", error)


def _is_shared(exam: Examination) -> bool:
    try:
        return sqlite_path(database_url(exam.settings), exam.settings.data_dir) is None
    except TrolyError:
        return False


def _check_disk(exam: Examination) -> Iterator[Finding]:
    for disk in disks(exam.settings):
        values = {"folder": disk.folder, "share": f"{disk.share * 100:.0f}", "gigabytes": f"{disk.free / 1e9:.1f}"}
        said, todo = N_("Disk of {folder}: {share} percent free ({gigabytes} GB)."), N_("Make room there.")
        state = State.FAULT if disk.free < _NO_ROOM else State.ADVICE if disk.is_low else State.GOOD
        yield exam.find("disk", state, said, "" if state is State.GOOD else todo, **values)


def _check_memory(exam: Examination) -> Iterator[Finding]:
    limits = (read_memory(exam.settings.memory_limit_mb).limit, _memory_of_the_service())
    limit = min((one for one in limits if one is not None), default=None)
    if limit is None:
        said = N_("Nothing limits the memory of the assistant, so nobody is told when it becomes too much.")
        yield exam.advice("memory", said, N_("Set TROLY_MEMORY_LIMIT_MB, such as 1000, or MemoryMax in the unit."))
        return
    said, megabytes = N_("Memory: a process may use {megabytes} MB; the owners are told at 80 percent."), limit // 10**6
    if limit < _LEAST_MEMORY:
        yield exam.advice("memory", said, N_("Allow at least 300 MB."), megabytes=megabytes)
    else:
        yield exam.good("memory", said, megabytes=megabytes)


def _memory_of_the_service() -> int | None:
    """Ask the system: this command runs beside the unit, and is not held by its ``MemoryMax``."""
    said = ask_program("systemctl", "show", "troly.service", "--property=MemoryMax", "--value")
    return int(said) if said.isdecimal() else None  # "infinity" where nothing limits, or there is no such unit


def _check_backups(exam: Examination) -> Iterator[Finding]:
    hours, newest = exam.settings.backup_every_hours, newest_backup(exam.settings)
    day = f"{to_vietnam_time(newest):%H:%M %d/%m/%Y}" if newest else ""
    if not hours:
        said = N_("No backup is made by itself.")
        yield exam.advice("backup", said, N_("Set TROLY_BACKUP_EVERY_HOURS, such as 24, and TROLY_BACKUP_DIR."))
    if newest is None:
        yield exam.advice("backup", N_("There is no backup."), N_("Make one: troly backup create"))
    elif hours and exam.now - newest > timedelta(hours=2 * hours):
        said, todo = N_("The newest backup is too old: {day}."), N_("See why in the log; make one: troly backup create")
        yield exam.fault("backup", said, todo, day=day)
    else:
        yield exam.good("backup", N_("The newest backup is of {day}."), day=day)


def _check_programs(exam: Examination) -> Iterator[Finding]:
    if find_converter() is None:
        todo = "apt-get install libreoffice-writer-nogui fonts-liberation"
        yield exam.advice("soffice", N_("LibreOffice is not installed: papers are made as DOCX alone."), todo)
    else:
        yield exam.good("soffice", N_("LibreOffice is installed: papers are made as PDF as well."))
    if find_spec("matplotlib") is None:
        said = N_("No chart can be drawn: figures come as text.")
        yield exam.advice("charts", said, "pip install 'troly-chung-thu[charts]'")
    family = ask_program("fc-match", "Times New Roman", "family")
    if family and not any(name in family for name in _SERIF):
        said = N_("No font like Times New Roman is installed, so printed papers look different.")
        yield exam.advice("fonts", said, "apt-get install fonts-liberation")
    elif family:
        yield exam.good("fonts", N_("Papers are printed in {family}."), family=family)


def _check_trust(exam: Examination) -> Iterator[Finding]:
    ending = ending_authorities(exam.settings, exam.now)
    for name, end in ending.items():
        said, todo = N_("The CA file of {name} ends on {day}."), N_("Install the new one: troly trust add FILE")
        yield exam.advice("trust", said, todo, name=name, day=f"{to_vietnam_day(end):%d/%m/%Y}")
    if not any((exam.settings.data_dir / "trust").glob("*.crt")):
        said = N_("No CA file is installed: issuers are recognised by name only.")
        yield exam.advice("trust", said, N_("Install those you trust: troly trust add FILE"))
    elif not ending:
        yield exam.good("trust", N_("The installed CA files are valid."))


def _check_offices(exam: Examination) -> Iterator[Finding]:
    try:
        offices = load_pack(exam.settings.pack, exam.settings.offices).offices
    except Exception as error:  # noqa: BLE001 - each of its errors says what is wrong with a file
        said = error.say(exam.t) if hasattr(error, "say") else type(error).__name__
        yield Finding(
            "offices", State.FAULT, said, exam.t(N_("Correct the file that TROLY_PACK or TROLY_OFFICES names."))
        )
        return
    due = sum(office.is_due(to_vietnam_day(exam.now)) for office in offices)
    if due:
        said = N_("{count} receiving offices are only assumed, or were not checked for half a year.")
        yield exam.advice("offices", said, N_("See which: troly offices check"), count=due)
    else:
        yield exam.good("offices", N_("Every receiving office is confirmed."))


def _check_channels(exam: Examination) -> Iterator[Finding]:
    """Ask each platform who we are; only over a database and keys that are there, for none is made here."""
    settings = exam.settings
    try:
        path = sqlite_path(database_url(settings), settings.data_dir)
        begun = key_file(settings).exists() and (path is None or has_database(path))
    except (TrolyError, OSError):  # told where keys and database are looked at
        return
    if not begun:
        yield exam.advice("channels", N_("The channels were not tried."), N_("Try again after the first start."))
        return
    try:
        if not _is_up_to_date(exam):  # opening the store would migrate it
            todo = N_("Bring the database up to date first: troly migrate")
            yield exam.advice("channels", N_("The channels were not tried."), todo)
            return
        yield from asyncio.run(_ask_platforms(exam))
    except DatabaseUnusable:  # told where it is looked at
        return
    except TrolyError as error:
        yield exam.raised("channels", error)


def _is_up_to_date(exam: Examination) -> bool:
    with closing(open_tables(database_url(exam.settings), exam.settings.data_dir)) as tables:
        return "schema_migrations" in tables.names() and not _lacking_migrations(tables)


async def _ask_platforms(exam: Examination) -> list[Finding]:
    async with open_store_from_settings(exam.settings) as opened:
        channels = channels_of(exam.settings, opened.store, Clock())
        found = [await _ask_platform(exam, open_channel) for open_channel in channels]
    if not exam.settings.web_listen and not channels:
        found.append(exam.fault("channels", N_("No channel is configured."), N_("Set one up as README.md says.")))
    return found


async def _ask_platform(exam: Examination, open_channel: OpenChannel) -> Finding:
    async with open_channel() as served:
        name = exam.t(CHANNEL_LABELS[served.channel.name])
        try:
            async with asyncio.timeout(_PATIENCE):
                await (served.probe or _nothing)()
        except Refused:
            return exam.fault("channels", N_("{name} does not accept our token."), _TOKEN, name=name)
        except (ChannelError, TimeoutError):
            return exam.fault("channels", N_("{name} is not reached."), _NETWORK, name=name)
    return exam.good("channels", N_("{name} is reached and knows us."), name=name)


async def _nothing() -> None:
    """Stand for the question to a platform that there is none of."""


_PUT_BACK = N_("Put back its copy: without it nothing that is stored can be read.")
_TOKEN = N_("Correct the token or password in the settings; for Zalo: troly zalo check")
_NETWORK = N_("Look at the network, the proxy and the firewall of this machine; it is tried again by itself.")
_CHECKS = (
    _check_settings, _check_keys, _check_database, _check_signals, _check_disk, _check_memory, _check_backups,
    _check_channels, _check_trust, _check_programs, _check_offices,
)  # fmt: skip
