"""Broadcasts in memory, as ``bot.services.broadcasts`` keeps them, and people who are told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from handlers.broadcasts.notices import format_approval_request
from handlers.core import MarkupTranslator, Reply
from handlers.model import (
    ENDED_STATES,
    EXPIRY_CAMPAIGN,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastProblem,
    BroadcastState,
    ChannelCounts,
    CheckReport,
    DeliveryCounts,
    StateReason,
)


@dataclass
class MemoryBroadcasts:
    """Keeps broadcasts for ``people``; every check finds ``problems``. Nothing is delivered by itself."""

    people: list[str] = field(default_factory=lambda: ["lan", "minh"])
    problems: tuple[BroadcastProblem, ...] = ()
    broadcasts: dict[str, Broadcast] = field(default_factory=dict)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    told: list[tuple[str, str, str]] = field(default_factory=list)  #: id, mark, text
    wants_later: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked_expiring: list[tuple[date, tuple[int, ...]]] = field(default_factory=list)
    batch: int = 2000
    busy: bool = False  #: the author has something else to be told first
    late: set[str] = field(default_factory=set)  #: steps of which that stays said

    def add(self, draft: BroadcastDraft, state: BroadcastState, now: datetime, **known: object) -> str:
        """Add a broadcast in a state."""
        name = f"TB-{len(self.broadcasts) + 1:06}"
        fresh = Broadcast(name, state, draft, None, "QT-000001", 0, now, now, chat="author")
        self.broadcasts[name] = replace(fresh, **known)  # type: ignore[arg-type]
        self.rows[name] = {}
        return name

    def change(self, broadcast: str, **known: object) -> None:
        """Change fields of a broadcast directly."""
        self.broadcasts[broadcast] = replace(self.broadcasts[broadcast], **known)  # type: ignore[arg-type]

    def deliver(self, broadcast: str, **states: str) -> None:
        """Settle rows; without names, all queued ones become sent."""
        rows = self.rows[broadcast]
        rows |= states or {chat: "sent" for chat, state in rows.items() if state == "queued"}

    def state(self, broadcast: str) -> tuple[str, str | None]:
        """Return the state of a broadcast and its reason."""
        one = self.broadcasts[broadcast]
        return one.state.value, one.why

    def steps(self, parent: str) -> dict[str, tuple[str, str | None]]:
        """Return the state and reason of each step of a campaign."""
        return {one.step or "": self.state(one.id) for one in self.broadcasts.values() if one.parent == parent}

    def marks(self, broadcast: str) -> list[str]:
        """Return the marks of the messages to the author, except the progress message."""
        return [mark for name, mark, _ in self.told if name == broadcast and mark not in {"shown", "last"}]

    async def list_open(self) -> tuple[Broadcast, ...]:
        return tuple(one for one in self.broadcasts.values() if one.state not in ENDED_STATES or self._queued(one.id))

    async def check(self, broadcast: str, now: datetime) -> CheckReport:
        found = CheckReport(
            at=now, counted=(ChannelCounts(channel="telegram", reachable=len(self.people)),), problems=self.problems
        )
        if self.broadcasts[broadcast].checking:
            self.change(
                broadcast, checking=False, state=BroadcastState.DRAFT if found.problems else BroadcastState.CHECKED
            )
        return found

    async def freeze(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        one = self.broadcasts[broadcast]
        missing = [] if one.is_campaign else [chat for chat in self._meant(one) if chat not in self.rows[broadcast]]
        self.rows[broadcast] |= dict.fromkeys(missing[: min(limit, self.batch)], "queued")
        if missing:
            return True
        if not one.is_campaign and not self.rows[broadcast]:
            self.change(broadcast, state=BroadcastState.FINISHED, why=StateReason.NOBODY)
        else:
            self.change(broadcast, state=BroadcastState.RUNNING if one.is_campaign else BroadcastState.SCHEDULED)
        return False

    def _meant(self, one: Broadcast) -> list[str]:
        chats = one.draft.audience.chats
        return [chat for chat in self.people if chats is None or chat in chats]

    async def move(
        self, broadcast: str, was: BroadcastState, to: BroadcastState, now: datetime, why: StateReason | None = None
    ) -> bool:
        if self.broadcasts[broadcast].state is not was:
            return False
        known = self.broadcasts[broadcast]
        stays = why or ("late" if broadcast in self.late else None)
        self.change(broadcast, state=to, changed_at=now, why=stays, revision=known.revision + 1)
        return True

    async def hold(self, broadcast: str, until: datetime | None, why: StateReason | None, now: datetime) -> bool:
        self.change(broadcast, held_until=until, why=why or ("late" if broadcast in self.late else None))
        return True

    async def withdraw(self, broadcast: str, now: datetime, *, limit: int = 2000) -> bool:
        queued = self._queued(broadcast)[: min(limit, self.batch)]
        self.rows[broadcast] |= dict.fromkeys(queued, "skipped")
        return bool(queued)

    def _queued(self, broadcast: str) -> list[str]:
        return [chat for chat, state in self.rows[broadcast].items() if state == "queued"]

    async def fall_back(self, broadcast: str, now: datetime) -> int:
        return 0

    async def tally(self, broadcast: str) -> DeliveryCounts:
        return DeliveryCounts(states=Counter(self.rows[broadcast].values()))

    async def create_step(
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
        if step in self.steps(parent) or self.broadcasts[parent].state not in {
            BroadcastState.RUNNING,
            BroadcastState.FINISHED,
        }:
            return None
        draft = self.broadcasts[parent].draft.model_copy(update={"plan": None})
        if audience:
            narrowed = draft.audience.model_copy(update=audience.model_dump(exclude_unset=True))
            draft = draft.model_copy(update={"audience": narrowed})
        state = BroadcastState.CANCELLED if left_out else BroadcastState.APPROVED
        name = self.add(draft, state, now, parent=parent, step=step, starts_at=starts_at, why=left_out or why)
        self.late |= {name} if why is StateReason.LATE else set()
        return name

    async def due_postponed(self, day: date) -> dict[str, tuple[str, ...]]:
        return self.wants_later

    async def create_expiry_broadcast(self, today: date, days: Sequence[int], now: datetime) -> str | None:
        self.asked_expiring.append((today, tuple(days)))
        return None

    async def notify_author(self, broadcast: str, said: Reply, mark: str, now: datetime) -> bool:
        if mark == "shown" and self.busy:
            return False
        if mark in {"shown", "last"} or mark not in self.marks(broadcast):
            self.told.append((broadcast, mark, "\n\n".join(said.paragraphs)))
        return True

    async def request_approvals(self, broadcast: Broadcast, recipients: int, now: datetime) -> int:
        said = format_approval_request(MarkupTranslator("en"), broadcast, recipients, {"QT-000001": "Lan"})
        mark = f"approve:{broadcast.changed_at.isoformat()}"
        self.told.append((broadcast.id, mark, "\n\n".join(said.paragraphs)))
        return 1

    async def stand(self, now: datetime) -> None:
        """Create the built-in expiry campaign."""
        self.rows[EXPIRY_CAMPAIGN] = {}
        self.broadcasts[EXPIRY_CAMPAIGN] = Broadcast(
            EXPIRY_CAMPAIGN, BroadcastState.RUNNING, BroadcastDraft(title=""), None, "machine", 0, now, now
        )
