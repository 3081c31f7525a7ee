"""The terminal itself: replies are printed here, lines are read here."""

import asyncio
import html
import re
import sys
import threading
from collections.abc import AsyncIterator

from rich.markup import escape

from bot.channels.markup import plain
from bot.harmless import harmless
from bot.safe_console import SafeConsole

#: HTML subset -> rich's markup.
_TAGS = {"b": "bold", "i": "italic", "u": "underline", "code": "cyan"}


class Console:
    """Where replies are printed: styled on a tty, plain text elsewhere."""

    def __init__(self, *, rich: bool) -> None:
        self._console = SafeConsole(highlight=False, emoji=False, soft_wrap=not rich)
        self._rich = rich

    def print_message(self, text: str) -> None:
        """One message, set off by an empty line."""
        if self._rich:
            self._console.print(harmless(_styled(text)), end="\n\n")
        else:
            self._console.out(harmless(plain(text)), end="\n\n", highlight=False)


def _styled(text: str) -> str:
    styled = escape(text)
    for tag, style in _TAGS.items():
        styled = styled.replace(f"<{tag}>", f"[{style}]").replace(f"</{tag}>", f"[/{style}]")
    return html.unescape(re.sub(r"</?a[^>]*>", "", styled))


async def typed_lines(*, prompt: bool) -> AsyncIterator[str]:
    """The lines of standard input as UTF-8; what is none becomes the replacement character."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    wanted = threading.Semaphore(0)
    reader = threading.Thread(target=_read, args=(asyncio.get_running_loop(), queue, wanted), daemon=True)
    reader.start()
    while True:
        if prompt:
            print("> ", end="", flush=True)  # noqa: T201 - the prompt
        wanted.release()
        line = await queue.get()
        if line is None:
            return
        yield line.rstrip("\r\n")


def _read(loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[str | None], wanted: threading.Semaphore) -> None:
    """One line each time one is wanted.

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
