"""A Bot API server of our own, as strict as Telegram's, and people to talk through it.

Behaviour follows https://core.telegram.org/bots/api; limits and error texts are those of the published server
(github.com/tdlib/telegram-bot-api) and its entity parser (github.com/tdlib/td). A test reads as a dialogue::

    async with BotApi.start() as api:
        lan = api.user("Lan")
        await lan.says("/start")
        greeting = await lan.hears()
        await lan.taps("Cơ quan, tổ chức")
        await lan.sends_file(Path("organisation.cer"))
        lan.blocks()

Where it differs from the original, on purpose: a webhook may be plain HTTP on any port (as with ``--local``), failed
webhook calls are tried again within milliseconds, and only the methods of ``methods.METHODS`` exist.
"""

from tests.support.telegram.api import BotApi
from tests.support.telegram.chats import Button, Shown
from tests.support.telegram.errors import ApiError
from tests.support.telegram.faults import Fault
from tests.support.telegram.limits import Limits
from tests.support.telegram.server import Call
from tests.support.telegram.user import User

__all__ = ["ApiError", "BotApi", "Button", "Call", "Fault", "Limits", "Shown", "User"]
