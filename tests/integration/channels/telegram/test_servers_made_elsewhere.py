"""Bot API servers that lack a method, or answer it as Telegram does not: that method alone is at fault."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.channels import ChannelError, Gone, Invalid, MaybeSent, Refused, RetryLater, Unsupported
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.channel import TelegramChannel
from bot.messages import Chat, OutboxRow
from bot.metrics import NO_METRICS
from bot.store import Store
from bot.web import HealthEndpoints
from handlers.core import Attachment, Choice, Event, Reply, Services, Session, TextReceived
from tests.integration.channels.telegram.conftest import Assembly, Settle
from tests.support.delivery import Answer, eventually, make_conversation
from tests.support.telegram.api import BotApi
from tests.support.telegram.faults import Kind
from tests.support.telegram.user import User

#: How a server says that it has no such method, and that is not Telegram's word for a token.
LACKING: tuple[Kind, ...] = (
    "missing", "unauthorized", "forbidden", "not_allowed", "not_implemented", "unknown_method",
    "page_404", "page_401", "not_ok_200",
)  # fmt: skip
FILE = Attachment.of("danh-sach.txt", "text/plain", b"1")


def row(user: User, *paragraphs: str, **details: object) -> OutboxRow:
    reply = Reply.model_validate({"paragraphs": paragraphs, **details})
    return OutboxRow(1, Chat("c", "telegram", str(user.id)), reply, 0, 0, "test")


@pytest.fixture
async def lan(server: BotApi) -> User:
    lan = server.user("Lan")
    await lan.says("/start")
    return lan


@pytest.mark.parametrize("kind", LACKING)
async def test_a_method_that_is_lacking_is_named(server: BotApi, api: TelegramApi, lan: User, kind: Kind) -> None:
    server.breaks("sendDocument", kind)
    channel = TelegramChannel(api)
    for _ in range(3):
        with pytest.raises(Unsupported) as failed:
            await channel.send(row(lan, attachments=(FILE,)))
        assert failed.value.method == "sendDocument"
    assert len(server.calls_of("getMe")) <= 1
    await channel.send(row(lan, "a"))
    assert not api.is_refused


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [("page_413", Invalid), ("busy", RetryLater), ("page_502", MaybeSent), ("nothing_502", MaybeSent)],
)
async def test_other_trouble_with_a_method_stays_what_it_is(
    server: BotApi, api: TelegramApi, lan: User, kind: Kind, meaning: type[ChannelError]
) -> None:
    server.breaks("sendDocument", kind)
    with pytest.raises(meaning) as failed:
        await TelegramChannel(api).send(row(lan, attachments=(FILE,)))
    assert type(failed.value) is meaning


async def test_a_token_that_was_revoked_is_said_to_be_refused_until_it_works_again(
    server: BotApi, api: TelegramApi, lan: User
) -> None:
    server.account.revoked = True
    with pytest.raises(Refused):
        await TelegramChannel(api).send(row(lan, "a"))
    assert api.is_refused
    server.account.revoked = False
    await TelegramChannel(api).send(row(lan, "a"))
    assert not api.is_refused


@pytest.mark.parametrize("kind", LACKING)
async def test_where_nothing_can_be_edited_a_new_message_takes_the_place(
    server: BotApi, api: TelegramApi, lan: User, kind: Kind
) -> None:
    channel = TelegramChannel(api)
    first = await channel.send(row(lan, "Câu 1"))
    server.breaks("editMessageText", kind)
    second = await channel.send(
        row(lan, "Câu 1: Có", action="edit", target=first, choices=[Choice(label="A", tap="a")])
    )
    assert second != first
    assert [message.text for message in lan.sees()] == ["Câu 1: Có"]
    assert server.calls_of("sendMessage")[-1].fields["disable_notification"] == "true"
    server.breaks("deleteMessage", "missing")
    await channel.send(row(lan, "Câu 1: Không", action="edit", target=second))
    assert [message.text for message in lan.sees()] == ["Câu 1: Có", "Câu 1: Không"]


async def test_an_edit_that_goes_wrong_twice_is_sent_as_a_message(server: BotApi, api: TelegramApi, lan: User) -> None:
    channel = TelegramChannel(api)
    first = await channel.send(row(lan, "Câu 1"))
    server.breaks("editMessageText", "broken")
    edit = row(lan, "Câu 1: Có", action="edit", target=first)
    with pytest.raises(MaybeSent):
        await channel.send(edit)
    await channel.send(replace(edit, attempts=1))
    assert [message.text for message in lan.sees()] == ["Câu 1", "Câu 1: Có"]


@pytest.mark.parametrize("kind", LACKING)
async def test_a_deletion_that_is_lacking_is_named(server: BotApi, api: TelegramApi, lan: User, kind: Kind) -> None:
    server.breaks("deleteMessage", kind)
    with pytest.raises(Unsupported, check=lambda error: error.method == "deleteMessage"):
        await TelegramChannel(api).send(row(lan, action="delete", target=str(next(iter(lan.chat.messages)))))


@pytest.mark.parametrize("kind", LACKING)
async def test_a_file_that_the_server_does_not_hand_out_is_not_had(
    server: BotApi, api: TelegramApi, kind: Kind
) -> None:
    server.breaks("getFile", kind)
    with pytest.raises(Unsupported):
        await api.download("x", 10)


async def test_a_download_that_is_a_page_is_gone(server: BotApi, api: TelegramApi) -> None:
    server.breaks("download", "page_404")
    document = server.account.keep_file("a.cer", "application/x", b"x")
    with pytest.raises(Gone):
        await api.download(document.file_id, 10)


async def files(session: Session | None, event: Event, world: Services) -> Answer:
    """Answers "tệp" with two files, and anything else with itself."""
    heard = event.text if isinstance(event, TextReceived) else event.kind
    session = session or Session()
    if heard.startswith("tệp"):
        parts = (FILE, Attachment.of("hai.txt", "text/plain", b"2"))
        said = Reply(paragraphs=("Đây là hai tệp",), attachments=parts)
        return Answer(session.with_changes(language="en" if "en" in heard else "vi"), [said])
    return Answer(session, [heard])


def ends(folder: Path) -> list[tuple[str, str | None]]:
    with closing(sqlite3.connect(folder / "troly.sqlite3")) as connection:
        return connection.execute("SELECT state, reason FROM outbox ORDER BY id").fetchall()


@pytest.mark.parametrize("kind", LACKING)
async def test_who_asked_for_files_is_told_once_in_their_language_and_the_others_go_on(
    server: BotApi, settings: Settle, store: Store, tmp_path: Path, kind: Kind
) -> None:
    server.breaks("sendDocument", kind)
    lan, minh = server.user("Lan"), server.user("Minh")
    async with Assembly(settings(), store, make_conversation(files)).served():
        await lan.says("tệp")
        assert (await lan.hears()).text == "Đây là hai tệp"
        assert "Tôi không gửi được tệp" in (await lan.hears()).text
        await minh.says("tệp en")
        assert (await minh.hears()).text == "Đây là hai tệp"
        assert "I could not send the file" in (await minh.hears()).text
        for person in (lan, minh):
            await person.says("a")
            assert (await person.hears()).text == "a"
    assert ends(tmp_path).count(("failed", "no_sendDocument")) == 4
    assert {state for state, _ in ends(tmp_path)} == {"sent", "failed"}


@pytest.mark.parametrize(
    ("kind", "state"), [("page_413", "invalid"), ("broken", "unknown"), ("nothing_502", "unknown")]
)
async def test_who_asked_for_a_file_is_told_whatever_became_of_it(
    server: BotApi, assembly: Assembly, tmp_path: Path, kind: Kind, state: str
) -> None:
    server.breaks("sendDocument", kind)
    lan = server.user("Lan")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.delivery._LONGEST_DELAY", 0.01)
        async with replace(assembly, talk=make_conversation(files)).served():
            await lan.says("tệp")
            await lan.hears()
            assert "⚠ Tôi không" in (await lan.hears()).text
            await lan.says("a")
            assert (await lan.hears()).text == "a"
    assert [one for one, _ in ends(tmp_path)].count(state) == 2


async def test_nothing_is_lost_while_the_token_is_not_accepted(
    server: BotApi, assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery._LONGEST_PAUSE", 0.2)
    lan = server.user("Lan")
    with capture_logs() as logs:
        async with assembly.served():
            await lan.says("a")
            assert (await lan.hears()).text == "1: a"
            for method in ("sendMessage", "getMe"):
                server.breaks(method, "unauthorized")
            await lan.says("b")
            await eventually(lambda: [log["method"] for log in logs if log["event"] == "token_refused"])
            await lan.says("c")
            for method in ("sendMessage", "getMe"):
                server.mends(method)
            assert (await lan.hears()).text == "2: b"
            assert (await lan.hears()).text == "3: c"
    assert "token_accepted_again" in [log["event"] for log in logs]


async def test_watchers_are_told_that_the_token_is_not_accepted(
    server: BotApi, api: TelegramApi, store: Store, lan: User
) -> None:
    watch = HealthEndpoints(store, NO_METRICS, {"Telegram": lambda: not api.is_refused})
    ready = next(one for one in watch.routes() if one.path == "/readyz").endpoint
    assert (await ready(None)).status_code == 200
    server.account.revoked = True
    with pytest.raises(Refused):
        await api.call("sendMessage", {"chat_id": lan.id, "text": "a"})
    told = await ready(None)
    assert (told.status_code, b"token" in told.body) == (503, True)
