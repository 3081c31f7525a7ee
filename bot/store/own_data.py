"""What is held about the person in a chat, within a turn: ordered to be shown, nearly all of it deleted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store import places
from bot.store.api import PendingTurn
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.own_data_reading import HeldData
from bot.store.own_data_tasks import OWN_DATA, Spec
from bot.store.request_book import Ask, StoredRequestBook
from bot.store.sealing import Keyring
from handlers.ports import People
from handlers.requests.model import MUST_STAY, Request


@dataclass(frozen=True, slots=True)
class StoredOwnData:
    """Implements ``handlers.ports.OwnData``."""

    ask: Ask
    keyring: Keyring
    pending: PendingTurn
    now: datetime
    requests: StoredRequestBook
    people: People

    async def order(self, language: str) -> bool:
        """Order everything as files; one order at a time, until they have left."""
        mine = {"chat": self.pending.chat.id, "kind": OWN_DATA}
        open_one, on_their_way = await self.ask(
            Call("open_task", mine), Call("undelivered", {"chat": self.pending.chat.id, "files": f"{OWN_DATA}:%"})
        )
        if open_one or on_their_way:
            return False
        (((number,),),) = await self.ask(Call("next_number", {"name": "DL"}))
        task = f"DL-{number:06d}"
        spec = self.keyring.seal(Spec(language=language).model_dump_json(), places.task(task))
        await self.ask(
            Call("add_task", {**mine, "id": task, "spec": spec, "progress": None, "total": 0, "now": stored(self.now)})
        )
        return True

    def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Everything, part by part, as it is within this turn."""
        return HeldData(self.ask, self.keyring, self.pending.chat, self.requests).sections()

    async def erase(self) -> tuple[str, ...]:
        """Delete all but the requests that must stay, lessened; their codes. The turn goes on and can still finish.

        Roles end, but for the last owner's. Requests are held first and the journal last, as moves do: two who go the
        opposite way would wait for each other.
        """
        await self.ask(Call("hold_my_requests", {"chat": self.pending.chat.id}))
        staying = [request for request in await self.requests.mine() if request.state in MUST_STAY]
        mine = {"chat": self.pending.chat.id}
        timed = {**mine, "now": stored(self.now)}
        await self.ask(
            Call("erase_inbox", {**timed, "inbox": self.pending.inbox_id}),
            Call("erase_tasks", mine),  # before what they may have told meanwhile
            Call("erase_outbox", mine),
            Call("erase_reminders", mine),
            Call("forget_author", mine),
            Call("erase_requests", mine),
            *(self._lessen_query(request) for request in staying if not request.content.unreadable),
            Call("erase_notes", mine),
            Call("erase_standings", mine),
            Call("erase_unreadable", {"place": f"chats.session {self.pending.chat.id} %"}),
            Call("erase_chat", timed),
        )
        await self.people.leave()
        return tuple(request.code for request in staying)

    def _lessen_query(self, request: Request) -> Call:
        content = self.keyring.seal(request.content.to_minimal().model_dump_json(), places.content(request.code))
        return Call("lessen", {"code": request.code, "chat": self.pending.chat.id, "content": content})
