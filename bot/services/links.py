"""The use cases of one-time links: made for a file or an act, told once, used once."""

from dataclasses import dataclass
from datetime import datetime

from bot.clock import Clock
from bot.messages import Chat
from bot.store import Keyring, RunQueries, Store
from bot.store.links import FileFacts, OneTimeLinkRepository, UsedLink, new_link
from handlers.core import Attachment
from handlers.model import LinkPurpose

#: The pages of a link to a file, of one that signs in, and of one that takes a file, below the web server's address.
LINK_PATH, SIGN_IN_PATH, UPLOAD_PATH = "/t/", "/desk/sign-in/", "/u/"
_PATHS = {LinkPurpose.SIGN_IN: SIGN_IN_PATH, LinkPurpose.UPLOAD: UPLOAD_PATH}


@dataclass(frozen=True, slots=True)
class LinkService:
    """Makes links within the transaction of a turn."""

    ask: RunQueries
    keyring: Keyring
    chat: str  #: id of the chat
    now: datetime
    address: str | None  #: of the web server, without a slash at its end

    async def make(self, purpose: LinkPurpose) -> str | None:
        """Make a link that is told in this turn's reply."""
        if self.address is None:
            return None
        link = new_link(self.keyring, purpose, self.chat, self.now)
        await self.ask(*link.calls)
        return f"{self.address}{_PATHS.get(purpose, LINK_PATH)}{link.token}"


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Files that leave behind a link. Every method raises StoreError."""

    store: Store
    clock: Clock
    address: str  #: of the web server, without a slash at its end
    language: str  #: of people who have not chosen one

    async def link(self, chat: Chat, origin: str, file: Attachment) -> str:
        """Keep a file, sealed, until it is fetched or late; the same origin again ends the earlier link."""
        made = new_link(self.store.keyring, LinkPurpose.FILE, chat.id, self.clock.now(), origin=origin, file=file)
        await self.store.links.keep(made)
        return f"{self.address}{LINK_PATH}{made.token}"

    async def language_of(self, chat: Chat) -> str:
        """Return the language to speak of the file in."""
        return await self.store.chats.language(chat) or self.language


@dataclass(frozen=True, slots=True)
class LinkDesk:
    """Links as they come back from a browser. Every method raises StoreError."""

    links: OneTimeLinkRepository
    clock: Clock

    async def look(self, token: str) -> FileFacts | None:
        """Describe the file behind a link, which stays unused: messengers look at links to preview them."""
        return await self.links.look(LinkPurpose.FILE, token, self.clock.now())

    async def fetch(self, token: str) -> tuple[FileFacts, bytes] | None:
        """Hand a file over, once, and keep it no longer; ``None`` where the link leads nowhere, for whatever reason."""
        used = await self.links.use(LinkPurpose.FILE, token, self.clock.now())
        return (used.about, used.content) if used and used.about and used.content is not None else None

    async def use(self, purpose: LinkPurpose, token: str, *, chat: str = "") -> UsedLink | None:
        """Use a link of another purpose up; with ``chat`` only that chat may."""
        return await self.links.use(purpose, token, self.clock.now(), chat=chat)


@dataclass(frozen=True, slots=True)
class ContinueLink:
    """The key to a conversation for another browser: a token in a link, or six digits to type."""

    token: str
    code: str


@dataclass(frozen=True, slots=True)
class WebChatLinks:
    """Links by which a web chat goes on elsewhere. Every method raises StoreError."""

    store: Store
    clock: Clock

    async def make(self, chat: Chat) -> ContinueLink:
        """Make both; new ones end those that were made before."""
        now, keyring = self.clock.now(), self.store.keyring
        link = new_link(keyring, LinkPurpose.CONTINUE, chat.id, now, origin=f"continue:{chat.id}")
        code = new_link(keyring, LinkPurpose.CODE, chat.id, now, origin=f"code:{chat.id}")
        await self.store.links.keep(link)
        await self.store.links.keep(code)
        return ContinueLink(link.token, code.token)

    async def use_token(self, token: str) -> Chat | None:
        """Return the conversation to go on with; ``None`` where the link leads nowhere."""
        return await self._use(LinkPurpose.CONTINUE, token)

    async def use_code(self, code: str) -> Chat | None:
        """Do the same with digits."""
        return await self._use(LinkPurpose.CODE, code)

    async def _use(self, purpose: LinkPurpose, token: str) -> Chat | None:
        used = await self.store.links.use(purpose, token, self.clock.now())
        return await self.store.web.chat_by_id(used.chat) if used else None
