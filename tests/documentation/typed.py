"""What the documentation types: the commands of its pages, in blocks and in sentences, and its Python."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gan_cli.verbs import VERBS

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
STAR = "\N{ASTERISK OPERATOR}"
"""Stands for a star that the shell does not expand, as it is quoted."""
PLACEHOLDER = re.compile(r"\.\.\.|\||\b(VERB|VARIANT|NAME)\b|--(input|part|init|help)$|^data (check|prepare)$")
"""In a sentence: what is no whole command, but says how one looks."""


NOT_RUN = {
    r"--trainer\.(devices|num_nodes) ": "several processes or machines; tests/test_processes.py starts such",
    r"--trainer\.accelerator mps": "a GPU of Apple's",
}
"""Commands of blocks that are only understood, and why."""


class Command(NamedTuple):
    """A command of a page.

    Attributes:
        page: Its name.
        words: What follows `gan`.
        refused: Whether the page says that it is refused.
    """

    page: str
    words: tuple[str, ...]
    refused: bool = False

    @property
    def text(self) -> str:
        """As it is typed, but for quotes."""
        return " ".join(("gan", *self.words)).replace(STAR, "*")

    @property
    def runs(self) -> bool:
        """Whether the tests run it, and do not only read it."""
        return not any(re.search(pattern, self.text) for pattern in NOT_RUN)


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of a page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def lines(page: Path) -> Iterator[str]:
    """The lines that a page types into a shell; what is gone on with on the next line is one."""
    for block in blocks(page, "sh"):
        yield from block.replace("\\\n", " ").splitlines()


def commands(page: Path) -> list[Command]:
    """The commands of a page's blocks in their order, each once."""
    found = (command for line in lines(page) for command in in_line(page.name, line))
    return list(dict.fromkeys(found))


def in_line(page: str, line: str) -> Iterator[Command]:
    """The commands of a line, several where `&&` stands between; a launcher, a container or a queue may start them."""
    kept = re.sub(r'"[^"]*"', lambda quoted: quoted[0].replace("*", STAR), line)
    refused = "# refused" in line
    words = shlex.split(kept, comments=True)
    while words:
        end = words.index("&&") if "&&" in words else len(words)
        one, words = words[:end], words[end + 1 :]
        stops = [at for at, word in enumerate(one) if word in ("|", ">", "&")]
        one = one[: min(stops, default=len(one))]
        if one[:2] == ["sbatch", "deploy/slurm.sbatch"]:
            one = ["sbatch", "gan", "fit", *one[2:]]
        starts = [at for at, word in enumerate(one[:-1]) if word in ("gan", "gan_cli", "gan-cli")]
        for at in starts[-1:]:
            if one[at + 1] in (*VERBS, "--print_completion"):
                yield Command(page, tuple(one[at + 1 :]), refused)


def in_sentences(page: Path) -> list[Command]:
    """The commands in a page's sentences and tables that have more than a verb, each once."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    found = []
    for written in re.findall(r"`gan ([a-z][^`]*)`", text):
        words = shlex.split(written.replace("`", ""))
        whole = words[0] != "fit" or not {"--config", "--model", "--init"}.isdisjoint(words)
        if len(words) > 1 and words[0] in VERBS and whole and not PLACEHOLDER.search(" ".join(words)):
            found.append(Command(page.name, tuple(words)))
    return list(dict.fromkeys(found))
