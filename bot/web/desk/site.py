"""The frame of the admin pages: who is signed in, by which right a page opens, and what every page shows.

A page acts as its person does in the chat: the same services, the same rights, read anew for each request, the same
journal. Whatever changes something is posted with the token of its session.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

import structlog
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.channels import Rate
from bot.channels.token_buckets import TokenBuckets
from bot.channels.web.inbox import FormTooLarge, FormUnreadable, PostedForm, caller_of, is_from_elsewhere, read_form
from bot.clock import Clock
from bot.pages import page
from bot.services.sign_in import SignIn
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store, StoreError
from bot.store.desk_sessions import SESSION_AGE, DeskSession
from bot.store.links import TOKEN_PATTERN
from handlers.access import format_role
from handlers.broadcasts import format_channel
from handlers.core import AdminServices, MarkupTranslator, format_count, format_day, format_moment
from handlers.model import WEB, Act, Rights, UnitDirectory
from locales import N_

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

    @property
    def units(self) -> UnitDirectory:
        """Return the tree of units."""
        return self.rights.units

    def param(self, name: str, longest: int = 200) -> str:
        """Return a parameter of the address, cut to a length."""
        return self.request.query_params.get(name, "")[:longest]

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
        """Answer with one sentence on what is wrong, in the frame of the desk."""
        return self.page("desk_sorry.html", status=status, message=self.say(message, **values))


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
    NavigationLink("/desk/broadcasts", N_("Broadcasts"), Act.SEE_BROADCASTS),
    NavigationLink("/desk/rules", N_("Rule book"), Act.USE_PAGES),
    NavigationLink("/desk/health", N_("Health"), Act.SEE_HEALTH),
)

Answer = Callable[[DeskVisit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class DeskRoute:
    """A page, or a change, and the right that it needs; nothing of it exists for those without."""

    method: str
    path: str
    needs: Act
    answer: Answer
    in_chat: bool = False  #: the act belongs to the person's conversation: what it makes arrives there


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
        self._sign_in = SignIn(store, clock)
        self._rate = TokenBuckets(_RATE, clock)
        self._links = TokenBuckets(_LINK_RATE, clock)
        secure = address.startswith("https:")
        self._secure, self.cookie = secure, "__Host-troly-desk" if secure else "troly-desk"

    def routes(self) -> list[Route]:
        """Return their addresses: the way in and out, and every page."""
        way = [
            Route("/desk/sign-in/{token}", self._bounded(self._show_link), methods=["GET"]),
            Route("/desk/sign-in/{token}", self._bounded(self._use_link), methods=["POST"]),
            Route("/desk/sign-out", self._bounded(self._leave), methods=["POST"]),
        ]
        return [*way, *(Route(one.path, self._guarded(one), methods=[one.method]) for one in self._pages)]

    def _bounded(self, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Bound how often an address asks, refuse what another site posts, and word what goes wrong."""

        async def bounded(request: Request) -> Response:
            if not self._rate.try_take(caller_of(request)):
                return self._plain("chat_slower.html", 429)
            if request.method == "POST" and is_from_elsewhere(request, self._address):
                return self._refuse(_STALE, 403)
            try:
                return await answer(request)
            except FormTooLarge:
                return self._refuse(_TOO_MUCH, 413)
            except FormUnreadable:
                return self._refuse(_STALE, 400)
            except StoreError as error:
                _log.warning("desk_unavailable", error=type(error).__name__)
                return self._plain("link_later.html", 503)

        return bounded

    def _plain(self, template: str, status: int, **values: object) -> Response:
        return page(template, self._language, status=status, **values)

    def _refuse(self, message: str, status: int) -> Response:
        return self._plain("desk_refused.html", status, message=message)

    def _guarded(self, route: DeskRoute) -> Callable[[Request], Awaitable[Response]]:
        """Let a page open for a signed-in person whose role allows it at this moment, within their transaction."""

        async def guarded(request: Request) -> Response:
            cookie, now = request.cookies.get(self.cookie, "")[:64], self._clock.now()
            session = await self._store.desk.use(cookie, now) if cookie else None
            if session is None:
                return self._signed_out()
            form, token = PostedForm({}), self._form_token(cookie)
            if route.method == "POST":
                form = await read_form(request)
                if not compare_digest(form.get("form").encode(), token.encode()):
                    return self._refuse(_STALE, 403)
            answer = await self._answer(route, request, form, session, token)
            if answer.status_code != _SIGNED_OUT:
                self._set_cookie(answer, cookie)
            return answer

        return self._bounded(guarded)

    async def _answer(
        self, route: DeskRoute, request: Request, form: PostedForm, session: DeskSession, token: str
    ) -> Response:
        now, units = self._clock.now(), await self._store.units.read()
        channel, reading = session.channel if route.in_chat else WEB, route.method == "GET"
        say = MarkupTranslator(session.language or self._language)
        async with open_admin_transaction(self._store, now, chat=session.chat, channel=channel, reading=reading) as at:
            rights = Rights.of(await at.admin.people.mine(), units)
            if not rights.reach(Act.USE_PAGES):
                return self._signed_out()
            visit = DeskVisit(request, form, at.admin, rights, session, say, now, token)
            if not rights.reach(route.needs):
                return visit.sorry(_FORBIDDEN, 403)
            answer = await route.answer(visit)
            if not reading:
                await at.commit()
        return answer

    def _form_token(self, cookie: str) -> str:
        return self._store.keyring.lookup("desk form", cookie)

    def _signed_out(self) -> Response:
        answer = self._plain("desk_signed_out.html", _SIGNED_OUT)
        answer.delete_cookie(self.cookie, secure=self._secure, httponly=True, samesite="lax")
        return answer

    async def _show_link(self, request: Request) -> Response:
        """Show one button; looking uses nothing up, for messengers open each link to preview it."""
        del request
        return self._plain("desk_sign_in.html", 200)

    async def _use_link(self, request: Request) -> Response:
        """Sign in under a new cookie, whatever the browser brought; every wrong link gets the same answer."""
        if not self._links.try_take(caller_of(request)):
            return self._plain("chat_slower.html", 429)
        token = request.path_params["token"]
        cookie = await self._sign_in.use(token) if _TOKEN.fullmatch(token) else None
        if cookie is None:
            return self._plain("link_gone.html", 404)
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
        answer = self._plain("desk_signed_out.html", 200)
        answer.delete_cookie(self.cookie, secure=self._secure, httponly=True, samesite="lax")
        return answer
