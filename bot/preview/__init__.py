"""Render the page of all screens and the diagram of the flow as Markdown, by taking the walks."""

from collections.abc import Iterable, Sequence

from bot.preview.channel_walks import make_channel_walks
from bot.preview.office_walks import make_office_walks
from bot.preview.walks import WalkStop, make_reminder_walks, make_walks
from handlers.commands import ADMIN_COMMANDS, COMMANDS
from handlers.core import Command, Reply
from locales import N_, Translator, translator
from rules.pack import Pack

_HEADINGS = (N_("every screen"), N_("The flow"), N_("Commands"), N_("For those with a role"), N_("Screens"))
_INTRO = N_(
    "Every screen of the conversation, made by the conversation itself with `troly screens`. Buttons stand in brackets."
    " What the rules say in each case stands in `troly rules show`."
)


#: Walks under their headings.
Walks = Sequence[tuple[str, list[WalkStop]]]


async def render_page(pack: Pack, language: str) -> str:
    """Return the whole page."""
    return render_walks(await take_walks(pack, language), language)


async def take_walks(pack: Pack, language: str) -> Walks:
    """Take every walk, those of officers first."""
    officers = [*await make_walks(pack, language), *await make_reminder_walks(pack, language)]
    linked = await make_channel_walks(pack, language)
    return [*officers, *linked, *await make_office_walks(pack, language)]


def render_walks(taken: Walks, language: str) -> str:
    """Return the page of these walks."""
    t = translator(language)
    title, flow, commands, office, screens = map(t, _HEADINGS)
    parts = [
        f"# Trợ lý Chứng thư – {title}",
        t(_INTRO),
        f"## {flow}",
        _render_diagram([stop for _, stops in taken for stop in stops]),
        f"## {commands}",
        _render_commands(COMMANDS, t),
        f"## {office}",
        _render_commands(ADMIN_COMMANDS, t),
        f"## {screens}",
        *(_render_section(_render_heading(heading, t), stops[-1]) for heading, stops in taken),
    ]
    return "\n\n".join(parts) + "\n"


def _render_commands(commands: Iterable[Command], t: Translator) -> str:
    return "\n".join(f"- `/{command.name}` – {t(command.description)}" for command in commands)


def _render_section(heading: str, stop: WalkStop) -> str:
    return "\n\n".join((f"### {heading}", *(_render_message(reply) for reply in stop.replies)))


def _render_heading(heading: str, t: Translator) -> str:
    """Translate the texts of a heading, which ``|`` separates; what follows a dash is the name of a value."""
    texts, dash, name = heading.partition(" – ")
    return f"{' – '.join(map(t, texts.split(' | ')))}{dash}{name}"


def _render_message(reply: Reply) -> str:
    if reply.action == "delete" or (reply.action == "buttons" and not reply.paragraphs):
        return "> 🗑"
    text = "\n>\n".join("> " + paragraph.replace("\n", "  \n> ") for paragraph in reply.paragraphs)
    buttons = " ".join(f"`[ {choice.label} ]`" for choice in reply.choices)
    files = " ".join(f"📎 `{attachment.name}`" for attachment in reply.attachments)
    return "\n>\n".join(
        part for part in (text, f"> {files}" if files else "", f"> {buttons}" if buttons else "") if part
    )


def _render_diagram(stops: list[WalkStop]) -> str:
    """Draw screens as nodes, and an arrow for every way that a walk took between them."""
    arrows = {(stop.before, stop.after, _render_label(stop.sent)) for stop in stops if stop.before != stop.after}
    grouped: dict[tuple[str, str], list[str]] = {}
    for before, after, label in sorted(arrows):
        grouped.setdefault((before, after), []).append(label)
    lines = [f'    {a} -->|"{", ".join(labels[:4])}"| {b}' for (a, b), labels in grouped.items()]
    return "\n".join(("```mermaid", "flowchart TD", *lines, "```"))


def _render_label(sent: str) -> str:
    """Return the label of an arrow for what was sent."""
    if sent[0] == "/":
        return sent.split(maxsplit=1)[0]
    return {"=": sent[1:], "+": sent[1:].partition(":")[0], "!": "button", "#": "button"}.get(sent[0], "text")
