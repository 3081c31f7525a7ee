"""Notices about a broadcast: to its author, and to those who may approve what the author may not approve alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.store import (
    SHOWN_MARK,
    ApproverRole,
    AuthorRole,
    BroadcastAuthor,
    GrantRepository,
    NoticeRepository,
    ScheduleRepository,
    StoreContext,
    read_units,
    to_micros,
)
from handlers.broadcasts.notices import format_approval_request
from handlers.core import MarkupTranslator, Reply
from handlers.model import NO_UNITS, Act, Broadcast, Rights, UnitDirectory

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
    """Units are read only where a role of the very unit does not say it."""
    held = await GrantRepository(context).of_chat(author.to.chat)
    if Rights.of(held, NO_UNITS).may(Act.SEE_BROADCASTS, author.unit):
        return True
    return bool(held) and Rights.of(held, await read_units(context.ask)).may(Act.SEE_BROADCASTS, author.unit)


def _select_approvers(roles: Iterable[ApproverRole], units: UnitDirectory) -> Iterator[ApproverRole]:
    """Each person by the first of their roles that reaches it."""
    met: set[str] = set()
    for one in roles:
        if one.to.chat not in met and Rights.of((one.grant,), units).may(Act.APPROVE_BROADCASTS, one.unit):
            met.add(one.to.chat)
            yield one


def _author_labels(author: AuthorRole | None, rights: Rights) -> Mapping[str, str]:
    """The name of the author by the id of the role, for one who may see that."""
    if author is None or not rights.may(Act.SEE_HOLDERS, author.unit):
        return {}
    return {author.id: author.label}
