"""`gan serve`: a page to play on, in the browser."""

from collections.abc import Sequence
from importlib.util import find_spec

from jsonargparse import ArgumentParser

from gan_cli.errors import UserError, first_line
from gan_cli.ranges import Port, check_one
from gan_cli.verbs import options

SUMMARY = "A page in the browser to play on: sample, walk, translate, draw, look at runs"
NEEDS = ("fastapi", "uvicorn", "multipart")
"""What the extra `web` brings."""


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    parser.add_argument(
        "runs",
        type=str,
        nargs="*",
        metavar="RUN",
        help="Runs' or shared folders, checkpoints; default: all below checkpoints",
    )
    parser.add_argument(
        "--host",
        type=str,
        default="127.0.0.1",
        metavar="ADDRESS",
        help="Where to listen; 0.0.0.0: to the whole network",
    )
    parser.add_argument("--port", type=Port, default=8765, metavar="N", help="0 takes one that is free")
    parser.add_argument(
        "--name",
        type=str,
        action="append",
        metavar="HOST",
        help="A further name of the page, as behind a proxy; repeatable",
    )
    parser.add_argument("--device", type=str, default="cpu", metavar="NAME", help="Where to compute, such as cuda")
    options.yes_no(parser, "--open", False, "Open the page in this machine's browser")
    options.module(parser)


def run(words: Sequence[str]) -> None:
    """Answers until it is stopped.

    Raises:
        UserError: If it cannot listen there, or the extra is not installed.
    """
    asked = options.light("serve", add_options, words)
    if missing := [name for name in NEEDS if find_spec(name) is None]:
        verb = "is" if len(missing) == 1 else "are"
        raise UserError(f"serve: {' and '.join(missing)} {verb} missing; pip install 'gan-cli[web]'")
    check_one("port", Port, asked.port)
    from gan_cli import plugins
    from gan_cli.command.running import hush, say
    from gan_cli.web import server
    from gan_cli.web.app import application
    from gan_cli.web.known_runs import KnownRuns
    from gan_cli.web.shelf import Shelf

    hush()
    known = KnownRuns(asked.runs)
    shelf = Shelf(known, _device(asked.device), plugins.imported(asked.module, here=True))
    found = server.listening(asked.host, asked.port)
    private = server.is_private(asked.host)
    if not private:
        say(f"note: everybody who reaches {asked.host} can use this page and its computing time")
    names = [*(asked.name or ()), *(() if private else (asked.host, *server.own_names()))]
    server.serve(application(shelf, names, addresses=not private), found, asked.open, say)


def _device(typed: str) -> str:
    """The device that was typed, if there is one of that name.

    Raises:
        UserError: If there is none.
    """
    import torch

    try:
        torch.empty(0, device=typed)
    except (RuntimeError, AssertionError) as error:
        reason = first_line(error)[:100]
        raise UserError(f"device: {typed} cannot be used ({reason}); take cpu, or leave it out") from error
    return typed
