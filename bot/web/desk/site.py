"""The frame of the admin pages: who is signed in, by which right a page opens, and what every page shows.

A page acts as its person does in the chat: the same services, the same rights, read anew for each request, the same
journal. Whatever changes something is posted with the token of its session.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any

import structlog
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.channels.pace import Rate, TokenBuckets
from bot.channels.web.inbox import (
    LARGEST_FORM,
    FormTooLarge,
    FormUnreadable,
    PostedForm,
    caller_of,
    is_from_elsewhere,
    read_form,
)
from bot.channels.web.transfers import HeldAnswer, NoRoom, TransferRoom
from bot.clock import Clock, SnapshotCache
from bot.pages import Problem, ProblemAnswer, Problems, is_script, page, reader_language, refusal, remember_language
from bot.services.exports import ExportDownloads
from bot.services.sign_in import SignIn
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store, StoreError
from bot.store.links import SESSION_AGE, TOKEN_PATTERN, DeskSession
from handlers.access import format_role
from handlers.broadcasts import format_channel
from handlers.core import AdminServices, Attachment, MarkupTranslator, format_count, format_day, format_moment
from handlers.model import WEB, Act, Rights, UnitDirectory
from locales import N_
from rules.offices import NONE_CHOSEN, ChosenOffices

_TOKEN = re.compile(TOKEN_PATTERN)
_log = structlog.get_logger(__name__)

#: Requests of one address, behind which a whole office may sit.
_RATE = Rate(20.0, 400)
#: Links that one address tries, right or wrong.
_LINK_RATE = Rate(0.2, 20)
_SIGNED_OUT = 401


@dataclass(frozen=True, slots=True)
class DeskVisit:
    """A request of a signed-in person, within one transaction of theirs."""

    request: Request
    form: PostedForm
    admin: AdminServices
    rights: Rights
    session: DeskSession
    say: MarkupTranslator
    now: datetime
    form_token: str
    read: Any  #: what the route's ``takes`` made of the file of the form; ``None`` without a file
    downloads: ExportDownloads
    chosen_offices: ChosenOffices  #: receiving offices that admins have set

    @property
    def units(self) -> UnitDirectory:
        """Return the tree of units."""
        return self.rights.units

    def param(self, name: str, longest: int = 200) -> str:
        """Return a parameter of the address, cut to a length."""
        return self.request.query_params.get(name, "")[:longest]

    def told(self, messages: Mapping[str, str], **values: object) -> str:
        """Return the sentence that the address asks for after a change: one of these messages, or none."""
        message = messages.get(self.param("done", 20))
        return self.say.t(message, **values) if message else ""

    async def labels(self) -> dict[str, str]:
        """Return the names of the people within reach by the id of their role."""
        return {holder.id: holder.label for holder in await self.admin.people.holders(self.rights)}

    def page(self, template: str, /, *, status: int = 200, **values: object) -> Response:
        """Answer with a page in the frame of the desk."""
        roles = ", ".join(format_role(self.say.t, self.units, one.role, one.unit) for one in self.rights.grants)
        path = self.request.url.path
        links = [
            {"path": one.path, "label": self.say.t(one.label), "here": _is_below(path, one.path)}
            for one in NAVIGATION
            if self.rights.reach(one.needs)
        ]
        return page(
            template, self.say.language, status=status, links=links, roles=roles, form_token=self.form_token,
            say=self.say, moment=format_moment, day=format_day, number=self.number,
            channel=format_channel(self.say.t, self.session.channel), **values,
        )  # fmt: skip

    def number(self, value: int) -> Markup:
        """Format a number with the separators of the language."""
        return Markup(format_count(self.say, value))  # noqa: S704 - digits

    def to(self, address: str) -> Response:
        """Go to another page after a change, so that a reload changes nothing."""
        return RedirectResponse(address, status_code=303)

    def sorry(self, message: str, status: int, /, **values: object) -> Response:
        """Answer with one sentence on what is wrong: in the frame of the desk, or as JSON to a script."""
        if is_script(self.request.headers):
            return ProblemAnswer(refusal(message), status, self.say.language, values=values)
        return self.page("desk_sorry.html", status=status, message=self.say(message, **values))


class Afterwards(Response):
    """An answer that is made once the transaction of its request is closed, for it opens others of its own."""

    def __init__(self, make: Callable[[], Awaitable[Response]]) -> None:
        super().__init__()
        self.make = make


def _is_below(path: str, top: str) -> bool:
    return path == top or (top != "/desk" and path.startswith(f"{top}/"))


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """A way that stands at the top of each page, for those who may go there."""

    path: str
    label: str  #: message id
    needs: Act


NAVIGATION = (
    NavigationLink("/desk", N_("My desk"), Act.SEE_REQUESTS),
    NavigationLink("/desk/requests", N_("Requests"), Act.SEE_REQUESTS),
    NavigationLink("/desk/exports", N_("Exports"), Act.EXPORT_REQUESTS),
    NavigationLink("/desk/people", N_("Roles"), Act.SEE_HOLDERS),
    NavigationLink("/desk/journal", N_("Journal"), Act.SEE_JOURNAL),
    NavigationLink("/desk/units", N_("Units"), Act.SEE_PICTURE),
    NavigationLink("/desk/offices", N_("Receiving offices"), Act.CHANGE_OFFICES),
    NavigationLink("/desk/broadcasts", N_("Broadcasts"), Act.SEE_BROADCASTS),
    NavigationLink("/desk/rules", N_("Rule book"), Act.USE_PAGES),
    NavigationLink("/desk/health", N_("Health"), Act.SEE_HEALTH),
)

Answer = Callable[[DeskVisit], Awaitable[Response]]
ReadFile = Callable[[Attachment], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class DeskRoute:
    """A page, or a change, and the right that it needs; nothing of it exists for those without."""

    method: str
    path: str
    needs: Act
    answer: Answer
    in_chat: bool = False  #: the act belongs to the person's conversation: what it makes arrives there
    reads: bool = False  #: what is posted is too long for an address; nothing is written, so that nobody waits for it
    #: Reads the file that comes with the form, before any transaction opens. Without it no file is taken.
    takes: ReadFile | None = None


_NOT_SIGNED_IN = N_("This browser is not signed in")
_FORBIDDEN = N_("Your role does not allow this.")
_STALE = N_("This page was open for too long, or came from elsewhere. Nothing was changed. Please load it again.")
_TOO_MUCH = N_("That is more than this page takes. Nothing was changed.")


class DeskSite:
    """The routes of the admin pages."""

    def __init__(self, store: Store, clock: Clock, address: str, language: str, pages: Sequence[DeskRoute]) -> None:
        """``address`` is that of the web server; ``language`` that of people who have not chosen one."""
        self._store = store
        self._clock = clock
        self._address = address
        self._language = language
        self._pages = pages
        self._offices = SnapshotCache(store.offices.version, store.offices.read, clock, NONE_CHOSEN)
        self._sign_in = SignIn(store, clock)
        self._rate = TokenBuckets(_RATE, clock)
        self._links = TokenBuckets(_LINK_RATE, clock)
        self._uploads, self._downloads = TransferRoom(), TransferRoom()
        secure = address.startswith("https:")
        self._secure, self.cookie = secure, "__Host-troly-desk" if secure else "troly-desk"

    def routes(self) -> list[Route]:
        """Return their addresses: the way in and out, and every page."""
        way = [
            Route("/desk/sign-in/{token}", self._bound(self._show_link), methods=["GET"]),
            Route("/desk/sign-in/{token}", self._bound(self._use_link), methods=["POST"]),
            Route("/desk/sign-out", self._bound(self._leave), methods=["POST"]),
        ]
        return [*way, *(Route(one.path, self._guard(one), methods=[one.method]) for one in self._pages)]

    def _bound(self, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Bound how often an address asks, refuse what another site posts, and word what goes wrong."""

        async def bounded(request: Request) -> Response:
            if not self._rate.try_take(caller_of(request)):
                return self._problem(Problems.TOO_FAST, 429)
            if request.method == "POST" and is_from_elsewhere(request, self._address):
                return self._refuse(_STALE, 403)
            try:
                return await answer(request)
            except FormTooLarge:
                return self._refuse(_TOO_MUCH, 413)
            except FormUnreadable:
                return self._refuse(_STALE, 400)
            except (StoreError, NoRoom) as error:
                _log.warning("desk_unavailable", error=type(error).__name__)
                return self._problem(Problems.LATER, 503)

        return bounded

    def _plain(self, request: Request, template: str, status: int) -> Response:
        return page(template, reader_language(request, self._language), status=status)

    def _problem(self, problem: Problem, status: int) -> Response:
        return ProblemAnswer(problem, status, self._language)

    def _refuse(self, message: str, status: int) -> Response:
        return self._problem(refusal(message), status)

    def _guard(self, route: DeskRoute) -> Callable[[Request], Awaitable[Response]]:
        """Let a page open for a signed-in person whose role allows it at this moment, within their transaction."""

        async def guarded(request: Request) -> Response:
            cookie, now = request.cookies.get(self.cookie, "")[:64], self._clock.now()
            session = await self._store.desk.use(cookie, now) if cookie else None
            if session is None:
                return self._signed_out(request)
            answer = await self._act(route, request, session, self._form_token(cookie))
            if answer.status_code != _SIGNED_OUT:
                self._set_cookie(answer, cookie)
                remember_language(answer, session.language or self._language, secure=self._secure)
            if "content-disposition" in answer.headers and len(answer.body) > LARGEST_FORM:
                return HeldAnswer(self._downloads, answer, self._language)
            return answer

        return self._bound(guarded)

    async def _act(self, route: DeskRoute, request: Request, session: DeskSession, token: str) -> Response:
        """Read the form, and its file where one is wanted: of nobody else a single byte of it is taken."""
        if route.method == "GET":
            return await self._answer(route, request, session, token, PostedForm({}))
        if route.takes is None:
            return await self._take(route, request, session, token, await read_form(request))
        if not await self._may(route, session):
            return self._refuse(_FORBIDDEN, 403)
        async with self._uploads.receiving(request):
            return await self._take(route, request, session, token, await read_form(request, file=True))

    async def _take(
        self, route: DeskRoute, request: Request, session: DeskSession, token: str, form: PostedForm
    ) -> Response:
        if not compare_digest(form.get("form").encode(), token.encode()):
            return self._refuse(_STALE, 403)
        read = await route.takes(form.file) if route.takes and form.file else None
        return await self._answer(route, request, session, token, form, read)

    async def _may(self, route: DeskRoute, session: DeskSession) -> bool:
        now, units = self._clock.now(), await self._store.units.read()
        async with open_admin_transaction(self._store, now, chat=session.chat, channel=WEB, reading=True) as at:
            return bool(Rights.of(await at.admin.people.mine(), units).reach(route.needs))

    async def _answer(  # noqa: PLR0913, PLR0917 - what a visit is made of
        self, route: DeskRoute, request: Request, session: DeskSession, token: str, form: PostedForm, read: Any = None
    ) -> Response:
        now, units = self._clock.now(), await self._store.units.read()
        offices = await self._offices.current()
        channel, reading = session.channel if route.in_chat else WEB, route.reads or route.method == "GET"
        say = MarkupTranslator(session.language or self._language)
        async with open_admin_transaction(self._store, now, chat=session.chat, channel=channel, reading=reading) as at:
            rights = Rights.of(await at.admin.people.mine(), units)
            if not rights.reach(Act.USE_PAGES):
                return self._signed_out(request)
            visit = DeskVisit(request, form, at.admin, rights, session, say, now, token, read, at.downloads, offices)
            if not rights.reach(route.needs):
                return visit.sorry(_FORBIDDEN, 403)
            answer = await route.answer(visit)
            if not reading:
                await at.commit()
        return await answer.make() if isinstance(answer, Afterwards) else answer

    def _form_token(self, cookie: str) -> str:
        return self._store.keyring.lookup("desk form", cookie)

    def _signed_out(self, request: Request) -> Response:
        if is_script(request.headers):
            return self._problem(refusal(_NOT_SIGNED_IN), _SIGNED_OUT)
        answer = self._plain(request, "desk_signed_out.html", _SIGNED_OUT)
        answer.delete_cookie(self.cookie, secure=self._secure, httponly=True, samesite="lax")
        return answer

    async def _show_link(self, request: Request) -> Response:
        """Show one button; looking uses nothing up, for messengers open each link to preview it."""
        return self._plain(request, "desk_sign_in.html", 200)

    async def _use_link(self, request: Request) -> Response:
        """Sign in under a new cookie, whatever the browser brought; every wrong link gets the same answer."""
        if not self._links.try_take(caller_of(request)):
            return self._problem(Problems.TOO_FAST, 429)
        token = request.path_params["token"]
        cookie = await self._sign_in.use(token) if _TOKEN.fullmatch(token) else None
        if cookie is None:
            return self._problem(Problems.LINK_GONE, 404)
        if earlier := request.cookies.get(self.cookie, "")[:64]:
            await self._store.desk.end(earlier)
        answer = RedirectResponse("/desk", status_code=303)
        self._set_cookie(answer, cookie)
        return answer

    def _set_cookie(self, answer: Response, cookie: str) -> None:
        """Let the browser keep the cookie as long as the session lasts from now."""
        age = int(SESSION_AGE.total_seconds())
        answer.set_cookie(self.cookie, cookie, max_age=age, secure=self._secure, httponly=True, samesite="lax")

    async def _leave(self, request: Request) -> Response:
        """End the session; nothing is left that could be used again."""
        cookie, form = request.cookies.get(self.cookie, "")[:64], await read_form(request)
        if not compare_digest(form.get("form").encode(), self._form_token(cookie).encode()):
            return self._refuse(_STALE, 403)
        await self._store.desk.end(cookie)
        answer = self._plain(request, "desk_signed_out.html", 200)
        answer.delete_cookie(self.cookie, secure=self._secure, httponly=True, samesite="lax")
        return answer
