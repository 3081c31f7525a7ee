"""An owner, an admin and two officers at work, while somebody kills the program."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from handlers.admin.requests.text import MOVE_LABELS
from handlers.core.text import capitalize_first
from handlers.model.exports import ExportForm
from handlers.model.request import RequestState
from handlers.model.rights import Role
from handlers.requests.fields import FIELDS
from handlers.requests.text import STATE_LABELS
from tests.acceptance.admins import accepts, changes_listed, edited, exports, invited, registers, told
from tests.acceptance.killing import Killer, Watched
from tests.support.botapi.api import BotApi
from tests.support.botapi.chats import Shown

#: Kills while a file is written: seconds from its order, within which it is written again and again.
WRITING_KILLS, WRITING = 3, 1.5
REASON, REFUSAL = "Số hiệu chứng thư chưa đúng", "Đã có yêu cầu khác"
#: Old names of one xã of today, and what each officer writes on the form.
OFFICERS = {"Lan": ("xa phu huu", "UBND xã Phú Hữu"), "Minh": ("xa phu dong", "UBND xã Phú Đông")}


@dataclass
class Office:
    """A run: an owner, an admin, two officers, and whoever kills the program meanwhile."""

    api: BotApi
    folder: Path
    killer: Killer

    def __post_init__(self) -> None:
        watched = partial(Watched, acted=self.killer.acted)
        self.owner, self.admin, *officers = (watched(self.api.user(name)) for name in ("Hà", "Dung", *OFFICERS))
        self.officers = dict(zip(OFFICERS, officers, strict=True))
        self.codes: dict[str, str] = {}
        self.file = b""

    async def works(self) -> None:
        await asyncio.gather(self._arrives(), *(self._registers(name) for name in OFFICERS))
        await self._moves_single_ones()
        await self._filters(RequestState.ACCEPTED)
        await changes_listed(self.admin, MOVE_LABELS[RequestState.FORWARDED], 2)
        await self._told(dict.fromkeys(OFFICERS, RequestState.FORWARDED))
        await self._exports()
        await self._imports()
        await self.killer.done()

    async def _arrives(self) -> None:
        """The owner invites, the admin follows the link."""
        await self.owner.consents()
        await accepts(self.admin, await invited(self.owner, Role.ADMIN, "xa dai phuoc", "Chị Dung"))

    async def _registers(self, name: str) -> None:
        self.codes[name] = await registers(self.officers[name], *OFFICERS[name])

    async def _moves_single_ones(self) -> None:
        """One is sent back, put right and sent again; both are accepted."""
        await self._opens("Minh")
        await self.admin.taps(MOVE_LABELS[RequestState.SENT_BACK])
        await self.admin.says(REASON)
        await self._told({"Minh": RequestState.SENT_BACK})
        await self._amends("Minh")
        for name in OFFICERS:
            await self._opens(name)
            await self.admin.taps(MOVE_LABELS[RequestState.ACCEPTED])
            await self._told({name: RequestState.ACCEPTED})

    async def _filters(self, state: RequestState) -> Shown:
        await self.admin.says("/danhsach")
        for label in ("Filter", "State"):
            await self.admin.taps(label)
        await self.admin.user.taps(capitalize_first(self.admin.words(STATE_LABELS[state])))
        return await self.admin.hears()

    async def _opens(self, name: str) -> None:
        """From the list of what is new."""
        shown = await self._filters(RequestState.SUBMITTED)
        await self.admin.user.taps(next(label for label in shown.labels if self.codes[name] in label))
        await self.admin.hears()

    async def _amends(self, name: str) -> None:
        officer = self.officers[name]
        await officer.says(f"/yeucau {self.codes[name]}")
        await officer.taps("Change this request")
        await officer.user.taps(officer.words("Change: {fact}", fact=officer.words(FIELDS["serial"].title)))
        await officer.hears()
        await officer.says("75580955FC81D6A7")
        await officer.taps("Save the change")

    async def _told(self, states: dict[str, RequestState]) -> None:
        for name, state in states.items():
            await told(self.officers[name], self.codes[name], state)

    async def _exports(self) -> None:
        """Ordered in the chat; the kills of this act come while it is written."""
        await self.admin.taps("Clear the filter")
        for _ in range(WRITING_KILLS if self.killer.after else 0):
            self.killer.kills_within(WRITING)
        self.file = await exports(self.admin, ExportForm.XLSX)

    async def _imports(self) -> None:
        states = {self.codes["Lan"]: (RequestState.DONE, ""), self.codes["Minh"]: (RequestState.REFUSED, REFUSAL)}
        await self.admin.user.sends_file(edited(self.file, states, self.admin.words), "danh-sach.xlsx")
        await self.admin.hears()
        await self.admin.user.taps(self.admin.words("Yes, change {number}", number=len(states)))
        await self.admin.hears()
        await self._told({"Lan": RequestState.DONE, "Minh": RequestState.REFUSED})

    @property
    def people(self) -> dict[str, Watched]:
        return {"Hà": self.owner, "Dung": self.admin, **self.officers}

    def named(self, text: str) -> str:
        """The same with the officers' names in the place of the codes: who registers first has the first code."""
        for name, code in self.codes.items():
            text = text.replace(code, f"<{name}>")
        return text

    def cell(self, value: object) -> str:
        return "<time>" if isinstance(value, datetime) else self.named(str(value))
