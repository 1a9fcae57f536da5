"""The `gan` command as a process: its help and its exit code."""

import os
import re
import sys
from collections.abc import Sequence
from glob import glob

from gan_cli import __version__, outputs, stopping, verbs
from gan_cli.command.running import is_first
from gan_cli.errors import RunFailed, UserError
from gan_cli.verbs.list import table


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and gives its exit code: 0, 1 for a failed run, 2 for what cannot be done, 128 + a signal."""
    if arguments is None:
        _speak_utf8()
        _let_the_cpu_help()
    arguments = list(_typed() if arguments is None else arguments)
    with outputs.outlived(), stopping.stoppable():
        try:
            _answer(arguments)
        except (UserError, RunFailed, stopping.Stopped) as error:
            if str(error) and (is_first() or not isinstance(error, stopping.Stopped)):  # which all processes hear
                print(f"gan: {error}", file=sys.stderr)
            return error.exit_code
    return 0


def _typed() -> list[str]:
    """The words of the command line; Windows' shells leave it to the programs to look up which files a * means."""
    words = sys.argv[1:]
    if sys.platform == "win32":
        files = {word: sorted(glob(word)) for word in words if not word.startswith("-") and re.search(r"[*?]", word)}
        words = [found for word in words for found in files.get(word) or [word]]
    return words


def _speak_utf8() -> None:
    """Begins the process anew where the locale has names of files in another encoding: Python settles it at its start.

    So it is in a shell or a job that has the locale C; names and texts then are what they are everywhere else.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _let_the_cpu_help() -> None:
    """Has PyTorch compute on the CPU, and say so once, what Apple's GPUs cannot; it reads this when it is imported."""
    if sys.platform == "darwin":
        os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")


def _answer(arguments: list[str]) -> None:
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(_help())
    elif arguments[0] == "--version":
        print(f"gan-cli {__version__}")
    elif arguments[0].partition("=")[0].replace("-", "_") == "__print_completion":
        from gan_cli.verbs.completion import script

        print(script(arguments[0].partition("=")[2] or "".join(arguments[1:2])))
    else:
        verbs.run(arguments)


def _help() -> str:
    return (
        "usage: gan VERB [options]\n\nTrain, resume and sample generative adversarial networks.\n\n"
        f"{table({name: verbs.verb(name).SUMMARY for name in verbs.VERBS})}\n\n"
        "gan VERB --help shows a verb's options; gan --print_completion bash|zsh|fish completes them in a shell.\n"
        "To start:\n\n"
        "  gan fit --config dcgan.yaml\n  gan sample\n"
    )


if __name__ == "__main__":
    sys.exit(main())
