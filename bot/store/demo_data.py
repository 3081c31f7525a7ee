"""What is written in bulk, and the rows it makes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from bot.store import places
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.powers import grant_seal
from bot.store.request_words import open_columns, words_added
from bot.store.sealing import Keyring
from bot.store.spoken import agreed, spoken
from handlers.office.model import Standing
from handlers.office.rights import Role
from handlers.requests.model import MOVES, Content, State


@dataclass(frozen=True, slots=True)
class MadeStep:
    """A move of a request's life."""

    state: State
    at: datetime
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class MadeRequest:
    """A request with its life so far."""

    code: str
    number: int
    content: Content
    steps: tuple[MadeStep, ...]


@dataclass(frozen=True, slots=True)
class MadeChat:
    """A person, over one channel."""

    channel: str
    address: str
    first_contact_at: datetime
    last_contact_at: datetime
    unit: str | None = None
    session: str | None = None  #: JSON
    standings: tuple[Standing, ...] = ()
    requests: tuple[MadeRequest, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class MadeGrant:
    """A person with a role."""

    id: str
    chat: MadeChat
    role: Role
    unit: str | None
    label: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Rowmaker:
    """Seals, and makes calls of it."""

    keyring: Keyring

    def all_queries(self, chat: MadeChat) -> Iterator[Call]:
        """A person with all that belongs to them."""
        yield self.chat_query(chat)
        owner = self._id(chat)
        for standing in chat.standings:
            yield self._standing(owner, chat, standing)
        for request in chat.requests:
            yield from self._request(owner, request)

    def chat_query(self, chat: MadeChat) -> Call:
        """A person alone."""
        owner = self._id(chat)
        session = self.keyring.seal(chat.session, places.session(owner)) if chat.session else None
        return Call(
            "put_chat",
            {
                "id": owner,
                "channel": chat.channel,
                "address": self.keyring.seal(chat.address, places.address(owner)),
                "session": session,
                "language": spoken(chat.session) if chat.session else None,
                "consented": int(chat.session is not None and agreed(chat.session)),
                "first": stored(chat.first_contact_at),
                "last": stored(chat.last_contact_at),
                "unit": chat.unit,
            },
        )

    def grant_query(self, grant: MadeGrant) -> Call:
        """The role of a person whose chat is there."""
        told = {
            "id": grant.id,
            "chat": self._id(grant.chat),
            "role": grant.role.value,
            "unit": grant.unit,
            "granted_at": stored(grant.at),
            "granted_by": grant.by,
        }
        label = self.keyring.seal(grant.label, places.grant_label(grant.id))
        return Call("put_grant", {**told, "label": label, "seal": grant_seal(self.keyring, told)})

    def _id(self, chat: MadeChat) -> str:
        return places.chat_id(self.keyring, chat.channel, chat.address)

    def _standing(self, owner: str, chat: MadeChat, standing: Standing) -> Call:
        row = places.standing_id(owner, standing.interview)
        key, name, owed = standing.certificate_key, standing.subscriber, standing.owed
        return Call(
            "keep_standing",
            {
                "id": row,
                "chat": owner,
                "unit": standing.unit,
                "certificate_key": places.certificate_id(self.keyring, key) if key else None,
                "not_after": standing.not_after.toordinal() if standing.not_after else None,
                "owed": None if owed is None else ",".join(owed),
                "subscriber": self.keyring.seal(name, places.subscriber(row)) if name else None,
                "now": stored(chat.last_contact_at),
            },
        )

    def _request(self, owner: str, request: MadeRequest) -> Iterator[Call]:
        content, steps, last = request.content, request.steps, request.steps[-1]
        yield Call(
            "put_request",
            {
                "code": request.code,
                "number": request.number,
                "chat": owner,
                "state": last.state.value,
                **open_columns(content),
                "certificate_key": places.certificate_id(self.keyring, content.certificate_key),
                "content": self.keyring.seal(content.model_dump_json(), places.content(request.code)),
                "ended": None if MOVES[last.state] else stored(last.at),
                "registered": stored(steps[0].at),
                "changed": stored(last.at),
                "revision": len(steps) - 1,
            },
        )
        for revision, step in enumerate(steps):
            yield self._step(request.code, revision, step)
        yield from words_added(self.keyring, request.code, request.number, content)

    def _step(self, code: str, revision: int, step: MadeStep) -> Call:
        note = self.keyring.seal(step.note, places.note(code, revision)) if step.note else None
        moved = {"code": code, "state": step.state.value, "at": stored(step.at), "actor": step.by}
        return Call("put_step", {**moved, "revision": revision, "note": note})
