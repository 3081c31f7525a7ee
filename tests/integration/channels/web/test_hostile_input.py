"""Whatever an address or a form says, the answer is a gentle page: over PostgreSQL, which takes less than SQLite."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.channels import Rate
from bot.pages import static_routes
from bot.services.opening import open_store
from bot.store.sealing import open_keyring
from bot.store.store import Store
from bot.web.desk import build_desk
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
_OTHERS = (
    "/", "/chat/changes", "/chat/older", "/chat/file/{x}", "/c/{x}", "/t/{x}", "/u/{x}", "/e/c/{x}", "/e/s/{x}",
    "/chat/continue/link/{x}", "/chat/continue/code", "/chat",
)  # fmt: skip


@pytest.fixture
async def store(postgres_url: str, tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(postgres_url, tmp_path, open_keyring(tmp_path / "keys.json")[0])
    yield opened
    await opened.close()


def routes_of(desk: Desk) -> list[tuple[str, str]]:
    """Every address of the public site, the admin pages as they are built."""
    site = build_desk(desk.office.settings, desk.store, desk.clock, load_pack("national"), {})
    built: list[Route] = [*site.routes(), *static_routes()]
    mine = [(method, one.path) for one in built for method in (one.methods or set()) - {"HEAD"}]
    return [*mine, *((method, path) for path in _OTHERS for method in ("GET", "POST"))]


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
    with capture_logs() as logs:
        for method, path in routes_of(desk):
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
