"""What an export reads of the request list."""

from dataclasses import dataclass
from typing import Any

from bot.store import places
from bot.store.contents import shown_content
from bot.store.moments import moment
from bot.store.office.acting import Acting
from bot.store.office.filtering import meant
from bot.store.reading import readable_text
from handlers.office.masking import masked
from handlers.office.model import Filed, Filter
from handlers.office.rights import Act, Rights
from handlers.requests.model import Request, State


@dataclass(frozen=True, slots=True)
class StoredExtract:
    """Implements ``handlers.ports.Extract``."""

    acting: Acting

    async def extent(self, rights: Rights, wanted: Filter) -> tuple[int, int]:
        """How many, and the newest number."""
        these = await meant(self.acting, rights, Act.EXPORT_REQUESTS, wanted)
        if these is None:
            return 0, 0
        (((count, last),),) = await self.acting.ask(these.to_query("extract_extent"))
        return count, last

    async def batch(self, rights: Rights, wanted: Filter, limit: int, *, after: int, last: int) -> tuple[Filed, ...]:
        """The oldest beyond ``after``."""
        these = await meant(self.acting, rights, Act.EXPORT_REQUESTS, wanted)
        if these is None:
            return ()
        beyond = these.with_condition("beyond", after=after, last=last)
        (rows,) = await self.acting.ask(beyond.to_query("extract_batch", limit=limit))
        found = [_filed(row, self.acting) for row in rows]
        seen = {unit: rights.may(Act.SEE_PERSONAL, unit) for unit in {filed.unit for filed in found}}
        return tuple(filed if seen[filed.unit] else masked(filed) for filed in found)


def _filed(row: tuple[Any, ...], acting: Acting) -> Filed:
    code, number, state, content, unit, registered_at, changed_at, revision, moved_at, note, actor, procedure = row
    keyring, language = acting.keyring, acting.policy.language
    opened = shown_content(keyring, code, content, procedure, language=language, whole=False)
    return Filed(
        request=Request(code=code, state=State(state), content=opened, history=()),
        number=number,
        unit=unit,
        registered_at=moment(registered_at),
        changed_at=moment(changed_at),
        revision=revision,
        note=readable_text(keyring, note, places.note(code, moved_at or 0)) or "",
        actor=actor or "",
    )
