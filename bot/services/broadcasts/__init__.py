"""Put the use cases of broadcasts together: those of people with a role, and those of what goes on by itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.services.broadcasts.actions import BroadcastActions, NewStep, make_step, move_broadcast
from bot.services.broadcasts.checks import ListChecks
from bot.services.broadcasts.drafts import BroadcastDrafts, BroadcastPreview
from bot.services.broadcasts.recipients import (
    BroadcastResults,
    ChannelFallback,
    RecipientFreezing,
    RecipientValues,
    says_name,
)
from bot.store import (
    PAGE_SIZE,
    SHOWN_MARK,
    ApproverRole,
    AudienceReader,
    AuthorRole,
    BroadcastAuthor,
    BroadcastSnapshot,
    ExpiringCertificate,
    ExpiryReminder,
    ExpiryRepository,
    GrantRepository,
    NewRecipient,
    NoticeRepository,
    QueryConditions,
    RecipientRepository,
    ReminderDistance,
    ScheduleRepository,
    StateChange,
    Store,
    StoreContext,
    TurnTakenOver,
    read_snapshot,
    read_units,
    to_micros,
)
from handlers.broadcasts import build_expiry_draft
from handlers.broadcasts.notices import format_approval_request
from handlers.core import MarkupTranslator, Reply
from handlers.model import (
    MACHINE,
    NO_UNITS,
    Act,
    Audience,
    Broadcast,
    BroadcastState,
    Rights,
    StateReason,
    UnitDirectory,
)

#: The mark of the last state of the message that moves.
LAST_MARK = "last"
#: People who are asked; whoever is nearest to its unit comes first.
MOST_APPROVERS = 20


@dataclass(frozen=True, slots=True)
class BroadcastNotices(ScheduleRepository):
    """A part of ``BroadcastOperations``: whom it tells, and whether they may still know."""

    async def notify_author(self, broadcast: str, said: Reply, mark: str, now: datetime) -> bool:
        """Tell its author, where there is a chat and still a role that may see it.

        Args:
            broadcast: its id.
            said: the message, in the language of the draft.
            mark: names the notice among those about this broadcast; each is told once. "shown" is the message that
                moves: it stays as it is while the chat has something else to be told. "last" is its last state.
            now: when it is said.

        Returns:
            False where the moving message has to wait.
        """
        async with self.machine_transaction(now) as opened:
            is_told = await _tell_author(opened.context, broadcast, said, mark)
            await opened.commit()
        return is_told

    async def request_approvals(self, broadcast: Broadcast, recipients: int, now: datetime) -> int:
        """Ask those who may approve what is checked, its author aside, each in their own language.

        They are at most 20, the nearest to its unit first, and asked once for a check.

        Args:
            broadcast: as it was when its check was asked for.
            recipients: how many are meant.
            now: when they are asked.

        Returns:
            How many people are asked; 0 where it is not checked any more.
        """
        mark = f"approve:{broadcast.changed_at.isoformat()}"
        async with self.machine_transaction(now) as opened:
            context, notices = opened.context, NoticeRepository(opened.context)
            roles, author = await notices.approver_roles(broadcast.id), await notices.author_role(broadcast.id)
            units = await read_units(context.ask)
            able = list(_select_approvers(roles, units))[:MOST_APPROVERS]
            for one in able:
                say = MarkupTranslator(one.language or context.policy.language)
                labels = _author_labels(author, Rights.of((one.grant,), units))
                said = format_approval_request(say, broadcast, recipients, labels)
                await notices.queue(one.to, broadcast.id, f"{mark}:{one.grant.id}", said)
            await opened.commit()
        return len(able)


async def _tell_author(context: StoreContext, broadcast: str, said: Reply, mark: str) -> bool:
    notices = NoticeRepository(context)
    author = await notices.author(broadcast)
    if author is None or not await _may_see(context, author):
        return True
    if mark not in {SHOWN_MARK, LAST_MARK}:
        await notices.queue(author.to, broadcast, mark, said)
        return True
    shown = await notices.format_edit(author.to, broadcast, said)
    if shown is None:
        await notices.queue(author.to, broadcast, SHOWN_MARK, said)  # where it waits already, this changes nothing
        return True
    if mark == SHOWN_MARK and await notices.is_waiting_for_others(author.to.chat):
        return False
    await notices.queue(author.to, broadcast, str(to_micros(context.now)), shown)
    return True


async def _may_see(context: StoreContext, author: BroadcastAuthor) -> bool:
    """Return whether the author may see it; units are read only where a role of the very unit does not say it."""
    held = await GrantRepository(context).of_chat(author.to.chat)
    if Rights.of(held, NO_UNITS).may(Act.SEE_BROADCASTS, author.unit):
        return True
    return bool(held) and Rights.of(held, await read_units(context.ask)).may(Act.SEE_BROADCASTS, author.unit)


def _select_approvers(roles: Iterable[ApproverRole], units: UnitDirectory) -> Iterator[ApproverRole]:
    """Yield each person by the first of their roles that reaches it."""
    met: set[str] = set()
    for one in roles:
        if one.to.chat not in met and Rights.of((one.grant,), units).may(Act.APPROVE_BROADCASTS, one.unit):
            met.add(one.to.chat)
            yield one


def _author_labels(author: AuthorRole | None, rights: Rights) -> Mapping[str, str]:
    """Return the name of the author by the id of the role, for one who may see that."""
    if author is None or not rights.may(Act.SEE_HOLDERS, author.unit):
        return {}
    return {author.id: author.label}


@dataclass(frozen=True, slots=True)
class ExpiryReminders(ScheduleRepository):
    """A part of ``BroadcastOperations``: what a kill left open is taken up again, on the same day or later."""

    async def create_expiry_broadcast(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        """Make a broadcast, with its rows, to all whose certificate comes so near to its end and who do not know yet.

        Whoever is past two of these distances hears of the nearer one. ``None`` where there is nobody, or the
        broadcast of this day has all its rows.
        """
        certificates, distances = ExpiryRepository(self.driver, self.keyring), _reminder_distances(today, days)
        left_open = await certificates.find(today)
        is_open = left_open is not None and left_open.state is BroadcastState.APPROVED
        if not is_open and not await certificates.has_due(distances):
            return None
        campaign = build_expiry_draft()
        daily = campaign.model_copy(update={"audience": Audience(chats=())})  # they are found by certificates
        made = await certificates.open_or_create(today, campaign, daily, now)
        written = await read_snapshot(self.driver.run, self.keyring, made.id)
        if written is None or made.state is not BroadcastState.APPROVED or not written.approved:
            return None
        rows = RecipientRepository(self.driver, self.keyring, written, now)
        try:
            for number, distance in enumerate(distances):
                passed = [farther.days for farther in distances[number:]]
                while due := await certificates.due(distance, PAGE_SIZE):
                    await rows.add_reminded(await self._recipients(written, due, now), _mark_reminded(due, passed))
            await rows.finish(written.frozen_to)
        except TurnTakenOver:  # another process has made the last of them, or it was cancelled
            return None
        return made.id

    async def _recipients(
        self, written: BroadcastSnapshot, due: Sequence[ExpiringCertificate], now: datetime
    ) -> list[NewRecipient]:
        """Return the rows to add; ``{han}`` is the earliest end among the certificates of each person."""
        everybody, named = QueryConditions(), says_name(written)
        reader = AudienceReader(self.driver.look, self.keyring, everybody, None, written.series, named, now)
        values = RecipientValues(self.policy, written, written.day(now))
        first = {one.chat: one for one in reversed(due)}
        found = []
        for person in await reader.of_chats(sorted(first)):
            ending = [first[chat] for chat in (person.chat, *person.others) if chat in first]
            nearest = min(ending, key=lambda one: one.not_after)
            day = date.fromordinal(nearest.not_after)
            found.append(values.to_recipient(replace(person, done=nearest.done), day))
        return found


def _mark_reminded(due: Sequence[ExpiringCertificate], passed: Sequence[int]) -> list[ExpiryReminder]:
    """Mark the farther distances that were passed as well: they will not come any more."""
    return [ExpiryReminder(one.standing, one.not_after, days) for one in due for days in passed]


def _reminder_distances(today: date, days: Sequence[int]) -> list[ReminderDistance]:
    """List the distances, the nearest first; a certificate that has ended is in none of their windows."""
    first, found = today.toordinal(), []
    for number in sorted(set(days)):
        found.append(ReminderDistance(number, first, today.toordinal() + number))
        first = today.toordinal() + number + 1
    return found


@dataclass(frozen=True, slots=True)
class BroadcastService(BroadcastDrafts, BroadcastPreview, BroadcastActions, BroadcastResults):
    """Implements ``handlers.core.broadcast_ports.Broadcasts`` within a transaction."""


@dataclass(frozen=True, slots=True)
class BroadcastOperations(ListChecks, RecipientFreezing, ChannelFallback, ExpiryReminders, BroadcastNotices):
    """Runs broadcasts on their own. Methods are short, idempotent transactions: two processes may call one at once.

    All of them raise ``StoreError`` where the database fails. Plain reading and holding back is
    ``ScheduleRepository``; the other parts have files of their own.
    """

    @classmethod
    def over(cls, store: Store) -> "BroadcastOperations":
        """Make the operations over the database of a store."""
        return cls(store.driver, store.keyring, store.policy)

    async def move(
        self, broadcast: str, was: BroadcastState, to: BroadcastState, now: datetime, why: StateReason | None = None
    ) -> bool:
        """Move it, as the machine, with its steps; False where it was somewhere else already, or no way leads there.

        Nothing of a paused campaign starts. That a step is late stays its ``why`` where there is nothing newer to say.
        """
        async with self.machine_transaction(now) as opened:
            moved = await move_broadcast(opened.context, MACHINE, StateChange(broadcast, was, to, why))
            await opened.commit()
        return bool(moved)

    async def create_step(  # noqa: PLR0913 - each is a column
        self,
        parent: str,
        step: str,
        now: datetime,
        *,
        starts_at: datetime | None = None,
        audience: Audience | None = None,
        left_out: StateReason | None = None,
        why: StateReason | None = None,
    ) -> str | None:
        """Make a broadcast of the same text, approved already, and return its id.

        Args:
            parent: a campaign, or a broadcast that stands alone; one that is paused, cancelled or not carried out yet
                has no steps.
            step: the name of the step; the parent has each once.
            now: when it is made.
            starts_at: when it may begin to send; ``None``: at once.
            audience: what is set in it takes the place of the same in the parent's.
            left_out: records a step that is not carried out (cancelled), and why.
            why: why it stands where it stands, such as that it is late.

        Returns:
            ``None`` where the parent has had this step, or may have none.
        """
        wanted = NewStep(parent, step, starts_at, audience, left_out, why)
        async with self.machine_transaction(now) as opened:
            made = await make_step(opened.context, wanted)
            if made is not None:
                await opened.commit()
        return made
