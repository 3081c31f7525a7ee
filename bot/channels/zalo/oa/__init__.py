"""Open the Official Account of the settings: its tokens, its calls, and how its events come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog

from bot.channels import AcceptUpdates, ChannelError, ListenAddress, Receiver, RecordBlockChange, ServedChannel
from bot.channels.pace import Pace, Rate
from bot.channels.zalo.http import ZaloHttp
from bot.channels.zalo.oa.api import ApiSettings, ZaloApi, ZbsApi
from bot.channels.zalo.oa.channel import ZaloOaChannel
from bot.channels.zalo.oa.money import Purse
from bot.channels.zalo.oa.pace import CallBucket
from bot.channels.zalo.oa.reminders import TemplateHours, TemplateSender
from bot.channels.zalo.oa.templates import TemplateBook, load_templates
from bot.channels.zalo.oa.tokens import AppKeys, TokenKeeper
from bot.channels.zalo.oa.watch import AccountWatch
from bot.channels.zalo.oa.webhook import EventHandler, EventStore, Webhook, WebhookKeys
from bot.clock import Clock
from bot.errors import SettingsError
from bot.settings import Settings
from bot.store import Store
from locales import N_

_CONNECTIONS, _BROADCASTS_AT_ONCE = 32, 8
_CHAT_PACE = Rate(1.0, 8)
#: The share of the calls of a minute that messages may take; a little is for whatever else is asked.
_FOR_MESSAGES = 0.98

_log = structlog.get_logger(__name__)


class OpenAccount:
    """The parts of an account, over one pool of connections; ``close`` ends them."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        """Put the parts together; nothing is asked of Zalo yet.

        Raises:
            SettingsError: a setting is missing, or the file of approved texts cannot be used.
        """
        app, secret = settings.zalo_oa_app_id, settings.zalo_oa_app_secret
        if app is None or secret is None:
            raise SettingsError(N_("TROLY_ZALO_OA_APP_ID and TROLY_ZALO_OA_APP_SECRET are not both set"))
        self.app, self.settings, self.store, self.clock = app, settings, store, clock
        self.http = ZaloHttp(_CONNECTIONS)
        self.tokens = TokenKeeper(store, self.http, AppKeys(app, secret, settings.zalo_oauth_url.rstrip("/")), clock)
        self.bucket = CallBucket(settings.zalo_oa_calls_per_minute, clock)
        known = ApiSettings(
            settings.zalo_oa_api_url.rstrip("/"), secret, settings.zalo_oa_appsecret_proof, settings.zalo_oa_file_hosts
        )
        self.api = ZaloApi(known, self.http, self.tokens, self.bucket)
        self.watch = AccountWatch(self.api, store, clock, app, settings.zalo_oa_quiet_alarm_hours)
        zbs = ZbsApi(self.api, known.url, settings.zalo_zbs_url.rstrip("/"))
        self.templates = TemplateBook(load_templates(settings.zalo_zbs_templates), zbs, store, clock, app)
        purse = Purse(store, clock, app, settings.zalo_oa_monthly_dong)
        hours = TemplateHours(settings.zalo_zbs_from, settings.zalo_zbs_until)
        sender = TemplateSender(self.templates, zbs, purse, hours=hours, store=store, clock=clock)
        self.channel = ZaloOaChannel(
            self.api, self.tokens, store, clock, app=app, purse=purse, templates=sender,
            message_dong=settings.zalo_oa_message_dong, language=settings.language,
        )  # fmt: skip

    async def close(self) -> None:
        """Wait for a refresh under way, and close the connections."""
        await self.tokens.close()
        await self.http.close()


@asynccontextmanager
async def open_zalo_oa(settings: Settings, store: Store, clock: Clock) -> AsyncIterator[ServedChannel]:
    """Open the account; nothing is asked of Zalo yet. Raises SettingsError."""
    async with AsyncExitStack() as closing:
        account = OpenAccount(settings, store, clock)
        closing.push_async_callback(account.close)

        def receive(accept: AcceptUpdates, record: RecordBlockChange) -> Receiver:
            return _receiver(account, accept, record)

        async def stand_by(stop: asyncio.Event) -> None:
            await asyncio.gather(account.tokens.run(stop), account.watch.run(stop), account.templates.run(stop))

        per_second = settings.zalo_oa_calls_per_minute * _FOR_MESSAGES / 60
        yield ServedChannel(
            channel=account.channel,
            pace=Pace(per_second, _CHAT_PACE, window=60.0),
            broadcasts_at_once=_BROADCASTS_AT_ONCE,
            prepare=partial(_prepare, account),
            receive=receive,
            stand_by=stand_by,
            share=account.bucket.share,
            can_send=account.channel.can_send,
            is_accepted=lambda: account.api.is_accepted,
            probe=account.api.profile,
        )


async def _prepare(account: OpenAccount) -> None:
    """Ask the account what it is; where that fails the other channels are served all the same."""
    try:
        profile = await account.watch.probe()
        await account.channel.learn_buttons()
        await account.templates.refresh()
    except ChannelError as error:
        _log.error("zalo_not_ready", error=type(error).__name__, hint="troly zalo check")
        return
    _log.info("zalo_ready", kind=profile.kind, verified=profile.verified, package=profile.package)


def _receiver(account: OpenAccount, accept: AcceptUpdates, record: RecordBlockChange) -> Receiver:
    """Build the webhook where its address is set; else the account only sends."""
    settings, store, clock = account.settings, account.store, account.clock
    url, secret = settings.zalo_oa_webhook_url, settings.zalo_oa_webhook_secret
    events = EventStore(store, account.app, clock)
    handler = EventHandler(store, clock, events, accept, record)

    async def run(stop: asyncio.Event) -> None:
        watch = account.watch.run(stop, accept, events)
        await asyncio.gather(handler.run(stop), account.tokens.run(stop), account.templates.run(stop), watch)

    if url is None or secret is None:
        return Receiver(run)
    webhook = Webhook(WebhookKeys(url, account.app, secret), events, clock)
    return Receiver(
        run, webhook.routes(), ListenAddress("TROLY_ZALO_OA_WEBHOOK_LISTEN", settings.zalo_oa_webhook_listen)
    )
