"""The papers of a dossier between two turns: made, stopped by the person, and never left half made."""

import asyncio
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.delivery import dossier_maker
from bot.delivery.dossier_maker import DossierMaker, FoundDossier
from bot.dossier import making
from bot.messages import Chat
from handlers.core import DossierMade, Event, MakeDossier, TextReceived
from handlers.model import NO_UNITS, DossierRecord, ListedCertificate, Source
from rules.loading import load_pack

CHAT = Chat("0", "telegram", "lan")
RECORD = DossierRecord(
    id="HS-000001",
    sources=(Source(file="ds.xlsx", listed=ListedCertificate(line=2, name="Nguyễn Văn Mẫu", serial="0A01")),),
)
CHANNEL: Any = SimpleNamespace(capabilities=SimpleNamespace(accepts=lambda _: True))


async def make(*waiting: str) -> DossierMade:
    async def find(_chat: Chat, _dossier: str) -> FoundDossier:
        return FoundDossier(RECORD, NO_UNITS)

    async def look(_chat: Chat, _limit: int) -> list[Event]:
        return [TextReceived(text=text) for text in waiting]

    clock: Any = SimpleNamespace(now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    maker = DossierMaker(find, clock, load_pack("national"), None, None, asyncio.Semaphore(1), look)
    return await maker.make(CHAT, MakeDossier(dossier=RECORD.id, language="vi"), CHANNEL)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The forms take longer than a look does."""
    whole = making.make_forms

    def make_slowly(*given: Any, **named: Any) -> Any:
        time.sleep(0.2)
        return whole(*given, **named)

    monkeypatch.setattr(making, "make_forms", make_slowly)
    monkeypatch.setattr(dossier_maker, "_LOOK", 0.02)


@pytest.mark.usefixtures("slow")
async def test_papers_are_stopped_by_the_command_that_stops() -> None:
    for said in ("/huy", "/stop@troly_bot"):
        made = await make("còn lâu không?", said)

        assert (made.trouble, made.content) == ("stopped", None)


@pytest.mark.usefixtures("slow")
async def test_other_words_meanwhile_stop_nothing() -> None:
    made = await make("hủy", "/trogiup", "/xyz")

    assert made.trouble is None
    assert made.content is not None
