"""A broadcast as its author tries it: as the first recipient would get it, in the author's own chat."""

from dataclasses import dataclass

from bot.store import places
from bot.store.api import NOTICE
from bot.store.broadcasts.looking import sample
from bot.store.broadcasts.shelf import Shelf
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.outbox import Message, Recipient, sending
from bot.store.reading import readable
from handlers.broadcasts.model import Broadcast, Outcome, Values
from handlers.broadcasts.rendering import rendered
from handlers.office.rights import Act, Rights
from handlers.replies import Attachment, Reply
from rules.calendar import vietnamese_day


@dataclass(frozen=True, slots=True)
class Trial:
    """Within a transaction."""

    acting: Acting
    shelf: Shelf

    async def send_test(self, rights: Rights, name: str) -> bool:
        """Queue it for the person in this chat; there is nobody at the machine to get it."""
        found = await self.shelf.get_for_act(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(found, Outcome) or not self.acting.chat:
            return False
        (known,) = await self.acting.ask(Call("chat_channel", {"chat": self.acting.chat}))
        if not known:
            return False
        said = await self._with_document(found, await self._render(rights, found))
        to = Recipient(self.acting.chat, known[0][0])
        origin = f"try:{name}:{self.acting.chat}:{stored(self.acting.now)}"
        await self.acting.ask(sending(self.acting.keyring, Message(to, origin, said, NOTICE), self.acting.now))
        return True

    async def _render(self, rights: Rights, found: Broadcast) -> Reply:
        """With the first recipient's values; where there is none, with what is known of nobody."""
        for _, reply in await sample(self.acting, rights, found.id, self.acting.policy, 1):
            return reply
        return rendered(found.id, found.draft, Values(), vietnamese_day(self.acting.now))

    async def _with_document(self, found: Broadcast, said: Reply) -> Reply:
        """The file goes along."""
        (rows,) = await self.acting.ask(Call("broadcast_document", {"id": found.id}))
        if not rows or not found.draft.document or said.attachments:
            return said
        keyring, place = self.acting.keyring, places.broadcast_document(found.id)
        content = readable(keyring, place, lambda: keyring.unseal_bytes(rows[0][0], place))
        if content is None:
            return said
        file = Attachment.of(found.draft.document, found.draft.document_type, content)
        return said.model_copy(update={"attachments": (file,)})
