"""The terminal's chats over the real store."""

import errno
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from bot.channels.pace import Pace
from bot.channels.rendering import split_reply
from bot.channels.terminal import Console, TerminalChannel, TerminalChat
from bot.cli.run import accept_in_steps
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.event_preparation import EventPreparer
from bot.delivery.pacing import Pacer
from bot.delivery.runner import StepRunner
from bot.delivery.turns import TurnHandler
from bot.messages import Chat, OutboxRow
from bot.store import Store
from handlers.broadcasts.rendering import render_broadcast
from handlers.core import Attachment, Reply
from handlers.model import BroadcastDraft, BroadcastText, PlaceholderValues
from locales import translator
from tests.support.delivery import UNHURRIED, CountingReader, ManualClock, make_conversation


class Killed(BaseException):
    """The process ends here."""


class _Dying(Dispatcher):
    """The real one, in a process that is killed between the turn and its delivery, or while the reply leaves."""

    def __init__(self, store: Store, channel: TerminalChannel, pacer: Pacer, clock: ManualClock) -> None:
        super().__init__(store, channel, pacer, clock)
        self._claim = partial(store.outbox.claim, channel.name, 9, clock.now())

    async def deliver(self) -> int:
        await self._leave()
        raise Killed

    async def _leave(self) -> None:
        """Nothing was claimed yet."""


class _DyingWithARow(_Dying):
    """Killed while the reply leaves."""

    async def _leave(self) -> None:
        await self._claim()


@dataclass
class Terminal:
    channel: TerminalChannel
    steps: StepRunner
    talk: TerminalChat

    async def run(self, lines: AsyncIterator[str]) -> None:
        await self.steps.recover(self.channel.name)
        await self.talk.run(lines)


class Terminals:
    """Terminals of several people on one machine."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store, self.clock = store, clock
        self.reader = CountingReader()

    def chat(self, name: str, dispatcher: type[Dispatcher] = Dispatcher) -> "Terminal":
        channel = TerminalChannel(Console(rich=False), name, translator("en"))
        channels = {channel.name: channel}
        turns = TurnHandler(self.store, make_conversation(), EventPreparer(channels, self.reader), channels, self.clock)
        pacer = Pacer(Pace(overall=1e6, chat=UNHURRIED), self.clock)
        steps = StepRunner(self.store, self.clock, turns, dispatcher(self.store, channel, pacer, self.clock))
        return Terminal(channel, steps, TerminalChat(channel, accept_in_steps(self.store, self.clock, steps)))


@pytest.fixture
def terminals(store: Store, clock: ManualClock) -> Terminals:
    return Terminals(store, clock)


async def lines(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


def at_rest(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("troly.sqlite3*"))


@pytest.mark.parametrize("dying", [_Dying, _DyingWithARow])
async def test_a_terminal_prints_nobody_elses_conversation(
    terminals: Terminals, capsys: pytest.CaptureFixture[str], dying: type[Dispatcher]
) -> None:
    with pytest.raises(Killed):
        await terminals.chat("alice", dying).run(lines())
    await terminals.chat("bob").run(lines("bob here"))
    assert capsys.readouterr().out == "1: /start\n\n2: bob here\n\n"
    await terminals.chat("alice").run(lines())
    assert capsys.readouterr().out == "1: /start\n\n2: /start\n\n"


async def test_a_conversations_name_does_not_stand_in_the_store_in_the_clear(
    terminals: Terminals, tmp_path: Path
) -> None:
    await terminals.chat("nguyen-thi-lan").run(lines())
    assert b"nguyen-thi-lan" not in at_rest(tmp_path)


async def test_the_command_for_a_file_says_how_it_is_used(
    terminals: Terminals, capsys: pytest.CaptureFixture[str]
) -> None:
    await terminals.chat("lan").run(lines("/tep", " /TEP  "))
    assert capsys.readouterr().out.count("/tep PATH") == 2


async def test_a_file_goes_to_the_reader_with_its_name(terminals: Terminals, tmp_path: Path) -> None:
    (tmp_path / "chứng thư.cer").write_bytes(b"bytes")
    await terminals.chat("lan").run(lines(f"/tep '{tmp_path}/chứng thư.cer'"))
    assert terminals.reader.seen == [(b"bytes", "chứng thư.cer")]


# A file that is not there, somebody who is not there, what is no path, what is no file, a device without end.
@pytest.mark.parametrize("path", ["/none/x.cer", "~nosuchuser/x.cer", "a\0b", "\udcff.cer", "/", "/dev/zero"])
async def test_what_cannot_be_read_is_said_and_the_chat_goes_on(
    terminals: Terminals, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    await terminals.chat("lan").run(lines(f"/tep {path}", "still here"))
    said = capsys.readouterr().out
    assert "No file can be read there" in said
    assert said.endswith("2: still here\n\n")
    assert terminals.reader.seen == []


async def test_a_pipe_that_nobody_writes_to_holds_nothing_up(
    terminals: Terminals, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    await terminals.chat("lan").run(lines(f"/tep {tmp_path}/pipe"))
    assert "No file can be read there" in capsys.readouterr().out


@pytest.mark.parametrize("rich", [False, True])
def test_what_steers_a_terminal_is_printed_as_a_replacement(rich: bool, capsys: pytest.CaptureFixture[str]) -> None:
    Console(rich=rich).print_message("tên <b>\x1b[2Jx\x1b]0;t\x07&#27;[31m\u202e\r</b>\ttiếp\nmột dòng :smile: [bold]y")
    said = capsys.readouterr().out
    assert not set(said) & set("\x1b\x07\u202e\r\t")
    assert "tên �[2Jx�]0;t�" in said
    assert said.endswith(" tiếp\nmột dòng :smile: [bold]y\n\n")


def drawn_chart() -> Reply:
    return Reply(paragraphs=("Biểu đồ",), attachments=(Attachment.of("thong-ke.png", "image/png", b"\x89PNG"),))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def sent(reply: Reply) -> None:
    """What a terminal does with a reply."""
    channel = TerminalChannel(Console(rich=False), "lan", translator("en"))
    for number, part in enumerate(split_reply(reply, channel.capabilities)):
        await channel.send(OutboxRow(number, Chat("c", channel.name, "lan"), part, 0, 0, ""))


async def test_a_picture_is_saved_where_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    await sent(drawn_chart())
    await sent(drawn_chart())
    assert (tmp_path / "thong-ke.png").read_bytes() == b"\x89PNG"
    assert names_in(tmp_path) == ["thong-ke (2).png", "thong-ke.png"]
    assert "Saved as" in capsys.readouterr().out


async def test_a_file_that_cannot_be_saved_says_why_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(attachment: Attachment, folder: Path) -> Path:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.channels.terminal.save_attachment", refuse)
    await sent(drawn_chart())
    told = capsys.readouterr().out
    assert f"no permission ({tmp_path}). Please go to another folder" in told
    assert "Permission denied" not in told


async def test_the_buttons_of_a_broadcast_which_comes_as_it_was_written_are_lines_to_be_typed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    channel = TerminalChannel(Console(rich=False), "lan", translator("en"))
    reminder = render_broadcast(
        "TB-000012",
        BroadcastDraft(title="x", text=BroadcastText(en="Due soon.")),
        PlaceholderValues(language="en"),
        date.max,
    )
    await channel.send(OutboxRow(1, Chat("c", channel.name, "lan"), reminder, 0, 0, ""))
    assert "/dalam TB-000012 – I have done it" in capsys.readouterr().out.splitlines()
