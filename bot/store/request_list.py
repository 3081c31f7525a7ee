"""The request list."""

import json
from dataclasses import dataclass
from typing import Any

from bot.store.contents import shown_content
from bot.store.drivers import Call, Rows
from bot.store.moments import moment
from bot.store.office.acting import Acting
from bot.store.office.filtering import Meant, meant
from bot.store.office.journal import StoredJournal, span
from bot.store.office.moving import Mover, affairs_of, mark_of
from bot.store.office.placing import put
from bot.store.request_book import SUBSCRIBER, steps_by_code
from handlers.office.masking import masked
from handlers.office.model import Filed, Filter, Move, Moved, MovedAll, Prospect
from handlers.office.moving import AT_ONCE, moves_of, reason_for
from handlers.office.rights import Act, Rights
from handlers.requests.model import Request, State, Step
from rules.calendar import vietnamese_day


@dataclass(frozen=True, slots=True)
class StoredDesk:
    """Implements ``handlers.ports.Desk``."""

    acting: Acting
    journal: StoredJournal

    async def count(self, rights: Rights, wanted: Filter, act: Act = Act.SEE_REQUESTS) -> int:
        """How many requests are meant."""
        these = await meant(self.acting, rights, act, wanted)
        return 0 if these is None else await self._count(these)

    async def page(self, rights: Rights, wanted: Filter, limit: int, before: int | None = None) -> tuple[Filed, ...]:
        """The newest of them, older than ``before``."""
        these = await meant(self.acting, rights, Act.SEE_REQUESTS, wanted)
        if these is None:
            return ()
        return await self._read(
            rights, these if before is None else these.with_condition("numbered_below", before=before), limit
        )

    async def get(self, rights: Rights, code: str) -> Filed | None:
        """One of them."""
        return await self._get(rights, Act.SEE_REQUESTS, code)

    async def move(self, rights: Rights, code: str, to: State, revision: int, note: str = "") -> Moved:
        """Move one as it was seen."""
        seen = await self._get(rights, Act.CHANGE_REQUESTS, code)
        if seen is None:
            return Moved(Move.UNKNOWN)
        if seen.revision != revision:
            return Moved(Move.OVERTAKEN, seen)
        if to not in moves_of(seen.request.state):
            return Moved(Move.NOT_ALLOWED, seen)
        if (why := reason_for(to, note)) is None:
            return Moved(Move.NO_REASON, seen)
        these = Meant().with_condition("coded", code=code).with_condition("seen_at", revision=revision)
        done = await Mover(self.acting, rights.actor, to, why).move(await affairs_of(self.acting, these, 1))
        if done.changed:
            await self.journal.record(rights, "request.move", code, unit=seen.unit)
        now = await self._get(rights, Act.CHANGE_REQUESTS, code)
        return Moved(Move.MOVED if done.changed else Move.OVERTAKEN, now)

    async def preview_move_all(self, rights: Rights, wanted: Filter) -> Prospect:
        """What ``move_all`` would go through."""
        these = await meant(self.acting, rights, Act.CHANGE_REQUESTS, wanted)
        if these is None:
            return Prospect(0, mark_of(()))
        return Prospect(await self._count(these), mark_of(await affairs_of(self.acting, these, AT_ONCE)))

    async def move_all(
        self, rights: Rights, wanted: Filter, to: State, note: str = "", *, seen: str | None = None
    ) -> MovedAll:
        """Move all that are meant and may be moved, as one: with one row of the journal."""
        these = await meant(self.acting, rights, Act.CHANGE_REQUESTS, wanted)
        if these is None:
            return MovedAll(())
        if (why := reason_for(to, note)) is None:
            return MovedAll((), outcome=Move.NO_REASON)
        number = await self._count(these)
        if number > AT_ONCE:
            return MovedAll((), outcome=Move.TOO_MANY, meant=number)
        affairs = await affairs_of(self.acting, these, AT_ONCE)
        if seen is not None and seen != mark_of(affairs):
            return MovedAll((), outcome=Move.OVERTAKEN, meant=number)
        done = await Mover(self.acting, rights.actor, to, why).move(affairs)
        if done.changed:
            subject, unit = f"{to}: {span(done.changed)}", rights.journal_unit(Act.CHANGE_REQUESTS, wanted.unit)
            await self.journal.record(rights, "request.move_all", subject, unit=unit, count=len(done.changed))
        return MovedAll(done.changed, done.left, meant=number)

    async def assign_unit(self, rights: Rights, code: str, unit: str) -> Moved:
        """Give one to a unit; where it is there already, nothing is written."""
        seen = await self._get(rights, Act.CHANGE_REQUESTS, code)
        if seen is None:
            return Moved(Move.UNKNOWN)
        target = rights.units.get(unit)
        open_ = target is not None and target.is_open(vietnamese_day(self.acting.now))
        if not open_ or not rights.may(Act.CHANGE_REQUESTS, unit):
            return Moved(Move.NOT_THERE, seen)
        if seen.unit == unit:
            return Moved(Move.MOVED, seen)
        if not await put(self.acting, code, seen.revision, unit):
            return Moved(Move.OVERTAKEN, seen)
        await self.journal.record(rights, "request.place", code, unit=unit)
        return Moved(Move.MOVED, await self._get(rights, Act.CHANGE_REQUESTS, code))

    async def _count(self, these: Meant) -> int:
        (((number,),),) = await self.acting.ask(these.to_query("desk_count"))
        return int(number)

    async def _get(self, rights: Rights, act: Act, code: str) -> Filed | None:
        these = await meant(self.acting, rights, act, Filter())
        if these is None:
            return None
        return next(iter(await self._read(rights, these.with_condition("coded", code=code), 1)), None)

    async def _read(self, rights: Rights, these: Meant, limit: int) -> tuple[Filed, ...]:
        (rows,) = await self.acting.ask(these.to_query("desk_page", limit=limit))
        steps = await self._read_histories(rows)
        found = (self._to_request_row(row, steps.get(row[0], [])) for row in rows)
        return tuple(one if rights.may(Act.SEE_PERSONAL, one.unit) else masked(one) for one in found)

    async def _read_histories(self, rows: Rows) -> dict[str, list[Step]]:
        if not rows:
            return {}
        codes = json.dumps([row[0] for row in rows])
        (history,) = await self.acting.ask(Call("desk_history", {"codes": codes}))
        return steps_by_code(self.acting.keyring, history)

    def _to_request_row(self, row: tuple[Any, ...], steps: list[Step]) -> Filed:
        code, number, state, sealed, unit, registered_at, changed_at, revision, procedure = row
        acting = self.acting
        content = shown_content(acting.keyring, code, sealed, procedure, language=acting.policy.language)
        changed = moment(changed_at)
        return Filed(
            Request(code=code, state=State(state), content=content, history=tuple(steps)),
            number,
            unit,
            moment(registered_at),
            changed,
            revision,
            note=steps[-1].note if steps else "",
            actor=next((step.by for step in steps[-1:] if step.at == changed), SUBSCRIBER),  # who else amends?
        )
