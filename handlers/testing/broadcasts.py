"""Broadcasts in memory, as people with a role see and move them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from handlers.broadcasts.rendering import render_broadcast
from handlers.core import Attachment, Reply
from handlers.model import (
    BROADCAST_TRANSITIONS,
    EXPIRY_CAMPAIGN,
    Act,
    ActionResult,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastState,
    ChannelCounts,
    CheckReport,
    DeliveryCounts,
    PlaceholderValues,
    Recipient,
    RecipientName,
    Rights,
    StateReason,
    format_person_code,
    mask_name,
)
from handlers.testing.broadcast_audience import MemoryAudience, day_of
from handlers.testing.broadcast_state import BroadcastMoves, MemoryResults, count_messages
from handlers.testing.tables import BroadcastRecord, MemoryContext, MemoryJournal
from rules.calendar import to_vietnam_day

BROADCAST_ID = "TB"
_DRAFTS = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})


class _ActionRule(NamedTuple):
    """A move that somebody may make by hand: its name in the journal, why it then stands there."""

    act: str
    why: StateReason | None = None


def find_action_rule(found: Broadcast, to: BroadcastState) -> _ActionRule | None:
    """Find what a move by hand is called; ``None``: it is not made so. The endless campaign can only be paused."""
    if to not in BROADCAST_TRANSITIONS[found.state] or (found.id == EXPIRY_CAMPAIGN and to is BroadcastState.CANCELLED):
        return None
    start = "broadcast_start" if found.state is BroadcastState.SCHEDULED else "broadcast_resume"
    return {
        BroadcastState.APPROVED: _ActionRule("broadcast_approve"),
        BroadcastState.RUNNING: _ActionRule(start),
        BroadcastState.PAUSED: _ActionRule("broadcast_pause", StateReason.BY_HAND),
        BroadcastState.CANCELLED: _ActionRule("broadcast_cancel", StateReason.BY_HAND),
    }.get(to)


@dataclass(frozen=True, slots=True)
class MemoryBroadcasts:
    """Implements ``handlers.core.broadcast_ports.Broadcasts``."""

    acting: MemoryContext
    journal: MemoryJournal

    async def new(self, rights: Rights, draft: BroadcastDraft, document: bytes | None = None) -> Broadcast | None:
        """Keep the draft, where its unit is known and within reach."""
        if not _may_write(rights, draft):
            return None
        acting, name = self.acting, self.acting.next_id(BROADCAST_ID)
        made = Broadcast(
            name,
            BroadcastState.DRAFT,
            draft,
            draft.audience.unit,
            rights.actor,
            0,
            acting.now,
            acting.now,
            chat=acting.chat or None,
            starts_at=draft.starts_at,
        )
        written = BroadcastRecord(made, acting.person(rights.actor), document=document)
        BroadcastMoves(acting, rights.actor).save(written, BroadcastState.DRAFT, None)
        await self.journal.record(rights, "broadcast_new", name, unit=draft.audience.unit)
        return await self.get(rights, name)

    async def change(
        self, rights: Rights, name: str, revision: int, draft: BroadcastDraft, document: bytes | None = None
    ) -> ActionResult:
        """Put another draft in its place, as it was seen."""
        known = self._get_for_act(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(known, ActionResult):
            return known
        if not _may_write(rights, draft):
            return ActionResult.NOT_YOURS
        if known.broadcast.state not in _DRAFTS or known.broadcast.parent is not None:
            return ActionResult.NOT_ALLOWED
        if known.broadcast.revision != revision:
            return ActionResult.OVERTAKEN
        changed = replace(
            known,
            broadcast=self._change_draft(rights, known.broadcast, draft),
            writer=self.acting.person(rights.actor),
            document=(document or known.document) if draft.document else None,
            report=None,
        )
        BroadcastMoves(self.acting, rights.actor).save(changed, BroadcastState.DRAFT, None)
        await self.journal.record(rights, "broadcast_change", name, unit=draft.audience.unit)
        return ActionResult.DONE

    def _change_draft(self, rights: Rights, known: Broadcast, draft: BroadcastDraft) -> Broadcast:
        """Return the changed broadcast; the person who wrote it last is its author."""
        return replace(
            known,
            state=BroadcastState.DRAFT,
            draft=draft,
            unit=draft.audience.unit,
            author=rights.actor,
            chat=self.acting.chat or known.chat,
            checking=False,
            recipients=0,
            starts_at=draft.starts_at,
            why=None,
            revision=known.revision + 1,
            changed_at=self.acting.now,
        )

    async def get(self, rights: Rights, name: str) -> Broadcast | None:
        """Look it up, where it may be seen."""
        known = self._see(rights, name)
        return known.broadcast if known else None

    async def document(self, rights: Rights, name: str) -> Attachment | None:
        """Return the file that goes along; whoever sees the broadcast may see it."""
        known = self._see(rights, name)
        return _file_of(known) if known else None

    async def latest(self, rights: Rights, limit: int, before: str | None = None) -> tuple[Broadcast, ...]:
        """List the newest."""
        found = [one for one in self._all(rights) if one.parent is None and (before is None or one.id < before)]
        return tuple(reversed(found))[:limit]

    async def count_all(self, rights: Rights) -> int:
        """Count all of them."""
        return len([one for one in self._all(rights) if one.parent is None])

    async def steps(self, rights: Rights, name: str) -> tuple[Broadcast, ...]:
        """List what one has made."""
        return tuple(one for one in self._all(rights) if one.parent == name)

    async def count(self, rights: Rights, audience: Audience) -> tuple[ChannelCounts, ...]:
        """Count whom the rights to write broadcasts reach."""
        return MemoryAudience(self.acting).count(audience, rights.reach(Act.WRITE_BROADCASTS))

    async def resolve_names(
        self, rights: Rights, names: Sequence[RecipientName]
    ) -> Mapping[RecipientName, tuple[str, ...]]:
        """Look each name up."""
        return MemoryAudience(self.acting).resolve_names(rights, names)

    async def request_check(self, rights: Rights, name: str) -> ActionResult:
        """Note that a check is wanted; ``MemoryBroadcastOperations.check`` makes it."""
        known = self._get_for_act(rights, Act.WRITE_BROADCASTS, name)
        if isinstance(known, ActionResult):
            return known
        if known.broadcast.state not in _DRAFTS:
            return ActionResult.NOT_ALLOWED
        if not known.broadcast.checking:
            asked = replace(known.broadcast, checking=True, changed_at=self.acting.now)
            self.acting.tables.broadcasts[name] = replace(known, broadcast=asked)
            await self.journal.record(rights, "broadcast_check", name, unit=asked.unit)
        return ActionResult.DONE

    async def last_check(self, rights: Rights, name: str) -> CheckReport | None:
        """Show what was found."""
        known = self._see(rights, name)
        return known.report if known else None

    async def sample(self, rights: Rights, name: str, limit: int) -> tuple[tuple[Recipient, Reply], ...]:
        """Render it for the first who are meant."""
        known = self._see(rights, name)
        if known is None:
            return ()
        reach = rights.reach(Act.SEE_BROADCASTS, known.broadcast.unit)
        people = MemoryAudience(self.acting)
        first = people.find(known.broadcast.draft.audience, reach)[:limit]
        return tuple(self._sample_for(rights, known, person.id) for person in first)

    async def preview(
        self, rights: Rights, draft: BroadcastDraft, limit: int, skip: int = 0
    ) -> tuple[tuple[Recipient, Reply], ...]:
        """Render it as if it were kept."""
        if not _may_write(rights, draft):
            return ()
        acting = self.acting
        made = Broadcast(
            "", BroadcastState.DRAFT, draft, draft.audience.unit, rights.actor, 0, acting.now, acting.now,
            starts_at=draft.starts_at,
        )  # fmt: skip
        written = BroadcastRecord(made, acting.person(rights.actor))
        people = MemoryAudience(acting).find(draft.audience, rights.reach(Act.WRITE_BROADCASTS, draft.audience.unit))
        return tuple(self._sample_for(rights, written, person.id) for person in people[skip : skip + limit])

    def _sample_for(self, rights: Rights, known: BroadcastRecord, chat: str) -> tuple[Recipient, Reply]:
        """Render it for a recipient; a name that may not be seen is masked in the message as well."""
        person, one = self.acting.tables.chats[chat], known.broadcast
        values = MemoryAudience(self.acting).values(person, known)
        if values.name is not None and not rights.may(Act.SEE_PERSONAL, person.unit):
            values = values.model_copy(update={"name": mask_name(values.name)})
        recipient = Recipient(format_person_code(chat), values.name, person.unit, person.channel)
        return recipient, render_broadcast(one.id, one.draft, values, day_of(known, self.acting.now))

    async def send_test(self, rights: Rights, name: str) -> bool:
        """Queue it for one's own chat; there is nobody at the machine to get it."""
        known, acting = self._get_for_act(rights, Act.WRITE_BROADCASTS, name), self.acting
        if isinstance(known, ActionResult) or acting.chat not in acting.tables.chats:
            return False
        one = known.broadcast
        samples = await self.sample(rights, name, 1)
        said = (
            samples[0][1]
            if samples
            else render_broadcast(one.id, one.draft, PlaceholderValues(), to_vietnam_day(acting.now))
        )
        if file := _file_of(known):
            said = said.model_copy(update={"attachments": (file,)})
        acting.queue(acting.chat, f"try:{name}:{acting.chat}:{acting.now.timestamp()}", said)
        return True

    async def move(self, rights: Rights, name: str, to: BroadcastState, revision: int | None = None) -> ActionResult:
        """Move it as it was seen, or say why not."""
        known = self._see(rights, name)
        if known is None:
            return ActionResult.UNKNOWN
        found = known.broadcast
        rule = find_action_rule(found, to)
        refused = self._refusal(rights, known, to, rule, revision)
        if refused or rule is None:
            return refused or ActionResult.NOT_ALLOWED
        moved = BroadcastMoves(self.acting, rights.actor).move(name, found.state, to, rule.why, found.revision)
        if not moved:
            return ActionResult.NOT_ALLOWED
        await self.journal.record(rights, rule.act, name, unit=found.unit, count=moved)
        return ActionResult.DONE

    async def needs_second_person(self, rights: Rights, name: str) -> bool:
        """Compare the person with whoever wrote it, and count who is meant."""
        known = self._see(rights, name)
        return known is not None and not self._is_approved_enough(rights, known)

    def _refusal(
        self,
        rights: Rights,
        known: BroadcastRecord,
        to: BroadcastState,
        rule: _ActionRule | None,
        revision: int | None,
    ) -> ActionResult | None:
        approves, found = to is BroadcastState.APPROVED, known.broadcast
        if not rights.may(Act.APPROVE_BROADCASTS if approves else Act.WRITE_BROADCASTS, found.unit):
            return ActionResult.NOT_YOURS
        if revision is not None and revision != found.revision:
            return ActionResult.OVERTAKEN
        if approves and (found.state is BroadcastState.DRAFT or found.checking):
            return ActionResult.PROBLEMS
        if approves and rule and not self._is_approved_enough(rights, known):
            return ActionResult.SECOND_PERSON
        return None

    def _is_approved_enough(self, rights: Rights, known: BroadcastRecord) -> bool:
        """Return whether another one than the author approves, or so few are meant that one person may decide."""
        if not self.acting.tables.is_one_person(known.writer, self.acting.person(rights.actor)):
            return True
        if known.broadcast.why == StateReason.SECOND_PERSON:
            return False
        few, reach = self.acting.policy.approval_above, rights.reach(Act.WRITE_BROADCASTS)
        counted = MemoryAudience(self.acting).count(known.broadcast.draft.audience, reach)
        return known.broadcast.recipients <= few and sum(one.all for one in counted) <= few

    async def tally(self, rights: Rights, name: str) -> DeliveryCounts:
        """Count its messages."""
        return count_messages(self._results.messages(name)) if self._see(rights, name) else DeliveryCounts()

    async def recipients(
        self, rights: Rights, name: str, limit: int, after: str = "", state: str | None = None
    ) -> tuple[Recipient, ...]:
        """List them by the code, where the broadcast may be seen."""
        return self._results.recipients(rights, name, limit, after, state) if self._see(rights, name) else ()

    async def resend(self, rights: Rights, name: str, codes: Sequence[str] | None = None) -> int:
        """Queue what is unknown again; one that had finished runs again."""
        known = self._get_for_act(rights, Act.WRITE_BROADCASTS, name)
        queued = 0 if isinstance(known, ActionResult) else self._results.resend(rights, known, codes)
        if queued and not isinstance(known, ActionResult):
            unit = known.broadcast.unit
            await self.journal.record(rights, "broadcast_resend", name, unit=unit, count=queued)
        return queued

    @property
    def _results(self) -> MemoryResults:
        return MemoryResults(self.acting)

    def _all(self, rights: Rights) -> list[Broadcast]:
        """List the broadcasts that may be seen, the oldest first."""
        reach = rights.reach(Act.SEE_BROADCASTS)
        known = (one.broadcast for one in self.acting.tables.broadcasts.values())
        near = (one for one in known if reach and self.acting.tables.is_within(reach, one.unit))
        return sorted(near, key=lambda one: one.id)

    def _see(self, rights: Rights, name: str) -> BroadcastRecord | None:
        known = self.acting.tables.broadcasts.get(name)
        return known if known and rights.may(Act.SEE_BROADCASTS, known.broadcast.unit) else None

    def _get_for_act(self, rights: Rights, act: Act, name: str) -> BroadcastRecord | ActionResult:
        known = self._see(rights, name)
        if known is None:
            return ActionResult.UNKNOWN
        return known if rights.may(act, known.broadcast.unit) else ActionResult.NOT_YOURS


def _file_of(known: BroadcastRecord) -> Attachment | None:
    """Return what goes along with the message."""
    draft = known.broadcast.draft
    if known.document is None or not draft.document:
        return None
    return Attachment.of(draft.document, draft.document_type, known.document)


def _may_write(rights: Rights, draft: BroadcastDraft) -> bool:
    """Return whether the unit of its audience is known and within reach."""
    unit = draft.audience.unit
    return (unit is None or rights.units.get(unit) is not None) and rights.may(Act.WRITE_BROADCASTS, unit)
