"""Structured logs on standard error, with personal data and secrets masked by a processor."""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.settings import Settings

#: Keys whose values are a person's or a secret, whatever they hold.
_PRIVATE = frozenset(
    {
        "text",
        "name",
        "address",
        "chat",
        "unit",
        "subscriber",
        "serial",
        "email",
        "token",
        "password",
        "event_data",
        "session",
    }
)
#: Libraries that write whole request addresses, token included, at INFO.
_TALKATIVE = ("httpx", "httpcore", "telegram", "uvicorn.access", "asyncio", "pyhanko", "pyhanko_certvalidator")
_BOT_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{30,}")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONG_NUMBER = re.compile(r"(?<![\w.:-])\d{9,}(?![\w.:-])")
MASK = "•••"


def configure(settings: Settings, *, level: str | None = None) -> None:
    """Set up structlog and the standard library's logging for this process."""
    threshold = logging.getLevelNamesMapping()[level or settings.log_level]
    final: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask,
            final,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _quiet_libraries(threshold)


def mask(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask private keys of an event, and what looks private in any value."""
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(key: str, value: object) -> object:
    if key in _PRIVATE:
        return MASK
    return scrub(value) if isinstance(value, str) else value


def scrub(text: str) -> str:
    """A text without bot tokens, e-mail addresses and long numbers."""
    for pattern in (_BOT_TOKEN, _EMAIL, _LONG_NUMBER):
        text = pattern.sub(MASK, text)
    return text


class _Scrubbing(logging.Formatter):
    """The same masks for what libraries log, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def _quiet_libraries(threshold: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Scrubbing("%(asctime)s [%(levelname)s] %(name)s: %(message)s"))
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
