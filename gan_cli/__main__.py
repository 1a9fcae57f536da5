"""The `gan` command as a process: its help and its exit code."""

import sys
from collections.abc import Sequence

from gan_cli import __version__, outputs, stopping, verbs
from gan_cli.command.running import is_first
from gan_cli.errors import RunFailed, UserError
from gan_cli.verbs.list import table


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and gives its exit code: 0, 1 for a failed run, 2 for what cannot be done, 128 + a signal."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    with outputs.outlived(), stopping.stoppable():
        try:
            _answer(arguments)
        except (UserError, RunFailed, stopping.Stopped) as error:
            if str(error) and (is_first() or not isinstance(error, stopping.Stopped)):  # which all processes hear
                print(f"gan: {error}", file=sys.stderr)
            return error.exit_code
    return 0


def _answer(arguments: list[str]) -> None:
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(_help())
    elif arguments[0] == "--version":
        print(f"gan-cli {__version__}")
    else:
        verbs.run(arguments)


def _help() -> str:
    return (
        "usage: gan VERB [options]\n\nTrain, resume and sample generative adversarial networks.\n\n"
        f"{table({name: verbs.verb(name).SUMMARY for name in verbs.VERBS})}\n\n"
        "gan VERB --help shows a verb's options. To start:\n\n"
        "  gan fit --config dcgan.yaml\n  gan sample\n"
    )


if __name__ == "__main__":
    sys.exit(main())
