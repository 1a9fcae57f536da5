"""The pages: their links lead somewhere, and what they type and do not run elsewhere is understood."""

import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_cli import verbs
from gan_cli.command import catalogue, lengths
from gan_cli.errors import UserError
from gan_cli.verbs import options
from tests.documentation.folders import OPEN, READY
from tests.documentation.typed import NOT_RUN, PAGES, PROJECT, Command, blocks, commands, in_sentences, lines
from tests.test_own_variant import example

THREE_SCREENS = 150
"""Lines."""

TYPED = [command for page in PAGES for command in commands(page)]
READ = [
    *(command for command in TYPED if not command.runs),
    *(command for page in PAGES for command in in_sentences(page) if command not in commands(page)),
]
"""Commands that are read and not run: of the blocks those that cannot be, and those of sentences and tables."""


class Understood(Exception):
    """The words of a command were read, and nothing is done with them."""


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


def test_extras_targets_and_files_that_are_typed_are_there() -> None:
    typed = "\n".join(line for page in PAGES for line in lines(page))
    told = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    extras = {name for names in re.findall(r"(?:gan-cli|\.)\[([a-z,]+)\]", typed) for name in names.split(",")}
    assert len(extras) > 3
    assert extras <= set(told)
    targets = set(re.findall(r"^make ([a-z-]+)", typed, re.MULTILINE))
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert {"demo", "test"} <= targets
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
    files = set(re.findall(r"\bdeploy/\S+", typed))
    assert files
    assert [name for name in files if not (PROJECT / name).is_file()] == []


def test_what_is_not_run_is_still_typed() -> None:
    assert [pattern for pattern in NOT_RUN if not any(re.search(pattern, command.text) for command in TYPED)] == []
    names = {page.name for page in PAGES if commands(page) or blocks(page, "python")}
    assert set(READY) | set(OPEN) <= names


@pytest.mark.slow  # each command makes a parser
@pytest.mark.parametrize("command", READ, ids=lambda command: f"{command.page}: {command.text}")
def test_what_is_not_run_is_understood(command: Command, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in ("parsed", "light"):
        monkeypatch.setattr(options, reader, _until_read(getattr(options, reader)))
    monkeypatch.setattr(lengths, "settle", _understood)  # the next thing that gan fit does
    monkeypatch.delitem(sys.modules, "my_gan", raising=False)
    words = _with_what_is_named(list(command.words))
    try:
        with pytest.raises((Understood, SystemExit)):  # --help ends the process
            verbs.run(words)
    except UserError as error:
        pytest.fail(f"{command.page}: {command.text}: {error}")


def _with_what_is_named(words: list[str]) -> list[str]:
    """A command in a folder where there is what it names; of runs only the config."""
    Path("my_gan.py").write_text(example(), "utf-8")
    if words[0] == "data" and words[2] not in catalogue.data_sets():
        Path(words[2]).mkdir(parents=True)
    if "--init" in words:
        at = words.index("--init")
        words = ["fit", "--config", "dcgan.yaml", *words[1:at], *words[at + 2 :]]
    for word in words:
        if word.endswith(("/config.yaml", "training.yaml")):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).write_text("model: DCGAN\ndata: Digits\n", "utf-8")
    return words


def _understood(*_: object) -> None:
    raise Understood


def _until_read(reader: Callable[..., object]) -> Callable[..., None]:
    def read(*arguments: Any, **more: Any) -> None:
        reader(*arguments, **more)
        raise Understood

    return read
