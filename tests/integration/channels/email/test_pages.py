"""The pages of letters: looking changes nothing, one button confirms, one click of a mail program ends."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from bot.messages import Incoming
from bot.services.channels import CONFIRM_PATH, STOP_PATH, EmailDesk, EmailService, EmailTerms, stop_token
from bot.web.links import EmailPages
from handlers.core import TextReceived
from handlers.model import EmailOffer
from tests.integration.channels.email.conftest import LAN, Ours
from tests.support.telegram.server import serving


@pytest.fixture
async def browser(ours: Ours) -> AsyncIterator[httpx.AsyncClient]:
    pages = EmailPages(EmailDesk(ours.store, ours.clock), "vi")
    async with serving(Starlette(routes=pages.routes())) as address, httpx.AsyncClient(base_url=address) as client:
        yield client


async def offered(ours: Ours) -> tuple[EmailService, str]:
    """A person gave an address; what they see of it, and the link in the letter."""
    now = ours.clock.now()
    [chat] = await ours.store.inbox.receive([Incoming("telegram", "1", "1", TextReceived(text="x"))], now)
    terms = EmailTerms(("gov.vn",), "")
    service = EmailService(ours.store.driver.run, ours.store.keyring, chat, now, terms)
    await service.offer(LAN, "vi")
    [row] = await ours.store.outbox.claim("email", 1, ours.clock.now())
    await ours.channel.send(row)
    return service, row.reply.paragraphs[1].rpartition(CONFIRM_PATH)[2]


async def test_a_link_confirms_by_its_button_once(ours: Ours, browser: httpx.AsyncClient) -> None:
    service, token = await offered(ours)
    for _ in range(3):
        looked = await browser.get(f"{CONFIRM_PATH}{token}")
        assert (looked.status_code, LAN in looked.text) == (200, True)
    known = await service.mine()
    assert known is not None
    assert not known.confirmed, "a mail server that opens each link confirms nothing"
    assert (await browser.post(f"{CONFIRM_PATH}{token}")).status_code == 200
    known = await service.mine()
    assert known is not None
    assert known.confirmed
    for again in (browser.get, browser.post):
        assert (await again(f"{CONFIRM_PATH}{token}")).status_code == 404


@pytest.mark.parametrize("token", ["x" * 22, "short", "x" * 23])
async def test_any_other_link_leads_nowhere(ours: Ours, browser: httpx.AsyncClient, token: str) -> None:
    await offered(ours)
    for ask in (browser.get, browser.post):
        assert (await ask(f"{CONFIRM_PATH}{token}")).status_code == 404


async def test_a_mail_program_ends_letters_with_one_post(ours: Ours, browser: httpx.AsyncClient) -> None:
    chat = await ours.knows()
    path = f"{STOP_PATH}{stop_token(ours.store.keyring, chat.id)}"
    assert (await browser.get(path)).status_code == 200
    [staff] = await ours.store.email.staff()
    assert not staff.stopped, "looking ends nothing"
    form = {"List-Unsubscribe": "One-Click"}
    ended = await browser.post(path, data=form, headers={"sec-fetch-site": "cross-site"})  # as RFC 8058 posts it
    assert ended.status_code == 200
    assert "location" not in ended.headers
    [staff] = await ours.store.email.staff()
    assert staff.stopped
    assert (await browser.post(path, data=form)).status_code == 200


async def test_a_click_after_the_address_was_forgotten_ends_letters_as_the_page_says(
    ours: Ours, browser: httpx.AsyncClient
) -> None:
    service, _ = await offered(ours)
    await service.remove()
    chat = ours.store.chats.at("email", LAN)
    ended = await browser.post(f"{STOP_PATH}{stop_token(ours.store.keyring, chat.id)}")
    assert ended.status_code == 200
    assert await service.offer(LAN, "vi") is EmailOffer.STOPPED


async def test_a_forged_stop_ends_nothing(ours: Ours, browser: httpx.AsyncClient) -> None:
    chat = await ours.knows()
    for forged in (f"{chat.id}.{'0' * 32}", chat.id, f"{'0' * 32}.{stop_token(ours.store.keyring, chat.id)[33:]}"):
        assert (await browser.post(f"{STOP_PATH}{forged}")).status_code == 404
    [staff] = await ours.store.email.staff()
    assert not staff.stopped
