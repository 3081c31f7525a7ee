"""What the web server tells whoever watches over the assistant; a proxy must not show these to the world."""

import asyncio
from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.metrics.base import Metrics, QueueDepths
from bot.store.errors import StoreError
from bot.store.store import Store

#: Prometheus' text exposition format.
_METRICS_HEADERS = {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
#: Seconds the store may take to answer.
_STORE_TIMEOUT = 2.0

_log = structlog.get_logger(__name__)


class HealthEndpoints:
    """``/metrics``, ``/healthz`` (the process lives) and ``/readyz`` (the store answers, Telegram takes us)."""

    def __init__(self, store: Store, metrics: Metrics, accepted: Callable[[], bool] = lambda: True) -> None:
        """``accepted``: whether Telegram accepts the token, as far as is known."""
        self._accepted = accepted
        self._store = store
        self._metrics = metrics

    def routes(self) -> list[Route]:
        """Their addresses."""
        pages = {
            "/metrics": self._metrics_response,
            "/healthz": self._liveness_response,
            "/readyz": self._readiness_response,
        }
        return [Route(path, page, methods=["GET"]) for path, page in pages.items()]

    async def _metrics_response(self, _: Request) -> Response:
        return Response(self._metrics.expose(await self._depths()), headers=_METRICS_HEADERS)

    async def _liveness_response(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _readiness_response(self, _: Request) -> Response:
        if await self._depths() is None:
            return PlainTextResponse("the store does not answer\n", status_code=503)
        if not self._accepted():
            return PlainTextResponse("Telegram does not accept the token\n", status_code=503)
        return PlainTextResponse("ok\n")

    async def _depths(self) -> QueueDepths | None:
        """How much waits; ``None`` where the store does not say so in time."""
        try:
            async with asyncio.timeout(_STORE_TIMEOUT):
                return await self._store.status.depths()
        except (StoreError, TimeoutError) as error:
            _log.warning("store_unavailable", error=type(error).__name__)
            return None
