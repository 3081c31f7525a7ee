"""Show how the assistant itself is doing: channels, tokens, queues, failures, backups. No person is named."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from bot.metrics import QueueDepths
from bot.store import Query, Store, Upkeep, from_micros, to_micros
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.broadcasts import format_channel, format_delivery_reason, format_delivery_state
from handlers.core import capitalize_first, format_moment, format_pack
from handlers.model import CHANNEL_LABELS, ZALO, Act
from locales import N_, Translator
from rules.pack import Pack

#: What failed is counted for so long, and so many of it are shown.
_LOOKED_BACK, _SHOWN = timedelta(days=1), 20
#: What waits longer than this is worth a look.
_LATE = timedelta(minutes=5)
_NOT_HANDLED = N_("What people sent that could not be handled")
_FAILURES = {
    "failed": N_("Messages that the platform refused"),
    "unknown": N_("Messages of which nobody knows whether they arrived"),
    "invalid": N_("Messages to a chat that no longer exists"),
    "blocked": N_("Messages to people who stopped the assistant"),
    "inbox": _NOT_HANDLED,
}
_WORKS, _REFUSED = N_("works"), N_("the platform does not accept our token")
_CONSENT = N_("needs a new consent: give it in the console of the account, then run “troly zalo connect”")
_RENEWED = N_("renewed by itself; the present one is valid until {until}")
_NEVER_CONNECTED = N_("not connected yet: run “troly zalo connect”")


@dataclass(frozen=True, slots=True)
class HealthPages:
    """The page about the assistant itself."""

    store: Store
    pack: Pack
    accepted: Mapping[str, Callable[[], bool]]  #: by the name of a platform, whether it accepts our token
    troubles: Mapping[str, Callable[[], str | None]]  #: by the same name, the message id of what else is wrong
    newest_backup: Callable[[], datetime | None]  #: when the newest copy in the folder was written
    zalo_app: str | None = None

    def routes(self) -> tuple[DeskRoute, ...]:
        """Return its address."""
        return (DeskRoute("GET", "/desk/health", Act.SEE_HEALTH, self._show_health),)

    async def _show_health(self, visit: DeskVisit) -> Response:
        """Show channels, queues and what failed of late."""
        since = {"since": to_micros(visit.now - _LOOKED_BACK)}
        limited = {**since, "limit": _SHOWN}
        depths = await self.store.status.depths()
        outbox, inbox, waiting, messages, updates, processes = await self.store.driver.look(
            Query("failed_messages", since),
            Query("failed_updates", since),
            Query("waiting_since"),
            Query("last_failed_messages", limited),
            Query("last_failed_updates", limited),
            Query("processes_of_channels"),
        )
        backup = (await self.store.upkeep.states()).get(Upkeep.BACKUP)
        copied = await asyncio.to_thread(self.newest_backup)
        failed, t = {**dict(outbox), "inbox": inbox[0][0]}, visit.say.t
        return visit.page(
            "desk_health.html", channels=await self._channels(visit), queues=_queues(visit, depths),
            processes=[(_channel_name(visit, name), number, from_micros(seen)) for name, number, seen in processes],
            failures=[(t(label), failed[name]) for name, label in _FAILURES.items() if failed.get(name)],
            late=list(_late(visit, waiting[0])), errors=_last_errors(visit, messages, updates), most=_SHOWN,
            pack=format_pack(self.pack, visit.say.t), backup=backup,
            copied=copied or (backup and backup.done_at),  # another machine may make them, in a folder of its own
        )  # fmt: skip

    def _channel(self, t: Translator, name: str) -> dict[str, object]:
        more = self.troubles.get(name, lambda: None)
        trouble = more() if self.accepted[name]() else _REFUSED
        return {"name": t(name), "state": t(trouble or _WORKS), "works": trouble is None, "token": ""}

    async def _channels(self, visit: DeskVisit) -> list[dict[str, object]]:
        t = visit.say.t
        found = [self._channel(t, name) for name in self.accepted]
        if self.zalo_app is None:
            return found
        account = await self.store.zalo.account(self.zalo_app)
        if account is None:
            token = t(_NEVER_CONNECTED)
        elif account.consent_needed:
            token = t(_CONSENT)
        else:
            token = t(_RENEWED, until=format_moment(account.tokens.expires_at))
        for one in found:
            if one["name"] == t(CHANNEL_LABELS[ZALO]):
                one["token"] = token
                one["works"] = one["works"] and account is not None and not account.consent_needed
        return found


def _channel_name(visit: DeskVisit, channel: str) -> str:
    return capitalize_first(format_channel(visit.say.t, channel))


def _queues(visit: DeskVisit, depths: QueueDepths) -> list[tuple[str, int]]:
    t = visit.say.t
    return [
        (t(N_("Received, not answered yet")), depths.inbox),
        (t(N_("Messages to be sent")), sum(depths.outbox.values())),
        (t(N_("Exports under way")), depths.tasks),
    ]


def _late(visit: DeskVisit, waiting: Sequence[int | None]) -> Iterator[str]:
    """Tell what waits for longer than it should."""
    texts = N_("The oldest message received waits since {at}."), N_("The oldest message to be sent waits since {at}.")
    for text, since in zip(texts, waiting, strict=True):
        if since is not None and visit.now - from_micros(since) > _LATE:
            yield visit.say.t(text, at=format_moment(from_micros(since)))


def _last_errors(
    visit: DeskVisit, messages: Sequence[tuple[Any, ...]], updates: Sequence[tuple[Any, ...]]
) -> list[dict[str, object]]:
    """Return the latest failures of both directions, the newest first."""
    t = visit.say.t
    found: list[dict[str, Any]] = []
    for settled, channel, state, reason, attempts in messages:
        why = format_delivery_reason(t, reason)
        what = capitalize_first(format_delivery_state(t, state))
        found.append({"at": settled, "channel": channel, "what": f"{what} ({why})" if why else what, "tries": attempts})
    handled = t(_NOT_HANDLED)
    found += [{"at": at, "channel": channel, "what": handled, "tries": None} for at, channel in updates]
    newest = sorted(found, key=lambda one: -int(one["at"]))[:_SHOWN]
    return [{**one, "at": from_micros(one["at"]), "channel": _channel_name(visit, one["channel"])} for one in newest]
