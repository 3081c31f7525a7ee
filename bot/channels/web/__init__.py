"""The web chat: a conversation in a browser, over the same inbox, turns and outbox as any channel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.channels import AcceptUpdates, ListenAddress, Receiver, RecordBlockChange, ServedChannel
from bot.channels.pace import Pace, Rate
from bot.channels.web.channel import Streams, WebChannel
from bot.channels.web.inbox import WebInbox
from bot.channels.web.pages import ChatPages, PageSettings
from bot.clock import Clock
from bot.pages import static_routes
from bot.settings import Settings
from bot.store import Store

#: Our own database takes what it is given; a chat gets its answers as fast as they are made.
_PACE = Pace(overall=1000.0, chat=Rate(100.0, 100))
_BROADCASTS_AT_ONCE = 8
#: Streams of one process: each is a connection that stays open.
_MOST_STREAMS = 2000


@asynccontextmanager
async def open_web(settings: Settings, store: Store, clock: Clock) -> AsyncIterator[ServedChannel]:
    """Open the web chat at the address of the settings."""
    address, made_up = settings.web_address, await store.status.is_made_up()
    streams = Streams(store.web, _MOST_STREAMS)

    def receive(accept: AcceptUpdates, _: RecordBlockChange) -> Receiver:
        known = PageSettings(address or "", settings.language, timedelta(days=settings.retention_days), made_up)
        pages = ChatPages(store, WebInbox(store.web, clock, accept, settings.language), streams, clock, known)
        required = "web_listen" in settings.model_fields_set or settings.telegram_token is None
        listen = ListenAddress("TROLY_WEB_LISTEN", settings.web_listen, required=required)
        return Receiver(streams.run, (*static_routes(), *pages.routes()), listen)

    yield ServedChannel(
        channel=WebChannel(store.web, clock, address, streams.changed),
        pace=_PACE,
        broadcasts_at_once=_BROADCASTS_AT_ONCE,
        prepare=_nothing,
        receive=receive,
        stand_by=_wait,
        is_accepted=lambda: True,
    )


async def _nothing() -> None:
    """Do nothing: there is nothing to prepare before the first message."""


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()
