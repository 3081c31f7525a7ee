"""Answers for whoever watches over the assistant, at an address of their own: figures are for no stranger."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.metrics import Metrics, StoreFigures
from bot.store import Store, StoreError, StoreFull, StoreLocked

_log = structlog.get_logger(__name__)

#: Prometheus' text exposition format.
_METRICS_HEADERS = {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
#: Seconds the store may take to answer.
_STORE_TIMEOUT = 2.0


class HealthEndpoints:
    """``/metrics``, ``/healthz`` (the process lives), ``/readyz`` (the store takes rows, every platform takes us)."""

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
