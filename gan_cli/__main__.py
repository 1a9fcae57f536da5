"""The `gan` command's front: help, `list` and unknown verbs are answered here, without importing torch but
for a variant's card."""

import shutil
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from gan_cli import __version__, runs
from gan_cli.command import catalogue
from gan_cli.errors import RunFailed, UserError, nearest

DATA = "check NAME-or-folder: what is there and what is wrong with it; prepare: decode it into a cache"
DATA_HELP = """usage: gan data check NAME-or-folder [--data.ARGUMENT VALUE ...] [--output FILE.png]
       gan data prepare NAME-or-folder [--data.ARGUMENT VALUE ...]

check looks at every file of a data set: counts, sizes, colours, duplicates, what cannot be read or looks wrong, the
room it takes, and a contact sheet of what a network will see. Exit code 0: nothing is wrong, 1: there are findings.
prepare decodes it into a cache on disk, which gan fit takes with --data.cache disk; broken off, it goes on.

A folder's layout is recognised; --data.ARGUMENT is as for gan fit, such as --data.image_size 64. gan list data shows
the sets, their licences and layouts."""
EVALUATE = "Score a folder of images beside another or a data set: FID, KID, precision, recall, ..."
EVALUATE_HELP = """usage: gan evaluate IMAGES REAL [--features NAME] [--num N] [--metrics NAME,...] [--image_size N]
                    [--weights FILE] [--cache_dir DIR] [--output FILE.json] [--data.ARGUMENT VALUE ...]

IMAGES is a folder, a .zip, or a .npz of gan sample; REAL another, or a data set by its name, whose test images are
taken (--split train or val for others) and whose arguments are as for gan fit, such as --data.root DIR.

features    inception (fetched once, or --weights FILE), classifier (trained once on a labelled data set), or a
            TorchScript file that makes floats [N, F] of uint8 [N, C, H, W]; default: by the data
num         images of each at most, evenly taken; default 50,000
metrics     such as fid,kid,precision,recall,density,coverage,diversity; default: all that are possible
image_size  images of other sizes are resized to so many pixels; without it they must be of one size
cache_dir   where classifiers, weights and features of a data set are kept; default data/cache/metrics
output      a file for the scores beside what is printed"""
MODULES = {
    "data": (DATA_HELP, "gan_cli.verbs.data"),
    "evaluate": (EVALUATE_HELP, "gan_cli.verbs.evaluate"),
}
"""Verbs that are run by a module of their own, imported when it is needed, and their help."""
LIST = "Show variants, configs, data sets, runs; list NAME: a variant beside its paper; list data: the sets' homes"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and gives its exit code: 0, 1 for a failed run, 2 for what cannot be done, 128 + a signal."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for output in (sys.stdout, sys.stderr):  # a file's name may be what no encoding has
        if isinstance(output, TextIOWrapper):
            output.reconfigure(errors="backslashreplace")
    try:
        return _answer(arguments)
    except (UserError, RunFailed) as error:
        print(f"gan: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:  # before a run has begun there is nothing to save
        print("gan: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as in `gan list | head`
        sys.stderr.close()
        return 1


def _answer(arguments: list[str]) -> int:
    verb = arguments[0] if arguments else "--help"
    rest = arguments[1:]
    if verb in ("--help", "-h", "help"):
        print(_help())
    elif verb == "--version":
        print(f"gan-cli {__version__}")
    elif verb == "list":
        print(_listing(rest))
    elif verb in MODULES:
        _run_module(verb, rest)
    else:
        _run(verb, rest)
    return 0


def _run_module(verb: str, rest: list[str]) -> None:
    """Runs a verb that has a module of its own, or shows its help."""
    text, module = MODULES[verb]
    if not rest or not {"--help", "-h"}.isdisjoint(rest):
        print(text)
        return
    from gan_cli.command.cli import hush, short_errors

    hush()
    with short_errors(verb):
        import_module(module).run(rest)


def _run(verb: str, rest: list[str]) -> None:
    from gan_cli.command import options as verbs

    known = [*verbs.VERBS, *verbs.PLAIN_VERBS, "evaluate", "data", "list"]
    if verb not in known:
        raise UserError(f"{verb} is no verb{nearest(verb, known)}\ngan --help shows them all")
    if verb in verbs.PLAIN_VERBS:
        _run_plain(verb, rest)
        return
    if verbs.VERBS[verb].add_options and not {"--help", "-h"}.isdisjoint(rest):
        verbs.help_parser(verb).print_help()
        return
    from gan_cli.command.cli import run

    run([verb, *rest])


def _run_plain(verb: str, rest: list[str]) -> None:
    from gan_cli.command import options as verbs
    from gan_cli.verbs import report as report_verbs

    if not {"--help", "-h"}.isdisjoint(rest):
        verbs.plain_parser(verb).print_help()
        return
    report_verbs.run(verb, rest)


def _help() -> str:
    from gan_cli.command import options as verbs

    described = {name: verb.summary for name, verb in (verbs.VERBS | verbs.PLAIN_VERBS).items()}
    described |= {"evaluate": EVALUATE, "data": DATA, "list": LIST}
    return (
        "usage: gan VERB [options]\n\nTrain, resume and sample generative adversarial networks.\n\n"
        f"{_table(described)}\n\n"
        "gan VERB --help shows a verb's options. To start:\n\n"
        "  gan fit --config dcgan.yaml\n  gan sample\n"
    )


def _listing(rest: list[str]) -> str:
    if len(rest) > 1:
        raise UserError(f"list: {rest[1]} is one word too many; type gan list, or gan list NAME for one variant")
    if rest == ["data"]:
        return _data_sets()
    if rest:
        return _card(rest[0])
    translators = {name.lower() for name in catalogue.translators()}
    found = {str(run): _use(run, translators) for run in runs.saved_runs(Path("checkpoints"))}
    sections = {
        "Variants (--model NAME)": catalogue.variants(),
        "Data sets (--data NAME)": catalogue.data_sets(),
        "Configs (--config NAME)": catalogue.configs(),
        "Runs, newest first": found or {"none yet": "gan fit --config dcgan.yaml"},
    }
    return "\n\n".join(f"{title}\n{_table(entries)}" for title, entries in sections.items())


def _data_sets() -> str:
    """Every data set with where it comes from, under which licence, and how it is laid out."""
    notes = catalogue.data_notes()
    return "\n\n".join(
        "\n".join([f"{name}: {summary}", *(f"  {kind}: {text}" for kind, text in notes[name].items())])
        for name, summary in catalogue.data_sets().items()
    )


def _use(run: Path, translators: set[str]) -> str:
    """The command that makes pictures of a run."""
    verb = "translate" if run.parent.name.partition("-")[0] in translators else "sample"
    return f"gan {verb} --ckpt {run / runs.LAST}"


def _card(typed: str) -> str:
    known = catalogue.variants()
    names = {name.lower(): name for name in known}
    if typed.lower() not in names:
        raise UserError(f"list: {typed} is no variant{nearest(typed, known)}\nThere are {', '.join(known)}")
    from gan_cli import variants
    from gan_cli.variants import card

    variant: type[variants.AdversarialModule] = getattr(variants, names[typed.lower()])
    return card.rendered(variant, variant.CARD, min(card.WIDTH, shutil.get_terminal_size((card.WIDTH, 24)).columns))


def _table(entries: dict[str, str]) -> str:
    width = max(map(len, entries))
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in entries.items())


if __name__ == "__main__":
    sys.exit(main())
