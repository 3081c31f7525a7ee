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
from handlers.core import ButtonTapped, DossierMade, Event, MakeDossier, Reply, TextReceived
from handlers.dossier.notices import stop_choice
from handlers.model import NO_UNITS, DossierRecord, ListedCertificate, Source
from locales import translator
from rules.loading import load_pack

CHAT = Chat("0", "telegram", "lan")
RECORD = DossierRecord(
    id="HS-000001",
    sources=(Source(file="ds.xlsx", listed=ListedCertificate(line=2, name="Nguyễn Văn Mẫu", serial="0A01")),),
)
#: A channel that edits its messages, and the turn that gave the order.
CHANNEL: Any = SimpleNamespace(capabilities=SimpleNamespace(accepts=lambda _: True, editing=True))
PLAIN: Any = SimpleNamespace(capabilities=SimpleNamespace(accepts=lambda _: True, editing=False))
NO_FILES: Any = SimpleNamespace(capabilities=SimpleNamespace(accepts=lambda _: False, editing=True))
ORDER, TURN = "0a1b2c3d", 7


#: What was put in the place of the message, and whether it was the end.
Moved = list[tuple[Reply, bool]]


async def make(
    *waiting: str | Event,
    channel: Any = CHANNEL,
    moved: Moved | None = None,
    record: DossierRecord | Exception | None = RECORD,
) -> DossierMade:
    async def find(_chat: Chat, _dossier: str) -> FoundDossier:
        if isinstance(record, Exception):
            raise record
        return FoundDossier(record, NO_UNITS)

    async def look(_chat: Chat, limit: int) -> list[Event]:
        newest = waiting[::-1][:limit]
        return [TextReceived(text=said) if isinstance(said, str) else said for said in newest]

    async def move(chat: Chat, turn: int, said: Reply, now: datetime, *, ending: bool = False) -> None:
        assert (chat, turn, now) == (CHAT, TURN, clock.now())
        shown.append((said, ending))

    shown: Moved = [] if moved is None else moved
    clock: Any = SimpleNamespace(now=lambda: datetime(2026, 11, 23, tzinfo=UTC), monotonic=time.monotonic)
    woken: list[Chat] = []
    outbox: Any = SimpleNamespace(move_answer=move)
    maker = DossierMaker(
        find, clock, load_pack("national"), None, None, asyncio.Semaphore(1), look, outbox, woken.append, pdf=False
    )
    made = await maker.make(CHAT, MakeDossier(dossier=RECORD.id, language="vi", order=ORDER), channel, TURN)
    assert len(woken) == len(shown)
    return made


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The forms take longer than a look does."""
    whole = making.make_forms

    def make_slowly(*given: Any, **named: Any) -> Any:
        time.sleep(0.2)
        return whole(*given, **named)

    monkeypatch.setattr(making, "make_forms", make_slowly)
    monkeypatch.setattr(dossier_maker, "_LOOK", 0.02)
    monkeypatch.setattr(dossier_maker, "_STEP", 0.0)


@pytest.mark.usefixtures("slow")
async def test_papers_are_stopped_by_the_command_that_stops() -> None:
    for said in ("/huy", "/stop@troly_bot"):
        made = await make("còn lâu không?", said)

        assert (made.trouble, made.content, made.typed) == ("stopped", None, True)


@pytest.mark.usefixtures("slow")
async def test_other_words_meanwhile_stop_nothing() -> None:
    made = await make("hủy", "/trogiup", "/xyz")

    assert made.trouble is None
    assert made.content is not None


@pytest.mark.usefixtures("slow")
async def test_whatever_follows_the_command_does_not_hide_it() -> None:
    made = await make("/huy", *["còn lâu không?"] * 60)

    assert (made.trouble, made.typed) == ("stopped", True)


@pytest.mark.parametrize(
    ("record", "channel", "trouble"),
    [
        (None, CHANNEL, "not_yours"),
        (ValueError(), CHANNEL, "failed"),
        (RECORD, NO_FILES, "no_files"),
    ],
)
async def test_the_message_loses_its_button_too_where_no_papers_are_begun(
    record: DossierRecord | Exception | None, channel: Any, trouble: str
) -> None:
    moved: Moved = []
    made = await make(channel=channel, moved=moved, record=record)

    assert made.trouble == trouble
    ((said, ending),) = moved
    assert (said.paragraphs, said.choices, ending) == (("Chưa lập giấy tờ nào.",), (), True)


def tap(order: str) -> ButtonTapped:
    return ButtonTapped(data=stop_choice(translator("vi"), order).tap, message="9")


@pytest.mark.usefixtures("slow")
async def test_papers_are_stopped_by_their_own_button_and_by_no_other() -> None:
    made = await make(tap(ORDER))
    assert (made.trouble, made.typed) == ("stopped", False)
    assert (await make(tap("ffffffff"))).trouble is None


@pytest.mark.usefixtures("slow")
async def test_one_message_moves_while_papers_are_made_and_loses_its_button_at_the_end() -> None:
    moved: Moved = []
    await make(moved=moved)
    *steps, (last, ending) = moved

    told = [one.paragraphs[0] for one, _ in steps]
    assert told[0] == "Tôi đang lập hồ sơ cho 1 chứng thư: xong 0/2 tệp. Muốn dừng, anh/chị gõ /huy"
    assert told == sorted(set(told))  # nothing is said twice, and it goes on
    assert {choice.label for one, _ in steps for choice in one.choices} == {"Dừng lập hồ sơ"}
    assert (last.paragraphs, last.choices, ending) == (("Đã lập xong hồ sơ cho 1 chứng thư.",), (), True)


@pytest.mark.usefixtures("slow")
async def test_a_message_whose_papers_were_stopped_says_so() -> None:
    moved: Moved = []
    await make("/huy", moved=moved)

    assert moved[-1][0].paragraphs == ("Đã dừng; chưa lập giấy tờ nào cho 1 chứng thư này.",)


@pytest.mark.usefixtures("slow")
async def test_a_channel_that_edits_nothing_gets_no_further_message() -> None:
    moved: Moved = []
    assert (await make(channel=PLAIN, moved=moved)).content is not None
    assert moved == []
