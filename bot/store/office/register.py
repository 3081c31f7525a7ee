"""The register of units and certificates, as the person in a chat adds to it."""

from dataclasses import dataclass

from bot.store import places
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from handlers.office.model import Standing


@dataclass(frozen=True, slots=True)
class StoredRegister:
    """Implements ``handlers.ports.Register``."""

    acting: Acting

    async def save_status(self, standing: Standing) -> None:
        """Where an interview stands now."""
        acting = self.acting
        row = self._row(standing)
        calls = [Call("belong_to", {"chat": acting.chat, "unit": standing.unit}), Call("keep_standing", row)]
        if standing.certificate_key:
            calls.append(Call("drop_older_standings", row))
        await acting.ask(*calls)

    def _row(self, standing: Standing) -> dict[str, object]:
        keyring, chat = self.acting.keyring, self.acting.chat
        row_id = places.standing_id(chat, standing.interview)
        key, name, owed = standing.certificate_key, standing.subscriber, standing.owed
        return {
            "id": row_id,
            "chat": chat,
            "unit": standing.unit,
            "certificate_key": places.certificate_id(keyring, key) if key else None,
            "not_after": standing.not_after.toordinal() if standing.not_after else None,
            "owed": None if owed is None else ",".join(owed),
            "subscriber": keyring.seal(name, places.subscriber(row_id)) if name else None,
            "now": stored(self.acting.now),
        }
