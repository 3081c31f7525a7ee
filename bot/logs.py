"""Structured logs on standard error, with personal data and secrets masked by a processor."""

import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.harmless import harmless
from bot.masking import masked, scrub
from bot.streams import steering

#: Libraries that write whole request addresses, token included, at INFO.
_TALKATIVE = ("httpx", "httpcore", "telegram", "uvicorn.access", "asyncio", "pyhanko", "pyhanko_certvalidator")


def configure(*, level: str, form: Literal["text", "json"] = "text") -> None:
    """Set up structlog and the standard library's logging for this process; ``level`` as the library names it."""
    threshold = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # before the mask, and without local variables
            mask,
            _steady,
            _renderer(form),
            _scrub_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_standard_error,
        cache_logger_on_first_use=False,  # modules keep their loggers, and standard error may be another one later
    )
    _tame_libraries(threshold)


def _renderer(form: Literal["text", "json"]) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _standard_error(*_: object) -> structlog.PrintLogger:
    return structlog.PrintLogger(steering(sys.stderr))


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask private keys of an event, and what looks private in any value."""
    whole = masked(event)
    return whole if isinstance(whole, dict) else {}


def _steady(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Make every text harmless; one that a stranger wrote begins no line of its own, a traceback does."""
    return {name: _on_its_line(name, value) if isinstance(value, str) else value for name, value in event.items()}


def _on_its_line(name: str, text: str) -> str:
    return harmless(text) if name == "exception" else harmless(text).replace("\n", "\\n")


def _scrub_line(_logger: WrappedLogger, _method: str, line: object) -> str:
    """The finished line once more: whatever a renderer made of a value."""
    return scrub(str(line))


class _Scrubbing(logging.Formatter):
    """The same masks for what libraries log, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is when a line is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _tame_libraries(threshold: int) -> None:
    handler = _StandardError()
    handler.setFormatter(_Scrubbing("%(asctime)s [%(levelname)s] %(name)s: %(message)s"))
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
