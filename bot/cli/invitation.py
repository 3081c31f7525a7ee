"""An invitation as the command line shows it: once, with the way to take it."""

import asyncio

from bot.channels.errors import ChannelError
from bot.settings import Settings
from handlers.dates import moment
from handlers.office.model import Invitation
from locales import N_, Translator

#: Seconds to wait for Telegram to name the bot.
_PATIENCE = 5.0

_LINK = N_("Invitation {id}, once, until {until}: {link}{code}")
_CODE = N_("Invitation {id}, once, until {until}. Whoever is invited writes to the assistant: /start {code}")


def told(t: Translator, made: Invitation, link: str | None) -> str:
    """The invitation as a link, or as a code and what to do with it."""
    return t(_LINK if link else _CODE, id=made.id, until=moment(made.expires_at), link=link, code=made.code)


async def start_link(settings: Settings) -> str | None:
    """What a code is written behind on Telegram; ``None`` where Telegram is not used, or does not answer now."""
    if settings.telegram_token is None:
        return None
    from bot.channels.telegram import TelegramApi, TelegramChannel  # noqa: PLC0415 - loaded where it is used

    api = TelegramApi(settings.telegram_token, settings.telegram_api_url, connections=1)
    try:
        async with asyncio.timeout(_PATIENCE):
            api.username = str((await api.call("getMe", patience=_PATIENCE)).get("username", ""))
    except (ChannelError, TimeoutError, AttributeError):  # AttributeError: an answer that is no bot
        return None
    finally:
        await api.close()
    return TelegramChannel(api).start_link
