"""Print rich text in the terminal; apart from the streams, because a command that prints plain text needs no rich."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bot.streams import sanitize


class SafeConsole(Console):
    """A rich console in which foreign text cannot steer the terminal; only its own styles do."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Sanitize the text of every segment; rich's own control segments stay."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(sanitize(segment.text), segment.style)
