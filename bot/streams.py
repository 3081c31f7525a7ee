"""Guard standard output and standard error: foreign text steers nothing, and a full disk is reported.

Text written to a ``GuardedStream`` is sanitized. Rich and the logs colour their own lines: they write to its
``styled`` sibling and sanitize foreign text before they colour it (``bot.console``, ``bot.logs``).
"""

import errno
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOBase, TextIOWrapper
from pathlib import Path
from typing import Any, TextIO, cast

from bot.errors import OutputError, to_reason
from locales import N_

#: Control characters, invisible formats (bidirectional overrides) and lone surrogates steer a terminal or fool its
#: reader.
_CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
#: The last of the three descriptors that every program is given.
_STANDARD_ERROR = 2
#: These code points are no characters, and XML forbids them.
_NONCHARACTERS = "\ufffe\uffff"


def sanitize(text: str) -> str:
    """Replace every character that could steer a terminal or fool a reader; line breaks stay, tabs become blanks."""
    return text if text.isprintable() else "".join(map(_sanitize_letter, text))


def _sanitize_letter(letter: str) -> str:
    if letter == "\t":
        return " "
    steering = letter != "\n" and unicodedata.category(letter) in _CONTROL_CATEGORIES
    return "\ufffd" if steering or letter in _NONCHARACTERS else letter


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
        # Both siblings share this list, which holds at most one failure.
        self._failures: list[StreamError | BrokenPipeError] = steered_by._failures if steered_by else []  # noqa: SLF001 - a sibling

    @property
    def styled(self) -> TextIO:
        """Return the same stream for a writer that colours its own text."""
        return cast(TextIO, GuardedStream(self._stream, lossy=self._lossy, steered_by=self))

    #: Rich finds the stream behind a stand-in by this name.
    rich_proxied_file = styled

    def write(self, text: str) -> int:
        """Write the text.

        After a failure every later write fails too, so that no caller in between can swallow the error.

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
        """Write each line; raises the errors of ``write``."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream; raises the errors of ``write``."""
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
        except BrokenPipeError as error:
            if not self._lossy:
                _redirect_to_null(self._stream)
                self._failures.append(error)
                raise
        except OSError as error:
            if not self._lossy:
                _redirect_to_null(self._stream)
                failure = StreamError(_NOT_WRITABLE, reason=to_reason(error))
                self._failures.append(failure)
                raise failure from None


class _ClosedStream(TextIOBase):
    """Stand for an output that was closed before the start (``>&-``), where Python has ``None``."""

    def write(self, text: str) -> int:  # noqa: ARG002 - goes nowhere
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _occupy_standard_descriptors() -> None:
    """Put the null device where one of the first three descriptors is closed.

    Otherwise the next file that is opened, such as the database, gets its number, and what a library or a child writes
    to "standard error" lands in that file.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        os.set_inheritable(opened, True)
    os.close(opened)


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Write UTF-8 through guarded streams until the block ends, then flush; a closed input is an empty one.

    Raises the errors of ``GuardedStream.write``.
    """
    _occupy_standard_descriptors()
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open as long as the process
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, TextIOWrapper):  # a lone surrogate (in a file's name) is printed as its escape
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    closed = cast(TextIO, _ClosedStream())
    sys.stdout = cast(TextIO, GuardedStream(before[0] or closed))
    sys.stderr = cast(TextIO, GuardedStream(before[1] or closed, lossy=True))
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        finally:
            sys.stdout, sys.stderr = before


def print_if_possible(text: str) -> None:
    """Print a line that need not arrive: a service goes on where its standard output is closed, full or broken."""
    try:
        print(sanitize(text), file=getattr(sys.stdout, "_stream", sys.stdout), flush=True)  # past what reports errors
    except OSError:
        _redirect_to_null(sys.stdout)


def styled_stream(stream: TextIO) -> TextIO:
    """Return the stream for a writer that colours its own text."""
    return stream.styled if isinstance(stream, GuardedStream) else stream


def escape_json(text: str) -> str:
    """Escape every character of a JSON text that could steer a terminal."""
    return text if text.isprintable() else "".join(map(_escape_letter, text))


def _escape_letter(letter: str) -> str:
    return letter if letter in "\n\t" or sanitize(letter) == letter else f"\\u{ord(letter):04x}"


def _sanitize_keeping_tabs(text: str) -> str:
    """Sanitize a text but keep its tabs: they separate the cells of a list in a pipe."""
    return text if text.isprintable() else "\t".join(map(sanitize, text.split("\t")))


def _redirect_to_null(stream: TextIO) -> None:
    """Point the stream at the null device, so that its buffer does not fail once more when the interpreter exits."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
