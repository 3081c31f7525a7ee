"""Errors are told on a page of the house, in the reader's language; to scripts as JSON; in the log by number."""

import asyncio
import re
import sqlite3

import httpx
import pytest
from structlog.testing import capture_logs

from bot.channels.pace import Rate
from tests.integration.channels.web.conftest import Opened
from tests.integration.channels.web.test_links import assert_safe
from tests.support.desk import Desk

_QUOTED = "Nguyễn Văn Mật 0912 345 678"
_ENGLISH = {"accept": "text/html", "cookie": "troly-language=en"}


async def fail(*_: object) -> None:
    raise RuntimeError(_QUOTED)


async def test_an_error_of_the_program_is_a_page_with_a_number_that_is_in_the_log(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.web.pages.ChatPages._continue", fail)
    async with office() as served:
        client = served.browser().client
        with capture_logs() as logs:
            answer = await client.get("/chat/continue")
            told = await client.get("/chat/continue", headers={"accept": "application/json"})
            english = await client.get("/chat/continue", headers=_ENGLISH)
    assert_safe(answer)
    assert (answer.status_code, english.status_code) == (500, 500)
    failed = [log for log in logs if log["event"] == "page_failed"]
    assert failed[0]["number"] in answer.text
    assert told.json()["number"] == failed[1]["number"]
    assert told.json()["status"] == 500
    assert "Đã có lỗi" in answer.text
    assert "Something went wrong" in english.text
    assert failed[0]["error"] == "RuntimeError"
    assert any(re.search(r"bot/channels/web/pages\.py:\d+", place) for place in failed[0]["at"])
    assert _QUOTED not in str(logs) + answer.text + told.text


async def test_an_error_in_the_middle_of_an_answer_ends_it_and_is_in_the_log(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def torn(*_: object):  # noqa: ANN202 - as the method that it stands for
        yield "retry: 2000\n\n"
        raise RuntimeError(_QUOTED)

    monkeypatch.setattr("bot.channels.web.pages.ChatPages._events", torn)
    async with office() as served:
        browser = await served.begun()
        with capture_logs() as logs, pytest.raises(httpx.RemoteProtocolError):
            await browser.client.get("/chat/events")
        assert [log["begun"] for log in logs if log["event"] == "page_failed"] == [True]
        assert _QUOTED not in str(logs)
        assert (await browser.says("vẫn chạy")).status_code == 200


#: How each is met: method, address, fields, status, words of its page in both languages.
PROBLEMS = [
    ("GET", "/nowhere", None, 404, "Không có trang này", "There is no such page here"),
    ("GET", "/static/0/troly.css", None, 404, "Không có trang này", "There is no such page here"),
    ("POST", "/", {}, 405, "không mở trực tiếp", "is not opened directly"),
    ("DELETE", "/chat", None, 405, "không mở trực tiếp", "is not opened directly"),
    ("POST", "/chat", {"text": "x", "form": "forged"}, 403, "Chưa nhận được", "could not be taken"),
    ("POST", "/chat", {"text": "x" * 300_000}, 413, "quá lớn", "too large"),
    ("GET", "/chat/file/none", None, 404, "không còn được lưu", "not kept here any more"),
    ("POST", "/desk/sign-in/forged", {}, 404, "không còn dùng được", "leads nowhere any more"),
    ("GET", "/desk/nowhere", None, 404, "Không có trang này", "There is no such page here"),
    ("POST", "/desk/sign-out", {"form": "forged"}, 403, "vui lòng tải lại trang", "open for too long"),
]


async def test_each_problem_is_told_in_the_language_of_the_reader_and_to_scripts_as_json(office: Opened) -> None:
    async with office() as served:
        browser = await served.begun()
        for method, path, fields, status, vietnamese, english in PROBLEMS:
            for words in (vietnamese, english):
                cookies = {**browser.client.cookies, "troly-language": "vi" if words is vietnamese else "en"}
                given = {"accept": "text/html", "cookie": "; ".join(f"{one}={cookies[one]}" for one in cookies)}
                answer = await browser.client.request(method, path, data=fields, headers=given)
                assert answer.status_code == status, path
                assert words in answer.text, (path, answer.text)
                assert f'<html lang="{"vi" if words is vietnamese else "en"}">' in answer.text
                assert_safe(answer)
            told = await browser.client.request(method, path, data=fields, headers={"x-troly": "1"})
            assert (told.status_code, told.json()["status"]) == (status, status), path
            assert told.json()["message"]


async def test_whoever_reads_english_reads_it_where_nobody_knows_them(desk: Desk) -> None:
    client = await desk.signed_in("owner")
    with sqlite3.connect(desk.office.settings.data_dir / "troly.sqlite3") as database:
        database.execute("UPDATE chats SET language = 'en'")
    await client.get("/desk")
    assert "There is no such page" in (await client.get("/nowhere")).text
    assert "not signed in" in (await client.get("/desk", headers={"cookie": "troly-language=en"})).text
    assert "Không có trang này" in (await desk.client().get("/nowhere")).text


async def test_whoever_asks_too_fast_is_asked_to_wait_in_their_language(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.web.pages._ADDRESS_RATE", Rate(0.001, 1))
    async with office() as served:
        client = served.browser().client
        await client.get("/")
        slow = await client.get("/", headers=_ENGLISH)
        assert (slow.status_code, "A little slower" in slow.text) == (429, True)
        assert slow.headers["retry-after"] == "60"
        told = await client.get("/chat/changes", headers={"sec-fetch-dest": "empty"})
        assert (told.status_code, told.json()["status"]) == (429, 429)


#: Requests that are none, or that two servers could read differently.
DAMAGED = {
    "two lengths": b"POST /chat HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "a length that is no number": b"POST /chat HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a header with a line break": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    "an address without end": b"GET /?q=" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in the address": "GET /đ HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
}


async def test_what_is_no_request_gets_a_page_as_well_and_is_not_served(office: Opened) -> None:
    async with office() as served:
        host, _, port = served.settings.web_listen.rpartition(":")
        for name, sent in DAMAGED.items():
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(sent)
            head, _, body = (await asyncio.wait_for(reader.read(), 5)).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400 "), (name, head)
            assert b"content-security-policy: default-src 'none'" in head.lower(), name
            assert "Không đọc được yêu cầu này" in body.decode(), name
            writer.close()


async def test_a_body_that_comes_after_its_answer_does_not_cost_the_next_request_its_connection(
    office: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.server._LINGER", 0.1)
    async with office() as served:
        host, _, port = served.settings.web_listen.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
        assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 404 ")
        writer.write(b"abc")
        await asyncio.sleep(0.3)  # past the time for those who go on sending
        writer.write(b"GET /static/x/y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"HTTP/1.1 404 " in await asyncio.wait_for(reader.read(), 5)
        writer.close()
