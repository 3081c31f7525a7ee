"""The way into the admin pages: a link that works once makes a session, for people who have a role at that moment."""

from dataclasses import dataclass

from bot.clock import Clock
from bot.services.links import SIGN_IN_PATH
from bot.services.unit_of_work import open_admin_transaction
from bot.store import Store
from bot.store.links import new_link
from handlers.model import MACHINE, WEB, Act, AuditAction, LinkPurpose, Rights


@dataclass(frozen=True, slots=True)
class SignIn:
    """Links that sign a browser in to the admin pages. Every method raises StoreError."""

    store: Store
    clock: Clock

    async def make(self, chat: str, rights: Rights, address: str) -> str | None:
        """Make a link for another person, whose chat it is; ``None`` where they have no role."""
        now = self.clock.now()
        async with open_admin_transaction(self.store, now, chat=chat, channel=MACHINE) as at:
            person = Rights.of(await at.admin.people.mine(), rights.units)
            if not person.reach(Act.USE_PAGES):
                return None
            link = new_link(self.store.keyring, LinkPurpose.SIGN_IN, chat, now)
            await at.keep_link(link)
            unit = person.journal_unit(Act.USE_PAGES)
            await at.admin.journal.record(rights, AuditAction.SIGN_IN_LINK, person.actor, unit=unit)
            await at.commit()
        return f"{address}{SIGN_IN_PATH}{link.token}"

    async def use(self, token: str) -> str | None:
        """Use a link up; return the cookie of a new session, ``None`` where the link or its person's role is gone."""
        now = self.clock.now()
        used = await self.store.links.use(LinkPurpose.SIGN_IN, token, now)
        if used is None:
            return None
        units = await self.store.units.read()
        async with open_admin_transaction(self.store, now, chat=used.chat, channel=WEB) as at:
            rights = Rights.of(await at.admin.people.mine(), units)
            if not rights.reach(Act.USE_PAGES):
                return None
            cookie = await at.begin_desk_session()
            unit = rights.journal_unit(Act.USE_PAGES)
            await at.admin.journal.record(rights, AuditAction.SIGN_IN, rights.actor, unit=unit)
            await at.commit()
        return cookie
