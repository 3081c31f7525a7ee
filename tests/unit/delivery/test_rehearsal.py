"""The banner of a rehearsal: above every text, and a message is split so that it has room."""

from datetime import date
from typing import cast

import pytest

from bot.channels import Capabilities, Channel, RehearsalChannel
from bot.channels.rendering import split_reply
from bot.messages import Chat, OutboxRow, ReminderFacts
from handlers.core import Attachment, Choice, Reply
from handlers.model import PlaceholderValues, ReminderKind

BANNER = "🧪 <b>DIỄN TẬP – dữ liệu giả. Không có giá trị thật.</b>"


class Recorder:
    """A channel that remembers what it was given."""

    name, start_link = "telegram", None
    capabilities = Capabilities(4096, 1024, buttons=True, editing=True, files_out=True, markup=True)

    def __init__(self) -> None:
        self.sent: list[Reply] = []
        self.facts: object = "nothing came"

    async def send(self, row: OutboxRow) -> str | None:
        self.sent.append(row.reply)
        self.facts = row.facts
        return "1"


@pytest.mark.parametrize(
    ("reply", "first"),
    [
        (Reply(paragraphs=("Xin chào",)), BANNER),
        (Reply(paragraphs=(), attachments=(Attachment.of("a.png", "image/png", b"x"),)), BANNER),
        (Reply(paragraphs=("Câu 1",), action="edit", target="3"), BANNER),
        (Reply(paragraphs=(), action="delete", target="3"), None),
        (Reply(paragraphs=(), choices=(Choice(label="Có", tap="x"),), action="buttons", target="3"), None),
    ],
)
async def test_every_text_is_under_the_banner(reply: Reply, first: str | None) -> None:
    inner = Recorder()
    await RehearsalChannel(cast("Channel", inner), "vi").send(
        OutboxRow(1, Chat("c", "telegram", "7"), reply, 0, 0, "test")
    )

    (sent,) = inner.sent
    assert next(iter(sent.paragraphs), None) == first
    assert sent.paragraphs[1 if first else 0 :] == reply.paragraphs


async def test_no_approved_text_leaves_for_it_has_no_room_for_the_banner() -> None:
    inner, facts = Recorder(), ReminderFacts(ReminderKind.ANY, PlaceholderValues(), date(2026, 11, 29))
    row = OutboxRow(1, Chat("c", "zalo", "7"), Reply(paragraphs=("Nhắc",)), 0, 2, "test", "TB-000001", facts=facts)
    await RehearsalChannel(cast("Channel", inner), "vi").send(row)
    assert inner.facts is None


def test_a_long_text_leaves_room_for_the_banner() -> None:
    able = RehearsalChannel(cast("Channel", Recorder()), "vi").capabilities
    parts = split_reply(Reply(paragraphs=("x" * 4090, "y" * 500)), able)

    assert all(len("\n\n".join((BANNER, *part.paragraphs))) <= 4096 for part in parts)
