"""Ports: everything that the conversation needs from outside, implemented in ``bot``.

Every call belongs to the transaction of the present turn: its effects are committed together with the new session and
the replies, or not at all. Any call may raise ``StoreError`` (``bot.store.errors``), which handlers do not catch: it
ends the turn, and the event is handled again later if the error is temporary. A port that shows or changes data of
others demands ``rights`` and treats everything outside of them as if it did not exist.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from handlers.core.admin_ports import AdminServices
from handlers.core.broadcast_ports import Reminders
from handlers.model import (
    NO_UNITS,
    AgreeAnswer,
    ChannelOffer,
    CodeAnswer,
    EmailContact,
    EmailOffer,
    InterviewStatus,
    LinkPurpose,
    OwnChannel,
    Request,
    RequestContent,
    RequestHandling,
    RequestState,
    Rights,
    UnitDirectory,
)
from rules.offices import Office, OfficeDirectory
from rules.pack import Pack


class OwnRequests(Protocol):
    """The requests of the person in this chat, those of their other channels included."""

    async def mine(self) -> tuple[Request, ...]:
        """Return all requests of this chat, newest first."""

    async def get(self, code: str) -> Request | None:
        """Return a request of this chat by its code (YC-2026-000123), or ``None``."""

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """Return the newest open request of this chat for a certificate and procedure, or ``None``.

        Args:
            certificate_key: The key from ``RequestContent.certificate_key``.
            procedure: The value of a ``Procedure``.
        """

    async def register(self, content: RequestContent, state: RequestState = RequestState.SUBMITTED) -> Request:
        """Register a request under the next code of the year in Viet Nam, with ``state`` as its first state.

        Unless it is a draft, those in whose scope it is are told, as each of them chose, but never the person in this
        chat.
        """

    async def amend(self, code: str, content: RequestContent) -> Request | None:
        """Replace the content of a request; return ``None`` if its state no longer allows it (``AMENDABLE_STATES``).

        If it comes to another unit by that, those in whose scope it is now are told.
        """

    async def handling(self, code: str) -> RequestHandling:
        """Return who has a request of this chat, when an answer usually comes, and the offices of its steps."""

    async def move(self, code: str, to: RequestState) -> Request | None:
        """Move a request as its subscriber.

        Return ``None`` if its state does not allow it (``REQUEST_TRANSITIONS``).
        """


class OwnData(Protocol):
    """The data that is stored about the person in this chat."""

    async def order(self, language: str) -> bool:
        """Order a copy of all data as files, which are sent after the turn.

        Args:
            language: The language of the files, ``vi`` or ``en``.

        Returns:
            False if an earlier copy is still being made or sent.
        """

    def sections(self) -> AsyncIterator[tuple[str, Any]]:
        """Yield all data section by section as JSON-ready values; long lists come in pages.

        Times are ISO 8601 in UTC; a missing value is ``None`` or empty.

        - ``chat``: channel, address, first_contact_at, last_contact_at, blocked_at, unit,
          told_of_requests (``NoticeTiming``, if chosen);
        - ``session``: ``Session`` as JSON;
        - ``standings``: interview, unit, subscriber, not_after, owed, known_at and changed_at of each
          ``InterviewStatus``;
        - ``roles``: id, role, unit, label, granted_at, ended_at;
        - ``tasks``: id, kind (export, import, own_data), state and created_at of each order, oldest first;
        - ``dossiers``: id, unit, created_at and changed_at of each dossier of a whole unit;
        - ``reminders``: stopped_at, reminded_at (of the first) and answers, with broadcast, done_at and later_on of
          each;
        - ``requests``: each ``Request`` as JSON, newest first;
        - ``received``: id, state (waiting, done, failed), received_at and, until it is handled, event (``Event`` as
          JSON);
        - ``outgoing``: state, queued_at, message_id, broadcast (the one it is a part of) and reason
          (``DeliveryReason``); until it is sent also reply (``Reply`` as JSON, with name, media_type and size of its
          files), and for a broadcast values (``PlaceholderValues`` as JSON);
        - ``email``, only where one was given: address, confirmed, first, files and working of the ``EmailContact``;
        - ``zalo``, only of somebody on Zalo: phone (the number that they sent by its form) and last_interaction;
        - ``waiting_files``, only where there are some: name, size, at and expires_at of each file that waits behind a
          link or in the web chat;
        - ``web_messages``, only of the web chat: side (person, assistant), text (HTML) and at of each message;
        - ``channels``, only where several are linked: channel, address, linked_at and number of each, in the order of
          reminders; behind it the sections of every other chat, each name with ``_`` and that number behind it;
        - ``earlier``, only for very long histories: how many older rows of ``received`` and ``outgoing`` are not
          listed.
        """

    async def erase(self) -> tuple[str, ...]:
        """Delete all data of the person, on every channel, but the requests that must be kept (``RETAINED_STATES``).

        The other chats are told, and nothing is linked any more.

        A kept request retains only what it needs (``RequestContent.to_minimal``) and its moves without notes. All roles
        of the person end, except that of the last owner (``People.leave``).

        Returns:
            The codes of the requests that were kept, newest first.
        """


#: Stores the status of an interview in the register of units and certificates. It replaces earlier entries of the same
#: interview, or of the same certificate, in this chat.
SaveStatus = Callable[[InterviewStatus], Awaitable[None]]

#: Makes a link for the person in this chat, to be told in this turn's reply: it leads into a browser, once and for 30
#: minutes, for the one purpose. Returns its address; ``None`` where no browser reaches the assistant.
MakeLink = Callable[[LinkPurpose], Awaitable[str | None]]


async def make_no_link(_: LinkPurpose) -> None:
    """Make none: no browser reaches the assistant."""


class EmailAddresses(Protocol):
    """The official e-mail address of the person in this chat."""

    @property
    def domains(self) -> tuple[str, ...]:
        """Return the domains that count as official; addresses below them do, too."""

    async def mine(self) -> EmailContact | None:
        """Return the address; ``None`` where none was given."""

    async def offer(self, address: str, language: str) -> EmailOffer:
        """Take an address in the place of any other, and send a link there that confirms it.

        One that is confirmed and was stopped is written to again.

        Args:
            address: The address in small letters, as ``parse_email`` returns it.
            language: The language of that message, ``vi`` or ``en``.
        """

    async def choose(self, *, first: bool, files: bool) -> None:
        """Choose whether reminders go there first, and whether files do as well; only once it is confirmed."""

    async def remove(self) -> None:
        """Forget the address."""

    async def import_staff(self, rights: Rights, unit: str | None, addresses: Sequence[str]) -> None:
        """Keep addresses of staff of a unit, who get its reminders; one that is known already changes nothing.

        Args:
            rights: The rights by which it is done: nothing is kept where they do not cover the unit.
            unit: The code of the unit; ``None``: of no unit in particular, for whom everything is within reach.
            addresses: Official addresses in small letters.
        """


class OwnChannels(Protocol):
    """The channels of the person in this chat: their chats and mailboxes, in the order of reminders.

    What is asked for, said and given stays with the chat where that was; requests are seen from all of them.
    """

    async def mine(self) -> tuple[OwnChannel, ...]:
        """Return them in the order of reminders; one alone where nothing is linked."""

    async def show_code(self) -> str:
        """Make a code of ten digits, by which another chat is linked with this one; an earlier one ends.

        It is kept as a digest alone, can be typed once, and within ``CODE_AGE``.
        """

    async def enter(self, code: str) -> CodeAnswer:
        """Take the code of another chat; where it is right, this chat is asked next (``offer``).

        Args:
            code: Ten digits, as ``parse_channel_code`` returns them.
        """

    async def offer(self) -> ChannelOffer | None:
        """Return the link that waits for a word of this chat, or of the other one."""

    async def agree(self, handle: str) -> AgreeAnswer:
        """Agree to the link that waits: first the chat where the code was typed, then the one that showed it.

        Args:
            handle: Names the other chat, as it was shown.
        """

    async def decline(self) -> None:
        """End the link that waits."""

    async def move_up(self, handle: str) -> bool:
        """Let reminders go to a channel before the one that stands over it; false where it is the first, or unknown."""

    async def part(self, handle: str) -> bool:
        """Take a channel out, with the mailbox whose address was given there; a mailbox is forgotten.

        The other chats are told. False where there is no such channel, or no other one.
        """


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that one turn may use, at the moment ``now`` of that turn."""

    now: datetime
    pack: Pack
    requests: OwnRequests
    own_data: OwnData
    channel: str
    save_status: SaveStatus
    admin: AdminServices
    reminders: Reminders
    channels: OwnChannels
    units: UnitDirectory = NO_UNITS
    make_link: MakeLink = make_no_link
    email: EmailAddresses | None = None  #: ``None``: no e-mail is sent
    takes_files: bool = True  #: whether the channel brings files; else they come by a link
    start_link: str | None = None  #: address that opens this chat; text appended to it arrives as /start TEXT
    start_links: Mapping[str, str] = field(default_factory=dict)  #: the same of every channel that has one, by its name
    office: str | None = None  #: one receiving office for everything, as the operator has set it
    chosen_offices: tuple[Office, ...] = ()  #: receiving offices that admins have set in the chat
    retention_days: int = 180
    identity_days: int = 0  #: days for which a personal number (CCCD) is kept after its form was made
    language: str = "vi"  #: language of a conversation until its person chooses one

    def offices_of(self, pack: Pack) -> OfficeDirectory:
        """Return the receiving offices under a pack: the one place that says where something is filed."""
        return OfficeDirectory.of(pack.offices, self.office, self.chosen_offices)
