"""Alarms to the owners, each once until it is over; backups by schedule, by one process."""

import asyncio
import fcntl
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from bot.channels import Receiver, Refused, ServedChannel, Unreachable
from bot.channels.pace import Pace, Rate
from bot.delivery.background import Retention
from bot.delivery.watch import AlarmWatch, BackupLoop
from bot.metrics import Memory
from bot.services.backups import find_backup, list_backups, verify_backup
from bot.services.opening import wait_for_database
from bot.settings import Settings
from bot.store import Alarm, Store, StoreFull, Upkeep
from handlers.model import AlarmKind, Role
from tests.support.database import Database, OpenStore, client_programs
from tests.support.delivery import ManualClock, ScriptedChannel
from tests.support.people import grant_role
from tests.support.store import CHANNEL, open_chat, patch_method, reply_texts

OWNER = "chủ"


class Platform:
    """A platform that answers, or fails as told."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.asked = 0

    async def probe(self) -> None:
        self.asked += 1
        if self.failure:
            raise self.failure

    def served(self) -> ServedChannel:
        async def nothing(*_: object) -> None:
            """Nothing is to be done."""

        pace = Pace(1e6, Rate(1e6, 1e6))
        channel = ScriptedChannel(CHANNEL)
        return ServedChannel(
            channel, pace, 1, nothing, lambda *_: Receiver(nothing), nothing, lambda: True, probe=self.probe
        )


@pytest.fixture
async def store(another: OpenStore) -> Store:
    """Return a store on either database."""
    return await another()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def settings(database: Database) -> Settings:
    url = SecretStr(database.url) if database.url else None
    return Settings(data_dir=database.folder, database_url=url, backup_every_hours=24, backup_keep=2)


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let half of every disk be free, or so many percent as told."""

    def set_free(percent: int) -> None:
        usage = SimpleNamespace(free=percent * 10**9, total=100 * 10**9, used=0)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    set_free(50)
    return set_free


@pytest.fixture
async def watch(store: Store, settings: Settings, platform: Platform, clock: ManualClock) -> AlarmWatch:
    await grant_role(store, OWNER, Role.OWNER)
    await _told(store, clock)
    return AlarmWatch(settings, store, [platform.served()], clock)


async def _told(store: Store, clock: ManualClock) -> list[str]:
    """Return what the owner is told of since the last time."""
    rows = await store.outbox.claim(CHANNEL, 100, clock.now() + timedelta(days=1))
    return reply_texts(rows)


async def _minutes_pass(watch: AlarmWatch, clock: ManualClock, minutes: int, *, heard: bool = True) -> list[Alarm]:
    """Return what is new; what the owner is told of leaves at once where it is ``heard``."""
    fresh: list[Alarm] = []
    for _ in range(minutes):
        clock.seconds += 60
        fresh += await watch.work()
        if heard and fresh:
            await _told(watch._store, clock)
    return fresh


async def test_a_platform_that_is_not_reached_is_told_once_until_it_was_reached_for_a_while(
    watch: AlarmWatch, store: Store, platform: Platform, clock: ManualClock
) -> None:
    assert await _minutes_pass(watch, clock, 6) == []
    assert platform.asked == 1
    platform.failure = Unreachable()
    (alarm,) = await _minutes_pass(watch, clock, 60, heard=False)
    assert (alarm.kind, alarm.about) == (AlarmKind.CHANNEL, CHANNEL)
    (said,) = await _told(store, clock)
    assert said.startswith("⚠")
    assert "Telegram" in said

    platform.failure = None
    assert await _minutes_pass(watch, clock, 30) == []
    platform.failure = Unreachable()
    assert len(await _minutes_pass(watch, clock, 20)) == 1


async def test_a_platform_that_comes_and_goes_is_told_once(
    watch: AlarmWatch, platform: Platform, clock: ManualClock
) -> None:
    found: list[Alarm] = []
    for number in range(12):
        platform.failure = Unreachable() if number % 3 else None
        found += await _minutes_pass(watch, clock, 5)
    assert len(found) == 1


async def test_a_token_that_is_refused_is_told_by_itself(
    watch: AlarmWatch, platform: Platform, clock: ManualClock
) -> None:
    platform.failure = Refused()
    (alarm,) = await _minutes_pass(watch, clock, 10)
    assert (alarm.kind, alarm.about) == (AlarmKind.REFUSED, CHANNEL)


async def test_what_waits_for_long_is_told_and_what_no_channel_here_can_take_is_not(
    watch: AlarmWatch, store: Store, database: Database, clock: ManualClock
) -> None:
    await open_chat(store, "1", "ai đó")
    long_ago = int((clock.now() - timedelta(minutes=30)).timestamp() * 1e6)
    database.sql("UPDATE inbox SET received_at = ?", long_ago)
    assert [one.kind for one in await _minutes_pass(watch, clock, 3)] == [AlarmKind.UPDATES]
    database.sql("UPDATE inbox SET channel = 'terminal:0123', state = 'waiting'")
    database.sql("DELETE FROM alarms")
    assert await _minutes_pass(watch, clock, 3) == []


async def test_messages_that_do_not_leave_are_told(
    watch: AlarmWatch, store: Store, database: Database, clock: ManualClock
) -> None:
    await open_chat(store, "1", "ai đó")
    database.sql("UPDATE inbox SET state = 'done'")
    database.sql(
        "INSERT INTO outbox (origin, chat, channel, priority, queued_at, due_at) SELECT 'x', id, channel, 0, ?, ?"
        " FROM chats WHERE channel = 'telegram' LIMIT 1",
        *(int((clock.now() - timedelta(minutes=30)).timestamp() * 1e6),) * 2,
    )
    assert [one.kind for one in await _minutes_pass(watch, clock, 3)] == [AlarmKind.MESSAGES]


async def test_each_broadcast_that_paused_by_itself_is_told_by_its_code(
    watch: AlarmWatch, database: Database, clock: ManualClock
) -> None:
    for code, why in (("TB-000001", "errors"), ("TB-000002", "by_hand"), ("TB-000003", "errors")):
        database.sql(
            "INSERT INTO broadcasts (id, state, author, content, why, created_at, changed_at)"
            " VALUES (?, 'paused', 'machine', ?, ?, 0, 0)",
            code, b"x", why,
        )  # fmt: skip
    assert [one.about for one in await _minutes_pass(watch, clock, 5)] == ["TB-000001", "TB-000003"]


async def test_a_retention_that_failed_is_told_until_it_succeeds(
    watch: AlarmWatch, store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: Any, **__: Any) -> dict[str, int]:
        raise ValueError

    retention = Retention(store, clock, 180)
    with monkeypatch.context() as patch:
        patch_method(patch, store.retention, "delete_expired", failing)
        await retention.forget()
    assert [one.kind for one in await _minutes_pass(watch, clock, 3)] == [AlarmKind.RETENTION]
    await retention.forget()
    assert await _minutes_pass(watch, clock, 20) == []
    assert (await store.upkeep.states())[Upkeep.RETENTION].failed_at is None


async def test_a_disk_that_fills_is_told_with_what_is_left(
    watch: AlarmWatch, clock: ManualClock, roomy: Callable[[int], None]
) -> None:
    roomy(9)
    (alarm,) = await _minutes_pass(watch, clock, 5)
    assert (alarm.kind, alarm.figure) == (AlarmKind.DISK, 9)


async def test_a_database_without_room_is_told_as_soon_as_somebody_can_be_told(
    watch: AlarmWatch, store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StoreFull("full")

    with monkeypatch.context() as patch:
        patch_method(patch, store.status, "probe_writing", full)
        patch_method(patch, store.upkeep, "see", full)
        assert await _minutes_pass(watch, clock, 5) == []
    (alarm,) = await _minutes_pass(watch, clock, 3)
    assert alarm.kind == AlarmKind.FULL


async def test_memory_that_runs_out_is_told_once_with_how_much_is_held(
    watch: AlarmWatch, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.watch.read_memory", lambda _: Memory(850, 1000))
    (alarm,) = await _minutes_pass(watch, clock, 5)
    assert (alarm.kind, alarm.figure) == (AlarmKind.MEMORY, 85)


async def test_an_old_key_is_told(watch: AlarmWatch, clock: ManualClock) -> None:
    clock.start += timedelta(days=900)
    assert AlarmKind.KEYS in {one.kind for one in await _minutes_pass(watch, clock, 2)}


async def test_without_an_owner_nothing_is_noted_and_the_first_one_is_told(
    store: Store, settings: Settings, platform: Platform, clock: ManualClock, roomy: Callable[[int], None]
) -> None:
    roomy(1)
    watch = AlarmWatch(settings, store, [platform.served()], clock)
    assert await _minutes_pass(watch, clock, 2) == []
    await grant_role(store, OWNER, Role.OWNER)
    assert [one.kind for one in await _minutes_pass(watch, clock, 2)] == [AlarmKind.DISK]


async def test_a_due_backup_is_made_by_one_process_and_one_that_fails_is_told(
    watch: AlarmWatch, store: Store, settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_programs(monkeypatch)
    loops = [BackupLoop(settings, store, clock) for _ in range(2)]
    assert sorted(await asyncio.gather(*(loop.work() for loop in loops))) == [False, True]
    folder = settings.data_dir / "backups"
    verify_backup(find_backup(folder))
    clock.seconds += 23 * 3600
    assert not await loops[0].work()

    clock.seconds += 2 * 3600
    shutil.rmtree(folder)
    folder.write_text("no folder")
    assert not await loops[0].work()
    assert [one.kind for one in await _minutes_pass(watch, clock, 2)] == [AlarmKind.BACKUP]
    folder.unlink()
    clock.seconds += 3600
    assert await loops[1].work()
    assert len(list_backups(folder)) == 1
    assert await _minutes_pass(watch, clock, 20) == []

    clock.seconds += 25 * 3600
    with (folder / ".lock").open() as by_hand:
        fcntl.flock(by_hand, fcntl.LOCK_EX)
        assert not await loops[0].work()
    assert (await store.upkeep.states())[Upkeep.BACKUP].failed_at is None


async def test_a_backup_and_a_deletion_that_are_killed_each_time_before_their_first_end_are_told(
    watch: AlarmWatch, store: Store, settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    loop, retention, told = BackupLoop(settings, store, clock), Retention(store, clock, 180), []
    monkeypatch.setattr(loop, "_run_child", killed)
    patch_method(monkeypatch, store.retention, "delete_expired", killed)
    for _ in range(8):  # half a day each
        for work in (loop.work, retention.forget):
            with pytest.raises(asyncio.CancelledError):
                await work()
        told.append({one.kind for one in await _minutes_pass(watch, clock, 1)})
        clock.seconds += 12 * 3600
    assert {AlarmKind.BACKUP, AlarmKind.RETENTION} <= set.union(*told)
    assert told[:4] == [set()] * 4


async def test_a_backup_whose_program_cannot_be_started_is_told(
    watch: AlarmWatch, store: Store, settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(settings.data_dir / "gone"))
    assert not await BackupLoop(settings, store, clock).work()
    assert [one.kind for one in await _minutes_pass(watch, clock, 2)] == [AlarmKind.BACKUP]


@pytest.mark.postgres
async def test_a_start_waits_with_a_word_for_a_server_that_is_not_up_yet(
    postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(postgres_url) as known:
        sockets, name, user = known.info.host, known.info.dbname, known.info.user
    url = f"postgresql://{user}@/{name}?host={tmp_path}/up"
    waiting = asyncio.create_task(wait_for_database(Settings(data_dir=tmp_path, database_url=SecretStr(url))))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    (tmp_path / "up").symlink_to(sockets)
    await asyncio.wait_for(waiting, 10)
    assert capsys.readouterr().out.count("waiting_for_database") == 1
