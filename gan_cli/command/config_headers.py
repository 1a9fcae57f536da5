"""What the first line of a packaged config says: the method, its paper, and what it is trained on."""

import re
from pathlib import Path
from typing import NamedTuple

from gan_cli.command.catalogue import config_files

PATTERN = re.compile(r"# (?P<method>[^()]+) \((?P<paper>[^;()]+)(;[^()]+)?\) (?P<about>.+)")
ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")

NO_PAPER = "Laid over another config"
"""The heading of configs that hold no method of a paper."""


class Header(NamedTuple):
    """The first line of a config, such as `# GAN (Goodfellow et al. 2014, arXiv:1406.2661) on the embedded digits`.

    Attributes:
        method: The name that the paper gives it; "" where the config belongs to no paper.
        paper: Authors, year, and arXiv number or venue; of several papers the first.
        about: The rest of the line, such as "on the embedded digits".
    """

    method: str
    paper: str
    about: str

    @property
    def heading(self) -> str:
        """The method and its paper, above all configs of it."""
        return f"{self.method}, {self.paper}" if self.method else NO_PAPER


def header(config: Path) -> Header:
    """What the first line of a config says."""
    line = config.read_text("utf-8").partition("\n")[0]
    found = PATTERN.fullmatch(line)
    if found is None:
        return Header("", "", line.lstrip("# "))
    return Header(found["method"], found["paper"].strip(), found["about"])


def by_paper() -> dict[str, dict[str, str]]:
    """The packaged configs below the headings of their papers, each with what it is about; older papers come first."""
    headers = {path.name: header(path) for path in config_files()}
    found: dict[str, dict[str, str]] = {}
    for name, said in sorted(headers.items(), key=lambda entry: (_age(entry[1]), entry[1].heading, entry[0])):
        found.setdefault(said.heading, {})[name] = said.about
    return found


def _age(said: Header) -> str:
    """What papers are sorted by: their arXiv number, or else their year; those without either come last."""
    if number := ARXIV.search(said.paper):
        return number[1]
    year = re.search(r"\b\d\d(\d\d)\b", said.paper)
    return f"{year[1]}13" if year else "~"
