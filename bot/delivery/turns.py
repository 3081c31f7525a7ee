"""Turns: the oldest update of a chat meets its session; the new session and the replies are stored together."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bot.certificates.reader import ReadApart
from bot.channels import Channel
from bot.clock import Clock, Lately, SnapshotCache
from bot.concurrency import retry, retry_while_unavailable
from bot.delivery import to_messages
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.event_preparation import EventPreparer
from bot.delivery.turn_pool import Handled, SlowTask, SlowTaskKind
from bot.errors import error_location
from bot.messages import MOST_SESSION, Chat, PendingTurn
from bot.metrics import NO_METRICS, Metrics
from bot.services.channels import EmailTerms
from bot.services.unit_of_work import Shown, TurnTransaction, open_turn
from bot.store import LooksAtEverybody, ReadingOnly, Store, StoreUnavailable, TooMuchToKeep, TurnTakenOver
from handlers.core import Event, Order, Reply, Services, Session
from handlers.model import NO_UNITS, UnitDirectory
from handlers.turn import Turn
from locales import LANGUAGES, N_, translator
from rules.offices import NONE_CHOSEN
from rules.pack import Pack


async def _read_units(store: Store) -> UnitDirectory:
    """Read the units with the index of their names, which is made in a thread."""
    return await asyncio.to_thread((await store.units.read()).with_index)


#: Seconds from which a turn's questions to the database count as costly, and how many of such seconds within the last
#: minute or so set a chat's lines apart from others'.
_COSTLY, _MUCH = 0.05, 0.5
#: A turn that fails this often is taken out of the way.
_ATTEMPTS = 3
#: An update that was taken in hand this often without an end is set aside: it ends processes, or outlasts them.
_TRIES = 10
_APOLOGY = N_(
    "Sorry, something went wrong on our side with your last message. Your answers are kept: please try again."
)
_TOO_MUCH = N_(
    "That is more than I can keep of one conversation, so I left it aside. Your answers are kept."
    " Please send less at a time, or begin anew with /lamlai."
)

_SESSION_LOST = N_(
    "I am sorry: what we had talked about can no longer be read here, so we have to begin anew. What you have"
    " registered is kept."
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The conversation's two functions, and what every turn of it knows."""

    respond: Callable[[Session | None, Event, Services], Awaitable[Turn]]
    wants_file: Callable[[Session | None], bool]
    pack: Pack
    wants_list: Callable[[Session | None], bool] = lambda session: False  # noqa: ARG005 - nobody asks for one
    office: str | None = None
    retention_days: int = 180
    identity_days: int = 0
    language: str = LANGUAGES[0]  #: of a conversation until its person chooses one
    email: EmailTerms | None = None  #: ``None``: no e-mail is sent
    web_address: str | None = None  #: where browsers reach the assistant, without a slash at its end


#: Opens the transaction of a turn over a store, as ``bot.services.unit_of_work.open_turn`` does; another one opens it
#: over something else.
OpenTurn = Callable[..., AbstractAsyncContextManager[TurnTransaction]]


class TurnHandler:
    """Handles updates. ``handle(chat)`` is idempotent over the inbox: call it at any time, from anywhere."""

    def __init__(  # noqa: PLR0913 - the composition root names each of them
        self,
        store: Store,
        conversation: Conversation,
        preparer: EventPreparer,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        outlets: Mapping[str, Dispatcher] | None = None,
        metrics: Metrics = NO_METRICS,
        open_turn: OpenTurn = open_turn,
    ) -> None:
        """``outlets``: what sends the answers of each channel, where that goes on beside the turns."""
        self._store = store
        self._open_turn = open_turn
        self._conversation = conversation
        self._preparer = preparer
        self._channels = channels
        self._outlets = {} if outlets is None else outlets  # they are added later
        self._clock = clock
        self._metrics = metrics
        self._units = SnapshotCache(store.units.version, partial(_read_units, store), clock, NO_UNITS)
        self._offices = SnapshotCache(store.offices.version, store.offices.read, clock, NONE_CHOSEN)
        self._lately = Lately(clock.monotonic)  #: of the database, for costly turns
        self._handled: set[str] = set()  #: chats with an update in hand that was the last one, as far as is known
        self._claimed: dict[str, PendingTurn] = {}  #: turns that were claimed when their update was stored, by chat
        self._on_its_way: set[str] = set()  #: chats whose last turn has left nothing in the queue that is to be woken

    def hand_on(self, pending: PendingTurn) -> None:
        """Take a turn that is claimed already; its chat is to be handled next."""
        self._claimed[pending.chat.id] = pending

    def wake_outlet(self, chat: Chat) -> None:
        """Have the answer of a turn that has ended leave, unless it is on its way already."""
        if chat.id in self._on_its_way:
            self._on_its_way.discard(chat.id)
        elif outlet := self._outlets.get(chat.channel):
            outlet.notify_answers()

    async def handle(self, chat: Chat) -> int:
        """Handle all that the chat has waiting; how many updates that was.

        Raises:
            StoreError: other than a passing one, which is waited out.
        """
        handled = 0
        while await self.handle_next(chat):
            handled += 1
        return handled

    async def handle_next(self, chat: Chat) -> bool:
        """Handle the oldest waiting update; False where there is none. Raises as ``handle`` does."""
        pending = await self._pending(chat)
        if pending is not None:
            await self._handle_one(pending)
        return pending is not None

    async def step(self, chat: Chat) -> bool | Handled | SlowTask:
        """Do the same, but return the handling of what takes its time, with all that it waits for.

        Where it is known that nothing else of the chat waits, that is returned, too: it need not be asked for.
        """
        pending = await self._pending(chat)
        if pending is None:
            return False
        if kind := self._slow_task_kind(pending):
            return SlowTask(kind, partial(self._run_slowly, pending), self._preparer.gives_way(pending.event))
        ended = await self._handle_one(pending)
        return Handled.LAST if ended and pending.alone else True

    async def _run_slowly(self, pending: PendingTurn) -> None:
        await self._handle_one(pending)

    async def _pending(self, chat: Chat) -> PendingTurn | None:
        """Claim the next update; behind one that was handled there is hardly another."""
        unlikely = chat.id in self._handled
        pending = self._claimed.pop(chat.id, None) or await retry_while_unavailable(
            lambda: self._store.inbox.claim_turn(chat, unlikely=unlikely), self._metrics
        )
        # behind one that is alone nobody looks: it would stay there for ever
        (self._handled.discard if pending is None or pending.alone else self._handled.add)(chat.id)
        return pending

    def _slow_task_kind(self, pending: PendingTurn) -> SlowTaskKind | None:
        """Return what an update waits for; nothing where its file is not wanted, and its chat asks for little."""
        kind = self._preparer.kind(pending.chat, pending.event)
        if kind in {SlowTaskKind.FILE, SlowTaskKind.SLOW} and not self._conversation.wants_file(_open_session(pending)):
            kind = None
        return kind or (SlowTaskKind.LOOK if self._asks_much(pending.chat) else None)

    def _asks_much(self, chat: Chat) -> bool:
        return self._lately.of(chat.id) >= _MUCH

    async def _handle_one(self, pending: PendingTurn) -> bool:
        """Handle an update, and tell whether that was the end of it: answered, and nothing follows from it."""
        if pending.tries > _TRIES:
            _log.error("update_set_aside", inbox_id=pending.inbox_id, tries=pending.tries)
            await self._give_up(pending)
            return False
        try:
            return await retry(partial(self._take, pending), self._again(pending))
        except (TurnTakenOver, ReadApart):  # somebody else has done it, or the next look finds it again
            return False
        except TooMuchToKeep as error:
            _log.warning("turn_too_large", inbox_id=pending.inbox_id, error=type(error).__name__)
            await self._leave_aside(pending)
        except Exception:  # noqa: BLE001 - whatever it is, the chats behind it must go on
            await self._give_up(pending)
        return False

    def _again(self, pending: PendingTurn) -> Callable[[Exception], bool]:
        """Return a function that tells whether a turn is tried once more, and logs what went wrong."""
        failures = 0

        def again(error: Exception) -> bool:
            nonlocal failures
            match error:
                case TurnTakenOver() | ReadApart() | TooMuchToKeep():
                    return False
                case StoreUnavailable():  # nothing was changed, or it shows at the next look
                    self._metrics.record_store_failure(error)
                    _log.warning("store_unavailable", error=type(error).__name__)
                    return True
            failures += 1
            self._metrics.record_turn_failure()
            _log.error("turn_failed", inbox_id=pending.inbox_id, failures=failures, **error_location(error))
            return failures < _ATTEMPTS

        return again

    async def _take(self, pending: PendingTurn) -> bool:
        """Answer an update, and tell whether nothing follows from it."""
        begun, session = self._clock.monotonic(), _open_session(pending)
        lost = session is None and (pending.lost or pending.session is not None)
        if lost:
            await self._store.inbox.reset_session(pending, self._clock.now())
        event = await self._prepare(pending, session)
        around = {"units": await self._units.current(), "chosen_offices": await self._offices.current()}
        shown: Shown = {}
        opening = partial(self._open_turn, self._store, pending, self._clock.now(), shown=shown)
        respond = partial(self._respond, pending, session, event, around, lost=lost)
        try:
            over = await self._respond_aside(respond, opening, reading=self._asks_much(pending.chat))
        except ReadingOnly:  # it also writes: nothing of it was done
            over = await respond(opening(reading=False))
        self._metrics.record_turn(self._clock.monotonic() - begun)
        return over

    async def _respond_aside(
        self, respond: Callable[..., Awaitable[bool]], opening: Callable[..., Any], *, reading: bool
    ) -> bool:
        """Answer where nobody waits, if it is known to be costly, or turns out to look at everybody."""
        try:
            return await respond(opening(reading=reading, brief=True))
        except LooksAtEverybody:  # nothing of it was done
            return await respond(opening(reading=True))

    async def _respond(  # noqa: PLR0913 - all that a turn begins with
        self,
        pending: PendingTurn,
        session: Session | None,
        event: Event,
        around: Mapping[str, Any],
        opened: AbstractAsyncContextManager[TurnTransaction],
        *,
        lost: bool,
    ) -> bool:
        """Answer an update in a transaction, and store what follows; tell whether nothing does."""
        async with opened as unit:
            try:
                answer = await self._conversation.respond(session, event, self._build_services(pending, unit, around))
            finally:
                self._record_cost(pending.chat, unit.seconds)
            remembered = answer.session.dump(MOST_SESSION) if answer.session else None
            language, channel = self._conversation.language, self._channels.get(pending.chat.channel)
            sorry = (Reply(paragraphs=(translator(language)(_SESSION_LOST),)),) if lost else ()
            said = to_messages((*sorry, *answer.replies), channel, language)
            await self._finish(unit, pending.chat, remembered, said, answer.again)
        return not answer.again

    async def _finish(
        self, unit: TurnTransaction, chat: Chat, session: str | None, said: Sequence[Reply], again: Sequence[Event]
    ) -> None:
        """Commit a turn, and send its answer from there where the outlet can: it need not be looked for."""
        if (outlet := self._outlets.get(chat.channel)) is None or not said:
            await unit.finish(session, said, again)
            return
        with nullcontext() if said[0].attachments else outlet.promised(chat) as start:
            row = await unit.finish(session, said, again, claim=start is not None)
            if start and row:
                start(row)
                self._on_its_way |= {chat.id} if unit.only_replied else set()
        if any(reply.attachments for reply in said):
            for one in self._outlets.values():  # a copy may go to a mailbox
                one.notify_files()

    def _record_cost(self, chat: Chat, seconds: float) -> None:
        if seconds >= _COSTLY:
            self._lately.add(chat.id, seconds)

    async def _prepare(self, pending: PendingTurn, session: Session | None) -> Event:
        if not (isinstance(pending.event, Order) or self._conversation.wants_file(session)):
            return pending.event
        listing = self._conversation.wants_list(session)
        return await self._preparer.prepare(pending.chat, pending.event, listing=listing, turn=pending.turn)

    def _build_services(self, pending: PendingTurn, unit: TurnTransaction, around: Mapping[str, Any]) -> Services:
        known, channel = self._conversation, self._channels.get(pending.chat.channel)
        return Services(
            now=self._clock.now(),
            pack=known.pack,
            requests=unit.requests,
            own_data=unit.own_data,
            save_status=unit.register.save_status,
            admin=unit.admin,
            reminders=unit.reminders,
            channels=unit.channels,
            make_link=unit.link_maker(known.web_address),
            email=unit.email(known.email),
            takes_files=not (channel and channel.capabilities.files_in_by_link),
            **around,
            start_link=channel.start_link if channel else None,
            start_links={name: link for name, one in self._channels.items() if (link := one.start_link)},
            channel=pending.chat.channel.partition(":")[0],  # what follows tells one terminal from another
            office=known.office,
            retention_days=known.retention_days,
            identity_days=known.identity_days,
            language=known.language,
        )

    async def _leave_aside(self, pending: PendingTurn) -> None:
        """Answer that it is too much to be kept; the session stays as it was, or begins anew where it is too large."""
        t = translator(_pending_language(pending) or self._conversation.language)
        session = pending.session if pending.session and len(pending.session) <= MOST_SESSION else None

        async def answered() -> None:
            async with self._open_turn(self._store, pending, self._clock.now()) as unit:
                await unit.finish(session, (Reply(paragraphs=(t(_TOO_MUCH),)),))

        with contextlib.suppress(TurnTakenOver):
            await retry_while_unavailable(answered, self._metrics)

    async def _give_up(self, pending: PendingTurn) -> None:
        t = translator(_pending_language(pending) or self._conversation.language)
        apology = Reply(paragraphs=(t(_APOLOGY),))
        give_up = partial(self._store.inbox.give_up, pending, self._clock.now(), (apology,))
        await retry_while_unavailable(give_up, self._metrics)


def _open_session(pending: PendingTurn) -> Session | None:
    """Return the session; ``None`` where there is none, or one that cannot be read."""
    if pending.session is None or not pending.session.startswith("{"):
        return None
    try:
        return Session.load(pending.session)
    except (ValueError, TypeError, AttributeError):  # no session at all, whatever it is
        return None


def _pending_language(pending: PendingTurn) -> str | None:
    session = _open_session(pending)
    return session.language if session else None
