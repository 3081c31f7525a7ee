"""Answers for whoever watches over the assistant, at an address of their own: figures are for no stranger."""

import asyncio
from collections.abc import Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.metrics import Metrics, QueueDepths
from bot.store import Store, StoreError

_log = structlog.get_logger(__name__)

#: Prometheus' text exposition format.
_METRICS_HEADERS = {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
#: Seconds the store may take to answer.
_STORE_TIMEOUT = 2.0


class HealthEndpoints:
    """``/metrics``, ``/healthz`` (the process lives) and ``/readyz`` (the store answers, every platform takes us)."""

    def __init__(
        self, store: Store, metrics: Metrics, accepted: Mapping[str, Callable[[], bool]] | None = None
    ) -> None:
        """``accepted``: by the name of a platform, whether it accepts our token, as far as is known."""
        self._accepted = accepted or {}
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
        refusing = [name for name, accepts in self._accepted.items() if not accepts()]
        if refusing:
            told = "".join(f"{name} does not accept the token\n" for name in refusing)
            return PlainTextResponse(told, status_code=503)
        return PlainTextResponse("ok\n")

    async def _depths(self) -> QueueDepths | None:
        """How much waits; ``None`` where the store does not say so in time."""
        try:
            async with asyncio.timeout(_STORE_TIMEOUT):
                return await self._store.status.depths()
        except (StoreError, TimeoutError) as error:
            _log.warning("store_unavailable", error=type(error).__name__)
            return None
