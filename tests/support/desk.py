"""The admin pages over real sockets: people with roles in front of them, units, and a request in each of two."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from bot.services.sign_in import SignIn
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store
from handlers.model import RequestState, Role
from tests.support.delivery import TurnedClock
from tests.support.people import OPERATOR, UNITS, grant_role, make_person_content
from tests.support.store import CHANNEL
from tests.support.stored_dialogue import register_request
from tests.support.web import Office

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
_FORM = re.compile(r'name="form" value="([^"]+)"')
#: A person for each kind of caller: role, unit.
PEOPLE = {
    "owner": (Role.OWNER, None),
    "admin": (Role.ADMIN, "DN.NT"),
    "focal": (Role.FOCAL, "DN.NT"),
    "far": (Role.ADMIN, "DN.DP"),
}
SECRET = "Nguyễn Mật Đại Phước"
NEAR = "Trần Gần Nhơn Trạch"


@dataclass
class Desk:
    """The assistant with people, units and a request in each of two communes."""

    office: Office
    clock: TurnedClock
    near: str
    far: str
    grants: dict[str, str]
    open_clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.office.store

    def client(self, **headers: str) -> httpx.AsyncClient:
        made = httpx.AsyncClient(base_url=self.office.address, timeout=120, headers=headers)
        self.open_clients.append(made)
        return made

    async def link(self, who: str) -> str:
        chat = self.store.chats.at(CHANNEL, who).id
        made = await SignIn(self.store, self.clock).make(chat, OPERATOR, "")
        assert made is not None
        return made

    async def signed_in(self, who: str) -> httpx.AsyncClient:
        client = self.client()
        answer = await client.post(await self.link(who))
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
        return client

    async def token(self, client: httpx.AsyncClient) -> str:
        found = _FORM.search((await client.get("/desk")).text)
        assert found is not None
        return found[1]

    async def post(self, client: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
        return await client.post(path, data={"form": await self.token(client), **fields})

    async def state(self, code: str) -> RequestState:
        async with open_admin_transaction(self.store, NOW, reading=True) as at:
            filed = await at.admin.desk.get(OPERATOR, code)
        assert filed is not None
        return filed.request.state

    async def acts(self) -> list[str]:
        async with open_admin_transaction(self.store, NOW, reading=True) as at:
            return [row.act for row in await at.admin.journal.latest(OPERATOR, 50)]


@asynccontextmanager
async def furnished(office: Office) -> AsyncIterator[Desk]:
    """The pages of an office that is served, with all of that behind them; both officers agreed to be known."""
    store, clock = office.store, office.clock
    assert isinstance(clock, TurnedClock)
    async with open_admin_transaction(store, NOW) as at:
        await at.admin.units.save(OPERATOR, UNITS, frozenset(UNITS.units))
        await at.commit()
    grants = {who: (await grant_role(store, who, role, unit, label=who)).id for who, (role, unit) in PEOPLE.items()}
    near = await register_request(store, "cán bộ 1", make_person_content(NEAR), "DN.NT")
    far = await register_request(store, "cán bộ 2", make_person_content(SECRET), "DN.DP")
    made = Desk(office, clock, near.code, far.code, grants)
    yield made
    for client in made.open_clients:
        await client.aclose()
