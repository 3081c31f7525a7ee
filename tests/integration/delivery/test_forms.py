"""Papers ordered in one turn are made before the next and sent once, whatever happens in between."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.delivery.event_preparation import EventPreparer
from bot.delivery.form_making import FormMaker, MakeFormFiles
from bot.messages import Chat, OutboxRow
from bot.store import Store
from handlers.conversation import respond, wants_file
from handlers.core import Attachment, FormsMade, MakeForms, PrintedPart, Session, certificate_facts
from handlers.model import DOCX, Form, FormContent, FormDraft, FormField
from locales import translator
from tests.support.delivery import (
    CountingReader,
    DeliveryPipeline,
    ManualClock,
    ScriptedChannel,
    make_conversation,
    make_text_update,
)
from tests.support.dialogue import NOW, PERSON, make_certificate, pack
from tests.support.store import claim_next_turn, open_turn

t = translator("vi")
HERE = Chat("c", "telegram", "1")
IDENTITY = "000123456789"
LAN = make_certificate("Nguyễn Thị Lan", **PERSON)
CONTENT = FormContent(form=Form.REVOKE, body="UBND xã Mẫu", rows=({FormField.NAME: "Nguyễn Thị Lan"},))
ORDER = MakeForms(contents=(CONTENT,), next_steps=(PrintedPart(style="title", text="Việc tiếp theo"),), said=("a",))
#: A session that stands at the review of the papers, with the number of a card.
REVIEW = Session.model_validate(
    {
        "consented_at": NOW,
        "pack": pack().label,
        "answers": {
            "subject": "individual",
            "events": ["left_state_service"],
            "token": "in_hand",
            "key_exposed": False,
            "certificate": certificate_facts(LAN),
        },
        "certificate": LAN,
        "unit_skipped": True,
        "screen": "papers_review",
        "forms": FormDraft(fields={"identity_number": IDENTITY}, certificate=LAN.certificate_key, skipped=True),
    }
)


class Killed(BaseException):
    """The process ends here."""


async def made(order: MakeForms) -> tuple[Attachment, ...]:
    return tuple(Attachment.of(f"mau-{one.form}.docx", DOCX, one.model_dump_json().encode()) for one in order.contents)


async def killed(order: MakeForms) -> tuple[Attachment, ...]:
    raise Killed


async def broken(order: MakeForms) -> tuple[Attachment, ...]:
    raise ValueError(order.said)


class FileChannel(ScriptedChannel):
    """Records the files that it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Attachment] = []

    async def send(self, row: OutboxRow) -> str | None:
        sent = await super().send(row)
        self.got += row.reply.attachments
        return sent


def roads(store: Store, clock: ManualClock, make: MakeFormFiles | None) -> DeliveryPipeline:
    talk = replace(make_conversation(), respond=respond, wants_file=wants_file)
    road = DeliveryPipeline(store, clock, talk, FileChannel())
    road.turns._preparer = EventPreparer({road.channel.name: road.channel}, CountingReader(), forms=make)
    return road


def received(road: DeliveryPipeline) -> list[Attachment]:
    assert isinstance(road.channel, FileChannel)
    return road.channel.got


async def stored_session(store: Store) -> str:
    """Return the session as it is kept."""
    (chat,) = await store.inbox.receive([make_text_update("x", 99)], NOW)
    return (await claim_next_turn(store, chat)).session or ""


async def begin(store: Store) -> None:
    """Let a person of this session be known."""
    (chat,) = await store.inbox.receive([make_text_update("/start", 1)], NOW)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.finish(REVIEW.model_dump_json(), [])


async def test_papers_come_as_files_and_the_number_is_no_longer_kept(store: Store, clock: ManualClock) -> None:
    clock.set(NOW)
    road = roads(store, clock, made)
    await begin(store)
    await road.flow(make_text_update("Lập giấy tờ", 100))
    assert [file.name for file in received(road)] == ["mau-05.docx", "mau-08.docx"]
    assert IDENTITY in received(road)[0].content.decode()
    assert not [text for text in road.channel.texts() if IDENTITY in text]
    assert IDENTITY not in await stored_session(store)


@pytest.mark.parametrize(("make", "trouble"), [(broken, "failed"), (None, "failed")])
async def test_what_cannot_be_made_is_said_and_the_chat_goes_on(make: MakeFormFiles | None, trouble: str) -> None:
    channel = ScriptedChannel()
    preparer = EventPreparer({"telegram": channel}, CountingReader(), forms=make)
    assert await preparer.prepare(HERE, ORDER) == FormsMade.model_validate({"trouble": trouble})


async def test_nothing_is_made_for_a_channel_that_sends_no_files() -> None:
    channel = ScriptedChannel()
    channel.capabilities = replace(channel.capabilities, files_out=False)
    preparer = EventPreparer({"telegram": channel}, CountingReader(), forms=killed)
    assert await preparer.prepare(HERE, ORDER) == FormsMade(trouble="no_files")


async def test_killed_between_the_order_and_the_file_it_is_made_anew_and_arrives_once(
    store: Store, clock: ManualClock
) -> None:
    clock.set(NOW)
    first = roads(store, clock, killed)
    await begin(store)
    with pytest.raises(Killed):
        await first.take(make_text_update("Lập giấy tờ", 2))
    again = roads(store, clock, made)
    for chat in await store.inbox.chats_waiting("telegram"):
        await again.turns.handle(chat)
    await again.dispatcher.deliver()
    assert [file.name for file in received(again)] == ["mau-05.docx", "mau-08.docx"]
    assert IDENTITY in received(again)[0].content.decode()
    assert await store.inbox.chats_waiting("telegram") == []


async def test_the_real_forms_come_out_of_the_maker() -> None:
    files = await FormMaker(Path("/nowhere")).make(ORDER)
    assert [file.name for file in files if file.name.endswith(".docx")] == [
        "mau-05-thu-hoi-ubnd-xa-mau.docx", "viec-tiep-theo.docx",
    ]  # fmt: skip
