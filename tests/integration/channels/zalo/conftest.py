"""Our side of an Official Account against the fake one, over the real store; both share one clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.zalo.oa import OpenAccount
from bot.channels.zalo.oa.money import month_of
from bot.clock import Clock
from bot.messages import BROADCAST, REPLY, Chat, Incoming, OutboxRow, ReminderFacts
from bot.store import AbandonedRow, Store
from handlers.core import Attachment, Choice, Reply, TextReceived
from handlers.model import PlaceholderValues, ReminderKind
from tests.support.zalo import Account, FakeOa
from tests.support.zalo.account import DAY, VIET_NAM, User
from tests.support.zalo.person import settings_for
from tests.support.zalo.zbs import TEMPLATES_FILE, approved_texts


class OaClock(Clock):
    """The clock of the fake account; waiting moves it instead of taking time."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.account.now, UTC)

    def monotonic(self) -> float:
        return self.account.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.account.advance += seconds
        await asyncio.sleep(0)


class Alarms:
    """Notes what the owners would be told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.raised: list[tuple[AbandonedRow, int | str]] = []

        async def note(_: object, what: AbandonedRow, row: int | str, __: datetime) -> None:
            self.raised.append((what, row))

        monkeypatch.setattr("bot.store.messages.OwnerAlerts.raise_alarm", note)


@pytest.fixture
def alarms(monkeypatch: pytest.MonkeyPatch) -> Alarms:
    return Alarms(monkeypatch)


@pytest.fixture
async def oa() -> AsyncIterator[FakeOa]:
    async with FakeOa.start(Account(calls_per_minute=10_000)) as oa:
        yield oa


@pytest.fixture
def clock(oa: FakeOa) -> OaClock:
    return OaClock(oa.account)


OpenIt = Callable[..., OpenAccount]


@pytest.fixture
async def open_account(oa: FakeOa, clock: OaClock, store: Store, tmp_path: Path) -> AsyncIterator[OpenIt]:
    opened: list[OpenAccount] = []

    def open_it(**changes: Any) -> OpenAccount:
        opened.append(OpenAccount(settings_for(oa, tmp_path, **changes), store, clock))
        return opened[-1]

    yield open_it
    for one in opened:
        await one.close()


def turn_to(oa: FakeOa, hour: int, minute: int = 0) -> None:
    """Let time pass until that time of day in Viet Nam."""
    here = datetime.fromtimestamp(oa.account.now, UTC).astimezone(VIET_NAM)
    there = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    oa.account.advance += (there - here).total_seconds() % DAY


@pytest.fixture
async def paying(oa: FakeOa, open_account: OpenIt, tmp_path: Path) -> OpenAccount:
    """An account with approved texts and some money, at ten o'clock in the morning in Viet Nam."""
    turn_to(oa, 10)
    for text in approved_texts():
        oa.zbs.add(text)
    oa.account.balance = 1_000_000
    (tmp_path / "zbs.toml").write_text(TEMPLATES_FILE)
    account = open_account(zalo_zbs_templates=tmp_path / "zbs.toml", zalo_oa_monthly_dong=1000)
    await account.tokens.connect("kode")
    await account.templates.refresh()
    oa.account.calls.clear()
    return account


@pytest.fixture
async def account(open_account: OpenIt) -> OpenAccount:
    account = open_account()
    await account.tokens.connect("kode")
    return account


async def met(account: OpenAccount, user: User) -> Chat:
    """A person who wrote when the account last heard from them."""
    number = f"m{user.id}"
    at = datetime.fromtimestamp(user.last_interaction or 0.0, UTC)
    event = TextReceived(text="xin chào", message=number)
    await account.store.inbox.receive([Incoming("zalo", number, user.id, event)], account.clock.now())
    chat = account.store.chats.at("zalo", user.id)
    await account.store.zalo.touch(chat.id, at)
    return chat


def row(chat: Chat, text: str = "", *, broadcast: bool = False, **more: Any) -> OutboxRow:
    reply = Reply(paragraphs=(text,) if text else (), **more)
    return OutboxRow(
        1, chat, reply, 0, BROADCAST if broadcast else REPLY, "turn:1:0", broadcast="TB-000001" if broadcast else None
    )


def reminder(
    chat: Chat, name: str | None = "Nguyễn Thị Lan", day: date | None = date(2026, 12, 30), **more: Any
) -> OutboxRow:
    """A message of a broadcast, with the facts about its person."""
    kind = more.pop("kind", ReminderKind.EXPIRY)
    facts = ReminderFacts(kind, PlaceholderValues(name=name, unit="UBND phường Thử", day=day), date(2026, 11, 30))
    return replace(row(chat, "Nhắc hạn", broadcast=True, **more), facts=facts)


async def spent(account: OpenAccount) -> int:
    """The dong that this month has cost."""
    return await account.store.zalo.spent(account.app, month_of(account.clock.now()))


def choices(*labels: str) -> tuple[Choice, ...]:
    return tuple(Choice(label=label, tap=f"menu|{number}|3") for number, label in enumerate(labels))


PDF = Attachment.of("mau-04.pdf", "application/pdf", b"%PDF-1.7 made up")
