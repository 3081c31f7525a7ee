"""The one web server of a process: pages and links for people, webhooks for platforms, figures for whoever watches."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels import AcceptUpdates, BackgroundService, ListenAddress, Receiver
from bot.clock import Clock
from bot.metrics import Metrics, StoreFigures
from bot.pages import render, static_routes
from bot.services.channels import EmailDesk
from bot.services.links import LinkDesk
from bot.settings import Settings
from bot.store import Store, StoreError, StoreFull, StoreLocked
from bot.web.desk import build_desk
from bot.web.links import EmailPages, LinkPages, UploadPages, UploadSettings
from bot.web.server import Site, WebServer, counted, open_sites, raise_file_limit
from rules.pack import Pack

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebSurroundings:
    """The parts that the web server is built over."""

    settings: Settings
    store: Store
    clock: Clock
    metrics: Metrics
    pack: Pack
    accept: AcceptUpdates  #: takes what arrives by a page of a channel that carries no files
    accepted: Mapping[str, Callable[[], bool]]  #: by the name of a platform, whether it accepts our token
    troubles: Mapping[str, Callable[[], str | None]]  #: by the same name, the message id of what else is wrong, if any
    answering: Callable[[], AbstractContextManager[None]]  #: entered for each call of a platform that waits


def build_web_server(
    world: WebSurroundings, sources: Sequence[Receiver], listening: ExitStack, *, receiving: bool
) -> list[BackgroundService]:
    """Build the web server; there is none where nothing is to be heard, or nobody can listen and nobody must.

    Args:
        world: what it is built over.
        sources: what channels receive over HTTP.
        listening: closes the listeners.
        receiving: people and platforms are served here; otherwise only whoever watches.

    Raises:
        SettingsError: nobody can listen at an address that is required, or a private one would be everybody's.
    """
    settings = world.settings
    sites = [
        Site(one.listen, tuple(counted(route, world.answering) for route in one.routes))
        for one in sources
        if one.listen
    ]
    if receiving and settings.web_listen:
        sites.append(Site(_address(settings, "web_listen"), _public_routes(world)))
    if settings.web_private_listen:
        watched = HealthEndpoints(world.store, world.metrics, world.accepted).routes()
        sites.append(Site(_address(settings, "web_private_listen", receiving=receiving), tuple(watched), private=True))
    opened = open_sites(sites, listening)
    raise_file_limit()
    for one in opened:
        kind = "private" if one.site.private else "public"
        _log.info("web_server_listening", at=one.site.listen.address, kind=kind, public_url=settings.web_url)
    if not opened:
        return []
    tls = (settings.web_url or "").startswith("https:")
    return [WebServer(opened, language=settings.language, tls=tls, proxies=settings.web_trusted_proxies).run]


def _public_routes(world: WebSurroundings) -> tuple[BaseRoute, ...]:
    """Return the routes of links, uploads, e-mail and the admin pages."""
    settings, store, clock = world.settings, world.store, world.clock
    parts = (
        LinkPages(LinkDesk(store.links, clock), settings.language),
        UploadPages(store, clock, world.accept, UploadSettings(settings.web_address, settings.language)),
        EmailPages(EmailDesk(store, clock), settings.language),
        build_desk(settings, store, clock, world.pack, world.accepted, troubles=world.troubles),
    )
    # rendered once, so that the first who comes need not wait for the template
    render("chat_begin.html", settings.language, start="", key="", made_up=False)
    return (*static_routes(), *(route for part in parts for route in part.routes()))


def _address(settings: Settings, field: str, *, receiving: bool = True) -> ListenAddress:
    """Return an address of the settings; the process need not hear at one that nobody chose."""
    required = receiving and field in settings.model_fields_set
    return ListenAddress(f"TROLY_{field.upper()}", getattr(settings, field), required=required)


#: Prometheus' text exposition format.
_METRICS_HEADERS = {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
#: Seconds the store may take to answer.
_STORE_TIMEOUT = 2.0


class HealthEndpoints:
    """Serves ``/metrics``, ``/healthz`` (it lives) and ``/readyz`` (the store takes rows, every platform takes us)."""

    def __init__(
        self, store: Store, metrics: Metrics, accepted: Mapping[str, Callable[[], bool]] | None = None
    ) -> None:
        """By the name of a platform, ``accepted`` tells whether it accepts our token, as far as is known."""
        self._accepted = accepted or {}
        self._store = store
        self._metrics = metrics

    def routes(self) -> list[Route]:
        """Return the routes of health and metrics."""
        pages = {
            "/metrics": self._metrics_response,
            "/healthz": self._liveness_response,
            "/readyz": self._readiness_response,
        }
        return [Route(path, page, methods=["GET"]) for path, page in pages.items()]

    async def _metrics_response(self, _: Request) -> Response:
        return Response(self._metrics.expose(await self._figures()), headers=_METRICS_HEADERS)

    async def _liveness_response(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _readiness_response(self, _: Request) -> Response:
        if fault := await self._store_fault():
            return PlainTextResponse(f"{fault}\n", status_code=503)
        refusing = [name for name, accepts in self._accepted.items() if not accepts()]
        if refusing:
            told = "".join(f"{name} does not accept the token\n" for name in refusing)
            return PlainTextResponse(told, status_code=503)
        return PlainTextResponse("ok\n")

    async def _store_fault(self) -> str:
        """Write to the store, and return what keeps it from being written to; empty where nothing does."""
        try:
            async with asyncio.timeout(_STORE_TIMEOUT):
                await self._store.status.probe_writing(datetime.now(UTC))
        except StoreFull as error:
            return self._note(error, "the disk of the store is full")
        except (StoreLocked, TimeoutError) as error:
            return self._note(error, "the store is locked, or does not answer in time")
        except StoreError as error:
            return self._note(error, "the store does not answer")
        return ""

    async def _figures(self) -> StoreFigures | None:
        """Return what the store tells of itself; ``None`` where it does not do so in time."""
        try:
            async with asyncio.timeout(_STORE_TIMEOUT):
                return await self._store.status.figures()
        except (StoreError, TimeoutError) as error:
            self._note(error, "")
            return None

    def _note(self, error: Exception, fault: str) -> str:
        _log.warning("store_unavailable", error=type(error).__name__)
        return fault
