"""The terminal as a channel: one line one message, numbered menus, ``/tep PATH`` sends a file."""

import asyncio
import html
import os
import re
import sys
import threading
import uuid
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from markupsafe import escape

from bot.channels import CHANNELS, AcceptUpdates, Gone, TooLarge, terminal_channel
from bot.channels.rendering import render_text, split_reply, to_plain_text
from bot.errors import to_reason
from bot.messages import Incoming, OutboxRow
from bot.streams import sanitize
from handlers.core import Attachment, Event, FileSent, Reply, TextReceived
from handlers.model import TERMINAL
from locales import N_, Translator

if TYPE_CHECKING:
    from bot.console import SafeConsole

#: HTML subset -> rich's markup.
_TAGS = {"b": "bold", "i": "italic", "u": "underline", "code": "cyan"}


class Console:
    """Prints replies: styled on a tty, plain text elsewhere."""

    def __init__(self, *, rich: bool) -> None:
        self._console = _rich_console() if rich else None

    def print_message(self, text: str) -> None:
        """Print one message, set off by an empty line."""
        if self._console:
            self._console.print(sanitize(_to_rich_markup(text)), end="\n\n")
        else:
            print(sanitize(to_plain_text(text)), end="\n\n", flush=True)  # noqa: T201 - the conversation itself


def _rich_console() -> "SafeConsole":
    from bot.console import SafeConsole  # noqa: PLC0415 - a script in a pipe needs no Rich

    return SafeConsole(highlight=False, emoji=False)


def _to_rich_markup(text: str) -> str:
    from rich.markup import escape as escape_rich  # noqa: PLC0415 - as above

    styled = escape_rich(text)
    for tag, style in _TAGS.items():
        styled = styled.replace(f"<{tag}>", f"[{style}]").replace(f"</{tag}>", f"[/{style}]")
    return html.unescape(re.sub(r"</?a[^>]*>", "", styled))


async def input_lines(*, prompt: bool) -> AsyncIterator[str]:
    """Yield the lines of standard input as UTF-8, with the replacement character for what is none."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    wanted = threading.Semaphore(0)
    reader = threading.Thread(target=_read_lines, args=(asyncio.get_running_loop(), queue, wanted), daemon=True)
    reader.start()
    while True:
        if prompt:
            print("> ", end="", flush=True)  # noqa: T201 - the prompt
        wanted.release()
        line = await queue.get()
        if line is None:
            return
        yield line.rstrip("\r\n")


def _read_lines(loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[str | None], wanted: threading.Semaphore) -> None:
    """Read one line each time one is wanted.

    In a thread that nobody waits for, so that Ctrl-C does not hang until Enter; and with a buffer of its own, because
    an interpreter that ends while a thread holds the buffer of ``sys.stdin`` dies of it.
    """
    with open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False) as lines:
        while True:
            wanted.acquire()
            line = lines.readline()
            loop.call_soon_threadsafe(queue.put_nowait, line or None)
            if not line:
                return


#: Bytes of a name, with room for a number: most file systems take 255.
_LONGEST_FILE_NAME = 200
#: Separators of paths and signs that some file system does not take.
_UNSAFE_CHARACTERS = str.maketrans(dict.fromkeys('/\\:*?"<>|\n\ufffd', "_"))


def save_attachment(attachment: Attachment, folder: Path) -> Path:
    """Save it for its owner alone, under its name or the next free one: nothing is overwritten.

    Raises:
        OSError: there is no writing there.
    """
    wanted = Path(safe_name(attachment.name))
    for number in count(1):
        path = folder / (wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}")
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        except FileExistsError:
            continue
        with os.fdopen(file, "wb") as opened:
            opened.write(attachment.content)
        return path
    raise AssertionError  # the numbers do not end


def safe_name(name: str) -> str:
    """Return a name that stays in its folder, is not hidden, and is valid on every system."""
    last = name.replace("\\", "/").rpartition("/")[2]
    cleaned = sanitize(last).translate(_UNSAFE_CHARACTERS).strip(" .")
    stem, dot, suffix = cleaned.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem and len(suffix) <= 10 else (cleaned, "")
    while len(f"{stem}{suffix}".encode()) > _LONGEST_FILE_NAME:
        stem = stem[:-1]
    return f"{stem}{suffix}".lstrip("-") or "tep"


#: A file by its address, and what begins as no sentence and no command does.
_FILE_ADDRESS = "file://"
_PATH_START = re.compile(r"file://|~/|\.{1,2}/|/[^\s/.]+[/.]\S|[a-z]:[\\/]", re.IGNORECASE)
#: A shell escapes blanks and brackets.
_ESCAPED = re.compile(r"\\(.)")
_FILE_COMMAND = re.compile(r"/tep(?:\s+(?P<path>.+))?", re.IGNORECASE)

_INTRODUCTION = N_("Send a file with /tep PATH. Leave with Ctrl-D; /trogiup lists the commands.")
_MADE_UP = N_("All data here are made up: nobody is behind them.")
_USAGE = N_("Write the path of the file after the command: /tep PATH")
_NO_FILE = N_("No file can be read there: {path}. Please check the path and send the file again.")

_SAVED = N_("Saved as {path}")
_NOT_SAVED = N_(
    "The file {name} could not be saved yet: {reason} ({folder}). Please go to another folder and ask for it again."
)


class TerminalChannel:
    """Prints what it is given and reads files from the disk.

    Each conversation is a channel of its own: a terminal must neither print nor take up what belongs to another one.
    """

    start_link = None
    capabilities = CHANNELS[TERMINAL].capabilities

    def __init__(self, console: Console, address: str, t: Translator) -> None:
        self.name = terminal_channel(address)
        self.address = address
        self._console = console
        self._t = t

    async def send(self, row: OutboxRow) -> str | None:
        """Print it, buttons as lines; every file that comes along is saved where the program was started."""
        for part in split_reply(row.reply, self.capabilities):  # a broadcast comes as it was written
            await self._print(part)
        return None

    async def _print(self, part: Reply) -> None:
        if part.paragraphs:
            self._console.print_message(render_text(part, self.capabilities))
        for attachment in part.attachments:
            await self._save(attachment)

    async def _save(self, attachment: Attachment) -> None:
        folder = Path()
        try:
            folder = Path.cwd()
            self.print_sentence(_SAVED, path=await asyncio.to_thread(save_attachment, attachment, folder))
        except OSError as error:  # also where the folder itself is gone
            self.print_sentence(_NOT_SAVED, name=attachment.name, reason=self._t(to_reason(error)), folder=folder)

    def print_sentence(self, message: str, **values: object) -> None:
        """Print a sentence of the terminal's own, which is no part of the conversation."""
        self._console.print_message(escape(self._t(message, **values)))

    async def fetch(self, reference: str, limit: int) -> bytes:
        """Return the bytes of a file of this machine.

        Raises:
            TooLarge: it has more than ``limit`` bytes.
            Gone: it cannot be read.
        """
        return await asyncio.to_thread(_read_file, Path(reference), limit)


def _read_file(path: Path, limit: int) -> bytes:
    try:
        with _open_regular_file(path) as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise Gone(type(error).__name__) from None
    if len(data) > limit:
        raise TooLarge
    return data


def _open_regular_file(path: Path) -> BinaryIO:
    """Open a regular file only: a pipe or a device may never end, or never begin."""
    if not path.is_file():
        raise FileNotFoundError
    return path.open("rb")


class TerminalChat:
    """One person's conversation: a line is an update like any other, and answered before the next one is read."""

    def __init__(self, channel: TerminalChannel, accept: AcceptUpdates) -> None:
        """``accept`` returns once the answers to what it was given are printed."""
        self._channel = channel
        self._accept = accept

    def print_introduction(self, *, made_up: bool = False) -> None:
        """Say how a file is sent and how to leave, to somebody who types; and that what they will see is made up."""
        if made_up:
            self._channel.print_sentence(_MADE_UP)
        self._channel.print_sentence(_INTRODUCTION)

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Greet, then answer line by line until the input ends."""
        await self._handle_event(TextReceived(text="/start"))
        async for line in lines:
            if line.strip():
                await self._answer(line)

    async def _answer(self, line: str) -> None:
        asked = _FILE_COMMAND.fullmatch(line.strip())
        if asked is None and await asyncio.to_thread(_is_path, line):
            await self._send_file(_to_path(line))
        elif asked is None:
            await self._handle_event(TextReceived(text=line))
        elif asked["path"] is None:
            self._channel.print_sentence(_USAGE)
        else:
            await self._send_file(_to_path(asked["path"]))

    async def _send_file(self, path: Path) -> None:
        if await asyncio.to_thread(_is_readable, path):
            await self._handle_event(FileSent(reference=str(path), name=path.name))
        else:
            self._channel.print_sentence(_NO_FILE, path=path)

    async def _handle_event(self, event: Event) -> None:
        update = Incoming(self._channel.name, uuid.uuid4().hex, self._channel.address, event)
        await self._accept([update])


def _is_path(line: str) -> bool:
    """Tell whether a line is a path rather than a sentence or a command: a file was dragged into the terminal.

    A command has neither a second slash nor a dot in its name. What else is a path must be a file that is there.
    """
    typed = line.strip().strip("\"'")
    if _PATH_START.match(typed):
        return True
    return ("/" in typed or "." in typed) and _is_readable(_to_path(typed))


def _to_path(typed: str) -> Path:
    """Return the path that was meant, as a terminal writes it for a file dragged there; as typed where none is."""
    typed = typed.strip().strip("\"'")
    if typed.startswith(_FILE_ADDRESS):
        typed = unquote(typed.removeprefix(_FILE_ADDRESS))
    path = Path(typed)
    if "\\" in typed and not _is_readable(path):
        path = Path(_ESCAPED.sub(r"\1", typed))
    try:
        return path.expanduser().resolve()
    except (OSError, ValueError, RuntimeError):
        return path


def _is_readable(path: Path) -> bool:
    try:
        with _open_regular_file(path):
            return True
    except (OSError, ValueError):
        return False
