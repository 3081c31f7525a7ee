"""Pages for browsers: Jinja templates with the catalogue, and our own scripts and styles under lasting addresses.

No template holds a script or a style of its own: the Content Security Policy forbids both.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from locales import LANGUAGES, N_, translator

#: The styles of a page, which stand among its first signs.
_STYLES, _HEAD = re.compile(r'<link rel="stylesheet" href="(/static/[^"]+)">'), 2000
#: A file under its digest never changes.
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A script, style or picture of ours."""

    content: bytes
    packed: bytes  #: with gzip
    media_type: str
    address: str


class _PackageTemplates(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, None, None]:
        del environment
        path = files(__name__).joinpath("templates", template)
        if not path.is_file():
            raise TemplateNotFound(template)
        return path.read_text(encoding="utf-8"), None, None


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Read every static file by name."""
    found = [path for path in files(__name__).joinpath("static").iterdir() if path.is_file()]
    return {path.name: _static_file(path.name, path.read_bytes()) for path in found}


def _static_file(name: str, content: bytes) -> StaticFile:
    digest = hashlib.sha256(content).hexdigest()[:16]
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return StaticFile(content, gzip.compress(content, mtime=0), media_type, f"/static/{digest}/{name}")


def static_address(name: str) -> str:
    """Return the address of a static file."""
    return static_files()[name].address


@cache
def _environment() -> Environment:
    made = Environment(
        loader=_PackageTemplates(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals["static"] = static_address
    return made


def render(template: str, language: str, /, **values: object) -> Markup:
    """Fill a template; ``t`` in it speaks the language."""
    filled = _environment().get_template(template).render(t=translator(language), language=language, **values)
    return Markup(filled)  # noqa: S704 - values were escaped on their way in


def page(template: str, language: str, /, *, status: int = 200, **values: object) -> HTMLResponse:
    """Answer with a page."""
    filled = render(template, language, **values)
    styles = _STYLES.findall(filled[:_HEAD])  # told before the page itself: the browser asks for them at once
    preloaded = {"link": ", ".join(f"<{one}>; rel=preload; as=style" for one in styles)} if styles else {}
    return HTMLResponse(filled, status_code=status, headers=preloaded)


#: Holds nothing but the language of a reader: what goes wrong is told in it also while the database does not answer.
_LANGUAGE_COOKIE, _LANGUAGE_AGE = "troly-language", 400 * 86_400


def reader_language(request: HTTPConnection, usual: str) -> str:
    """Return the language that the reader was last shown; ``usual`` for somebody who comes for the first time."""
    known = request.cookies.get(_LANGUAGE_COOKIE, "")
    return known if known in LANGUAGES else usual


def forget_language(answer: Response) -> None:
    """Let nothing be left in the browser of somebody who is forgotten."""
    answer.delete_cookie(_LANGUAGE_COOKIE)


def remember_language(answer: Response, language: str, *, secure: bool) -> None:
    """Let the browser keep the language of a page, for the pages on which nobody is known."""
    answer.set_cookie(_LANGUAGE_COOKIE, language, max_age=_LANGUAGE_AGE, secure=secure, httponly=True, samesite="lax")


@dataclass(frozen=True, slots=True)
class Problem:
    """Tell what is wrong, and what can be done: message ids."""

    title: str
    lines: tuple[str, ...]
    to_chat: bool = False  #: whoever reads it has surely a conversation here


_TO_CHAT, _TO_DESK = ("/", N_("Back to the chat")), ("/desk", N_("Back to my desk"))


class Problems:
    """The problems that several pages tell."""

    NOT_FOUND = Problem(
        N_("There is no such page here"),
        (
            N_("The address may have been copied in part, or mistyped. Please look at it once more."),
            N_("If it came in a message, please open it from that message again."),
        ),
    )
    NOT_THIS_WAY = Problem(
        N_("This address is not opened directly"),
        (N_("It takes what a form sends. Please go back to the page with the form and press its button there."),),
    )
    FAILED = Problem(
        N_("Something went wrong here"),
        (
            N_("That is our fault, not yours. Please go back and try once more."),
            N_("If it happens again, tell whoever runs the assistant this number: {number}"),
        ),
    )
    UNREADABLE = Problem(
        N_("This request cannot be read"),
        (N_("It is damaged, or much longer than a page of ours makes it. Please go back and try once more."),),
    )
    STALE_FORM = Problem(
        N_("This could not be taken"),
        (
            N_(
                "The page was open for too long, or another page sent this. Please go back to the chat and send it"
                " again."
            ),
        ),
        to_chat=True,
    )
    TOO_LARGE = Problem(
        N_("The file is too large"),
        (N_("The file is larger than 20 MB. Please send a smaller one: the certificate file alone is enough."),),
        to_chat=True,
    )
    TOO_FAST = Problem(
        N_("A little slower, please"),
        (N_("Very much came from your network within a short time. Nothing is lost: please wait a minute and go on."),),
        to_chat=True,
    )
    LATER = Problem(
        N_("Just a moment"),
        (N_("Something does not work on our side at the moment. Nothing is lost: please try again in a minute."),),
    )
    LINK_GONE = Problem(
        N_("This link leads nowhere any more"),
        (
            N_("It was used already, is older than 30 minutes, or was not copied in full."),
            N_("Please go back to the conversation and ask for it again: a new link will come."),
        ),
    )
    EMAIL_LINK_GONE = Problem(
        LINK_GONE.title,
        (
            N_(
                "It was used already, is older than 24 hours, was not copied in full, or somebody else has confirmed"
                " this address."
            ),
            N_("In the chat, /email sends another one."),
        ),
    )
    FILE_GONE = Problem(
        N_("This file is not kept here any more"),
        (
            N_(
                "Documents can be fetched for seven days, by the conversation they were made for. Please ask for it"
                " again there."
            ),
        ),
        to_chat=True,
    )
    NO_CONVERSATION = Problem(
        N_("This conversation has ended here"),
        (N_("It was deleted, or this browser does not know it any more. In the chat you can begin a new one."),),
        to_chat=True,
    )


def refusal(message: str) -> Problem:
    """Return what an admin page refuses without its frame, for nobody may be signed in."""
    return Problem(Problems.STALE_FORM.title, (message,))


def problem_page(
    problem: Problem, language: str, status: int, back: tuple[str, str] | None = None, /, **values: object
) -> HTMLResponse:
    """Return the page of a problem; ``back`` is an address and its words, ``values`` fill the placeholders."""
    t = translator(language)
    return page(
        "problem.html", language, status=status, title=t(problem.title), back=back and (back[0], t(back[1])),
        lines=[t(line, **values) for line in problem.lines],
    )  # fmt: skip


_RETRY_SECONDS = "60"


class ProblemAnswer(Response):
    """Tell a problem in the language of the reader: with a page to people, with JSON to scripts."""

    def __init__(
        self,
        problem: Problem,
        status: int,
        usual: str,
        *,
        headers: Mapping[str, str] | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Prepare it.

        Args:
            problem: What is wrong.
            status: The status of HTTP.
            usual: The language for somebody who has not been here before.
            headers: Further headers.
            values: Fill the placeholders of the problem, and stand in the JSON.
        """
        waiting = {"retry-after": _RETRY_SECONDS} if status == 429 else {}
        super().__init__(status_code=status, headers={**waiting, **(headers or {})})
        self._problem, self._usual, self._values = problem, usual, values or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request of the scope."""
        request = HTTPConnection(scope)
        language = reader_language(request, self._usual)
        if is_script(request.headers):
            answer: Response = self._to_json(language)
        else:
            back = _TO_DESK if scope["path"].startswith("/desk") else _TO_CHAT if self._problem.to_chat else None
            answer = problem_page(self._problem, language, self.status_code, back, **self._values)
        answer.raw_headers.extend(pair for pair in self.raw_headers if pair[0] != b"content-length")
        await answer(scope, receive, send)

    def _to_json(self, language: str) -> Response:
        t = translator(language)
        message = " ".join(t(line, **self._values) for line in self._problem.lines)
        told = {"status": self.status_code, "error": t(self._problem.title), "message": message}
        return JSONResponse({**told, **self._values}, self.status_code)


def is_script(headers: Headers) -> bool:
    """Tell whether no person reads the answer as a page: by what is asked for, and by what a browser says of itself."""
    wanted = headers.get("accept", "")
    if "text/html" in wanted:
        return False
    return "json" in wanted or headers.get("x-troly") == "1" or headers.get("sec-fetch-dest") == "empty"


def static_routes() -> list[Route]:
    """Return the route of all static files."""
    return [Route("/static/{digest}/{name}", _serve_static, methods=["GET"])]


async def _serve_static(request: Request) -> Response:
    file = static_files().get(request.path_params["name"])
    if file is None or file.address != request.url.path:
        raise HTTPException(404)
    headers = {"cache-control": _FOR_EVER, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.media_type, headers={**headers, "content-encoding": "gzip"})
    return Response(file.content, media_type=file.media_type, headers=headers)


def attachment_headers(name: str, size: int) -> dict[str, str]:
    """Return the headers of a file that is saved, never shown: strangers' bytes run nowhere (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name.encode("ascii", "replace").decode())[:100] or "file"
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "content-length": str(size),
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "cache-control": "no-store",
    }
