"""The office of one transaction."""

from bot.store.broadcasts.port import StoredBroadcasts
from bot.store.office.acting import Acting
from bot.store.office.desk import StoredDesk
from bot.store.office.exports import StoredExports
from bot.store.office.extract import StoredExtract
from bot.store.office.imports import StoredImports
from bot.store.office.journal import StoredJournal
from bot.store.office.people import StoredPeople
from bot.store.office.picture import StoredPicture
from bot.store.office.unit_book import StoredUnitBook
from handlers.broadcasts.ports import Broadcasts
from handlers.ports import Desk, Exports, Extract, Imports, Journal, People, Picture, UnitBook


class StoredOffice:
    """Implements ``handlers.ports.Office``."""

    def __init__(self, acting: Acting) -> None:
        journal = StoredJournal(acting)
        self.journal: Journal = journal
        self.people: People = StoredPeople.of(acting, journal)
        self.desk: Desk = StoredDesk(acting, journal)
        self.picture: Picture = StoredPicture(acting)
        self.extract: Extract = StoredExtract(acting)
        self.exports: Exports = StoredExports(acting, journal)
        self.imports: Imports = StoredImports(acting, journal)
        self.units: UnitBook = StoredUnitBook(acting, journal)
        self.broadcasts: Broadcasts = StoredBroadcasts.of(acting, journal)
