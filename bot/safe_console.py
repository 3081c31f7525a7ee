"""Rich output in which foreign text steers nothing. Rich is imported by the commands that draw with it alone."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bot.harmless import harmless


class SafeConsole(Console):
    """A rich console in which no text of strangers steers the terminal; its own styles do."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Make the text of every segment harmless; rich's own controls stay."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)
