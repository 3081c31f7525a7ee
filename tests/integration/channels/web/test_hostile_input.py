"""Whatever an address or a form says, the answer is a gentle page: over PostgreSQL, which takes less than SQLite."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from structlog.testing import capture_logs

from bot.channels.pace import Rate
from bot.channels.web.channel import Streams
from bot.channels.web.inbox import WebInbox
from bot.channels.web.pages import ChatPages, PageSettings
from bot.messages import Incoming
from bot.pages import static_routes
from bot.services.channels import EmailDesk
from bot.services.links import LinkDesk
from bot.services.opening import open_store
from bot.store import Store
from bot.store.sealing import open_keyring
from bot.web.desk import build_desk
from bot.web.links import EmailPages, LinkPages, UploadPages, UploadSettings
from rules.loading import load_pack
from tests.support.desk import Desk

pytestmark = pytest.mark.postgres

#: As they stand in an address: a null byte, what is no UTF-8, markup, odd numbers, a name too long.
HOSTILE = ("YC-2026-000001%00", "%ED%A0%80%FF", '"><script>alert(1)</script>', "-1", "9" * 30, "٣²", "a" * 3000)
#: What the addresses and the forms of the pages say, by name.
NAMES = (
    "unit", "state", "all", "q", "before", "after", "at", "done", "ask", "code", "columns", "month", "procedure",
    "from", "to", "ends", "number", "list", "name", "kind", "skip", "page", "changed", "act", "who", "role", "sort",
    "marked", "parts", "start", "show", "query", "revision", "note", "sure", "holder", "label", "mark", "apply",
)  # fmt: skip


@pytest.fixture
async def store(postgres_url: str, tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(postgres_url, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    yield opened
    await opened.close()


def routes_of(desk: Desk) -> list[tuple[str, str]]:
    """Every address of the public site, as it is built."""
    store, clock, settings = desk.store, desk.clock, desk.office.settings
    known = PageSettings("", "vi", timedelta(days=1))
    inbox = WebInbox(store.web, clock, accept_nothing, "vi")
    parts = (
        ChatPages(store, inbox, Streams(store.web, 1), clock, known),
        build_desk(settings, store, clock, load_pack("national"), {}),
        LinkPages(LinkDesk(store.links, clock), "vi"),
        UploadPages(store, clock, accept_nothing, UploadSettings(None, "vi")),
        EmailPages(EmailDesk(store, clock), "vi"),
    )
    built = [*static_routes(), *(route for part in parts for route in part.routes())]
    return [(method, one.path) for one in built for method in (one.methods or set()) - {"HEAD"}]


async def accept_nothing(updates: Sequence[Incoming]) -> None:
    raise AssertionError(updates)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bot.web.desk.site._RATE", "bot.web.desk.site._LINK_RATE"):
        monkeypatch.setattr(name, Rate(1e6, 1_000_000))
    for name in ("_ADDRESS_RATE", "_BEGIN_RATE", "_CODE_RATE", "_ALL_CODES_RATE"):
        monkeypatch.setattr(f"bot.channels.web.pages.{name}", Rate(1e6, 1_000_000))


async def test_nothing_that_stands_in_an_address_or_a_form_is_an_error_of_the_program(desk: Desk) -> None:
    client, browser = await desk.signed_in("owner"), await desk.office.begun()
    token, chat_token = await desk.token(client), browser.fields()["form"]
    client.cookies.update(browser.client.cookies)
    tried = [(method, path) for method, path in routes_of(desk) if path != "/chat/events"]  # a stream has no end
    with capture_logs() as logs:
        for method, path in tried:
            for hostile in HOSTILE:
                where = re.sub(r"\{number:int\}", "1", path)
                where = re.sub(r"\{[a-z]+\}", hostile if "{" in path else "", where)
                asked = "&".join(f"{name}={hostile}" for name in (NAMES if len(hostile) < 100 else NAMES[:5]))
                form = {"form": token if path.startswith("/desk") else chat_token}
                typed = {**dict.fromkeys(NAMES[:38], unquote(hostile, errors="replace")), **form}
                answer = await client.request(
                    method,
                    f"{where}?{asked}",
                    data=typed if method == "POST" else None,
                    headers={"accept": "text/html"},
                )
                assert answer.status_code < 500, (method, path, hostile, answer.text)
                assert answer.status_code < 400 or "<html" in answer.text, (method, path, answer.text)
                assert "<script>alert" not in answer.text, (method, path)
    assert [log for log in logs if log["event"] == "page_failed"] == []
