"""Standard output and standard error as the whole program uses them: foreign text steers nothing, a full disk is told.

Text that is written to a ``GuardedStream`` is made harmless. Rich and the logs colour their own lines: they write to
its ``steering`` sibling and make foreign text harmless before they colour it (``bot.streams``, ``bot.logs``).
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bot.errors import OutputError, to_reason
from bot.sanitizing import sanitize
from locales import N_

_NOT_WRITABLE = N_("The output cannot be written ({reason}).")


class StreamError(OutputError):
    """Standard output cannot be written."""


class GuardedStream:
    """A text stream that lets no foreign text steer the terminal and turns a failed write into a clear error.

    A ``lossy`` stream drops what cannot be written: a service goes on without its log.
    """

    def __init__(self, stream: TextIO, *, lossy: bool = False, steered_by: "GuardedStream | None" = None) -> None:
        self._stream = stream
        self._lossy = lossy
        self._steers = steered_by is not None
        # At most one, known to both siblings.
        self._failures: list[StreamError] = steered_by._failures if steered_by else []  # noqa: SLF001 - a sibling

    @property
    def styled(self) -> TextIO:
        """The same stream for a writer that colours its own text."""
        return cast(TextIO, GuardedStream(self._stream, lossy=self._lossy, steered_by=self))

    #: Rich looks for this name to find the stream behind a stand-in.
    rich_proxied_file = styled

    def write(self, text: str) -> int:
        """Write the text. A write that failed fails again at the end: nobody in between may swallow it.

        Raises:
            BrokenPipeError: the reader has gone.
            StreamError: it cannot be written, as where no space is left.
        """
        if not isinstance(text, str):  # Click tries this to learn what kind of stream it has
            raise TypeError(type(text).__name__)
        with self._translate_errors():
            self._stream.write(text if self._steers else _sanitize_keeping_tabs(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each; raises as ``write`` does."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush; raises as ``write`` does."""
        with self._translate_errors():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        for failure in self._failures:
            raise failure
        try:
            yield
        except BrokenPipeError:
            if not self._lossy:
                raise
        except OSError as error:
            if not self._lossy:
                _redirect_to_null(self._stream)
                self._failures.append(StreamError(_NOT_WRITABLE, reason=to_reason(error)))
                raise self._failures[0] from None


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Speak UTF-8 through guarded streams until the end, which flushes; raises as ``GuardedStream.write`` does."""
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, TextIOWrapper):  # half of a character (in a file's name) is printed as its escape
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.stdout = cast(TextIO, GuardedStream(before[0]))
    sys.stderr = cast(TextIO, GuardedStream(before[1], lossy=True))
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        finally:
            sys.stdout, sys.stderr = before


def styled_stream(stream: TextIO) -> TextIO:
    """The stream for a writer that colours its own text."""
    return stream.styled if isinstance(stream, GuardedStream) else stream


def escape_json(text: str) -> str:
    """JSON whose strings hold no character that could steer a terminal: such characters become escapes."""
    return text if text.isprintable() else "".join(map(_escape_letter, text))


def _escape_letter(letter: str) -> str:
    return letter if letter in "\n\t" or sanitize(letter) == letter else f"\\u{ord(letter):04x}"


def _sanitize_keeping_tabs(text: str) -> str:
    """Harmless text that keeps its tabs: they part the cells of a list in a pipe."""
    return text if text.isprintable() else "\t".join(map(sanitize, text.split("\t")))


def _redirect_to_null(stream: TextIO) -> None:
    """Point the stream at nothing: what it still holds must not fail once more when the interpreter ends."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)


class SafeConsole(Console):
    """A rich console in which no text of strangers steers the terminal; its own styles do."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Make the text of every segment harmless; rich's own controls stay."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(sanitize(segment.text), segment.style)
