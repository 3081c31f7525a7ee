"""What browsers and strangers may not do to the web chat."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.channels.pace import Rate
from bot.delivery.background import ShortRetention
from bot.settings import Settings
from bot.store import Store
from bot.store.drivers import Query
from tests.integration.channels.web.conftest import Opened
from tests.integration.channels.web.test_links import assert_safe
from tests.support.delivery import TurnedClock

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


async def test_every_page_runs_our_own_scripts_alone(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        for path in ("/", "/chat/continue", "/c/" + "A" * 22, "/chat/file/x", "/t/x", "/?before=1"):
            assert_safe(await browser.client.get(path))
        for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', (await browser.opens()).page):
            static = await browser.client.get(path)
            assert static.status_code == 200
            assert "immutable" in static.headers["cache-control"]
        assert (await browser.client.get("/static/0/../../../etc/passwd")).status_code == 404


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office: Opened) -> None:
    async with office() as served:
        browser = await served.browser().opens()
        begun = await browser.client.post("/chat", data=browser.fields())
        cookie = begun.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "; secure" not in cookie


async def test_behind_tls_the_cookie_is_of_this_host_alone_and_browsers_stay_with_tls(office: Opened) -> None:
    async with office(web_url="https://troly.example.gov.vn") as served:
        browser = await served.browser().opens()
        begun = await browser.client.post("/chat", data=browser.fields())
        assert begun.headers["set-cookie"].startswith("__Host-troly=")
        assert "; secure" in begun.headers["set-cookie"].lower()
        assert begun.headers["strict-transport-security"].startswith("max-age=")


async def test_a_cookie_that_somebody_chose_is_nobodys(office: Opened) -> None:
    async with office() as served:
        browser = served.browser()
        browser.client.cookies.set("troly", "A" * 22)
        await browser.opens()
        assert browser.bubbles == []
        await browser.says()
        assert "A" * 22 not in {cookie.value for cookie in browser.client.cookies.jar if cookie.domain != ""}


@pytest.mark.parametrize("form", ["", "x", "0" * 32])
async def test_a_form_without_its_token_is_refused(office: Opened, form: str) -> None:
    async with office() as served:
        browser = await served.begun()
        assert (await browser.says("giả", form=form)).status_code == 403
        assert "giả" not in (await browser.opens()).page


async def test_the_token_of_another_browser_is_refused(office: Opened) -> None:
    async with office() as served:
        one, other = await served.begun(), await served.begun()
        assert (await one.says("giả", form=other.fields()["form"])).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://evil.example"}]
)
async def test_what_another_site_posts_begins_nothing(office: Opened, headers: dict[str, str]) -> None:
    async with office() as served:
        answer = await served.browser(**headers).client.post("/chat", data={"key": "k" * 12, "text": "x"})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_a_file_over_the_limit_is_refused_before_it_is_read(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.web.inbox.LARGEST_FILE", 1000)
    monkeypatch.setattr("bot.channels.web.inbox.LARGEST_FORM", 1000)
    async with office() as served:
        browser = await served.begun()
        assert (await browser.sends("a.cer", b"x" * 5000)).status_code == 413
        assert "20 MB" in browser.page
        await browser.opens()

        async def endless() -> AsyncIterator[bytes]:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.cer"\r\n\r\n'
            while True:
                yield b"x" * 500

        headers = {"content-type": "multipart/form-data; boundary=b"}
        with pytest.raises(httpx.HTTPError):  # cut off, whether or not the 413 was read
            raise_refused(await browser.client.post("/chat", content=endless(), headers=headers))
        assert (await browser.says("còn sống")).status_code == 200


def raise_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 413
    answer.raise_for_status()


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"{}"),
        ("", b"text=x"),
        ("multipart/form-data", b"--b"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"),
        ("multipart/form-data; boundary=b", b"no multipart at all"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(100))),
    ],
)
async def test_what_is_no_form_is_refused(office: Opened, media_type: str, body: bytes) -> None:
    async with office() as served:
        browser = await served.begun()
        answer = await browser.client.post("/chat", content=body, headers={"content-type": media_type})
        assert answer.status_code in {400, 403}
        assert len((await browser.opens()).bubbles) == 2


async def test_one_address_cannot_ask_without_end(office: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.pages._ADDRESS_RATE", Rate(0.001, 5))
    async with office() as served:
        browser = served.browser()
        codes = [(await browser.client.get("/")).status_code for _ in range(7)]
        assert codes == [200] * 5 + [429] * 2


async def test_a_conversation_goes_on_by_link_and_by_code_each_of_which_works_once(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        await browser.opens("/chat/continue")
        made = await browser.client.post("/chat/continue/new", data={"form": form_of(browser.page)})
        link = re.findall(r"http://[^<\s]+/c/([A-Za-z0-9_-]{22})", made.text)[0]
        code = re.findall(r'class="code">(\d{3} \d{3})<', made.text)[0]
        phone, tablet, thief = served.browser(), served.browser(), served.browser()
        await phone.client.get(f"/c/{link}")  # a preview uses nothing up
        for device, path, data in ((phone, f"link/{link}", {}), (tablet, "code", {"code": code})):
            answer = await device.client.post(f"/chat/continue/{path}", data=data, follow_redirects=True)
            device.page = answer.text
            assert [text for _, text in device.bubbles] == ["/start", "1: /start"]
        assert (await thief.client.post(f"/chat/continue/link/{link}")).status_code == 404
        assert (await thief.client.post("/chat/continue/code", data={"code": code})).status_code == 404
        assert phone.client.cookies["troly"] != browser.client.cookies["troly"]
        await phone.says("từ điện thoại")
        assert ("theirs", "2: từ điện thoại") in (await browser.opens()).bubbles


def form_of(page: str) -> str:
    return re.findall(r'name="form" value="([^"]+)"', page)[-1]


async def test_codes_cannot_be_guessed_through(office: Opened) -> None:
    async with office() as served:
        thief = served.browser()
        tries = [await thief.client.post("/chat/continue/code", data={"code": f"{n:06}"}) for n in range(8)]
        assert [answer.status_code for answer in tries] == [404] * 5 + [429] * 3


async def test_the_word_of_a_stranger_on_their_address_counts_for_nothing(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.web.pages._ADDRESS_RATE", Rate(0.001, 3))
    async with office() as served:
        client = served.browser().client
        codes = [(await client.get("/", headers={"X-Forwarded-For": f"10.0.0.{n}"})).status_code for n in range(5)]
        assert codes == [200] * 3 + [429] * 2
    async with office(web_trusted_proxies="127.0.0.1") as served:
        client = served.browser().client
        codes = [(await client.get("/", headers={"X-Forwarded-For": f"10.0.0.{n}"})).status_code for n in range(5)]
        assert codes == [200] * 5


async def test_a_web_chat_that_is_over_leaves_nothing_behind(office: Opened, store: Store) -> None:
    clock = TurnedClock(NOW)
    async with office(clock=clock) as served:
        browser = await served.begun()
        found = await store.web.find(browser.client.cookies["troly"])
        assert found is not None
        clock.turn(timedelta(minutes=11))
        await ShortRetention(store, clock).forget()
        assert await store.web.page(found.chat, 5)  # somebody who agreed goes on
        async with store.driver.transaction() as at:
            await at.run(Query("end_web_chat", {"chat": found.chat.id, "now": 0}), commit=True)
        await ShortRetention(store, clock).forget()
        assert await store.web.page(found.chat, 5) == []
        assert await store.web.find(browser.client.cookies["troly"]) is None


def test_what_others_can_reach_needs_an_address_with_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="TROLY_WEB_URL"):
        Settings.model_validate({"web_listen": "0.0.0.0:8080"})
    assert (
        Settings.model_validate({"web_listen": "0.0.0.0:80", "web_url": "https://a.vn/"}).web_address == "https://a.vn"
    )
    for wrong in ("http://troly.vn", "https://troly.vn/chat", "https://u:p@troly.vn", "troly.vn"):
        with pytest.raises(ValueError, match="web_url"):
            Settings.model_validate({"web_url": wrong})


@pytest.mark.parametrize(
    ("site", "packed"), [("same-origin", True), ("none", True), ("cross-site", False), ("", False)]
)
async def test_a_page_is_packed_only_where_its_person_asked_for_it(office: Opened, site: str, packed: bool) -> None:
    """BREACH: what another site makes a browser ask for tells nothing by its length."""
    async with office() as served:
        browser = await served.begun()
        asked = {"accept-encoding": "gzip, br"} | ({"sec-fetch-site": site} if site else {})
        answer = await browser.client.get("/", headers=asked)
        assert (answer.headers.get("content-encoding") == "gzip") is packed
        assert "</html>" in answer.text
        plain = await browser.client.get("/", headers={**asked, "accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        if packed:
            assert int(answer.headers["content-length"]) < len(plain.content) / 1.5
            assert "sec-fetch-site" in answer.headers["vary"].lower()
