"""What the conversation needs from the world. Implemented in ``bot``; every call belongs to the turn's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from handlers.requests.model import Content, Request, State
from rules.pack import Pack


class RequestBook(Protocol):
    """The requests of the person in this chat, and of nobody else."""

    async def mine(self) -> tuple[Request, ...]:
        """All of them, the newest first."""

    async def get(self, code: str) -> Request | None:
        """One of mine."""

    async def open_for(self, certificate_key: str, procedure: str) -> Request | None:
        """My newest open request for the same certificate (``Content.certificate_key``) and procedure."""

    async def register(self, content: Content, state: State = State.SUBMITTED) -> Request:
        """A new request under the next code of the year in Viet Nam."""

    async def amend(self, code: str, content: Content) -> Request | None:
        """New content; ``None`` where the state no longer allows it."""

    async def move(self, code: str, to: State) -> Request | None:
        """A move recorded as the subscriber's; ``None`` where the state no longer allows it."""


class OwnData(Protocol):
    """What is held about the person in this chat."""

    async def export(self) -> dict[str, Any]:
        """Everything, JSON-ready; times are ISO 8601 in UTC, what is not there is ``None`` or empty.

        - ``chat``: channel, address, first_contact_at, last_contact_at, blocked_at;
        - ``session``: ``Session`` as JSON;
        - ``requests``: each ``Request`` as JSON, the newest first;
        - ``received``: id, state (waiting, done, failed), received_at, event (``Event`` as JSON, until it is handled);
        - ``outgoing``: state, queued_at, message_id, reply (``Reply`` as JSON, until it is sent).
        """

    async def erase(self) -> tuple[str, ...]:
        """Delete all but the requests that must stay, cut down to ``Content.needed``; their codes, the newest first."""


@dataclass(frozen=True, slots=True)
class World:
    """One turn's view of the world."""

    now: datetime
    pack: Pack
    requests: RequestBook
    own_data: OwnData
    channel: str
    office: str | None = None  #: the receiving office, as the operator set it
    retention_days: int = 180
    language: str = "vi"  #: of a conversation until its person chooses one
