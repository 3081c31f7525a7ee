"""The rule book as a page for a lawyer: to be searched, asked by a situation, printed and signed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from starlette.responses import Response

from bot.web.desk.requests import today_of
from bot.web.desk.site import DeskRoute, DeskVisit
from handlers.core import format_pack, format_statement, parse_day
from handlers.model import Act
from handlers.rulebook import render_rulebook
from locales import N_, Translator, translator
from rules.deciding import decide, decisive_rows
from rules.errors import FactsError
from rules.facts import Facts, Issuer
from rules.language.spelling import fold
from rules.outcome import Action, Decided
from rules.pack import Pack
from rules.parsing import parse_facts
from rules.tables import Row

_TABLE_NAME = N_("Table of rules")
_PATH = "/desk/rules"
_ISSUERS = {
    Issuer.GOVERNMENT: N_("The government's provider (Ban Cơ yếu Chính phủ)"),
    Issuer.PUBLIC: N_("A public provider"),
    Issuer.NONE: N_("There is no certificate yet"),
    Issuer.UNKNOWN: N_("not known"),
}
#: The facts that have one answer, in the order of the pack's questions.
_SINGLE = ("subject", "merger_role", "information_matches", "token", "key_exposed")
_NO_DAY = N_("There is no day {day}. Please type it like 15/12/2026.")


@dataclass(frozen=True, slots=True)
class Book:
    """The book in one language: its Markdown, and as HTML with its chapters."""

    text: str
    html: Markup
    headings: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RulePages:
    """The pages of the rule book."""

    pack: Pack

    def routes(self) -> tuple[DeskRoute, ...]:
        """Return their addresses."""
        return (
            DeskRoute("GET", _PATH, Act.USE_PAGES, self._show),
            DeskRoute("GET", f"{_PATH}/situation", Act.USE_PAGES, self._show_situation),
        )

    async def _show(self, visit: DeskVisit) -> Response:
        """Show what ``troly rules show`` prints, or the parts of it that hold all words of a search."""
        book, words = _render_book(self.pack, visit.say.language), visit.param("q").strip()
        hits, found = _find_passages(book.text, words) if words else ("", 0)
        html, headings = _to_html(hits, visit.say.language) if words else (book.html, book.headings)
        return visit.page(
            "desk_rules.html", book=html, headings=headings, words=words, found=found,
            pack=format_pack(self.pack, visit.say.t), replaced=len(self.pack.replaced),
        )  # fmt: skip

    async def _show_situation(self, visit: DeskVisit) -> Response:
        """Show a form with the questions of the pack, and what it decides for the answers."""
        t, params = visit.say.t, visit.request.query_params
        events = [one for one in params.getlist("events")[:40] if len(one) < 40]
        values = {name: visit.param(name, 40) for name in (*_SINGLE, "issuer", "not_after", "not_before")}
        asked = bool(events or any(values.values()))
        facts, wrong = self._read(values, events, t) if asked else (None, "")
        today, decided = today_of(visit), None
        rows: tuple[Row, ...] = ()
        if facts is not None:
            outcome = decide(self.pack, facts, today)
            decided = outcome if isinstance(outcome, Decided) else None
            rows = decisive_rows(self.pack, facts, today)
            wrong = "" if decided else self._still_needed(getattr(outcome, "facts", ()), t)
        return visit.page(
            "desk_situation.html", questions=list(self._questions(t)), values=values, chosen=events, wrong=wrong,
            issuers=[(one.value, t(label)) for one, label in _ISSUERS.items()], asked=asked, today=today,
            actions=[_action(one, t) for one in decided.actions] if decided else [],
            notices=[format_statement(one, t) for one in decided.notices] if decided else [],
            rows=[self._row(row, t) for row in rows], pack=format_pack(self.pack, t), decided=decided is not None,
        )  # fmt: skip

    def _questions(self, t: Translator) -> Iterator[dict[str, object]]:
        for question in self.pack.questions:
            if question.fact == "certificate":
                continue
            options = {option.value: t(option.label) for option in question.options}
            yield {"fact": question.fact, "text": t(question.text), "many": question.many, "options": options}

    def _read(self, values: Mapping[str, str], events: list[str], t: Translator) -> tuple[Facts | None, str]:
        """Return the facts that the address states, or what is wrong with them."""
        stated: dict[str, object] = {name: values[name] for name in _SINGLE if values[name]}
        for name in ("information_matches", "key_exposed"):
            if name in stated:
                stated[name] = {"true": True, "false": False}.get(values[name], values[name])
        if events:
            stated["events"] = [] if "nothing" in events else sorted(set(events))
        if values["issuer"]:
            days = {name: parse_day(values[name]) for name in ("not_after", "not_before")}
            for name, day in days.items():
                if values[name] and day is None:
                    return None, t(_NO_DAY, day=values[name])
            stated["certificate"] = {"issuer": values["issuer"], **days}
        try:
            return parse_facts(stated), ""
        except FactsError as error:
            return None, error.say(t)

    def _still_needed(self, facts: tuple[str, ...], t: Translator) -> str:
        missing = [t(question.text) for question in self.pack.questions if question.fact in facts]
        return t(N_("Still to be answered: {facts}"), facts=" ".join(missing))

    def _row(self, row: Row, t: Translator) -> dict[str, str]:
        table = next((one for one in self.pack.tables if row in one.rows), None)
        reason = format_statement(row.statement, t) if row.reason else ""
        return {"id": row.id, "table": t(table.about) if table else "", "result": row.result or "", "reason": reason}


def _action(action: Action, t: Translator) -> dict[str, object]:
    return {
        "title": t(action.title),
        "form": action.form or "",
        "reasons": [format_statement(one, t) for one in action.reasons],
        "steps": [format_statement(one, t) for one in action.steps],
        "rows": action.rows,
    }


@lru_cache(maxsize=8)  # it changes with the program alone
def _render_book(pack: Pack, language: str) -> Book:
    text = render_rulebook(pack, translator(language))
    html, headings = _to_html(text, language)
    for row in pack.rows:  # the first cell of its name is the row's own
        cell = f"<td>{escape(row)}</td>"
        html = Markup(html.replace(Markup(cell), Markup(f'<td id="row-{escape(row)}">{escape(row)}</td>'), 1))  # noqa: S704 - HTML of the rules is escaped
    return Book(text, html, headings)


def _to_html(text: str, language: str) -> tuple[Markup, list[tuple[str, str]]]:
    """Return Markdown as HTML, and the ids and texts of its chapters. No markup of the rules passes as HTML."""
    t = translator(language)
    headings: list[tuple[str, str]] = []
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            opening.attrSet("id", f"part-{len(headings) + 1}")
            headings.append((f"part-{len(headings) + 1}", inline.content))
    html = reader.renderer.render(tokens, reader.options, {})
    name = escape(t(_TABLE_NAME))
    html = html.replace("<table>", f'<div class="wide" tabindex="0" role="group" aria-label="{name}"><table>')
    return Markup(html.replace("</table>", "</table></div>")), headings  # noqa: S704 - HTML of the rules is escaped


_HEADING = re.compile(r"#{1,3} ")
_PHRASE = re.compile(r'["“](.+)["”]')


def _find_passages(text: str, words: str) -> tuple[str, int]:
    """Return the passages that hold all words, below their headings, and how many there are.

    A passage is a paragraph, a line of a list, or a row of a table, which keeps the heading of its table. Accents and
    capitals do not matter. What stands between quotation marks is looked for as it stands.
    """
    phrase = _PHRASE.fullmatch(words)
    wanted = [fold(phrase[1])] if phrase else fold(words).split()

    def holds(passage: str) -> bool:
        folded = fold(passage)
        return all(word in folded for word in wanted)

    kept: list[str] = []
    headings: dict[int, str] = {}
    found = 0
    for block in text.split("\n\n"):
        if _HEADING.match(block):
            level = block.index(" ")
            headings = {above: line for above, line in headings.items() if above < level} | {level: block}
            continue
        passage, number = _passages_of(block, holds)
        if number:
            kept += [line for level, line in headings.items() if level > 1]
            headings = {level: line for level, line in headings.items() if level == 1}
            kept.append(passage)
            found += number
    return "\n\n".join(kept), found


def _passages_of(block: str, holds: Callable[[str], bool]) -> tuple[str, int]:
    lines = block.split("\n")
    head, rest = (lines[:2], lines[2:]) if block.startswith("|") else ([], lines)
    hits = [line for line in rest if holds(line)]
    return "\n".join([*head, *hits]), len(hits)
