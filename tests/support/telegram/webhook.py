"""Pushing updates: https://core.telegram.org/bots/api#setwebhook."""

import asyncio

import httpx

from tests.support.telegram.account import Account
from tests.support.telegram.updates import Update

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Pusher:
    """Calls the webhook for each update, in order within a chat, and repeats after any answer other than 2xx."""

    def __init__(self, account: Account, retry: float = 0.05) -> None:
        self.account, self.retry = account, retry
        self.answers: list[int] = []  #: status codes; 0 where there was none
        self._busy: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=10, verify=False) as client:
            while True:
                await asyncio.sleep(0.01)
                for update in self._ready():
                    self._busy.add(update.chat)
                    task = asyncio.create_task(self._push(client, update))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

    def _ready(self) -> list[Update]:
        """Return the oldest update of each chat without a running call, as far as the connection limit allows."""
        if not self.account.webhook["url"]:
            return []
        oldest: dict[int, Update] = {}
        for update in self.account.updates.pending():
            oldest.setdefault(update.chat, update)
        free = self.account.webhook["connections"] - len(self._tasks)
        return [update for chat, update in oldest.items() if chat not in self._busy][:free]

    async def _push(self, client: httpx.AsyncClient, update: Update) -> None:
        try:
            if await self._accepted(client, update):
                self.account.updates.drop(update)
            else:
                await asyncio.sleep(self.retry)
        finally:
            self._busy.discard(update.chat)

    async def _accepted(self, client: httpx.AsyncClient, update: Update) -> bool:
        hook = self.account.webhook
        headers = {SECRET_HEADER: hook["secret"]} if hook.get("secret") else {}
        try:
            answer = await client.post(hook["url"], json=update.body, headers=headers)
        except httpx.HTTPError:
            self.answers.append(0)
            return False
        self.answers.append(answer.status_code)
        return answer.is_success
