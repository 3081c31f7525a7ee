"""On a channel that brings no files, each page that asks for one says how it comes; elsewhere nothing changes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handlers.conversation import respond
from handlers.core import Event, FileRead, Services, Session, TextReceived, UnreadableReceived
from handlers.model import FileProblem, FileProblemKind, LinkPurpose, Reading
from handlers.testing import build_memory_services
from rules.loading import load_pack

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
PACK = load_pack("national")
PAGE = "https://troly.test/"


async def told(event: Event, services: Services) -> str:
    session = Session(consented_at=NOW, language="en", screen="question")
    turn = await respond(session, event, services)
    return "\n".join(text for reply in turn.replies for text in reply.paragraphs)


def world(made: list[LinkPurpose], *, takes_files: bool) -> Services:
    async def make(purpose: LinkPurpose) -> str:
        made.append(purpose)
        return f"{PAGE}u/1"

    return replace(build_memory_services(PACK, NOW), takes_files=takes_files, make_link=make)


async def none_made(_: LinkPurpose) -> None:
    """No browser reaches the assistant."""


@pytest.mark.parametrize(
    "event",
    [UnreadableReceived(), TextReceived(text="/guitep"), TextReceived(text="/trogiup")],
    ids=lambda one: one.kind,
)
async def test_a_page_for_a_file_is_offered_where_the_channel_brings_none(event: Event) -> None:
    for takes_files in (False, True):
        made: list[LinkPurpose] = []
        assert (PAGE in await told(event, world(made, takes_files=takes_files))) is not takes_files
        assert made == [LinkPurpose.UPLOAD] * (not takes_files)


async def test_without_a_web_server_it_says_what_else_can_be_done() -> None:
    services = replace(world([], takes_files=False), make_link=none_made)
    assert "no page takes them here" in await told(UnreadableReceived(), services)


async def test_where_files_can_be_sent_the_command_says_so() -> None:
    assert "right here in the chat" in await told(TextReceived(text="/guitep"), world([], takes_files=True))


async def test_a_file_that_could_not_be_read_names_the_way_to_send_another() -> None:
    reading = Reading(problems=(FileProblem(trouble=FileProblemKind.EMPTY),))
    for takes_files in (True, False):
        said = await told(FileRead(reading=reading), world([], takes_files=takes_files))
        assert ("/guitep" in said) is not takes_files
