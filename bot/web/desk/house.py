"""The rule book as a page for a lawyer, and how the assistant itself is doing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from starlette.responses import Response

from bot.metrics import QueueDepths
from bot.store import Query, Store, to_micros
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.model import Act
from handlers.rulebook import render_rulebook
from locales import N_, translator
from rules.pack import Pack

#: What failed is counted for so long.
_LOOKED_BACK = timedelta(days=1)
_FAILURES = {
    "failed": N_("Messages that the platform refused"),
    "unknown": N_("Messages of which nobody knows whether they arrived"),
    "invalid": N_("Messages to a chat that no longer exists"),
    "blocked": N_("Messages to people who stopped the assistant"),
    "inbox": N_("What people sent that could not be handled"),
}
_TABLE_NAME = N_("Table of rules")


@dataclass(frozen=True, slots=True)
class HousePages:
    """The pages about the assistant itself."""

    store: Store
    pack: Pack
    accepted: Mapping[str, Callable[[], bool]]  #: by the name of a platform, whether it accepts our token
    _books: dict[str, tuple[Markup, list[tuple[str, str]]]] = field(default_factory=dict)

    def routes(self) -> tuple[DeskRoute, ...]:
        """Return their addresses."""
        return (
            DeskRoute("GET", "/desk/rules", Act.USE_PAGES, self._show_rules),
            DeskRoute("GET", "/desk/health", Act.SEE_HEALTH, self._show_health),
        )

    async def _show_rules(self, visit: DeskVisit) -> Response:
        """Show what ``troly rules show`` prints; it changes with the program alone, so each language is made once."""
        language = visit.say.language
        if language not in self._books:
            self._books[language] = _render_book(self.pack, language)
        book, headings = self._books[language]
        return visit.page("desk_rules.html", book=book, headings=headings, pack=self.pack.label)

    async def _show_health(self, visit: DeskVisit) -> Response:
        """Show channels, queues and what failed of late; nothing here names a person."""
        since = {"since": to_micros(visit.now - _LOOKED_BACK)}
        depths = await self.store.status.depths()
        outbox, inbox = await self.store.driver.run(Query("failed_messages", since), Query("failed_updates", since))
        failed = {**dict(outbox), "inbox": inbox[0][0]}
        channels = [(visit.say.t(name), accepts()) for name, accepts in self.accepted.items()]
        return visit.page(
            "desk_health.html", channels=channels, queues=_queues(visit, depths), pack=self.pack.label,
            failures=[(visit.say.t(label), failed[name]) for name, label in _FAILURES.items() if failed.get(name)],
        )  # fmt: skip


def _queues(visit: DeskVisit, depths: QueueDepths) -> list[tuple[str, int]]:
    t = visit.say.t
    return [
        (t(N_("Received, not answered yet")), depths.inbox),
        (t(N_("Messages to be sent")), sum(depths.outbox.values())),
        (t(N_("Exports under way")), depths.tasks),
    ]


def _render_book(pack: Pack, language: str) -> tuple[Markup, list[tuple[str, str]]]:
    """Return the book as HTML, and the ids and texts of its chapters. No markup of the rules passes as HTML."""
    t = translator(language)
    headings: list[tuple[str, str]] = []
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(render_rulebook(pack, t))
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            opening.attrSet("id", f"part-{len(headings) + 1}")
            headings.append((f"part-{len(headings) + 1}", inline.content))
    html = reader.renderer.render(tokens, reader.options, {})
    name = escape(t(_TABLE_NAME))
    html = html.replace("<table>", f'<div class="wide" tabindex="0" role="group" aria-label="{name}"><table>')
    return Markup(html.replace("</table>", "</table></div>")), headings  # noqa: S704 - HTML of the rules is escaped
