"""The whole list, gone through before anything is sent."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store import places
from bot.store.broadcasts.audience import by_role
from bot.store.broadcasts.filling import Filling
from bot.store.broadcasts.findings import Findings, Rows
from bot.store.broadcasts.people import PAGE, Roll
from bot.store.broadcasts.written import Written, read_written
from bot.store.drivers import Call, Driver
from bot.store.errors import StoreError, TurnTaken
from bot.store.moments import stored
from bot.store.office.filtering import Meant
from bot.store.office.reaching import reaching
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Checked, Life, Plan, Problem, Trouble, person_code
from handlers.broadcasts.policy import Policy
from handlers.broadcasts.template import problems
from locales import N_
from rules.calendar import VIETNAM

#: Where a check decides.
_DRAFTS = frozenset({Life.DRAFT, Life.CHECKED})


@dataclass(frozen=True, slots=True)
class Checker:
    """Reads page by page: whoever writes is not kept waiting, and memory stays flat."""

    driver: Driver
    keyring: Keyring
    policy: Policy

    async def check(self, broadcast: str, now: datetime) -> Checked:
        """What stands against a broadcast; kept, unless it was changed meanwhile.

        Raises:
            StoreError: there is no such broadcast.
        """
        written = await read_written(self.driver.run, self.keyring, broadcast)
        if written is None:
            raise StoreError(N_("There is no such broadcast within reach."))
        findings = Findings(Filling(self.keyring, self.policy, written, written.day(now)))
        async for people in Roll.of(self.driver.run, self.keyring, written, now).pages():
            for person in people:
                findings.add_person(person)
        found = [*self._common_problems(written, now), *findings.problems]
        if (unknown := await self._find_unknown(written)).count:
            found.append(Problem(trouble=Trouble.UNKNOWN, rows=tuple(unknown.first), count=unknown.count))
        if not any(one.reachable for one in findings.counted):
            found.append(Problem(trouble=Trouble.NOBODY))
        checked = Checked(at=now, counted=findings.counted, problems=tuple(found))
        await self._save_findings(written, checked)
        return checked

    def _common_problems(self, written: Written, now: datetime) -> Iterator[Problem]:
        """What is the same for every recipient."""
        draft = written.draft
        yield from problems(draft.text)
        if draft.document is not None and not 0 < (written.document_size or 0) <= self.policy.document:
            yield Problem(trouble=Trouble.DOCUMENT, about=draft.document)
        if written.parent is None and _is_past(written, now):
            yield Problem(trouble=Trouble.PAST)

    async def _find_unknown(self, written: Written) -> Rows:
        """Those of a list whom nobody knows, who have not agreed to be known, or who are out of reach."""
        listed, unknown = sorted(set(written.draft.audience.chats or ())), Rows()
        known = Meant(*reaching(written.reach))
        known = known if by_role(written.draft.audience) else known.with_condition("agreed")
        for start in range(0, len(listed), PAGE):
            part = listed[start : start + PAGE]
            (rows,) = await self.driver.run(
                known.with_condition("listed", chats=json.dumps(part)).to_query("audience_known")
            )
            there = {chat for (chat,) in rows}
            for chat in part:
                if chat not in there:
                    unknown.add(person_code(chat))
        return unknown

    async def _save_findings(self, written: Written, checked: Checked) -> None:
        """Kept with the text that was checked: it says nothing of one that was changed, or moved, meanwhile."""
        state = Life.DRAFT if checked.problems else Life.CHECKED
        row = {"id": written.id, "was": written.state.value, "now": stored(checked.at)}
        noted = {
            **row,
            "revision": written.revision,
            "state": state.value if written.state in _DRAFTS else written.state.value,
            "recipients": checked.recipients,
            "findings": self.keyring.seal(checked.model_dump_json(), places.broadcast_findings(written.id)),
        }
        try:
            await self.driver.run(Call("note_check", noted, must=True), Call("note_life", row))
        except TurnTaken:
            return


def _is_past(written: Written, now: datetime) -> bool:
    """The time of the start, or the last step of the plan, is over."""
    plan, starts = written.draft.plan, written.draft.starts_at
    if plan is not None:
        return _last(plan) < now
    return starts is not None and starts < now


def _last(plan: Plan) -> datetime:
    return datetime.combine(plan.deadline - timedelta(days=min(plan.steps, default=0)), plan.at, VIETNAM)
