"""The Bot API server with its people and its log, as one object for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.support.telegram.account import Account
from tests.support.telegram.chats import Chat
from tests.support.telegram.errors import ApiError
from tests.support.telegram.faults import Fault, Kind
from tests.support.telegram.limits import Limits
from tests.support.telegram.server import Call, Gate, serving
from tests.support.telegram.user import User
from tests.support.telegram.webhook import Pusher

TOKEN = "110201543:" + "made-up-token-for-the-fake-server--"
FIRST_USER = 700001


class BotApi:
    """A running server, its people and its log. ``BotApi.start`` makes one."""

    def __init__(self, limits: Limits, token: str) -> None:
        self.account = Account(token)
        self.gate = Gate(self.account, limits)
        self.pusher = Pusher(self.account)
        self.url = ""  #: http://127.0.0.1:PORT: what a client puts in front of /bot<token>/<method>
        self._users: dict[str, User] = {}

    @classmethod
    @asynccontextmanager
    async def start(cls, *, limits: Limits | None = None, token: str = TOKEN, port: int = 0) -> AsyncIterator["BotApi"]:
        """Serve on a free port of this machine, in the running event loop, until the block ends."""
        api = cls(limits or Limits(), token)
        async with serving(api.gate.app(), port) as api.url:
            pushing = asyncio.create_task(api.pusher.run())
            try:
                yield api
            finally:
                api.account.updates.abort(ApiError(500, "Internal Server Error: restart"))
                pushing.cancel()
                with suppress(asyncio.CancelledError):
                    await pushing

    @property
    def token(self) -> str:
        return self.account.token

    @property
    def calls(self) -> list[Call]:
        """Return every call so far, in the order of the answers."""
        return self.gate.calls

    def calls_of(self, *methods: str) -> list[Call]:
        wanted = {method.lower() for method in methods}
        return [call for call in self.calls if call.method in wanted]

    @property
    def listened(self) -> int:
        """Return how often the bot has begun to poll, or set a webhook."""
        return self.gate.arrived["getupdates"] + self.gate.arrived["setwebhook"]

    def user(self, name: str) -> User:
        """Return the person of that name, the same one each time."""
        if name not in self._users:
            chat = Chat(FIRST_USER + len(self._users), name)
            self.account.chats[chat.id] = chat
            self._users[name] = User(self.account, chat)
        return self._users[name]

    def group(self, name: str) -> Chat:
        """Return a group to which the bot was added."""
        chat = Chat(-FIRST_USER - len(self.account.chats), name)
        self.account.chats[chat.id] = chat
        return chat

    def fault(self, method: str, **what: Any) -> Fault:
        """Make the next call of ``method`` fail as described in ``Fault``."""
        return self.gate.faults.add(Fault(method, **what))

    def breaks(self, method: str, kind: Kind) -> None:
        """Make every call of ``method`` fail as on servers of other makes, until ``mends``."""
        self.gate.faults.add(Fault.of(method, kind))

    def mends(self, method: str) -> None:
        """Make ``method`` behave like the original again."""
        self.gate.faults.mend(method)

    def poison(self, body: dict[str, Any]) -> int:
        """Queue an update unchanged, however malformed."""
        return self.account.updates.push_raw(0, body)

    async def acknowledged(self, within: float = 15.0) -> None:
        """Wait until the bot has confirmed every update."""
        await asyncio.wait_for(self.account.updates.confirmed.wait(), within)
