"""The documentation: its links lead somewhere, and what it types is understood."""

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gan_cli import verbs
from gan_cli.command import lengths
from gan_cli.errors import UserError
from gan_cli.verbs import options

PROJECT = Path(__file__).parents[1]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
THREE_SCREENS = 150
"""Lines."""


class Understood(Exception):
    """The words of a command were read, and nothing is done with them."""


def typed(page: Path) -> Iterator[str]:
    """What a page types: the lines of its blocks of shell, comments aside."""
    for block in re.findall(r"```(?:sh|bash)\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()


def commands() -> Iterator[tuple[str, list[str]]]:
    for page in PAGES:
        for line in typed(page):
            words = shlex.split(line, comments=True)
            if "gan" in words[:1] and words[1:2] != ["--print_completion"]:
                ends = [at for at, word in enumerate(words) if word in ("|", "&&", ">", "&")]
                yield page.name, words[1 : min(ends, default=len(words))]


COMMANDS = sorted({(" ".join(words), page) for page, words in commands()})


def test_the_readme_has_three_screens_at_most() -> None:
    assert len((PROJECT / "README.md").read_text("utf-8").splitlines()) <= THREE_SCREENS


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    text = (PROJECT / "README.md").read_text("utf-8")
    goals = {goal.partition("#")[0] for goal in re.findall(r"\]\(([^)]+)\)", text) if "://" not in goal}
    assert len(goals) > 10
    assert [goal for goal in goals if not (PROJECT / goal).exists()] == []


def test_the_site_is_made_and_no_link_in_it_is_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build, config = (pytest.importorskip(name) for name in ("mkdocs.commands.build", "mkdocs.config"))
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    build.build(config.load_config(str(PROJECT / "mkdocs.yml"), site_dir=str(tmp_path)))  # strict: a warning fails
    assert (tmp_path / "faq.html").is_file()


@pytest.mark.slow  # each command makes a parser
@pytest.mark.parametrize(("command", "page"), COMMANDS)
def test_what_is_typed_is_understood(command: str, page: str, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in ("parsed", "light"):
        monkeypatch.setattr(options, reader, _until_read(getattr(options, reader)))
    monkeypatch.setattr(lengths, "settle", _understood)  # the next thing that gan fit does
    monkeypatch.delitem(sys.modules, "my_gan", raising=False)
    words = _with_what_is_named(shlex.split(command))
    try:
        with pytest.raises((Understood, SystemExit)):  # --help ends the process
            verbs.run(words)
    except UserError as error:
        pytest.fail(f"{page}: gan {command}: {error}")


def _with_what_is_named(words: list[str]) -> list[str]:
    """A command in a folder where there is what it names; of runs only the config."""
    own = re.search(r"`my_gan.py`:\n\n```python\n(.*?)```", (PROJECT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    assert own is not None
    Path("my_gan.py").write_text(own.group(1), "utf-8")
    if words[:2] == ["data", "check"] and "/" in words[2]:
        Path(words[2]).mkdir(parents=True)
    if "--init" in words:
        at = words.index("--init")
        words = ["fit", "--config", "dcgan.yaml", *words[1:at], *words[at + 2 :]]
    for word in words:
        if word.endswith("/config.yaml"):
            Path(word).parent.mkdir(parents=True)
            Path(word).write_text("model: DCGAN\ndata: Digits\n", "utf-8")
    return words


def _understood(*_: object) -> None:
    raise Understood


def _until_read(reader: Callable[..., object]) -> Callable[..., None]:
    def read(*arguments: Any, **more: Any) -> None:
        reader(*arguments, **more)
        raise Understood

    return read
