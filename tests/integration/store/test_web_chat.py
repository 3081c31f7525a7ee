"""One-time links and web conversations on both databases: once, in order, sealed, and gone in time."""

import asyncio
from datetime import timedelta

from bot.messages import Chat
from bot.store import Store
from bot.store.links import new_link
from bot.store.web_chat import StoredFile, WebContent
from handlers.core import Attachment, Choice
from handlers.model import LinkPurpose
from tests.support.database import Database, OpenStore
from tests.support.store import NOW, make_incoming, open_turn

WORDS = "Tôi là Nguyễn Văn Kín"
FILE = Attachment.of("tệp kín.cer", "application/pkix-cert", b"bytes that are kept close")


def said(text: str, side: str = "person") -> WebContent:
    return WebContent.model_validate({"side": side, "html": text})


async def known(store: Store) -> Chat:
    """A conversation that the assistant knows."""
    chat = store.web.new_chat()
    await store.inbox.receive([make_incoming("web 1", "x", chat.address, "web")], NOW)
    await store.web.admit("cookie", chat, NOW)
    return chat


async def test_messages_of_two_processes_get_versions_of_their_own_and_stand_once(
    store: Store, another: OpenStore
) -> None:
    chat, other = await known(store), await another()
    twice = [side.web.say(chat, f"one:{n}", said(f"{n}"), NOW) for n in range(10) for side in (store, other)]
    ids = await asyncio.gather(*twice)
    assert len(set(ids)) == 10
    changed = await store.web.changed(chat, 0, 100)
    versions = [message.version for message in changed]
    assert versions == sorted(set(versions))
    assert {message.content.html for message in changed if message.content} == {str(n) for n in range(10)}


async def test_a_change_and_a_deletion_come_under_a_later_version(store: Store) -> None:
    chat = await known(store)
    first = await store.web.say(chat, "a", said("a", "assistant"), NOW)
    (before,) = await store.web.changed(chat, 0, 9)
    changed = said("b", "assistant").model_copy(update={"choices": (Choice(label="x", tap="y"),)})
    assert await store.web.change(chat, first, changed, NOW)
    (after,) = await store.web.changed(chat, before.version, 9)
    assert (after.id, after.content) == (first, changed)
    assert await store.web.change(chat, first, None, NOW)
    (gone,) = await store.web.changed(chat, after.version, 9)
    assert gone.content is None
    assert await store.web.page(chat, 9) == []
    assert not await store.web.change(store.web.new_chat(), first, changed, NOW)


async def test_nothing_of_a_web_chat_lies_open(store: Store, database: Database) -> None:
    chat = await known(store)
    stored = StoredFile("f1", FILE.name, FILE.media_type, len(FILE.content))
    content = said(WORDS).model_copy(update={"files": (stored,)})
    await store.web.say(chat, "a", content, NOW, {"f1": FILE})
    link = new_link(store.keyring, LinkPurpose.FILE, chat.id, NOW, file=FILE)
    await store.links.keep(link)
    kept = database.bytes_at_rest()
    for secret in (WORDS, FILE.name, chat.address, "cookie", link.token):
        assert secret.encode() not in kept
    assert FILE.content not in kept
    assert await store.web.file(chat.id, "f1")
    assert await store.web.file(store.web.new_chat().id, "f1") is None


async def test_an_upload_goes_once_it_is_handled_and_a_document_after_a_week(store: Store) -> None:
    chat = await known(store)
    await store.web.keep_upload(chat, "web 1", FILE, NOW)
    await store.web.say(chat, "a", said("x"), NOW, {"doc": FILE})
    await store.web.sweep(NOW + timedelta(hours=2))
    assert await store.web.file(chat.id, "web 1")  # its turn is still to come
    pending = await store.inbox.claim_turn(chat)
    assert pending is not None
    async with open_turn(store, pending, NOW) as turn:
        await turn.finish('{"consented_at": "2026-11-23T02:00:00Z"}', [])
    await store.web.sweep(NOW + timedelta(hours=2))
    assert await store.web.file(chat.id, "web 1") is None
    assert await store.web.file(chat.id, "doc")
    await store.web.sweep(NOW + timedelta(days=8))
    assert await store.web.file(chat.id, "doc") is None


async def test_a_chat_of_which_nothing_is_known_goes_after_an_hour(store: Store) -> None:
    unknown = store.web.new_chat()
    await store.web.admit("other cookie", unknown, NOW)
    await store.web.say(unknown, "a", said("x"), NOW)
    chat = await known(store)
    await store.web.say(chat, "a", said("x"), NOW)
    await store.web.sweep(NOW + timedelta(minutes=59))
    assert await store.web.find("other cookie")
    await store.web.sweep(NOW + timedelta(minutes=61))
    assert await store.web.find("other cookie") is None
    assert await store.web.page(unknown, 9) == []
    assert await store.web.find("cookie")


async def test_a_link_is_used_by_one_of_many_who_come_at_once(store: Store, another: OpenStore) -> None:
    chat, other = await known(store), await another()
    link = new_link(store.keyring, LinkPurpose.FILE, chat.id, NOW, file=FILE)
    await store.links.keep(link)
    tries = [side.links.use(LinkPurpose.FILE, link.token, NOW) for side in (store, other) for _ in range(5)]
    used = [one for one in await asyncio.gather(*tries) if one]
    assert [one.content for one in used] == [FILE.content]


async def test_a_new_code_ends_the_one_before(store: Store) -> None:
    chat = await known(store)
    codes = [new_link(store.keyring, LinkPurpose.CODE, chat.id, NOW, origin="code") for _ in range(2)]
    for code in codes:
        await store.links.keep(code)
    assert await store.links.use(LinkPurpose.CODE, codes[0].token, NOW) is None or codes[0].token == codes[1].token
    late = NOW + timedelta(minutes=11)
    assert await store.links.use(LinkPurpose.CODE, codes[1].token, late) is None
    assert await store.links.use(LinkPurpose.CODE, codes[1].token, NOW + timedelta(minutes=9))
