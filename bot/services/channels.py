"""The use cases of the channels of one person, and of the mailbox among them: confirmed, stopped, imported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from bot.clock import Clock
from bot.messages import NOTICE, Chat
from bot.store import (
    Keyring,
    OutboxMessage,
    OutboxRecipient,
    PersonChannelRepository,
    Query,
    RunQueries,
    Store,
    StoreContext,
    chat_at,
    import_queries,
    message_query,
    offer_queries,
    read_contact,
    read_reached,
    remove_mailbox,
    to_micros,
)
from bot.store.links import new_link
from handlers.channels.service import Addressee, LinkedChannelService
from handlers.core import Attachment, MarkupTranslator, Reply
from handlers.model import (
    EMAIL,
    Act,
    EmailContact,
    EmailOffer,
    Grant,
    LinkedChat,
    LinkOffer,
    LinkPurpose,
    Rights,
    is_official,
)
from locales import N_

#: The pages that confirm an address, and that stop messages to one, below the address of the web server.
CONFIRM_PATH, STOP_PATH = "/e/confirm/", "/e/stop/"
#: First messages of a day to one mailbox, whoever asks for them.
_MOST_OFFERS = 3
#: And of one person, to whichever mailboxes.
_MOST_OF_ONE = 5
_A_DAY = timedelta(days=1)

_CONFIRM_TITLE = N_("Please confirm your e-mail address")
_CONFIRM = N_(
    "Somebody who talks with this assistant gave this as their official address, for reminders about their digital"
    " certificate. If that was you, open this link within 24 hours: {address}"
)
_NOT_YOU = N_("If it was not you, do nothing: nothing else is sent here.")
_PAPERS = N_("Your papers from the assistant")
_PAPERS_NOTE = N_("You made them in the chat just now, and asked that they come here as well.")


@dataclass(frozen=True, slots=True)
class EmailTerms:
    """The settings that concern e-mail."""

    domains: tuple[str, ...]
    address: str | None  #: of the web server, without a slash at its end


@dataclass(frozen=True, slots=True)
class EmailService:
    """Implements ``handlers.core.ports.EmailAddresses`` within the transaction of a turn."""

    ask: RunQueries
    keyring: Keyring
    chat: Chat
    now: datetime
    terms: EmailTerms

    @property
    def domains(self) -> tuple[str, ...]:
        return self.terms.domains

    async def mine(self) -> EmailContact | None:
        return await read_contact(self.ask, self.keyring, self.chat.id)

    async def offer(self, address: str, language: str) -> EmailOffer:
        if not is_official(address, self.terms.domains):
            return EmailOffer.ELSEWHERE
        known, mailbox = await self.mine(), chat_at(self.keyring, EMAIL, address)
        if known and known.confirmed and known.address == address:
            await self.ask(Query("email_open", {"chat": mailbox.id}))
            return EmailOffer.ASKED
        since = to_micros(self.now - _A_DAY)
        wanted = {"chat": mailbox.id, "mine": f"email-confirm:{self.chat.id}:%", "since": since}
        (((there, mine),), stopped) = await self.ask(
            Query("email_offers_since", wanted), Query("stopped", {"chat": mailbox.id})
        )
        if stopped:
            return EmailOffer.STOPPED
        if there >= _MOST_OFFERS or mine >= _MOST_OF_ONE:
            return EmailOffer.TOO_OFTEN
        await self.ask(*offer_queries(self.keyring, self.chat.id, address, None, self.now))
        await self._send_link(mailbox, language)
        return EmailOffer.ASKED

    async def _send_link(self, mailbox: Chat, language: str) -> None:
        link = new_link(self.keyring, LinkPurpose.EMAIL, self.chat.id, self.now, origin=f"email-confirm:{self.chat.id}")
        say = MarkupTranslator(language)
        where = f"{self.terms.address or ''}{CONFIRM_PATH}{link.token}"
        said = (say(_CONFIRM_TITLE), say(_CONFIRM, address=where), say(_NOT_YOU))
        origin = f"email-confirm:{self.chat.id}:{mailbox.id[:8]}:{to_micros(self.now)}"
        message = OutboxMessage(
            OutboxRecipient(mailbox.id, EMAIL), origin, Reply(paragraphs=tuple(map(str, said))), NOTICE
        )
        await self.ask(*link.calls, message_query(self.keyring, message, self.now))

    async def choose(self, *, first: bool, files: bool) -> None:
        chosen = {"owner": self.chat.id, "first": int(first), "files": int(files)}
        await self.ask(Query("email_choose", chosen), Query("email_place", chosen))

    async def import_staff(self, rights: Rights, unit: str | None, addresses: Sequence[str]) -> None:
        reach = rights.reach(Act.WRITE_BROADCASTS, unit)
        if not reach or (unit is None and not reach.everything):
            return
        for address in addresses:
            if is_official(address, self.terms.domains):
                await self.ask(*import_queries(self.keyring, address, unit, self.now))

    async def remove(self) -> None:
        await remove_mailbox(self.ask, self.chat.id, self.now)


async def copy_files(context: StoreContext, replies: Sequence[Reply], origin: str, language: str) -> list[Query]:
    """Queue the files of a turn for the person's mailbox, where they asked for that."""
    files = tuple(file for reply in replies for file in reply.attachments)
    mail = (await read_reached(context.ask, [context.chat])).get(context.chat) if files else None
    if mail is None or not mail.files:
        return []
    say = MarkupTranslator(language)
    said = Reply(paragraphs=(str(say(_PAPERS)), str(say(_PAPERS_NOTE))), attachments=_distinct(files))
    message = OutboxMessage(OutboxRecipient(mail.chat, EMAIL), f"email:{origin}", said, NOTICE)
    return [message_query(context.keyring, message, context.now)]


def _distinct(files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    return tuple({file.name: file for file in files}.values())


def stop_token(keyring: Keyring, chat: str) -> str:
    """Return what ends messages to a mailbox, in the address of a page: it lasts as long as the letter is kept."""
    return f"{chat}.{keyring.lookup('e-mail stop', chat)}"


def letter_mac(keyring: Keyring, row: int, chat: str) -> str:
    """Return the part of a letter's id that only we can make: a bounce without it is somebody's invention."""
    return keyring.lookup("e-mail letter", str(row), chat)[:24]


@dataclass(frozen=True, slots=True)
class EmailDesk:
    """Links of letters as they come back from a browser. Every method raises StoreError."""

    store: Store
    clock: Clock

    async def look(self, token: str) -> str | None:
        """Return the address that a link confirms, without using it; ``None`` where it leads nowhere."""
        owner = await self.store.links.owner(LinkPurpose.EMAIL, token, self.clock.now())
        contact = await read_contact(self.store.driver.run, self.store.keyring, owner) if owner else None
        return contact.address if contact else None

    async def confirm(self, token: str) -> bool:
        """Use a link up; false where it leads nowhere, or another person has confirmed the same address."""
        address = await self.look(token)  # before it is used: another address, given meanwhile, ends this link
        used = await self.store.links.use(LinkPurpose.EMAIL, token, self.clock.now()) if address else None
        if used is None or address is None:
            return False
        mailbox = self.store.chats.at(EMAIL, address)
        return await self.store.email.confirm(used.chat, mailbox.id, self.clock.now())

    def mailbox_of(self, token: str) -> str | None:
        """Return the mailbox whose messages a token ends; ``None`` where it is none of ours."""
        chat, _, _ = token.partition(".")
        known = stop_token(self.store.keyring, chat)
        return chat if compare_digest(known.encode(), token.encode(errors="replace")) else None

    async def stop(self, chat: str) -> bool:
        """End messages to a mailbox; once more changes nothing. False where it is no mailbox."""
        return await self.store.email.stop(chat, self.clock.now())


@dataclass(frozen=True, slots=True)
class StoredChannels(LinkedChannelService):
    """Implements ``handlers.core.ports.OwnChannels`` over the rows of the store."""

    kept: PersonChannelRepository

    @property
    def chat(self) -> str:
        return self.kept.context.chat

    async def _chats(self, chat: str) -> Sequence[LinkedChat]:
        return await self.kept.mine(chat)

    async def _lock(self, other: str) -> None:
        await self.kept.lock(other)

    async def _requests_of(self, chat: str) -> int:
        return await self.kept.requests_of(chat)

    async def _grants_of(self, chat: str) -> tuple[Grant, ...]:
        return await self.kept.grants_of(chat)

    async def _show_code(self) -> str:
        return await self.kept.show_code()

    async def _is_own_code(self, code: str) -> bool:
        return await self.kept.is_own_code(code)

    async def _may_guess(self) -> bool:
        return await self.kept.may_guess()

    async def _take_code(self, code: str) -> str | None:
        return await self.kept.take_code(code)

    async def _offer(self) -> LinkOffer | None:
        return await self.kept.offer()

    async def _agree(self, giver: str) -> bool:
        return await self.kept.agree(giver)

    async def _use_offer(self, taker: str) -> bool:
        return await self.kept.use_offer(taker)

    async def _end_offer(self) -> None:
        await self.kept.end_offer()

    async def _link(self, chats: Sequence[str]) -> None:
        await self.kept.link(chats)

    async def _reorder(self, chats: Sequence[str], person: str) -> None:
        await self.kept.reorder(chats, person)

    async def _part(self, channels: Sequence[LinkedChat], chat: str) -> None:
        await self.kept.part(channels, chat)

    async def _remove_mailbox(self, owner: str) -> None:
        await self.kept.remove_mailbox(owner)

    async def _tell(self, to: Addressee, mark: str, said: Reply) -> None:
        await self.kept.tell(to[0], to[1], mark, said)

    async def _owners(self) -> Sequence[Addressee]:
        return await self.kept.owners()
