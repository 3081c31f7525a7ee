"""Write structured logs to standard error, with personal data and secrets masked by a processor."""

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.streams import sanitize, styled_stream

MASK = "•••"
#: The form that was configured last.
_form: Literal["text", "json"] = "text"
#: Values under these keys are masked at any depth: they hold a person's data or a secret.
_PRIVATE_KEYS = frozenset(
    {
        "address",
        "answers",
        "chat",
        "content",
        "database_url",
        "email",
        "event_data",
        "file",
        "filename",
        "first_name",
        "last_name",
        "name",
        "password",
        "path",
        "payload",
        "phone",
        "secret",
        "serial",
        "session",
        "signed_serial",
        "subscriber",
        "text",
        "token",
        "unit",
        "user_id",
        "username",
    }
)
#: The order matters: an address with a password in it looks like an e-mail address as well.
_MASKED_PATTERNS = (
    (re.compile(r"//[^\s/:@]*:\S*@"), f"//{MASK}@"),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+"), rf"\1{MASK}"),
    (
        re.compile(
            r"(?i)\b((?:password|passwd|pwd|token|secret|api_key)\\?[\"']?(?:=|\s*:\s))\s*\\?[\"']?[^\s&;,'\"}\\]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)/bot\d[^\s/]*"), f"/bot{MASK}"),  # a token in an address
    (re.compile(r"\d{5,}(?::|%3[aA])[A-Za-z0-9_-]{30,}"), MASK),  # a bot's token
    (re.compile(r"[\w.+-]+@\w[\w.-]*"), MASK),
    (re.compile(r"(?<![\w.-])(?:\+84|0)[ .]?\d{2,3}[ .]\d{3}[ .]\d{3,4}(?![\w-])"), MASK),  # telephones in groups
    (re.compile(r"(?<![\w.-])\d{3}[ .]\d{3}[ .]\d{3}[ .]\d{3}(?![\w-])"), MASK),  # personal numbers in groups
    (re.compile(r"(?i)(?<![\w-])(?=[\da-f]*\d)[\da-f]{16,}(?![\w-])"), MASK),  # serials
    (re.compile(r"(?<!\d)(?<!\d\.)\d{9,}"), MASK),  # chats, telephones, personal numbers; not the decimals of a number
)
#: A value nested deeper than this is masked as a whole.
_MAX_DEPTH = 6


def scrub(text: str) -> str:
    """Mask passwords in addresses, bot tokens, e-mail addresses and long numbers."""
    for form, mask in _MASKED_PATTERNS:
        text = form.sub(mask, text)
    return text


def mask_value(value: object, depth: int = 0) -> object:
    """Return a value of a log line with its private parts masked, at any depth."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if scrub(str(value)) == str(value) else MASK
    if isinstance(value, BaseException):
        return type(value).__name__  # its message may quote a person
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return MASK if depth > _MAX_DEPTH else _mask_inside(value, depth + 1)
    return scrub(str(value))


def _mask_inside(value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        return {
            scrub(str(key)): MASK if str(key).casefold() in _PRIVATE_KEYS else mask_value(one, depth)
            for key, one in value.items()
        }
    return [mask_value(one, depth) for one in value] if isinstance(value, list | tuple | set | frozenset) else MASK


#: These libraries write whole request addresses, token included, at level INFO.
_NOISY_LOGGERS = ("httpx", "httpcore", "telegram", "uvicorn.access", "asyncio", "pypdf")


def configure_logging(*, level: str, form: Literal["text", "json"] = "text") -> None:
    """Set up structlog and the standard library's logging for this process; ``level`` is a name such as ``INFO``."""
    global _form  # noqa: PLW0603 - a process has one log
    _form = form
    threshold = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # before the mask, and without local variables
            mask_event,
            _sanitize_event,
            _renderer(form),
            _scrub_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_standard_error,
        cache_logger_on_first_use=False,  # modules keep their loggers, and standard error may be replaced later
    )
    _quiet_libraries(threshold, form)


def _renderer(form: Literal["text", "json"]) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _standard_error(*_: object) -> structlog.PrintLogger:
    return structlog.PrintLogger(styled_stream(sys.stderr))


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask the private keys of an event, and anything in a value that looks private."""
    whole = mask_value(event)
    return whole if isinstance(whole, dict) else {}


def _sanitize_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Sanitize every text; a stranger's text cannot begin a line of its own, only a traceback keeps its lines."""
    return {name: _sanitize_value(name, value) if isinstance(value, str) else value for name, value in event.items()}


def _sanitize_value(name: str, text: str) -> str:
    return sanitize(text) if name == "exception" else sanitize(text).replace("\n", "\\n")


def _scrub_line(_logger: WrappedLogger, _method: str, line: object) -> str:
    """Mask the finished line once more: a renderer may have written a value in another form."""
    return scrub(str(line))


class _ScrubbingFormatter(logging.Formatter):
    """Applies the same masks to the records of libraries, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class _JsonFormatter(logging.Formatter):
    """Writes records of libraries, and warnings of Python, as lines of the same form as our own."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"event": scrub(record.getMessage()), "logger": record.name}
        if record.exc_info:
            line["exception"] = scrub(self.formatException(record.exc_info))
        return _json_line(record.levelname.lower(), line)


def _json_line(level: str, line: Mapping[str, str]) -> str:
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    clean = {name: sanitize(text) for name, text in line.items()}
    return json.dumps({**clean, "level": level, "timestamp": moment}, ensure_ascii=False)


def is_json() -> bool:
    """Tell whether every line of the log is an object of JSON."""
    return _form == "json"


def print_notice(sentence: str) -> None:
    """Print a sentence for the operator to standard error, whatever the log level, in the form of the log."""
    line = _json_line("warning", {"event": sentence}) if is_json() else sanitize(sentence)
    print(line, file=sys.stderr)  # noqa: T201 - to be read at any log level


def log_uncaught_errors() -> None:
    """Let what nobody caught end as a line of JSON too, where lines are: a traceback as text is none."""
    if not is_json():
        return
    log = logging.getLogger("uncaught")

    def on_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical(kind.__name__, exc_info=(kind, error, trace))

    sys.excepthook = on_error
    threading.excepthook = lambda found: on_error(
        found.exc_type, found.exc_value or found.exc_type(), found.exc_traceback
    )
    sys.unraisablehook = lambda found: on_error(
        found.exc_type, found.exc_value or found.exc_type(), found.exc_traceback
    )


class _StandardErrorHandler(logging.StreamHandler[TextIO]):
    """Writes to the standard error of the moment a line is logged, which may have been replaced since the start."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _quiet_libraries(threshold: int, form: Literal["text", "json"]) -> None:
    handler = _StandardErrorHandler()
    plain = _ScrubbingFormatter("%(asctime)s [%(levelname)s] %(name)s: %(message)s")
    handler.setFormatter(_JsonFormatter() if form == "json" else plain)
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
