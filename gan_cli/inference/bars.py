"""How far a verb is: nothing where there is no terminal."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """How many inputs are done, and how much of the one at hand.

    Args:
        done: What has been done to inputs, in a word.
        parts: What one consists of, in the plural, such as frames.
        total: How many inputs there are.
        processes: How many processes share them; the bar shows this one's.
        hidden: Whether nothing is shown.

    Attributes:
        progress: To be entered while it is shown.
    """

    def __init__(self, done: str, parts: str, total: int, processes: int = 1, hidden: bool = False) -> None:
        console = Console()
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=hidden or not console.is_terminal,
        )
        share = f" (of 1 of {processes} processes)" if processes > 1 else ""
        self.inputs = self.progress.add_task(f"{done}{share}", total=total)
        self.parts = self.progress.add_task(parts, total=None, visible=False)

    def advance(self, by: int = 1) -> None:
        """Counts inputs."""
        self.progress.advance(self.inputs, by)
        self.progress.update(self.parts, visible=False)

    def part(self, done: int, total: int) -> None:
        """Shows the parts of an input; `total` is 0 where it is not known."""
        self.progress.update(self.parts, completed=done, total=total or None, visible=True)
