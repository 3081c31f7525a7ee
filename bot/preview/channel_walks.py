"""Walks of a person with a second channel: its code, the question on both, the order of reminders, parting."""

from collections.abc import Callable
from datetime import timedelta

from bot.preview.walks import BODY, TODAY, WalkStop, take_steps
from handlers.core import Session
from handlers.model import TELEGRAM, ZALO, OfferState, channel_handle
from handlers.testing import MemoryContext, MemoryTables, build_memory_services, chat_id, link_chats
from handlers.testing.tables import OfferRecord
from locales import N_
from rules.pack import Pack

_ME, _OTHER = chat_id(TELEGRAM, "me"), chat_id(ZALO, "1")
_CODE = "1234567890"
_YES = f"=yes:{channel_handle(_OTHER)}"


def _show_code(acting: MemoryContext) -> None:
    """Let the other chat show a code."""
    acting.tables.offers[_OTHER] = OfferRecord(_OTHER, _CODE, TODAY + timedelta(minutes=10))


def _agree(acting: MemoryContext) -> None:
    """Let the other chat type the code of this one, and agree."""
    until = TODAY + timedelta(minutes=10)
    acting.tables.offers[_ME] = OfferRecord(_ME, _CODE, until, _OTHER, OfferState.AGREED)


def _link(acting: MemoryContext) -> None:
    link_chats(acting, (_ME, _OTHER))


#: What was done in the other chat before, and the steps in this one.
CHANNEL_WALKS: tuple[tuple[str, Callable[[MemoryContext], None], tuple[str, ...]], ...] = (
    (N_("My channels, one alone"), lambda _: None, (*BODY, "/kenh")),
    (N_("My channels: a code"), lambda _: None, (*BODY, "/kenh", "=link")),
    (N_("My channels: a wrong code"), lambda _: None, (*BODY, "/kenh 11111-11111")),
    (N_("My channels: a code typed here"), _show_code, (*BODY, f"/kenh {_CODE}")),
    (N_("My channels: agreed here"), _show_code, (*BODY, f"/kenh {_CODE}", _YES)),
    (N_("My channels: the code of this chat, typed elsewhere"), _agree, (*BODY, "/kenh")),
    (N_("My channels, linked"), _agree, (*BODY, "/kenh", _YES)),
    (N_("My channels: taking one out"), _link, (*BODY, "/kenh", f"=part:{channel_handle(_OTHER)}")),
    (N_("My channels: one taken out"), _link, (*BODY, "/kenh", f"=part:{channel_handle(_OTHER)}", "=yes")),
    (N_("Deleting what is held, on all channels"), _link, (*BODY, "/xoadulieu")),
)


async def make_channel_walks(pack: Pack, language: str) -> list[tuple[str, list[WalkStop]]]:
    """Return every walk under its heading."""
    return [(heading, await _walk(before, steps, pack, language)) for heading, before, steps in CHANNEL_WALKS]


async def _walk(
    before: Callable[[MemoryContext], None], steps: tuple[str, ...], pack: Pack, language: str
) -> list[WalkStop]:
    acting = MemoryContext(MemoryTables(), TODAY, TELEGRAM)
    world = build_memory_services(pack, TODAY, channel=TELEGRAM, acting=acting)
    acting.expect_chat(ZALO, "1")
    acting.tables.chats[_OTHER] = acting.tables.chats[_OTHER].agreed(language)
    before(acting)
    return await take_steps(steps, Session.model_validate({"language": language}), world, {})
